"""Confidence intervals of divergences."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from divergences._typing import Indices
from divergences.sampled._density_ratio.functionals import Functional

# Methods whose 95 % intervals held the true KL in at least MIN_COVERAGE of the repetitions of each
# case of benchmarks.samples.estimators, at 1000, 3000 and 10,000 points. The bias of the others is
# unknown: on a ring of eight Gaussians, "histogram" misses always, "classifier" every other time.
METHODS_WITH_INTERVAL = ("auto", "knn")
MIN_COVERAGE = 0.9

# Lower and upper half-width, relative to that of a normal variable. Models miss part of the
# difference, so that the divergence is underestimated: the upper half is wider. The factors were
# set on the cases of benchmarks.samples.estimators with 1000 points.
WIDTH_FACTORS = {"auto": (0.9, 1.4), "knn": (1.25, 1.25), "counts": (1.0, 1.0)}


def normal_interval(
    functional: Functional, value: float, error: float, confidence: float, method: str, /
) -> tuple[float, float]:
    """Normal confidence interval of a divergence, within its range.

    Args:
        functional: The divergence.
        value: Its estimate.
        error: Standard error of the estimate.
        confidence: Nominal coverage of the interval.
        method: A key of `WIDTH_FACTORS`.

    Returns:
        Lower and upper end, in nats.
    """
    lower, upper = WIDTH_FACTORS[method]
    half_width = float(-special.ndtri((1 - confidence) / 2)) * error
    return (
        max(0.0, value - lower * half_width),
        min(functional.upper_bound, value + upper * half_width),
    )


def kl_lower_bound_at_atoms(
    counts: Indices, is_missing: NDArray[np.bool_], n: int, m: int, confidence: float, /
) -> float:
    """Lower confidence bound of KL from atoms of one sample that are missing from the other.

    The largest KL of two Bernoulli distributions, of the event that a point is at a missing atom,
    with Clopper-Pearson bounds of both probabilities, and Bonferroni's correction for the number
    of atoms.

    Args:
        counts: Counts of the first sample at all atoms, shape ``(k,)``.
        is_missing: Mask of the atoms at which the second sample has no point, not all False.
        n: Size of the first sample.
        m: Size of the second sample.
        confidence: Nominal coverage of the two-sided interval.

    Returns:
        The bound, in nats, at least 0.
    """
    level = (1 - confidence) / 4 / len(counts)
    missing_counts = counts[is_missing]
    p = special.betaincinv(missing_counts, n - missing_counts + 1, level)
    q = np.minimum(-math.log(level) / m, p)
    return float((special.rel_entr(p, q) + special.rel_entr(1 - p, 1 - q)).max())
