"""Errors of `gan`, each a `GanError` whose message says what is wrong and how to mend it."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


class GanError(Exception):
    """Base class of the errors that `gan` raises for its caller; the command line prints them."""


class ConfigError(GanError):
    """A configuration has an unknown name or a value out of range."""


class PluginError(GanError):
    """A plugin could not be loaded; the message names it."""


class PairError(GanError):
    """A pair of distributions is unknown; the message lists the available ones."""


class MnistError(GanError, RuntimeError):
    """The MNIST files are missing or are not MNIST; the message names the file and the remedy."""


class ClassifierError(GanError, RuntimeError):
    """The classifier of digits did not reach its required accuracy."""


class MisfitError(GanError, ValueError):
    """A recipe does not fit a network, or a network does not fit the points."""


class TrainingError(GanError, RuntimeError):
    """Training diverged; the run keeps its state after the last finite step."""


class LostProcessError(GanError, RuntimeError):
    """Another process of a run on several devices has ended, so this one cannot continue."""


class RunError(GanError, RuntimeError):
    """The folder of a run cannot be read or written; the message gives reason and remedy."""


class DamagedFileError(RunError):
    """A file of a run is not as it was written; the message names it."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} is damaged ({reason}); put back a copy of it, or start a new run in another "
            "folder with --out"
        )


def unknown_name(kind: str, name: object, choices: Iterable[str], /) -> str:
    """Message about an unknown name: the closest choice, if one is close, and all choices.

    Args:
        kind: Noun for the name, such as "recipe".
        name: The unknown name.
        choices: The valid names.

    Returns:
        One sentence for an error.

    >>> unknown_name("recipe", "wgan-pg", ["gan", "wgan-gp"])
    "unknown recipe 'wgan-pg'; did you mean 'wgan-gp'? choose from gan, wgan-gp"
    """
    choices = list(choices)
    return f"unknown {kind} {name!r}; {closest(name, choices)}choose from {', '.join(choices)}"


def closest(name: object, choices: Iterable[str], /) -> str:
    """Hint at the closest choice, regardless of case.

    Args:
        name: The unknown name.
        choices: The valid names.

    Returns:
        The beginning of a sentence; empty if none is close.

    >>> closest("WGAN_GP", ["gan", "wgan-gp"])
    "did you mean 'wgan-gp'? "
    """
    lowered = {choice.lower(): choice for choice in choices}
    begun = [key for key in lowered if key.startswith(f"{name}-".lower())]
    close = begun or get_close_matches(str(name).lower(), lowered, n=1)
    return f"did you mean {lowered[close[0]]!r}? " if close else ""
