"""Divergences of probability vectors, right to the last digits however close the two are.

`information` has KL and its relatives, `ratios` those that compare probabilities themselves,
`mixture` the one of more than two. They are thin: `pair` sees the two distributions from their
midpoint, where nothing cancels, and `formulas` has one body per divergence, for probabilities and
(`divergences.log_space`) their logarithms alike.

Arrays of numpy, torch, jax (on the CPU, with ``jax_enable_x64``, outside of ``jax.jit``) and any
other library of the array API standard give the same values, but that jax's compiler takes
probabilities below 2.2e-308, the subnormal ones, as 0.
"""

from divergences._discrete.f_divergences import (
    alpha,
    chi2,
    f_divergence,
    hellinger,
    renyi,
    total_variation,
)
from divergences._discrete.js_mixture import js_mixture
from divergences._discrete.kl_family import (
    cross_entropy,
    entropy,
    jeffreys,
    js,
    js_distance,
    kl,
    reverse_kl,
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
