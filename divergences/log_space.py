"""Divergences of log-probabilities: for models that return logits, and tails below 1e-308.

Each function returns the same quantity as the function of that name in `divergences`, with the
same unit, range and errors. Only the input differs: ``log_p`` and ``log_q``, of shape
``(..., k)``, are natural logarithms of probabilities, -inf where there is no mass, whose
exponentials sum to 1 along ``axis`` within 1e-9 (1e-5 in float32). Exponentials that underflow
cost no accuracy.

>>> round(float(kl([0.0, -1e5], [-1e5, 0.0])), 6)
100000.0
"""

from __future__ import annotations

from collections.abc import Callable

from divergences import _checks
from divergences._discrete import (
    cross_entropies,
    derivatives,
    evaluation,
    formulas,
    midpoint,
    power_derivatives,
    power_divergences,
)
from divergences._discrete.js_mixture import js_mixture_of_logs
from divergences._typing import Array, ArrayLike, of_one, of_pair

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


def __dir__() -> list[str]:
    """The public names."""
    return list(__all__)


@of_pair
def kl(
    log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    """KL(p || q), in nats (or in units of ``log(base)``): see `divergences.kl`."""
    return evaluation.of_log_probabilities(derivatives.KL, log_p, log_q, axis=axis, base=base)


@of_pair
def reverse_kl(
    log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    """KL(q || p), in nats (or other units): see `divergences.reverse_kl`."""
    return evaluation.of_log_probabilities(
        derivatives.REVERSE_KL, log_p, log_q, axis=axis, base=base
    )


@of_pair
def jeffreys(
    log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    """Jeffreys divergence, in nats (or other units): see `divergences.jeffreys`."""
    return evaluation.of_log_probabilities(
        derivatives.JEFFREYS, log_p, log_q, axis=axis, base=base
    )


@of_pair
def js(
    log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    """Jensen-Shannon divergence, in nats (or other units): see `divergences.js`."""
    return evaluation.of_log_probabilities(derivatives.JS, log_p, log_q, axis=axis, base=base)


@of_pair
def js_distance(
    log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    """Jensen-Shannon distance, in root nats (or other units): see `divergences.js_distance`."""
    return evaluation.of_log_probabilities(
        derivatives.JS, log_p, log_q, axis=axis, base=base, root=True
    )


@of_pair
def total_variation(log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1) -> Array:
    """Total variation distance, in [0, 1]: see `divergences.total_variation`."""
    return evaluation.of_log_probabilities(derivatives.TOTAL_VARIATION, log_p, log_q, axis=axis)


@of_pair
def hellinger(log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1) -> Array:
    """Hellinger distance, in [0, 1]: see `divergences.hellinger`."""
    return evaluation.of_log_probabilities(
        derivatives.SQUARED_HELLINGER, log_p, log_q, axis=axis, root=True
    )


@of_pair
def chi2(log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1) -> Array:
    """Pearson's chi-squared divergence: see `divergences.chi2`."""
    return evaluation.of_log_probabilities(power_derivatives.CHI2, log_p, log_q, axis=axis)


@of_pair
def renyi(
    log_p: ArrayLike,
    log_q: ArrayLike,
    order: float,
    /,
    *,
    axis: int = -1,
    base: float | None = None,
) -> Array:
    """Renyi divergence of an order, in nats (or other units): see `divergences.renyi`."""
    divergence = power_derivatives.renyi(power_divergences.checked_renyi_order(order))
    return evaluation.of_log_probabilities(divergence, log_p, log_q, axis=axis, base=base)


@of_pair
def alpha(log_p: ArrayLike, log_q: ArrayLike, order: float, /, *, axis: int = -1) -> Array:
    """Alpha divergence of an order: see `divergences.alpha`."""
    divergence = power_derivatives.alpha(power_divergences.checked_alpha_order(order))
    return evaluation.of_log_probabilities(divergence, log_p, log_q, axis=axis)


@of_one
def js_mixture(
    log_distributions: ArrayLike,
    /,
    *,
    weights: ArrayLike | None = None,
    axis: int = -1,
    base: float | None = None,
) -> Array:
    """Jensen-Shannon divergence of n distributions: see `divergences.js_mixture`."""
    return js_mixture_of_logs(log_distributions, weights, axis, base)


@of_one
def entropy(log_p: ArrayLike, /, *, axis: int = -1, base: float | None = None) -> Array:
    """Shannon entropy, in nats (or other units): see `divergences.entropy`."""
    return cross_entropies.of_log_probabilities(log_p, log_p, axis, base)


@of_pair
def cross_entropy(
    log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    """Cross entropy, in nats (or other units): see `divergences.cross_entropy`."""
    return cross_entropies.of_log_probabilities(log_p, log_q, axis, base)


@of_pair
def f_divergence(
    log_p: ArrayLike,
    log_q: ArrayLike,
    generator: Callable[[Array], Array],
    /,
    *,
    at_zero: float | None = None,
    slope_at_infinity: float | None = None,
    axis: int = -1,
) -> Array:
    """f-divergence of a generator, in its unit: see `divergences.f_divergence`."""
    pair = midpoint.from_log_probabilities(log_p, log_q, axis=axis)
    value = formulas.f_divergence(pair, generator, at_zero, slope_at_infinity)
    return _checks.scalar(value, pair.dtype, pair.xp)
