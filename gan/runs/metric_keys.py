"""Keys of metrics.jsonl: what a run writes of each evaluation, with meaning, unit and range."""

import math
from typing import Any, NamedTuple

from gan.data.dataset import Measures
from gan.errors import ConfigError


class MetricKey(NamedTuple):
    """Description of one number of an evaluation.

    Attributes:
        meaning: The quantity, in one sentence.
        unit: Its unit.
        range: Its range.
    """

    meaning: str
    unit: str
    range: str


RUN_KEYS = {
    "step": MetricKey("Generator steps done.", "steps", "1 to --steps"),
    "seconds": MetricKey("Time of training so far, evaluations included.", "seconds", ">= 0"),
    "gap": MetricKey(
        "Gap of a copy of the critic, trained further on these points; for the certified loss its "
        "certified bound.",
        "of scores",
        "any",
    ),
    "slope": MetricKey("Largest slope of that copy over pairs of the points.", "none", ">= 0"),
    "baseline": MetricKey(
        "Mean distance to the nearest point of the other set, which a constant critic certifies.",
        "of points",
        "0 to exact",
    ),
    "certified": MetricKey(
        "Lower bound of exact that the scores of the copy prove.", "of points", "baseline to exact"
    ),
    "flipped": MetricKey(
        "Whether the copy with the opposite sign proves more.", "none", "true or false"
    ),
    "exact": MetricKey(
        "Exact EMD of fresh real points and samples of the averaged generator.",
        "of points",
        ">= 0",
    ),
    "knowledge": MetricKey(
        "(certified - baseline) / (exact - baseline) of the copy, on the points of its fit.",
        "none",
        "0 to 1, null where exact is the baseline",
    ),
    "live_gap": MetricKey("Gap of the critic of the training.", "of scores", "any"),
    "live_certified": MetricKey(
        "Lower bound of exact that the critic of the training proves.",
        "of points",
        "baseline to exact",
    ),
    "live_knowledge": MetricKey(
        "Knowledge of the critic of the training, on points that are fresh to it.",
        "none",
        "0 to 1",
    ),
    "refined_certified": MetricKey(
        "Lower bound of exact by a copy refined on these points by ascent on the bound.",
        "of points",
        "live_certified to exact",
    ),
    "refined_knowledge": MetricKey(
        "Knowledge of the refined copy, on points that it was fitted to.", "none", "0 to 1"
    ),
    "floor": MetricKey(
        "Mean exact EMD of two real samples of the same size: that of a perfect generator.",
        "of points",
        "> 0",
    ),
    "critic_loss": MetricKey(
        "Loss of the critic on its last batch, with its penalty.", "of scores", "any"
    ),
    "generator_loss": MetricKey("Loss of the generator on its last batch.", "of scores", "any"),
    "learning_rate": MetricKey("Learning rate of the critic in this step.", "none", ">= 0"),
    "noise": MetricKey(
        "Standard deviation of the noise on the critic's points.", "of points", ">= 0"
    ),
}


def plain_measures(measures: object, /) -> Measures:
    """Metrics of a data set in numbers that JSON can hold.

    Args:
        measures: Result of the data set's `measure`: numbers, also of numpy or torch, or lists of
            them, by key.

    Returns:
        Numbers and lists of numbers by key.

    Raises:
        ConfigError: If it is no mapping of such, or has a key of the run's own.
    """
    if not isinstance(measures, dict):
        raise ConfigError(
            f"`measure` must return a dict of numbers by key, but returned "
            f"{type(measures).__name__}; return {{}} if there are none"
        )
    for key in measures:
        if key in RUN_KEYS:
            raise ConfigError(
                f"`measure` returned the key {key!r}, which a run writes itself "
                f"({RUN_KEYS[key].meaning[:-1]}); rename it: 'own_{key}'"
            )
    return {str(key): _plain(str(key), value) for key, value in measures.items()}


def _plain(key: str, value: Any) -> Any:
    """A number, or a list of numbers, of Python."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(key, entry) for entry in value]
    if isinstance(value, bool | int | float):
        return value
    raise ConfigError(
        f"`measure` must return numbers, but {key!r} is of type {type(value).__name__}; leave it "
        f"out, or return {math.nan} where there is none"
    )
