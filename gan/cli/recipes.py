"""``gan recipes``: the available recipes, data sets and networks."""

import textwrap
from dataclasses import fields

from gan.datasets import DATA
from gan.networks import NETWORKS
from gan.recipes.recipe import Recipe
from gan.recipes.registry import RECIPES, TrainingMethod
from gan.runs.plugins import load_plugins
from gan.runs.text_table import text_table

LINE_WIDTH = 99


def recipes_command(*, plugin: tuple[str, ...] = ()) -> int:
    """List the recipes with their settings and sources, the data sets and the networks.

    Args:
        plugin: Python files or modules that add some of your own.

    Returns:
        The exit status.
    """
    load_plugins(plugin)
    for name, method in RECIPES.items():
        print(f"{name}: {method.description}\n  source: {method.source}")
        print(_wrapped("  paper:  ", _settings(method.paper)))
        print(_wrapped("  quick:  ", _quick_changes(method)) + "\n")
    print("Every setting is a flag of `gan train`, as --penalty-weight 1.\n")
    sets = [(name, (load.__doc__ or "").partition("\n")[0]) for name, load in DATA.items()]
    print(text_table(("data", "what"), sets, left=2) + "\n")
    rows = [(name, pair.domain, pair.description) for name, pair in NETWORKS.items()]
    print(text_table(("networks", "for", "what"), rows, left=3))
    return 0


def _wrapped(head: str, text: str) -> str:
    """The text after its head, broken into lines of the width of a terminal."""
    indent = " " * len(head)
    return textwrap.fill(text, LINE_WIDTH, initial_indent=head, subsequent_indent=indent)


def _settings(recipe: Recipe) -> str:
    """The settings that have an effect in the recipe, as text."""
    without_effect = {
        "penalty_weight": not recipe.penalized,
        "clip": recipe.constraint != "clip",
        "betas": recipe.optimizer == "rmsprop",
        "momentum": recipe.optimizer != "muon",
        "generator_decay": recipe.generator_decay == 1,
        "noise": recipe.noise == 0,
        "noise_until": recipe.noise == 0,
    }
    return ", ".join(
        f"{setting.name} {getattr(recipe, setting.name)}"
        for setting in fields(Recipe)
        if not without_effect.get(setting.name, False)
    )


def _quick_changes(method: TrainingMethod) -> str:
    """The quick settings that differ from the paper's, as text."""
    changes = [
        f"{setting.name} {getattr(method.quick, setting.name)}"
        for setting in fields(Recipe)
        if getattr(method.quick, setting.name) != getattr(method.paper, setting.name)
    ]
    return ", ".join(changes) or "the same"
