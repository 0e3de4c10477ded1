"""Errors of `gan`, each a `GanError` whose message says what is wrong and how to mend it."""


class GanError(Exception):
    """Base class of the errors that `gan` raises for its caller; the command line prints them."""


class ConfigError(GanError):
    """A configuration names something unknown or has a value out of range."""


class PluginError(GanError):
    """A plugin could not be loaded; the message names it."""


class PairError(GanError):
    """A pair of distributions is unknown; the message lists the known ones."""


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
    """A run's folder cannot be used as asked; the message says why and what to do."""
