"""Divergences of probability vectors, accurate to the last digits also for close vectors.

`kl_family` holds KL and related quantities, `f_divergences` the f-divergences and Renyi
divergences, `js_mixture` JS of more than two distributions. `midpoint` writes two distributions in
terms of their midpoint, without cancellation; `formulas` and `power_divergences` have one body per
divergence, for probabilities and log-probabilities (`divergences.log_space`) alike.

Arrays of numpy, torch, jax (on the CPU, with ``jax_enable_x64``, outside of ``jax.jit``) and any
other library of the array API standard give the same values, except that jax flushes subnormal
probabilities, below 2.2e-308, to 0.
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
from divergences._discrete.normalize import normalize

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
    "normalize",
    "renyi",
    "reverse_kl",
    "total_variation",
]
