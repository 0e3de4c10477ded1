"""Renyi and alpha divergences: functions of the power sum ``sum p^a q^(1 - a)``."""

import math
import numbers
from types import ModuleType

import numpy as np

from divergences._discrete.formulas import kl, log_or_0, split_by_size
from divergences._discrete.midpoint import MidpointForm
from divergences._discrete.series import ARTANH_COEFFICIENTS, polynomial
from divergences._typing import Array
from divergences.errors import DistributionError

# Taylor series of -log(1 - x) / x, for x < 1/16, and of (exp(x) - 1 - x) / x^2, for |x| < 1/2.
LOG1M_COEFFICIENTS = [1 / (k + 1) for k in range(14)]
EXP_REMAINDER_COEFFICIENTS = [1 / math.factorial(k + 2) for k in range(14)]


def renyi(pair: MidpointForm, order: float, /) -> Array:
    """``log(sum p^a q^(1 - a)) / (a - 1)``, with its limits at 0, 1 and infinity."""
    if order == 1:
        return kl(pair)
    if order == 0:
        return _renyi_of_order_0(pair)
    if order == math.inf:
        return _renyi_of_infinite_order(pair)
    xp, log_sum = pair.xp, _log_power_sum(pair, order)
    # Where the sum is close to 1, its difference from 1 is the more accurate of the two.
    near_1 = xp.abs(log_sum) < 0.4
    excess = xp.where(near_1, power_sum_minus_1(pair, order), 0.0)
    value = xp.where(near_1, xp.log1p(excess), log_sum) / (order - 1)
    return xp.where(value > 0, value, 0.0)


def _renyi_of_order_0(pair: MidpointForm) -> Array:
    """``-log q(p > 0)``."""
    xp = pair.xp
    outside = xp.sum(xp.where(pair.in_p, 0.0, pair.midpoint * pair.q_over_m), axis=-1)
    outside = xp.where(outside < 1, outside, 1.0)
    return _minus_log1m(xp.where(pair.disjoint_supports(), 1.0, outside), xp)


def _renyi_of_infinite_order(pair: MidpointForm) -> Array:
    """``log max p / q``."""
    xp = pair.xp
    log_ratio = xp.where(pair.in_p & pair.in_q, pair.log_ratio(), -xp.inf)
    largest = xp.max(log_ratio, axis=-1)
    infinite = xp.any(pair.in_p & ~pair.in_q, axis=-1)
    return xp.where(infinite, xp.inf, xp.where(largest > 0, largest, 0.0))


def alpha(pair: MidpointForm, order: float, /) -> Array:
    """``(sum p^a q^(1 - a) - 1) / (a (a - 1))``, with its limits at 0 and 1."""
    if order == 1:
        return kl(pair)
    if order == 0:
        return kl(pair.swapped())
    return power_sum_minus_1(pair, order) / (order * (order - 1))


def checked_renyi_order(order: float, /) -> float:
    """Check the order of a Renyi divergence.

    Returns:
        The order, a float in [0, inf].

    Raises:
        DistributionError: If it is negative, NaN or no real number.
    """
    if not (isinstance(order, numbers.Real) and order >= 0):
        raise DistributionError(
            f"`order` must be a number in [0, inf], but is {order!r}; for a negative order "
            "use `alpha`"
        )
    return float(order)


def checked_alpha_order(order: float, /) -> float:
    """Check the order of an alpha divergence.

    Returns:
        The order, a finite float.

    Raises:
        DistributionError: If it is infinite, NaN or no real number.
    """
    if not (isinstance(order, numbers.Real) and math.isfinite(order)):
        raise DistributionError(
            f"`order` must be a finite number, but is {order!r}; 1 gives KL(p || q), 0 KL(q || p)"
        )
    return float(order)


@np.errstate(over="ignore", divide="ignore")
def power_sum_minus_1(pair: MidpointForm, order: float, /) -> Array:
    """``sum p^a q^(1 - a)``, minus 1, for an order a other than 0 and 1.

    As ``sum m [(1 + delta)^a (1 - delta)^(1 - a) - 1 - (2 a - 1) delta]``, whose last part sums to
    0: all terms have the sign of ``a (a - 1)``.

    Returns:
        Shape ``(...)``, values in [-1, inf].
    """
    xp, _, small, d = split_by_size(pair)
    terms = pair.midpoint * xp.where(
        small, _power_term_by_series(d, order, xp), _power_term(pair, order)
    )
    total = xp.sum(terms, axis=-1)
    if order > 1:
        return xp.where(xp.any(pair.in_p & ~pair.in_q, axis=-1), xp.inf, total)
    if order < 0:
        return xp.where(xp.any(pair.in_q & ~pair.in_p, axis=-1), xp.inf, total)
    return xp.where(pair.disjoint_supports() | (total < -1), -1.0, total)


def _power_term_by_series(d: Array, order: float, xp: ModuleType) -> Array:
    """Summand of `power_sum_minus_1` per unit of m, for a small delta d."""
    slope, square = 2 * order - 1, d * d
    half_log = -square / 2 * polynomial(square, LOG1M_COEFFICIENTS)  # log1p(-d^2) / 2
    artanh_minus_d = d * square * polynomial(square, ARTANH_COEFFICIENTS)
    exponent = slope * (d + artanh_minus_d) + half_log
    return _exp_remainder(exponent, xp) + half_log + slope * artanh_minus_d


def _power_term(pair: MidpointForm, order: float) -> Array:
    """Summand of `power_sum_minus_1` per unit of m, for any other delta."""
    xp, delta, slope = pair.xp, pair.delta, 2 * order - 1
    shared = pair.in_p & pair.in_q & (pair.midpoint > 0)
    p_over_m, q_over_m = (xp.where(shared, r, 1.0) for r in (pair.p_over_m, pair.q_over_m))
    power = xp.where(shared, p_over_m**order * q_over_m ** (1 - order), 0.0) - 1
    # For a medium delta the power is so close to 1 that subtracting 1 would cancel.
    medium = xp.abs(delta) < 0.75
    e = xp.where(medium, delta, 0.0)
    power = xp.where(medium, xp.expm1(slope * xp.atanh(e) + xp.log1p(-e * e) / 2), power)
    return power - slope * delta


def _log_power_sum(pair: MidpointForm, order: float) -> Array:
    """``log sum p^a q^(1 - a)`` for a above 0, where the sum itself may overflow or underflow."""
    xp = pair.xp
    shared = pair.in_p & pair.in_q
    log_larger, log_ratio = pair.log_larger(), pair.log_ratio()
    log_power = xp.where(log_ratio > 0, (order - 1) * log_ratio, order * log_ratio)
    exponents = xp.where(shared, log_larger + log_power, -xp.inf)
    largest = xp.max(exponents, axis=-1, keepdims=True)
    largest = xp.where(largest > -xp.inf, largest, 0.0)
    scaled = xp.exp(xp.where(shared, exponents - largest, 0.0))
    total = xp.sum(xp.where(shared, scaled, 0.0), axis=-1)
    value = xp.where(total > 0, log_or_0(total, xp) + largest[..., 0], -xp.inf)
    infinite = xp.any(pair.in_p & ~pair.in_q, axis=-1)
    return xp.where(infinite, xp.inf, value) if order > 1 else value


def _exp_remainder(x: Array, xp: ModuleType) -> Array:
    """``exp(x) - 1 - x``, by its series for ``|x| < 1/2``."""
    small = xp.abs(x) < 0.5
    y = xp.where(small, x, 0.0)
    series = y * y * polynomial(y, EXP_REMAINDER_COEFFICIENTS)
    return xp.where(small, series, xp.expm1(x) - x)


def _minus_log1m(x: Array, xp: ModuleType) -> Array:
    """``-log(1 - x)``, inf at 1."""
    finite = x < 1
    return xp.where(finite, -xp.log1p(-xp.where(finite, x, 0.0)), xp.inf)
