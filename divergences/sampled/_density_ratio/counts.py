"""Divergences of two discrete distributions from how often each outcome was seen."""

import numpy as np
from scipy import special

from divergences._typing import Floats, Indices
from divergences.sampled._density_ratio.functionals import JS, KL, Functional


def from_counts(
    functional: Functional, x: Indices, y: Indices, n: int, m: int, /
) -> tuple[float, float]:
    """What some outcomes add to a divergence, corrected for chance.

    KL by digamma functions, whose mean is right but for outcomes that are not seen at all: an
    outcome that was never seen under q counts as if it had been seen about half a time. JS by the
    observed shares, less what chance adds to it in the second order.

    Args:
        functional: The divergence.
        x: How often each outcome was seen in the first sample, shape ``(k,)``.
        y: How often in the second.
        n: Size of the first sample.
        m: Size of the second.

    Returns:
        The sum over the outcomes, in nats, and by how much it was corrected.

    Source:
        Zhang and Grabchak 2014, "Nonparametric estimation of Kullback-Leibler divergence", eq. 9;
        Miller 1955 for the second order.
    """
    if functional is JS:
        return _js(x, y, n, m)
    if functional is not KL:
        x, y, n, m = y, x, m, n
    seen, unseen = x > 0, special.digamma(y + 1) - special.digamma(m + 1)
    logs = special.digamma(np.maximum(x, 1)) - special.digamma(n) - unseen
    return float((x / n)[seen] @ logs[seen]), 0.0


def _js(x: Indices, y: Indices, n: int, m: int) -> tuple[float, float]:
    """Observed JS, less what chance adds, and that."""
    p, q = x / n, y / m
    middle = (p + q) / 2
    value = special.rel_entr(p, middle).sum() + special.rel_entr(q, middle).sum()
    spread = p * (1 - p) / n + q * (1 - q) / m
    seen = middle > 0
    chance = (
        (p > 0) @ (1 - p) / n + (q > 0) @ (1 - q) / m - (spread[seen] / middle[seen]).sum() / 2
    )
    return float(value - chance / 2) / 2, float(chance) / 4


def smoothed_log_ratio(x: Indices, y: Indices, n: int, m: int, /) -> Floats:
    """``log(p / q)`` of each outcome, finite also where it was not seen."""
    return np.log((x + 0.5) / n) - np.log((y + 0.5) / m)
