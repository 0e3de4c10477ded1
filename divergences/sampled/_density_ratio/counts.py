"""Divergences of two discrete distributions from the counts of their outcomes."""

import numpy as np
from scipy import special

from divergences._typing import Floats, Indices
from divergences.sampled._density_ratio.functionals import JS, KL, Functional


def divergence_from_counts(
    functional: Functional, x_counts: Indices, y_counts: Indices, n: int, m: int, /
) -> tuple[float, float]:
    """Bias-corrected contribution of some outcomes to a divergence.

    KL and reverse KL by digamma functions, unbiased but for outcomes with no observation under
    the second distribution, which count as about half an observation. JS by the observed
    frequencies, less its bias to second order.

    Args:
        functional: The divergence.
        x_counts: Counts of the outcomes in the first sample, shape ``(k,)``.
        y_counts: Counts of the outcomes in the second sample, shape ``(k,)``.
        n: Size of the first sample.
        m: Size of the second sample.

    Returns:
        The sum over the outcomes, in nats, and the bias subtracted from it (0 for KL).

    Source:
        Zhang and Grabchak 2014, "Nonparametric estimation of Kullback-Leibler divergence", eq. 9;
        Miller 1955 for the second order.
    """
    if functional is JS:
        return _js(x_counts, y_counts, n, m)
    if functional is not KL:
        x_counts, y_counts, n, m = y_counts, x_counts, m, n
    observed = x_counts > 0
    log_q = special.digamma(y_counts + 1) - special.digamma(m + 1)
    log_ratios = special.digamma(np.maximum(x_counts, 1)) - special.digamma(n) - log_q
    return float((x_counts / n)[observed] @ log_ratios[observed]), 0.0


def _js(x_counts: Indices, y_counts: Indices, n: int, m: int) -> tuple[float, float]:
    """JS of the observed frequencies less its second-order bias, and that bias."""
    p, q = x_counts / n, y_counts / m
    midpoint = (p + q) / 2
    twice_js = special.rel_entr(p, midpoint).sum() + special.rel_entr(q, midpoint).sum()
    variances = p * (1 - p) / n + q * (1 - q) / m
    observed = midpoint > 0
    bias = (
        (p > 0) @ (1 - p) / n
        + (q > 0) @ (1 - q) / m
        - (variances[observed] / midpoint[observed]).sum() / 2
    )
    return float(twice_js - bias / 2) / 2, float(bias) / 4


def smoothed_log_ratios(x_counts: Indices, y_counts: Indices, n: int, m: int, /) -> Floats:
    """``log(p / q)`` of each outcome, with half an observation added to each count."""
    return np.log((x_counts + 0.5) / n) - np.log((y_counts + 0.5) / m)
