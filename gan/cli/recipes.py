"""``gan recipes``: what there is to train, and on what."""

import textwrap
from dataclasses import fields

from gan.datasets import DATA
from gan.networks import NETWORKS
from gan.recipes.recipe import Recipe
from gan.recipes.registry import RECIPES, TrainingMethod
from gan.runs.plugins import load_plugins
from gan.runs.text_table import text_table


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
        print(_wrapped("  quick:  ", _differences(method)) + "\n")
    print("Every setting is a flag of `gan train`, as --penalty-weight 1.\n")
    sets = [(name, (load.__doc__ or "").partition("\n")[0]) for name, load in DATA.items()]
    print(text_table(("data", "what"), sets, left=2) + "\n")
    rows = [(name, pair.domain, pair.description) for name, pair in NETWORKS.items()]
    print(text_table(("networks", "for", "what"), rows, left=3))
    return 0


def _wrapped(head: str, text: str) -> str:
    """The text after its head, on lines that a terminal shows whole."""
    return textwrap.fill(text, 99, initial_indent=head, subsequent_indent=" " * len(head))


def _settings(recipe: Recipe) -> str:
    """The settings that matter to the recipe, as text."""
    idle = {
        "penalty_weight": not recipe.penalized,
        "clip": recipe.constraint != "clip",
        "betas": recipe.optimizer == "rmsprop",
        "momentum": recipe.optimizer != "muon",
        "generator_decay": recipe.generator_decay == 1,
        "noise": recipe.noise == 0,
        "noise_until": recipe.noise == 0,
    }
    return ", ".join(
        f"{part.name} {getattr(recipe, part.name)}"
        for part in fields(Recipe)
        if not idle.get(part.name, False)
    )


def _differences(method: TrainingMethod) -> str:
    """What the quick settings change."""
    changed = [
        f"{part.name} {getattr(method.quick, part.name)}"
        for part in fields(Recipe)
        if getattr(method.quick, part.name) != getattr(method.paper, part.name)
    ]
    return ", ".join(changed) or "the same"
