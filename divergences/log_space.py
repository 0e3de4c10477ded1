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
from typing import Any

from divergences import _checks
from divergences._discrete import formulas, midpoint, power_divergences
from divergences._discrete.js_mixture import js_mixture_of_logs
from divergences._typing import Array, ArrayLike, of_one, of_pair


@of_pair
def kl(
    log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    """KL(p || q), in nats (or in units of ``log(base)``): see `divergences.kl`."""
    pair = midpoint.from_log_probabilities(log_p, log_q, axis=axis)
    return formulas.as_result(formulas.kl(pair), pair, base=base)


@of_pair
def reverse_kl(
    log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    """KL(q || p), in nats (or other units): see `divergences.reverse_kl`."""
    pair = midpoint.from_log_probabilities(log_p, log_q, axis=axis)
    return formulas.as_result(formulas.kl(pair.swapped()), pair, base=base)


@of_pair
def jeffreys(
    log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    """Jeffreys divergence, in nats (or other units): see `divergences.jeffreys`."""
    pair = midpoint.from_log_probabilities(log_p, log_q, axis=axis)
    return formulas.as_result(formulas.jeffreys(pair), pair, base=base)


@of_pair
def js(
    log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    """Jensen-Shannon divergence, in nats (or other units): see `divergences.js`."""
    pair = midpoint.from_log_probabilities(log_p, log_q, axis=axis)
    return formulas.as_result(formulas.js(pair), pair, base=base)


@of_pair
def js_distance(
    log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    """Jensen-Shannon distance, in root nats (or other units): see `divergences.js_distance`."""
    pair = midpoint.from_log_probabilities(log_p, log_q, axis=axis)
    return formulas.as_result(formulas.js(pair), pair, base=base, root=True)


@of_pair
def total_variation(log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1) -> Array:
    """Total variation distance, in [0, 1]: see `divergences.total_variation`."""
    pair = midpoint.from_log_probabilities(log_p, log_q, axis=axis)
    return formulas.as_result(formulas.total_variation(pair), pair)


@of_pair
def hellinger(log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1) -> Array:
    """Hellinger distance, in [0, 1]: see `divergences.hellinger`."""
    pair = midpoint.from_log_probabilities(log_p, log_q, axis=axis)
    return formulas.as_result(formulas.squared_hellinger(pair), pair, root=True)


@of_pair
def chi2(log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1) -> Array:
    """Pearson's chi-squared divergence: see `divergences.chi2`."""
    pair = midpoint.from_log_probabilities(log_p, log_q, axis=axis)
    return formulas.as_result(formulas.chi2(pair), pair)


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
    pair = midpoint.from_log_probabilities(log_p, log_q, axis=axis)
    order = power_divergences.checked_renyi_order(order)
    return formulas.as_result(power_divergences.renyi(pair, order), pair, base=base)


@of_pair
def alpha(log_p: ArrayLike, log_q: ArrayLike, order: float, /, *, axis: int = -1) -> Array:
    """Alpha divergence of an order: see `divergences.alpha`."""
    pair = midpoint.from_log_probabilities(log_p, log_q, axis=axis)
    order = power_divergences.checked_alpha_order(order)
    return formulas.as_result(power_divergences.alpha(pair, order), pair)


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
    return _cross_entropy(log_p, log_p, axis, base)


@of_pair
def cross_entropy(
    log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    """Cross entropy, in nats (or other units): see `divergences.cross_entropy`."""
    return _cross_entropy(log_p, log_q, axis, base)


def _cross_entropy(log_p: Any, log_q: Any, axis: int, base: float | None) -> Array:
    """Cross entropy of unchecked arguments, as `cross_entropy` and `entropy` need it."""
    xp, checked_p, checked_q, dtype = midpoint.checked_log_probabilities(log_p, log_q, axis)
    in_p, in_q = checked_p > -xp.inf, checked_q > -xp.inf
    p = xp.where(in_p, xp.exp(xp.where(in_p, checked_p, 0.0)), 0.0)
    finite_log_q = xp.where(in_q, checked_q, 0.0)
    q = xp.where(in_q, xp.exp(finite_log_q), 0.0)
    log_total = xp.log(xp.sum(q, axis=-1, keepdims=True))
    terms = xp.where(in_p & ~in_q, xp.inf, p * (log_total - finite_log_q))
    value = xp.sum(terms, axis=-1) / xp.sum(p, axis=-1)
    value = xp.where(value > 0, value, 0.0)  # log_total may be a rounding error of log 1
    return _checks.scalar(value / _checks.log_base(base), dtype, xp)


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
    return formulas.as_result(value, pair)
