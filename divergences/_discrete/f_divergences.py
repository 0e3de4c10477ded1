"""Divergences that compare the probabilities themselves: numbers without a unit."""

from collections.abc import Callable

from numpy.typing import ArrayLike

from divergences._discrete import formulas, midpoint
from divergences._typing import Array


def total_variation(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1) -> Array:
    r"""Total variation distance, a share of probability.

    .. math:: \tfrac12 \sum_i |p_i - q_i|

    A metric; 1 exactly for disjoint supports. EMD with every two outcomes at distance 1.

    Args:
        p: Probabilities, shape ``(..., k)``, summing to 1 as in `kl`.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        axis: The axis that the outcomes are on.

    Returns:
        Shape ``(...)``, values in [0, 1].

    Raises:
        DistributionError: If ``p`` or ``q`` is no distribution along ``axis``, or they do not fit.

    Source:
        Levin and Peres 2017, "Markov chains and mixing times", proposition 4.2.

    >>> round(float(total_variation([0.5, 0.5], [0.75, 0.25])), 12)
    0.25
    """
    both = midpoint.of_probabilities(p, q, axis=axis)
    return formulas.result(formulas.total_variation(both), both)


def hellinger(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1) -> Array:
    r"""Hellinger distance, without a unit.

    .. math:: \sqrt{\tfrac12 \sum_i (\sqrt{p_i} - \sqrt{q_i})^2} = \sqrt{1 - \sum_i \sqrt{p_i q_i}}

    A metric; 1 exactly for disjoint supports.

    Args:
        p: Probabilities, shape ``(..., k)``, summing to 1 as in `kl`.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        axis: The axis that the outcomes are on.

    Returns:
        Shape ``(...)``, values in [0, 1]. In torch the gradient at ``p = q``, a kink, is 0.

    Raises:
        DistributionError: If ``p`` or ``q`` is no distribution along ``axis``, or they do not fit.

    Source:
        Tsybakov 2009, "Introduction to nonparametric estimation", definition 2.3, over sqrt(2).

    >>> round(float(hellinger([1.0, 0.0], [0.64, 0.36])), 12)
    0.4472135955
    """
    both = midpoint.of_probabilities(p, q, axis=axis)
    return formulas.result(formulas.squared_hellinger(both), both, root=True)


def chi2(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1) -> Array:
    r"""Pearson's chi-squared divergence of p from q, without a unit.

    .. math:: \sum_i (p_i - q_i)^2 / q_i

    Infinite where ``p`` has mass and ``q`` has none. Not symmetric.

    Args:
        p: Probabilities, shape ``(..., k)``, summing to 1 as in `kl`.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        axis: The axis that the outcomes are on.

    Returns:
        Shape ``(...)``, values in [0, inf].

    Raises:
        DistributionError: If ``p`` or ``q`` is no distribution along ``axis``, or they do not fit.

    Source:
        Pearson 1900; Tsybakov 2009, "Introduction to nonparametric estimation", section 2.4.

    >>> round(float(chi2([0.75, 0.25], [0.5, 0.5])), 12)
    0.25
    """
    both = midpoint.of_probabilities(p, q, axis=axis)
    return formulas.result(formulas.chi2(both), both)


def renyi(
    p: ArrayLike, q: ArrayLike, order: float, /, *, axis: int = -1, base: float | None = None
) -> Array:
    r"""Renyi divergence of an order, in nats (or in units of ``log(base)``).

    .. math:: \frac{1}{a - 1} \log \sum_i p_i^a q_i^{1 - a}

    At order 0 it is ``-log q(p > 0)``, at 1 `kl`, at infinity ``log max p / q``. For orders below
    1 it is infinite only for disjoint supports, else wherever ``p`` has mass and ``q`` has none.

    Args:
        p: Probabilities, shape ``(..., k)``, summing to 1 as in `kl`.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        order: a, from 0 to infinity. Within 1e-3 of 0 or 1, but not at them, the last digits go.
        axis: The axis that the outcomes are on.
        base: Unit of the result: 2 for bits; nats by default.

    Returns:
        Shape ``(...)``, values in [0, inf]; it does not fall as the order grows.

    Raises:
        DistributionError: If ``p`` or ``q`` is no distribution along ``axis``, they do not fit, or
            the order is negative or NaN.

    Source:
        van Erven and Harremoes 2014, "Renyi divergence and Kullback-Leibler divergence", eq. 1-6.

    >>> round(float(renyi([1.0, 0.0], [0.5, 0.5], 2)), 12)
    0.69314718056
    """
    both = midpoint.of_probabilities(p, q, axis=axis)
    return formulas.result(formulas.renyi(both, formulas.renyi_order(order)), both, base=base)


def alpha(p: ArrayLike, q: ArrayLike, order: float, /, *, axis: int = -1) -> Array:
    r"""Alpha divergence of an order (Cressie and Read's power divergence), in nats at orders 0, 1.

    .. math:: \frac{\sum_i p_i^a q_i^{1 - a} - 1}{a (a - 1)}

    At order 1 it is `kl`, at 0 `reverse_kl`, at 2 half of `chi2`, at 1/2 four times the square of
    `hellinger`, at -1 half of Neyman's chi-squared.

    Args:
        p: Probabilities, shape ``(..., k)``, summing to 1 as in `kl`.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        order: a, any finite number. Within 1e-3 of 0 or 1, but not at them, the last digits go.
        axis: The axis that the outcomes are on.

    Returns:
        Shape ``(...)``, values in [0, inf], finite for disjoint supports if 0 < a < 1.

    Raises:
        DistributionError: If ``p`` or ``q`` is no distribution along ``axis``, they do not fit, or
            the order is not finite.

    Source:
        Cressie and Read 1984, "Multinomial goodness-of-fit tests", eq. 2.1, over twice n.

    >>> round(float(alpha([0.75, 0.25], [0.5, 0.5], 2)), 12)
    0.125
    """
    both = midpoint.of_probabilities(p, q, axis=axis)
    return formulas.result(formulas.alpha(both, formulas.alpha_order(order)), both)


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
    r"""Divergence with a convex generator f of your own, in the unit of f.

    .. math:: \sum_i q_i f(p_i / q_i), \qquad 0 f(a / 0) = a \lim_{t \to \infty} f(t) / t

    The generator sees ratios at which both have mass. It should have ``f(1) = 0`` and, to keep
    digits when p is close to q, ``f'(1) = 0`` and a form that does not cancel at 1: for KL rather
    ``t * log(t) - t + 1`` than ``t * log(t)``. The named divergences of this library do better.

    Args:
        p: Probabilities, shape ``(..., k)``, summing to 1 as in `kl`.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        generator: f, convex on (0, inf), for arrays.
        at_zero: Limit of f at 0; needed where ``q`` has mass and ``p`` has none; may be inf.
        slope_at_infinity: Limit of ``f(t) / t`` for large t; needed where ``p`` has mass and ``q``
            has none; may be inf.
        axis: The axis that the outcomes are on.

    Returns:
        Shape ``(...)``, values from 0 to ``at_zero + slope_at_infinity``.

    Raises:
        DistributionError: If ``p`` or ``q`` is no distribution along ``axis``, they do not fit, or
            a limit is needed and missing.

    Source:
        Csiszar 1967, "Information-type measures of difference", eq. 1.1.

    >>> round(float(f_divergence([0.75, 0.25], [0.5, 0.5], lambda t: (t - 1) ** 2)), 12)
    0.25
    """
    both = midpoint.of_probabilities(p, q, axis=axis)
    value = formulas.f_divergence(both, generator, at_zero, slope_at_infinity)
    return formulas.result(value, both)
