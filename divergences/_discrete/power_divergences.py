r"""Renyi and alpha divergences: functions of the power sum ``S = sum p^a q^(1 - a)``.

Per outcome, with ``L = log(p / q)``,

.. math:: \frac{p^a q^{1-a} - a p - (1-a) q}{a (a - 1)} = L^2 \, \exp[\log q, \log p^a q^{1-a},
    \log p],

a second divided difference of exp: positive, and as smooth at orders 0 and 1 as anywhere else. For
three numbers in descending order t, m, b with gaps ``x = log(t / m)`` and ``y = log(m / b)`` it is

.. math:: \frac{t \, [1 - (1 + x) e^{-x}] / x + m \, (e^{-y} - 1 + y) / y}{x + y},

a sum of positive terms again.
"""

import math
import numbers
from types import ModuleType

import numpy as np

from divergences._discrete.formulas import kl, log_or_0
from divergences._discrete.midpoint import MIDPOINT_EXPONENT, MidpointForm
from divergences._discrete.series import polynomial
from divergences._typing import Array
from divergences.errors import DistributionError

# Taylor series of (exp(x) - 1 - x) / x^2, for |x| < 1.
EXP_REMAINDER_COEFFICIENTS = [1 / math.factorial(k + 2) for k in range(18)]
LARGE_GAP = 50.0  # exp(x) - 1 - x is exp(x) in float64
MAX_GAP = 800.0  # exp(-x) is 0
MIN_MASS = 1e-290  # smaller masses are taken by their logarithm
MIN_QUOTIENT = 1e-307
UNSCALING = 2.0**-MIDPOINT_EXPONENT


def renyi(pair: MidpointForm, order: float, /) -> Array:
    """``log(S) / (a - 1)``, with its limits at 0, 1 and infinity."""
    if order == 1:
        return kl(pair)
    if order == 0:
        return _renyi_of_order_0(pair)
    if order == math.inf:
        return _renyi_of_infinite_order(pair)
    xp = pair.xp
    with np.errstate(all="ignore"):  # both forms are evaluated, one is selected
        quotient = _power_quotient(pair, order, order / max(order, 1.0))
        if order > 1:
            quotient = xp.where(xp.any(pair.in_p & ~pair.in_q, axis=-1), xp.inf, quotient)
        else:
            quotient = quotient + order * (_mass_outside(pair.swapped()) / (1 - order))
        x = (order - 1) * quotient  # S - 1
        by_sum = (x > -0.5) & (x < 1e300)
        x = xp.where(by_sum, x, 0.0)
        growth = xp.where(xp.abs(x) > 1e-300, xp.log1p(x) / x, 1.0)
        value = xp.where(by_sum, quotient * growth, _renyi_by_logs(pair, order))
    return xp.where(value > 0, value, 0.0)


def _renyi_of_order_0(pair: MidpointForm) -> Array:
    """``-log q(p > 0)``, from the smaller of that probability and its complement."""
    xp, outside = pair.xp, _mass_outside(pair)
    inside = xp.sum(xp.where(pair.in_p, pair.midpoint * pair.q_over_m, 0.0), axis=-1)
    by_outside = -xp.log1p(-xp.where(outside < 0.5, outside, 0.0))
    value = xp.where(outside < 0.5, by_outside, -log_or_0(inside, xp))
    return xp.where(pair.disjoint_supports(), xp.inf, value)


def _renyi_of_infinite_order(pair: MidpointForm) -> Array:
    """``log max p / q``."""
    xp = pair.xp
    log_ratio = xp.where(pair.in_p & pair.in_q, pair.accurate_log_ratio(), -xp.inf)
    largest = xp.max(log_ratio, axis=-1)
    infinite = xp.any(pair.in_p & ~pair.in_q, axis=-1)
    return xp.where(infinite, xp.inf, xp.where(largest > 0, largest, 0.0))


def _renyi_by_logs(pair: MidpointForm, order: float) -> Array:
    """The value from logarithms, where S overflows or is far below 1."""
    xp, (exponents, scale) = pair.xp, log_powers(pair, order)
    largest = xp.max(exponents, axis=-1)
    largest = xp.where(largest > -xp.inf, largest, 0.0)
    total = xp.sum(xp.exp(scale * (exponents - largest[..., None])), axis=-1)
    value = (largest + xp.log(total) / scale) * (scale / (order - 1))
    return xp.where(xp.any(pair.in_p & ~pair.in_q, axis=-1), xp.inf, value) if order > 1 else value


def log_powers(pair: MidpointForm, order: float, /) -> tuple[Array, float]:
    """``log(p^a q^(1 - a)) / scale``, -inf outside the common support, for an order above 0.

    Returns:
        The logarithms, and the scale: ``a - 1`` for orders above 1, which avoids overflow, else 1.
    """
    xp, log_ratio, log_larger = pair.xp, pair.accurate_log_ratio(), pair.log_larger()
    smaller_part = xp.where(log_ratio < 0, log_ratio, 0.0)
    if order > 1:
        scale = order - 1
        exponents = log_ratio + (log_larger + smaller_part) / scale
    else:
        scale = 1.0
        larger_part = log_ratio - smaller_part
        exponents = log_larger + order * smaller_part - (1 - order) * larger_part
    return xp.where(pair.in_p & pair.in_q, exponents, -xp.inf), scale


def alpha(pair: MidpointForm, order: float, /) -> Array:
    """``(S - 1) / (a (a - 1))``, with its limits at 0 and 1."""
    if order == 1:
        return kl(pair)
    if order == 0:
        return kl(pair.swapped())
    xp = pair.xp
    with np.errstate(all="ignore"):  # a value beyond the largest float is inf
        span = max(order, 1.0) - min(order, 0.0)
        value = _common_part(pair, order, 1 / span)
        for one_sided, a in ((pair, order), (pair.swapped(), 1 - order)):
            # Where q has mass and p has none: q / a, or inf for an order below 0.
            mass = _mass_outside(one_sided)
            absent = xp.any(one_sided.in_q & ~one_sided.in_p, axis=-1)
            value = value + (mass / a if a > 0 else xp.where(absent, xp.inf, 0.0))
        if 0 < order < 1:
            largest = 1 / order / (1 - order)
            value = xp.where(pair.disjoint_supports() | (value > largest), largest, value)
    return value


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
    return _as_float(order, "for the limit pass float('inf')")


def checked_alpha_order(order: float, /) -> float:
    """Check the order of an alpha divergence.

    Returns:
        The order, a finite float.

    Raises:
        DistributionError: If it is infinite, NaN or no real number.
    """
    advice = "1 gives KL(p || q), 0 KL(q || p)"
    if isinstance(order, numbers.Real) and order == order and abs(order) != math.inf:
        return _as_float(order, advice)
    raise DistributionError(f"`order` must be a finite number, but is {order!r}; {advice}")


def _as_float(order: numbers.Real, advice: str) -> float:
    """The order as a float; refused where it exceeds the largest."""
    try:
        return float(order)
    except OverflowError:
        raise DistributionError(
            f"`order` must be at most 1.8e308, the largest float, but is larger; {advice}"
        ) from None


def _power_quotient(pair: MidpointForm, order: float, factor: float) -> Array:
    """``(S - 1) / (a - 1)`` for an order above 0, without the mass of p alone."""
    return _common_part(pair, order, factor) + _mass_outside(pair)


def _mass_outside(pair: MidpointForm) -> Array:
    """Mass of q outside the support of p, exactly 1 for disjoint supports."""
    xp = pair.xp
    outside = xp.sum(xp.where(pair.in_p, 0.0, pair.midpoint * pair.q_over_m), axis=-1)
    return xp.where(pair.disjoint_supports() | (outside > 1), 1.0, outside)


def _common_part(pair: MidpointForm, order: float, factor: float) -> Array:
    """Sum of the divided differences over the common support, times ``factor`` and the span.

    The span is the length of the smallest interval that contains 0, 1 and the order.
    """
    xp = pair.xp
    shared, log_ratio = pair.in_p & pair.in_q, pair.accurate_log_ratio()
    distance = xp.abs(log_ratio)
    slopes_if_p_larger, slopes_if_q_larger = _gap_slopes(order)
    upper, lower = (
        distance * xp.where(log_ratio > 0, a, b)
        for a, b in zip(slopes_if_p_larger, slopes_if_q_larger, strict=True)
    )
    scaled_larger = pair.scaled_midpoint() * xp.where(
        pair.p_over_m > pair.q_over_m, pair.p_over_m, pair.q_over_m
    )
    weight = factor * distance * scaled_larger
    clipped = xp.where(upper < MAX_GAP, upper, MAX_GAP)
    lower_part = _scaled_lower_part(lower, xp)
    terms = weight * (_scaled_upper_part(clipped, xp) + xp.exp(-clipped) * lower_part) * UNSCALING
    if not 0 <= order <= 1:
        power_is_largest = log_ratio > 0 if order > 1 else log_ratio < 0
        steepness = order - 1 if order > 1 else -order
        above = _terms_of_largest_power(pair, steepness, factor, weight)
        terms = xp.where(power_is_largest, above + weight * lower_part * UNSCALING, terms)
    return xp.sum(xp.where(shared, terms, 0.0), axis=-1)


def _gap_slopes(order: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Upper and lower gap of p, q and the power, over ``|log(p / q)|``: for p > q, and for q > p."""
    if order > 1:
        return (order - 1, 1.0), (1.0, order - 1)
    if order < 0:
        return (1.0, -order), (-order, 1.0)
    return (1 - order, order), (order, 1 - order)


def _terms_of_largest_power(
    pair: MidpointForm, steepness: float, factor: float, weight: Array
) -> Array:
    """``factor |log(p / q)| larger (exp(x) - 1 - x) / x`` for the gap ``x = steepness |log(p / q)|``.

    The scaled ``weight`` is the product of the first three.
    """
    xp, distance = pair.xp, pair.xp.abs(pair.accurate_log_ratio())
    gap, root = steepness * distance, _fourth_root_of_power(pair, steepness, distance)
    squared = root * root
    direct = (squared * squared - 1 - gap) / gap
    moderate = weight * xp.where(gap < 1, gap * _exp_remainder(gap, xp), direct) * UNSCALING
    # In an order of multiplication that overflows only with the result.
    larger = pair.midpoint * xp.where(pair.p_over_m > pair.q_over_m, pair.p_over_m, pair.q_over_m)
    by_masses = larger * root * factor * root / steepness * squared
    logs = pair.log_larger() + gap + (math.log(factor) - math.log(steepness))
    by_logs = xp.exp(xp.where(larger < MIN_MASS, logs, 0.0))
    large = xp.where(larger < MIN_MASS, by_logs, by_masses)
    return xp.where(gap < LARGE_GAP, moderate, large)


def _fourth_root_of_power(pair: MidpointForm, steepness: float, distance: Array) -> Array:
    """``exp(steepness |log(p / q)| / 4)``, for distant p and q a power of their quotient."""
    xp = pair.xp
    p_is_larger = pair.p_over_m > pair.q_over_m
    larger = xp.where(p_is_larger, pair.p_over_m, pair.q_over_m)
    smaller = xp.where(p_is_larger, pair.q_over_m, pair.p_over_m)
    by_power = (distance > 1) & (smaller > MIN_QUOTIENT)
    quotient = xp.where(by_power, larger, 1.0) / xp.where(by_power, smaller, 1.0)
    exponent = xp.where(by_power, 0.0, steepness / 4 * distance)
    return xp.where(by_power, quotient ** (steepness / 4), xp.exp(exponent))


def _scaled_upper_part(x: Array, xp: ModuleType) -> Array:
    """``[1 - (1 + x) exp(-x)] / x`` for x in [0, 800], 0 at 0."""
    decay = xp.exp(-x)
    small = x < 1
    direct = (1 - (1 + x) * decay) / xp.where(small, 1.0, x)
    return xp.where(small, x * decay * _exp_remainder(x, xp), direct)


def _scaled_lower_part(x: Array, xp: ModuleType) -> Array:
    """``(exp(-x) - 1 + x) / x`` for x of at least 0, 0 at 0."""
    small = x < 1
    direct = 1 + xp.expm1(-x) / xp.where(small, 1.0, x)
    return xp.where(small, x * _exp_remainder(-x, xp), direct)


def _exp_remainder(x: Array, xp: ModuleType) -> Array:
    """``(exp(x) - 1 - x) / x^2`` for ``|x| < 1``; of no meaning elsewhere."""
    return polynomial(xp.where(xp.abs(x) < 1, x, 0.0), EXP_REMAINDER_COEFFICIENTS)
