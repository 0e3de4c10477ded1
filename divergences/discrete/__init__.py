"""Divergences of probability vectors, right to the last digits however close the two are.

`information` has KL and its relatives, `ratios` those that compare probabilities themselves,
`mixture` the one of more than two. They are thin: `pair` sees the two distributions from their
midpoint, where nothing cancels, and `formulas` has one body per divergence, for probabilities and
(`divergences.log_space`) their logarithms alike.
"""

from divergences.discrete.information import (
    cross_entropy,
    entropy,
    jeffreys,
    js,
    js_distance,
    kl,
    reverse_kl,
)
from divergences.discrete.mixture import js_mixture
from divergences.discrete.ratios import (
    alpha,
    chi2,
    f_divergence,
    hellinger,
    renyi,
    total_variation,
)

__all__ = [
    "alpha",
    "chi2",
    "cross_entropy",
    "entropy",
    "f_divergence",
    "hellinger",
    "jeffreys",
    "js",
    "js_distance",
    "js_mixture",
    "kl",
    "renyi",
    "reverse_kl",
    "total_variation",
]
