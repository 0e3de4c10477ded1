"""Options of ``gan train`` in groups, with the true defaults of the recipe and data named."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, make_dataclass
from functools import partial
from inspect import getdoc
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from tyro.conf import OmitArgPrefixes, Positional, arg

from gan.cli.parsing import parsed, wrapped_description
from gan.errors import ConfigError
from gan.recipes.recipe import Recipe
from gan.recipes.registry import RECIPES
from gan.runs.config import Config


@dataclass(frozen=True, slots=True)
class Launch:
    """Processes of a command, and the runs that they make or continue.

    Attributes:
        seeds: Several seeds at once, a process each: 0-7 or 0,3,5. Their runs lie in OUT/seed0 and
            so on.
        workers: Processes for several seeds; by default one per core.
        resume: Continue the run in OUT; begin it if it never began.
    """

    seeds: str | None = None
    workers: int | None = None
    resume: bool = False


# Groups in the order of use. Options that are named nowhere here are in the last one.
GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "data": (
        "The distribution to learn, by name or from a file.",
        ("data", "data_file", "image_size", "standardize", "held_out", "labels", "data_dir"),
    ),
    "length": (
        "Duration of training, and when to evaluate.",
        ("minutes", "steps", "evaluate_every", "evaluation_size", "stop_when_flat", "patience"),
    ),
    "run": (
        "The folder of the run, its seed, and how it continues.",
        (
            *("out", "seed", "seeds", "workers", "resume", "more_steps", "start_from"),
            *("allow_other_torch", "tensorboard"),
        ),
    ),
    "method": (
        "Kind of settings, networks, and code of one's own.",
        ("settings", "networks", "plugin"),
    ),
    "recipe_settings": ("Settings of the recipe.", ()),
    "machine": (
        "Device, processes and precision.",
        ("threads", "device", "devices", "strategy", "precision"),
    ),
    "other": ("Further options.", ()),
}
METAVARS: Mapping[Any, str] = {int: "N", float: "X", str: "NAME", Path: "PATH"}
NOT_OPTIONS = ("recipe", "changes")
EXAMPLE = """\
example:
  gan train wgan-gp --data eight-gaussians --minutes 5 --out runs/ring
  gan train wgan-gp --help        # with the defaults of this recipe"""


def train_call(
    command: Callable[..., int], arguments: Sequence[str], /, *, prog: str
) -> Callable[[], int]:
    """The command ``gan train`` with its arguments, ready to be called.

    Args:
        command: ``command(config, seeds=..., workers=..., resume=...)``.
        arguments: Arguments of the command line.
        prog: Name of the command in messages.

    Returns:
        The function, bound to the configuration.

    Raises:
        ConfigError: If an option is unknown, or a value is missing or is not valid.
    """
    description = f"{wrapped_description(command)}\n\n{EXAMPLE}"
    options = parsed(options_form(arguments), arguments, prog=prog, description=description)
    values = {"recipe": options.recipe}
    for group in GROUPS:
        part = getattr(options, group)
        values |= {entry.name: getattr(part, entry.name) for entry in fields(part)}
    launch = {entry.name: values.pop(entry.name) for entry in fields(Launch)}
    changes = {entry.name: values.pop(entry.name) for entry in fields(Recipe)}
    given = _given(values)
    if {"minutes", "steps"} <= given.keys():
        raise ConfigError("--minutes and --steps are both given; leave one out")
    return partial(command, Config(**given, changes=_given(changes)), **launch)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def options_form(arguments: Sequence[str], /) -> type:
    """A dataclass of all options, in groups; defaults in its help are those of the arguments.

    Args:
        arguments: Arguments of the command line, which may name a recipe and data.

    Returns:
        A dataclass with the recipe, and with one dataclass for each of `GROUPS`.
    """
    names = ", ".join(RECIPES)
    help_ = f"Name of the method: {names}. `gan recipes` describes them."
    recipe = Annotated[str, arg(metavar="RECIPE", help=help_)]
    defaults = default_texts(arguments)
    groups: list[tuple[str, Any, Any]] = []
    without_prefix: Any = OmitArgPrefixes
    for name, (sentence, _) in GROUPS.items():
        group = make_dataclass(f"{name}_options", _group_fields(name, defaults))
        group.__doc__ = f"{sentence}\n\n{_attributes(Recipe, Config, Launch)}"
        groups.append((name, without_prefix[group], field(default_factory=group)))
    return make_dataclass("train_options", [("recipe", Positional[recipe]), *groups])


def _group_fields(group: str, defaults: Mapping[str, str]) -> list[tuple[str, Any, Any]]:
    """Name, annotated type and default of each option in a group."""
    if group == "recipe_settings":
        return [
            (e.name, _option(hint, None, defaults[e.name]), None) for e, hint in _hints(Recipe)
        ]
    named = {name for _, names in GROUPS.values() for name in names}
    listed = {
        entry.name: (entry, hint)
        for form in (Config, Launch)
        for entry, hint in _hints(form)
        if entry.name not in NOT_OPTIONS
    }
    names = (
        GROUPS[group][1] if group != "other" else [name for name in listed if name not in named]
    )
    options = []
    for name in names:
        if name in listed:
            entry, hint = listed[name]
            default = None if entry.default is MISSING else entry.default
            text = defaults.get(
                name,
                "" if default is None or default in ([], ()) or default is False else f"{default}",
            )
            options.append((name, _option(hint, default, text), field(default=default)))
    return options


def _hints(form: type) -> list[tuple[Any, Any]]:
    """The fields of a dataclass with their annotations."""
    hints = get_type_hints(form, include_extras=True)
    return [(entry, hints[entry.name]) for entry in fields(form)]


def _option(hint: Any, default: Any, text: str) -> Any:
    """An annotation with a placeholder for the value, and the text of its default."""
    inner, *marks = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    if get_origin(inner) in (Union, UnionType):
        (inner,) = (part for part in get_args(inner) if part is not type(None))
    metavar = METAVARS.get(inner)
    if get_origin(inner) is Literal:
        metavar = "{" + ",".join(get_args(inner)) + "}"
    elif get_origin(inner) is tuple:
        metavar = "X X" if Ellipsis not in get_args(inner) else None
    # A name that the field has already, as `--from`.
    given = next((mark.name for mark in marks if hasattr(mark, "prefix_name")), None)
    marks = [mark for mark in marks if not hasattr(mark, "prefix_name")]
    shown = arg(
        name=given, metavar=metavar, help_behavior_hint=f"(default: {text})" if text else ""
    )
    kind = inner | None if default is None else inner
    annotated: Any = Annotated[kind, shown]
    for mark in marks:
        annotated = Annotated[annotated, mark]
    return annotated


def _attributes(*forms: type) -> str:
    """The attributes that docstrings describe, as one section."""
    sections = ((getdoc(form) or "").partition("Attributes:\n")[2] for form in forms)
    return "Attributes:\n" + "\n".join(section.rstrip() for section in sections)


def default_texts(arguments: Sequence[str], /) -> dict[str, str]:
    """Default of each option that depends on the recipe, as text.

    Args:
        arguments: Arguments of the command line. If a recipe is among them, the defaults are its
            own; otherwise the commonest, and the recipes with another.

    Returns:
        Texts by name of the option; empty where there is no default.
    """
    data = _value_after("--data", arguments) or "eight-gaussians"
    settings = _value_after("--settings", arguments)
    recipes = [name for name in arguments if name in RECIPES][:1] or list(RECIPES)
    of_recipe: dict[str, Config] = {}
    for recipe in recipes:
        chosen: Any = {"settings": settings} if settings else {}
        try:
            of_recipe[recipe] = Config(recipe=recipe, data=data, **chosen)
        except ConfigError:  # it is reported when the arguments are parsed
            of_recipe[recipe] = Config(recipe=recipe)
    texts = {
        entry.name: _summary({
            r: getattr(c.recipe_settings, entry.name) for r, c in of_recipe.items()
        })
        for entry in fields(Recipe)
    }
    for name in ("steps", "networks", "precision"):
        texts[name] = _summary({r: getattr(c, name) for r, c in of_recipe.items()})
    return texts


def _summary(values: Mapping[str, Any]) -> str:
    """The commonest of some values, and the names with another one."""
    texts = {name: _text(value) for name, value in values.items()}
    common = Counter(texts.values()).most_common(1)[0][0]
    others: dict[str, list[str]] = {}
    for name, text in texts.items():
        if text != common:
            others.setdefault(text, []).append(name)
    exceptions = [f"{', '.join(names)}: {text}" for text, names in others.items()]
    return "; ".join([common, *exceptions] if common or not exceptions else exceptions)


def _text(value: Any) -> str:
    """A value as it is given on the command line."""
    if isinstance(value, tuple):
        return " ".join(map(_text, value))
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _value_after(option: str, arguments: Sequence[str]) -> str | None:
    """The value of an option among the arguments."""
    for argument, following in zip(arguments, [*arguments, ""][1:], strict=True):
        if argument == option:
            return following
        if argument.startswith(f"{option}="):
            return argument.partition("=")[2]
    return None
