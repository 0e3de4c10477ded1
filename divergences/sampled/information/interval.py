"""Intervals around estimates, and how far the points can see."""

import numpy as np
from scipy import special

from divergences.sampled.information.functionals import KL, REVERSE_KL, Functional
from divergences.sampled.information.samples import Samples
from divergences.transport.proof import Floats

UNSEEN = 0.05  # share of points without a point of the other side near, beyond which KL is open


def interval(
    functional: Functional, value: float, error: float, confidence: float, /
) -> tuple[float, float]:
    """Ends of an interval for a divergence: normal quantiles of the error, within its range."""
    reach = float(-special.ndtri((1 - confidence) / 2)) * error
    return max(0.0, value - reach), min(functional.largest, value + reach)


def unseen(functional: Functional, dense: Samples, ratios: Floats, near: int, /) -> float:
    """How many points that KL averages over lie where the other sample should have too few.

    Where ``log(p / q)`` exceeds the logarithm of the size of the sample of q, that sample should
    have no point, and cannot tell the ratio from infinity. JS does not depend on such ratios.

    Args:
        functional: The divergence.
        dense: The points.
        ratios: The log-ratio at each.
        near: Points that have to be near for the ratio to be known: more than one for neighbours.

    Returns:
        The sum of the weights of those points.
    """
    if functional is KL:
        return float(dense.weight[: dense.n] @ (ratios[: dense.n] > np.log(dense.m / near)))
    if functional is REVERSE_KL:
        return float(dense.weight[dense.n :] @ (-ratios[dense.n :] > np.log(dense.n / near)))
    return 0.0
