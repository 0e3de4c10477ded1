r"""Terms of the power sum ``S = sum p^a q^(1 - a)``.

Per outcome, with ``L = log(p / q)``,

.. math:: \frac{p^a q^{1-a} - a p - (1-a) q}{a (a - 1)} = L^2 \, \exp[\log q, \log p^a q^{1-a},
    \log p],

a second divided difference of exp: positive, and as smooth at orders 0 and 1 as anywhere else. For
three numbers in descending order t, m, b with gaps ``x = log(t / m)`` and ``y = log(m / b)`` it is

.. math:: \frac{t \, [1 - (1 + x) e^{-x}] / x + m \, (e^{-y} - 1 + y) / y}{x + y},

a sum of positive terms again.
"""

import math
from types import ModuleType

from divergences._discrete.midpoint import MIDPOINT_EXPONENT, MidpointForm
from divergences._discrete.series import polynomial
from divergences._typing import Array

# Taylor series of (exp(x) - 1 - x) / x^2, for |x| < 1.
EXP_REMAINDER_COEFFICIENTS = [1 / math.factorial(k + 2) for k in range(18)]
LARGE_GAP = 50.0  # exp(x) - 1 - x is exp(x) in float64
MAX_GAP = 800.0  # exp(-x) is 0
MIN_MASS = 1e-290  # smaller masses are taken by their logarithm
MIN_QUOTIENT = 1e-307
UNSCALING = 2.0**-MIDPOINT_EXPONENT


def log_powers(pair: MidpointForm, order: float, /) -> tuple[Array, float]:
    """``log(p^a q^(1 - a)) / scale``, -inf outside the common support, for an order above 0.

    Returns:
        The logarithms, and the scale: ``a - 1`` for orders above 1, which avoids overflow, else 1.
    """
    xp, log_ratio, log_larger = pair.xp, pair.accurate_log_ratio, pair.log_larger
    smaller_part = xp.where(log_ratio < 0, log_ratio, 0.0)
    if order > 1:
        scale = order - 1
        exponents = log_ratio + (log_larger + smaller_part) / scale
    else:
        scale = 1.0
        larger_part = log_ratio - smaller_part
        exponents = log_larger + order * smaller_part - (1 - order) * larger_part
    return xp.where(pair.in_p & pair.in_q, exponents, -xp.inf), scale


def common_part(pair: MidpointForm, order: float, factor: float, /) -> Array:
    """Divided differences summed over the common support, times ``factor`` and the span.

    Args:
        pair: The distributions.
        order: a.
        factor: Any factor.

    Returns:
        ``factor`` times the length of the smallest interval with 0, 1 and a, times the sum, of
        shape ``(...)``.
    """
    xp = pair.xp
    shared, log_ratio = pair.in_p & pair.in_q, pair.accurate_log_ratio
    distance = xp.abs(log_ratio)
    slopes_if_p_larger, slopes_if_q_larger = _gap_slopes(order)
    upper, lower = (
        xp.where(log_ratio > 0, a * distance, b * distance)
        for a, b in zip(slopes_if_p_larger, slopes_if_q_larger, strict=True)
    )
    scaled_larger = pair.scaled_midpoint * xp.where(
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
    """Upper and lower gap of p, q and the power over ``|log(p / q)|``: for p > q, for q > p."""
    if order > 1:
        return (order - 1, 1.0), (1.0, order - 1)
    if order < 0:
        return (1.0, -order), (-order, 1.0)
    return (1 - order, order), (order, 1 - order)


def _terms_of_largest_power(
    pair: MidpointForm, steepness: float, factor: float, weight: Array
) -> Array:
    """``weight (exp(x) - 1 - x) / x`` for ``x = steepness |log(p / q)|``, where it is large."""
    xp, distance = pair.xp, pair.xp.abs(pair.accurate_log_ratio)
    gap, root = steepness * distance, _fourth_root_of_power(pair, steepness, distance)
    squared = root * root
    direct = (squared * squared - 1 - gap) / gap
    moderate = weight * xp.where(gap < 1, gap * _exp_remainder(gap, xp), direct) * UNSCALING
    # In an order of multiplication that overflows only with the result.
    larger = pair.midpoint * xp.where(pair.p_over_m > pair.q_over_m, pair.p_over_m, pair.q_over_m)
    by_masses = larger * root * factor * root / steepness * squared
    logs = pair.log_larger + gap + (math.log(factor) - math.log(steepness))
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
