"""Keys of metrics.jsonl: what a run writes of each evaluation, with meaning, unit and range."""

import math
import sys
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
    "steps_per_second": MetricKey(
        "Generator steps per second since the last evaluation, evaluations excluded.",
        "1 / seconds",
        "> 0",
    ),
    "gap": MetricKey(
        "Mean score of real points minus mean score of generated ones, by the critic of the "
        "training; for the certified loss its certified bound.",
        "of scores",
        "any",
    ),
    "slope": MetricKey("Largest slope of that critic over pairs of the points.", "none", ">= 0"),
    "baseline": MetricKey(
        "Mean distance to the nearest point of the other set, which a constant critic certifies.",
        "of points",
        "0 to exact",
    ),
    "certified": MetricKey(
        "Lower bound of exact that the scores of the critic of the training prove.",
        "of points",
        "baseline to exact",
    ),
    "flipped": MetricKey(
        "Whether that critic with the opposite sign proves more.", "none", "true or false"
    ),
    "exact": MetricKey(
        "Exact EMD of real points and as many samples of the averaged generator.",
        "of points",
        ">= 0",
    ),
    "knowledge": MetricKey(
        "(certified - baseline) / (exact - baseline), on points that are fresh to the critic.",
        "none",
        "0 to 1, null where exact is the baseline",
    ),
    "tuned_gap": MetricKey(
        "Gap of a copy of the critic, trained further on the points of the evaluation.",
        "of scores",
        "any",
    ),
    "tuned_slope": MetricKey("Largest slope of that copy over pairs.", "none", ">= 0"),
    "tuned_certified": MetricKey(
        "Lower bound of exact that the copy proves.", "of points", "baseline to exact"
    ),
    "tuned_knowledge": MetricKey(
        "Knowledge of the copy, on the points that it was trained on.", "none", "0 to 1, or null"
    ),
    "refined_certified": MetricKey(
        "Lower bound of exact by a copy refined on these points by ascent on the bound.",
        "of points",
        "certified to exact",
    ),
    "refined_knowledge": MetricKey(
        "Knowledge of the refined copy, on the points of its refinement.",
        "none",
        "0 to 1, or null",
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
    "critic_gradient_norm": MetricKey(
        "Norm of the gradient of the critic's loss in its weights, on its last batch.",
        "of scores per weight",
        ">= 0",
    ),
    "generator_gradient_norm": MetricKey(
        "Norm of the gradient of the generator's loss in its weights.",
        "of scores per weight",
        ">= 0",
    ),
    "learning_rate": MetricKey("Learning rate of the critic in this step.", "none", ">= 0"),
    "generator_learning_rate": MetricKey(
        "Learning rate of the generator in this step.", "none", ">= 0"
    ),
    "noise": MetricKey(
        "Standard deviation of the noise on the critic's points.", "of points", ">= 0"
    ),
}


LOG_2 = "0 to log 2"
DATA_KEYS = {  # of the data sets of this package
    "modes": MetricKey(
        "Modes with 1 % of the samples within 3 sigma; of stacked digits, with any sample.",
        "modes",
        ">= 0",
    ),
    "in_3_sigma": MetricKey("Share of samples within 3 sigma of a mode.", "none", "0 to 1"),
    "shares": MetricKey("Share of samples by nearest mode, class or segment.", "none", "0 to 1"),
    "smallest_share": MetricKey("Smallest of these shares.", "none", "0 to 1"),
    "largest_share": MetricKey("Largest of these shares.", "none", "0 to 1"),
    "share_reverse_kl": MetricKey(
        "KL of the shares of the samples from those of the data.", "nats", ">= 0"
    ),
    "density_reverse_kl": MetricKey(
        "KL of the samples from the data, by a density estimate of the samples.", "nats", "any"
    ),
    "density_js": MetricKey(
        "JS of samples and data, by density estimates of both.", "nats", LOG_2
    ),
    "distance_to_segments": MetricKey(
        "Mean distance of samples from the nearest segment.", "of points", ">= 0"
    ),
    "theta": MetricKey("Mean abscissa of the samples.", "of points", "any"),
    "frechet": MetricKey(
        "Frechet distance of the features of a classifier of digits.", "of features", ">= 0"
    ),
    "confidence": MetricKey(
        "Mean largest probability that the classifier gives a sample.", "none", "0.1 to 1"
    ),
    "mode_kl": MetricKey(
        "KL of the numbers read from stacked digits from uniform.", "nats", "0 to log 1000"
    ),
    **{
        f"js_{n}": MetricKey(f"JS of the {n}-grams of generated and real text.", "nats", LOG_2)
        for n in (1, 2, 3, 4)
    },
    "js_4_floor": MetricKey("The same of two real texts.", "nats", LOG_2),
    "js_4_unigram": MetricKey("The same of random characters of the text.", "nats", LOG_2),
    "js_floors": MetricKey("JS of the 1- to 4-grams of two real texts.", "nats", LOG_2),
    "js_unigrams": MetricKey("JS of the 1- to 4-grams of random characters.", "nats", LOG_2),
    "known_words": MetricKey("Share of complete words that the text has.", "none", "0 to 1"),
    "label_shares": MetricKey(
        "Share of samples by the label of the nearest real point.", "none", "0 to 1"
    ),
    "label_agreement": MetricKey(
        "Share of samples whose nearest real point has their label.", "none", "0 to 1"
    ),
}


def markdown_page() -> str:
    """The page of the documentation that lists all keys."""
    sections = [
        (
            "Of every run",
            "`gap` to `knowledge` are of the critic of the training, the keys with `tuned_` and "
            "`refined_` of copies that were fitted to the points of the evaluation.",
            RUN_KEYS,
        ),
        ("Of the data", "Each data set writes some of these.", DATA_KEYS),
    ]
    text = (
        "# Keys of metrics.jsonl\n\nA run writes a line of JSON for each evaluation; `null` "
        "stands for a number that is not finite. This page is written by\n"
        "`python -m gan.runs.metric_keys`.\n"
    )
    for title, sentence, keys in sections:
        text += (
            f"\n## {title}\n\n{sentence}\n\n| key | meaning | unit | range |\n|---|---|---|---|\n"
        )
        text += "".join(
            f"| `{name}` | {key.meaning} | {key.unit} | {key.range} |\n"
            for name, key in keys.items()
        )
    return text


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


if __name__ == "__main__":
    sys.stdout.write(markdown_page())
