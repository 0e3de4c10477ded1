"""Renyi and alpha divergences: functions of the power sum ``S = sum p^a q^(1 - a)``."""

import math
import sys

import numpy as np

from divergences import _checks
from divergences._discrete.formulas import kl, log_or_0
from divergences._discrete.midpoint import MidpointForm
from divergences._discrete.power_sum import common_part, log_powers
from divergences._typing import Array


def renyi(pair: MidpointForm, order: float, /) -> Array:
    """``log(S) / (a - 1)``, with its limits at 0, 1 and infinity."""
    if order == 1:
        return kl(pair)
    if order == 0:
        return _renyi_of_order_0(pair)
    if order == math.inf:
        return _renyi_of_infinite_order(pair)
    xp = pair.xp
    with np.errstate(all="ignore"):  # both forms may be evaluated, one is selected
        quotient = _power_quotient(pair, order, order / max(order, 1.0))
        if order > 1:
            quotient = xp.where(xp.any(pair.in_p & ~pair.in_q, axis=-1), xp.inf, quotient)
        else:
            quotient = quotient + order * (_mass_outside(pair.swapped()) / (1 - order))
        x = (order - 1) * quotient  # S - 1
        by_sum = (x > -0.5) & (x < 1e300)
        x = xp.where(by_sum, x, 0.0)
        # log(1 + x) / x by Kahan's quotient: log1p of jax is off by up to 120 units in float64.
        rounded = 1 + x
        distinct = rounded != 1
        shift = xp.where(distinct, rounded - 1, 1.0)
        growth = xp.where(distinct, xp.log(xp.where(distinct, rounded, 2.0)) / shift, 1 - x / 2)
        value = quotient * growth
        if xp is not _checks.NUMPY or not by_sum.all():
            value = xp.where(by_sum, value, _renyi_by_logs(pair, order))
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
    log_ratio = xp.where(pair.in_p & pair.in_q, pair.accurate_log_ratio, -xp.inf)
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


def alpha(pair: MidpointForm, order: float, /) -> Array:
    """``(S - 1) / (a (a - 1))``, with its limits at 0 and 1."""
    if order == 1:
        return kl(pair)
    if order == 0:
        return kl(pair.swapped())
    xp = pair.xp
    with np.errstate(all="ignore"):  # a value beyond the largest float is inf
        span = max(order, 1.0) - min(order, 0.0)
        value = common_part(pair, order, 1 / span)
        for one_sided, a in ((pair, order), (pair.swapped(), 1 - order)):
            # Where q has mass and p has none: q / a, or inf for an order below 0.
            mass = _mass_outside(one_sided)
            absent = xp.any(one_sided.in_q & ~one_sided.in_p, axis=-1)
            value = value + (mass / a if a > 0 else xp.where(absent, xp.inf, xp.zeros_like(mass)))
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
    requirement = "a number in [0, inf], up to 1.8e308 or inf; for a negative order use `alpha`"
    return _checks.number_within("order", order, 0.0, math.inf, requirement)


def checked_alpha_order(order: float, /) -> float:
    """Check the order of an alpha divergence.

    Returns:
        The order, a finite float.

    Raises:
        DistributionError: If it is infinite, NaN or no real number.
    """
    largest = sys.float_info.max
    requirement = "a finite number up to 1.8e308, where 1 gives KL(p || q) and 0 gives KL(q || p)"
    return _checks.number_within("order", order, -largest, largest, requirement)


def _power_quotient(pair: MidpointForm, order: float, factor: float) -> Array:
    """``(S - 1) / (a - 1)`` for an order above 0, without the mass of p alone."""
    return common_part(pair, order, factor) + _mass_outside(pair)


def _mass_outside(pair: MidpointForm) -> Array:
    """Mass of q outside the support of p, exactly 1 for disjoint supports."""
    xp = pair.xp
    outside = xp.sum(xp.where(pair.in_p, 0.0, pair.midpoint * pair.q_over_m), axis=-1)
    return xp.where(pair.disjoint_supports() | (outside > 1), 1.0, outside)
