"""Divergences as functions of a `MidpointForm`: one body for both kinds of input."""

import math
import sys
from collections.abc import Callable
from types import ModuleType

import numpy as np

from divergences import _checks
from divergences._discrete.midpoint import MIDPOINT_EXPONENT, MidpointForm
from divergences._discrete.series import (
    ARTANH_COEFFICIENTS,
    JS_COEFFICIENTS,
    SERIES_RADIUS,
    polynomial,
)
from divergences._typing import Array
from divergences.errors import DistributionError

LOG_2 = 0.6931471805599453
MIN_TOTAL = 1e-290  # smaller sums are rounded to subnormal numbers

Formula = Callable[[MidpointForm], Array]
RootFormula = Callable[[MidpointForm, float], Array]
"""Root of a divergence over a number, the unit of the divergence."""


def kl(pair: MidpointForm, /) -> Array:
    """``sum m [(1 + delta) log(p / q) - 2 delta]``: each term at least 0."""
    xp, delta, small, d = split_by_size(pair)
    series = 2 * d * d * (1 + (1 + d) * d * polynomial(d * d, ARTANH_COEFFICIENTS))
    direct = pair.p_over_m * xp.where(small, 0.0, pair.log_ratio) - 2 * delta
    terms = pair.midpoint * xp.where(small, series, direct)
    return xp.sum(xp.where(pair.in_p & ~pair.in_q, xp.inf, terms), axis=-1)


def jeffreys(pair: MidpointForm, /) -> Array:
    """``sum 2 m delta log(p / q)``: KL(p || q) + KL(q || p)."""
    xp, delta, small, d = split_by_size(pair)
    series = 4 * d * d * (1 + d * d * polynomial(d * d, ARTANH_COEFFICIENTS))
    abs_log_ratio = xp.abs(pair.log_ratio)  # absolute values: symmetric to the last bit
    direct = 2 * xp.abs(delta) * xp.where(small, 0.0, abs_log_ratio)
    terms = pair.midpoint * xp.where(small, series, direct)
    return xp.sum(xp.where(pair.in_p != pair.in_q, xp.inf, terms), axis=-1)


def js(pair: MidpointForm, /) -> Array:
    """``sum m [(1 + delta) log(1 + delta) + (1 - delta) log(1 - delta)] / 2``."""
    return _sum_up_to(LOG_2, _js_terms(pair, pair.midpoint), pair)


def js_distance(pair: MidpointForm, unit: float, /) -> Array:
    """Root of `js`, also where that underflows."""
    return _root(pair, js(pair), _js_terms, unit)


def _sum_up_to(largest: float, terms: Array, pair: MidpointForm) -> Array:
    """Sum of terms, at most its largest value, that of disjoint supports."""
    xp, total = pair.xp, pair.xp.sum(terms, axis=-1)
    return xp.where(pair.disjoint_supports() | (total > largest), largest, total)


def _js_terms(pair: MidpointForm, midpoint: Array) -> Array:
    """Terms of `js` for a multiple of m."""
    xp, delta, small, d = split_by_size(pair)
    series = d * d * polynomial(d * d, JS_COEFFICIENTS)
    e = xp.where(small, 0.0, xp.abs(delta))
    one_minus_e = xp.where(delta > 0, pair.q_over_m, pair.p_over_m)  # 1 - e itself would cancel
    log_one_minus_e = xp.where(
        e < 0.5, xp.log1p(-xp.where(e < 0.5, e, 0.0)), log_or_0(one_minus_e, xp)
    )
    direct = ((1 + e) * xp.log1p(e) + one_minus_e * log_one_minus_e) / 2
    return midpoint * xp.where(small, series, direct)


def total_variation(pair: MidpointForm, /) -> Array:
    """``sum m |delta|``."""
    return _sum_up_to(1.0, pair.midpoint * pair.xp.abs(pair.delta), pair)


def squared_hellinger(pair: MidpointForm, /) -> Array:
    """``sum m [1 - sqrt(1 - delta^2)]``."""
    return _sum_up_to(1.0, _squared_hellinger_terms(pair, pair.midpoint), pair)


def hellinger(pair: MidpointForm, unit: float, /) -> Array:
    """Root of `squared_hellinger`, also where that underflows."""
    return _root(pair, squared_hellinger(pair), _squared_hellinger_terms, unit)


def _squared_hellinger_terms(pair: MidpointForm, midpoint: Array) -> Array:
    """Terms of `squared_hellinger` for a multiple of m."""
    root = _sqrt_or_0(pair.p_over_m, pair.xp) * _sqrt_or_0(pair.q_over_m, pair.xp)
    return midpoint * pair.delta**2 / (1 + root)


def _root(
    pair: MidpointForm,
    total: Array,
    terms: Callable[[MidpointForm, Array], Array],
    unit: float,
) -> Array:
    """Root of ``total``, a sum of terms, over the unit; from scaled masses where it is tiny."""
    xp, root = pair.xp, _sqrt_or_0(total / unit, pair.xp)
    if xp is _checks.NUMPY and not np.any(total < MIN_TOTAL):
        return root
    scaled = xp.sum(terms(pair, pair.scaled_midpoint), axis=-1)
    scaled_root = _sqrt_or_0(scaled / unit, xp) * 2.0 ** (-MIDPOINT_EXPONENT // 2)
    return xp.where(total < MIN_TOTAL, scaled_root, root)


@np.errstate(over="ignore")  # a value beyond the largest float is inf
def chi2(pair: MidpointForm, /) -> Array:
    """``sum 4 m delta^2 / (1 - delta)``."""
    xp = pair.xp
    one_minus_delta = xp.where(pair.q_over_m > 0, pair.q_over_m, 1.0)
    terms = 4 * pair.midpoint * (pair.delta**2 / one_minus_delta)
    return xp.sum(xp.where(pair.in_p & ~pair.in_q, xp.inf, terms), axis=-1)


def f_divergence(
    pair: MidpointForm,
    generator: Callable[[Array], Array],
    at_zero: float | None,
    slope_at_infinity: float | None,
    /,
) -> Array:
    """``sum q f(p / q)``, with the limits of f where only one of the two has mass.

    Returns:
        Divergences, shape ``(...)``.

    Raises:
        DistributionError: If only one of the two has mass at an outcome, and the limit of f for
            this case is missing, or the generator or a limit is invalid.
    """
    xp, p_over_m, q_over_m = pair.xp, pair.p_over_m, pair.q_over_m
    limits = {"at_zero": at_zero, "slope_at_infinity": slope_at_infinity}
    checked = {name: _checked_limit(name, limit) for name, limit in limits.items()}
    # At ratios beyond 1e300 a generator may overflow; its limits are used there.
    shared = (p_over_m > 1e-300 * q_over_m) & (q_over_m > 1e-300 * p_over_m)
    ratio = xp.where(shared, p_over_m, 1.0) / xp.where(shared, q_over_m, 1.0)
    p, q = pair.midpoint * p_over_m, pair.midpoint * q_over_m
    terms = xp.where(shared, q * _generated(generator, ratio, shared & (q > 0), xp), 0.0)
    only_p = pair.in_p & (q_over_m < p_over_m) & ~shared
    only_q = pair.in_q & (p_over_m < q_over_m) & ~shared
    for name, mask, mass in (("at_zero", only_q, q), ("slope_at_infinity", only_p, p)):
        limit = checked[name]
        if limit is not None:
            terms = terms + xp.where(mask, limit * xp.where(mask, mass, 1.0), 0.0)
        elif bool(xp.any(mask)):
            raise DistributionError(
                f"`{name}` is needed, the limit of the `generator` where only one of the two has "
                "mass, but is missing; pass it, inf included"
            )
    return xp.sum(terms, axis=-1)


def _checked_limit(name: str, limit: float | None) -> float | None:
    """A limit of a convex function at an end of (0, inf), which is not -inf."""
    requirement = "a number, inf included, or None"
    if limit is None:
        return None
    return _checks.number_within(name, limit, -sys.float_info.max, math.inf, requirement)


def _generated(
    generator: Callable[[Array], Array], ratio: Array, used: Array, xp: ModuleType
) -> Array:
    """Values of a generator, in float64; inf only where it is used."""
    _checks.require_function("generator", generator, "a function of an array of ratios")
    with np.errstate(over="ignore", under="ignore"):  # as t * t does, for t up to 1e300
        values = generator(ratio)
    values = _checks.float64(
        "generator", _checks.returned_values("generator", values, ratio, xp), xp
    )
    invalid = xp.isnan(values) | (values == -xp.inf) | ((values == xp.inf) & ~used)
    _checks.refuse_values_where("generator", values, ratio, invalid, "a finite number, or inf", xp)
    return values


def split_by_size(pair: MidpointForm, /) -> tuple[ModuleType, Array, Array, Array]:
    """The namespace, delta, the mask of its small entries, and these entries, 0 elsewhere."""
    small = pair.xp.abs(pair.delta) < SERIES_RADIUS
    return pair.xp, pair.delta, small, pair.xp.where(small, pair.delta, 0.0)


def log_or_0(x: Array, xp: ModuleType, /) -> Array:
    """Logarithm, 0 at 0: for ``0 log 0 = 0``, with a finite gradient."""
    positive = x > 0
    return xp.where(positive, xp.log(xp.where(positive, x, 1.0)), 0.0)


def _sqrt_or_0(x: Array, xp: ModuleType) -> Array:
    """Square root, with gradient 0 at 0."""
    positive = x > 0
    return xp.where(positive, xp.sqrt(xp.where(positive, x, 1.0)), 0.0)
