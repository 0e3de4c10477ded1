"""f-divergences and Renyi divergences of probability vectors."""

from __future__ import annotations

from collections.abc import Callable

from divergences import _checks
from divergences._discrete import (
    derivatives,
    evaluation,
    formulas,
    midpoint,
    power_derivatives,
    power_divergences,
)
from divergences._typing import Array, ArrayLike, of_pair


@of_pair
def total_variation(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1) -> Array:
    r"""Total variation distance, a probability.

    .. math:: \tfrac12 \sum_i |p_i - q_i|

    A metric; exactly 1 for disjoint supports. The EMD if all outcomes are at distance 1 from each
    other.

    Args:
        p: Probabilities, shape ``(..., k)``, summing to 1 as in `kl`.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        axis: Axis of the outcomes.

    Returns:
        Shape ``(...)``, values in [0, 1].

    Raises:
        DistributionError: If ``p`` or ``q`` is not a distribution along ``axis``, or they do not
            broadcast.

    Source:
        Levin and Peres 2017, "Markov chains and mixing times", proposition 4.2.

    >>> round(float(total_variation([0.5, 0.5], [0.75, 0.25])), 12)
    0.25
    """
    return evaluation.of_probabilities(derivatives.TOTAL_VARIATION, p, q, axis=axis)


@of_pair
def hellinger(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1) -> Array:
    r"""Hellinger distance, dimensionless.

    .. math:: \sqrt{\tfrac12 \sum_i (\sqrt{p_i} - \sqrt{q_i})^2} = \sqrt{1 - \sum_i \sqrt{p_i q_i}}

    A metric; exactly 1 for disjoint supports.

    Args:
        p: Probabilities, shape ``(..., k)``, summing to 1 as in `kl`.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        axis: Axis of the outcomes.

    Returns:
        Shape ``(...)``, values in [0, 1]. Not differentiable at ``p = q``, where the
        torch gradient is 0.

    Raises:
        DistributionError: If ``p`` or ``q`` is not a distribution along ``axis``, or they do not
            broadcast.

    Source:
        Tsybakov 2009, "Introduction to nonparametric estimation", definition 2.3, divided by
        sqrt(2).

    >>> round(float(hellinger([1.0, 0.0], [0.64, 0.36])), 12)
    0.4472135955
    """
    return evaluation.of_probabilities(derivatives.SQUARED_HELLINGER, p, q, axis=axis, root=True)


@of_pair
def chi2(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1) -> Array:
    r"""Pearson's chi-squared divergence of p from q, dimensionless.

    .. math:: \sum_i (p_i - q_i)^2 / q_i

    Infinite where ``p`` has mass and ``q`` has none. Not symmetric.

    Args:
        p: Probabilities, shape ``(..., k)``, summing to 1 as in `kl`.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        axis: Axis of the outcomes.

    Returns:
        Shape ``(...)``, values in [0, inf].

    Raises:
        DistributionError: If ``p`` or ``q`` is not a distribution along ``axis``, or they do not
            broadcast.

    Source:
        Pearson 1900; Tsybakov 2009, "Introduction to nonparametric estimation", section 2.4.

    >>> round(float(chi2([0.75, 0.25], [0.5, 0.5])), 12)
    0.25
    """
    return evaluation.of_probabilities(power_derivatives.CHI2, p, q, axis=axis)


@of_pair
def renyi(
    p: ArrayLike, q: ArrayLike, order: float, /, *, axis: int = -1, base: float | None = None
) -> Array:
    r"""Renyi divergence of an order, in nats (or in units of ``log(base)``).

    .. math:: \frac{1}{a - 1} \log \sum_i p_i^a q_i^{1 - a}

    ``-log q(p > 0)`` at order 0, `kl` at 1, ``log max p / q`` at infinity. For orders below 1
    infinite only for disjoint supports, for other orders wherever ``p`` has mass and ``q`` none.
    Relative error below 1e-14 at orders up to 10, also within rounding of 0 and 1, for masses
    above 1e-290; below 1e-12 at any order and for any masses.

    Args:
        p: Probabilities, shape ``(..., k)``, summing to 1 as in `kl`.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        order: a, in [0, inf].
        axis: Axis of the outcomes.
        base: Unit of the result: 2 for bits; nats by default.

    Returns:
        Shape ``(...)``, values in [0, inf], nondecreasing in the order. Torch
        gradients as in `kl`.

    Raises:
        DistributionError: If ``p`` or ``q`` is not a distribution along ``axis``, they do not
            broadcast, or the order is negative or NaN.

    Source:
        van Erven and Harremoes 2014, "Renyi divergence and Kullback-Leibler divergence", eq. 1-6.

    >>> round(float(renyi([1.0, 0.0], [0.5, 0.5], 2)), 12)
    0.69314718056
    """
    divergence = power_derivatives.renyi(power_divergences.checked_renyi_order(order))
    return evaluation.of_probabilities(divergence, p, q, axis=axis, base=base)


@of_pair
def alpha(p: ArrayLike, q: ArrayLike, order: float, /, *, axis: int = -1) -> Array:
    r"""Alpha divergence of an order (Cressie and Read's power divergence), in nats at orders 0, 1.

    .. math:: \frac{\sum_i p_i^a q_i^{1 - a} - 1}{a (a - 1)}

    `kl` at order 1, `reverse_kl` at 0, half of `chi2` at 2, four times the square of `hellinger`
    at 1/2, half of Neyman's chi-squared at -1. Relative error below 1e-14 at orders in [-10, 10],
    also within rounding of 0 and 1, for masses above 1e-290; below 1e-12 at any order and for any
    masses: it grows with the logarithm of the largest term, up to 1500.

    Args:
        p: Probabilities, shape ``(..., k)``, summing to 1 as in `kl`.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        order: a, any finite number.
        axis: Axis of the outcomes.

    Returns:
        Shape ``(...)``, values in [0, inf], finite for disjoint supports if 0 < a < 1. Torch
        gradients as in `kl`.

    Raises:
        DistributionError: If ``p`` or ``q`` is not a distribution along ``axis``, they do not
            broadcast, or the order is not finite.

    Source:
        Cressie and Read 1984, "Multinomial goodness-of-fit tests", eq. 2.1, divided
        by 2 n.

    >>> round(float(alpha([0.75, 0.25], [0.5, 0.5], 2)), 12)
    0.125
    """
    divergence = power_derivatives.alpha(power_divergences.checked_alpha_order(order))
    return evaluation.of_probabilities(divergence, p, q, axis=axis)


@of_pair
def f_divergence(
    p: ArrayLike,
    q: ArrayLike,
    generator: Callable[[Array], Array],
    /,
    *,
    at_zero: float | None = None,
    slope_at_infinity: float | None = None,
    axis: int = -1,
) -> Array:
    r"""f-divergence of a convex generator f, in the unit of f.

    .. math:: \sum_i q_i f(p_i / q_i), \qquad 0 f(a / 0) = a \lim_{t \to \infty} f(t) / t

    The generator is called with ratios on the common support. It should have ``f(1) = 0`` and, to
    be accurate for p close to q, ``f'(1) = 0`` without cancellation at 1: for KL, prefer
    ``t * log(t) - t + 1`` to ``t * log(t)``. The named divergences are more accurate.

    Args:
        p: Probabilities, shape ``(..., k)``, summing to 1 as in `kl`.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        generator: f, convex on (0, inf), elementwise on arrays.
        at_zero: Limit of f at 0, possibly inf; needed where ``q`` has mass and ``p`` has none.
        slope_at_infinity: Limit of ``f(t) / t`` for large t, possibly inf; needed where ``p`` has
            mass and ``q`` has none.
        axis: Axis of the outcomes.

    Returns:
        Shape ``(...)``, values in [0, at_zero + slope_at_infinity].

    Raises:
        DistributionError: If ``p`` or ``q`` is not a distribution along ``axis``, they do not
            broadcast, or only one of the two has mass at an outcome and the limit for this case
            is missing.

    Source:
        Csiszar 1967, "Information-type measures of difference", eq. 1.1.

    >>> round(float(f_divergence([0.75, 0.25], [0.5, 0.5], lambda t: (t - 1) ** 2)), 12)
    0.25
    """
    pair = midpoint.from_probabilities(p, q, axis=axis)
    value = formulas.f_divergence(pair, generator, at_zero, slope_at_infinity)
    return _checks.scalar(value, pair.dtype, pair.xp)
