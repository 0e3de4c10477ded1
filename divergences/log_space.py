"""The divergences of log-probabilities: for models that give logits, and tails below 1e-308.

Each function is the one of the same name in `divergences`, with the same result, unit, range and
errors. Only the input differs: ``log_p`` and ``log_q`` of shape ``(..., k)`` are natural
logarithms of probabilities, -inf where there is no mass, whose exponentials sum to 1 along
``axis`` within 1e-9 (1e-5 in float32). Nothing is lost to exponentials that vanish.

>>> round(float(kl([0.0, -1e5], [-1e5, 0.0])), 6)
100000.0
"""

from collections.abc import Callable

from numpy.typing import ArrayLike

from divergences import _checks
from divergences._discrete import formulas, midpoint
from divergences._discrete.js_mixture import js_mixture_of_logs
from divergences._typing import Array


def kl(
    log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    """KL(p || q), in nats (or in units of ``log(base)``): `divergences.kl` of logarithms."""
    both = midpoint.of_logs(log_p, log_q, axis=axis)
    return formulas.result(formulas.kl(both), both, base=base)


def reverse_kl(
    log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    """KL(q || p), in nats (or other units): `divergences.reverse_kl` of logarithms."""
    both = midpoint.of_logs(log_p, log_q, axis=axis)
    return formulas.result(formulas.kl(both.mirrored()), both, base=base)


def jeffreys(
    log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    """Jeffreys divergence, in nats (or other units): `divergences.jeffreys` of logarithms."""
    both = midpoint.of_logs(log_p, log_q, axis=axis)
    return formulas.result(formulas.jeffreys(both), both, base=base)


def js(
    log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    """Jensen-Shannon divergence, in nats (or other units): `divergences.js` of logarithms."""
    both = midpoint.of_logs(log_p, log_q, axis=axis)
    return formulas.result(formulas.js(both), both, base=base)


def js_distance(
    log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    """Jensen-Shannon distance, root of nats: `divergences.js_distance` of logarithms."""
    both = midpoint.of_logs(log_p, log_q, axis=axis)
    return formulas.result(formulas.js(both), both, base=base, root=True)


def total_variation(log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1) -> Array:
    """Total variation distance, in [0, 1]: `divergences.total_variation` of logarithms."""
    both = midpoint.of_logs(log_p, log_q, axis=axis)
    return formulas.result(formulas.total_variation(both), both)


def hellinger(log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1) -> Array:
    """Hellinger distance, in [0, 1]: `divergences.hellinger` of logarithms."""
    both = midpoint.of_logs(log_p, log_q, axis=axis)
    return formulas.result(formulas.squared_hellinger(both), both, root=True)


def chi2(log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1) -> Array:
    """Pearson's chi-squared divergence: `divergences.chi2` of logarithms."""
    both = midpoint.of_logs(log_p, log_q, axis=axis)
    return formulas.result(formulas.chi2(both), both)


def renyi(
    log_p: ArrayLike,
    log_q: ArrayLike,
    order: float,
    /,
    *,
    axis: int = -1,
    base: float | None = None,
) -> Array:
    """Renyi divergence of an order, in nats (or units): `divergences.renyi` of logarithms."""
    both = midpoint.of_logs(log_p, log_q, axis=axis)
    return formulas.result(formulas.renyi(both, formulas.renyi_order(order)), both, base=base)


def alpha(log_p: ArrayLike, log_q: ArrayLike, order: float, /, *, axis: int = -1) -> Array:
    """Alpha divergence of an order: `divergences.alpha` of logarithms."""
    both = midpoint.of_logs(log_p, log_q, axis=axis)
    return formulas.result(formulas.alpha(both, formulas.alpha_order(order)), both)


def js_mixture(
    log_distributions: ArrayLike,
    /,
    *,
    weights: ArrayLike | None = None,
    axis: int = -1,
    base: float | None = None,
) -> Array:
    """Jensen-Shannon divergence of n distributions: `divergences.js_mixture` of logarithms."""
    return js_mixture_of_logs(log_distributions, weights, axis, base)


def entropy(log_p: ArrayLike, /, *, axis: int = -1, base: float | None = None) -> Array:
    """Shannon entropy, in nats (or other units): `divergences.entropy` of logarithms."""
    return cross_entropy(log_p, log_p, axis=axis, base=base)


def cross_entropy(
    log_p: ArrayLike, log_q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    """Cross entropy, in nats (or other units): `divergences.cross_entropy` of logarithms."""
    xp, first, second, dtype = midpoint.checked_logs(log_p, log_q, axis)
    in_p, in_q = first > -xp.inf, second > -xp.inf
    p = xp.where(in_p, xp.exp(xp.where(in_p, first, 0.0)), 0.0)
    log_q = xp.where(in_q, second, 0.0)
    q = xp.where(in_q, xp.exp(log_q), 0.0)
    log_total = xp.log(xp.sum(q, axis=-1, keepdims=True))
    terms = xp.where(in_p & ~in_q, xp.inf, p * (log_total - log_q))
    value = xp.sum(terms, axis=-1) / xp.sum(p, axis=-1)
    value = xp.where(value > 0, value, 0.0)  # log_total may be the rounding of 0
    return _checks.scalar(value / _checks.log_base(base), dtype, xp)


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
    """Divergence with your generator, in its unit: `divergences.f_divergence` of logarithms."""
    both = midpoint.of_logs(log_p, log_q, axis=axis)
    value = formulas.f_divergence(both, generator, at_zero, slope_at_infinity)
    return formulas.result(value, both)
