"""Every divergence as a function of a `MidpointForm`: one body for probabilities and log-probabilities."""

import math
import numbers
from collections.abc import Callable
from types import ModuleType

import numpy as np

from divergences import _checks
from divergences._discrete import series
from divergences._discrete.midpoint import MidpointForm
from divergences._discrete.series import power_series
from divergences._typing import Array
from divergences.errors import DistributionError

LOG_2 = 0.6931471805599453
_LOG = [1 / (k + 1) for k in range(14)]  # of -log(1 - x) / x, for x below 1/16
_EXP = [1 / math.factorial(k + 2) for k in range(14)]  # of (exp(x) - 1 - x) / x^2, below 1/2

Formula = Callable[[MidpointForm], Array]


def kl(pair: MidpointForm, /) -> Array:
    """``sum m [(1 + delta) log(p / q) - 2 delta]``: each term at least 0."""
    xp, delta, small, d = _split(pair)
    near = 2 * d * d * (1 + (1 + d) * d * power_series(d * d, series.ARTANH))
    direct = pair.above * xp.where(small, 0.0, pair.log_ratio()) - 2 * delta
    terms = pair.midpoint * xp.where(small, near, direct)
    return xp.sum(xp.where(pair.in_p & ~pair.in_q, xp.inf, terms), axis=-1)


def jeffreys(pair: MidpointForm, /) -> Array:
    """``sum 2 m delta log(p / q)``: KL(p || q) + KL(q || p)."""
    xp, delta, small, d = _split(pair)
    near = 4 * d * d * (1 + d * d * power_series(d * d, series.ARTANH))
    ratio = xp.abs(pair.log_ratio())  # so that p and q may be exchanged to the last bit
    direct = 2 * xp.abs(delta) * xp.where(small, 0.0, ratio)
    terms = pair.midpoint * xp.where(small, near, direct)
    return xp.sum(xp.where(pair.in_p != pair.in_q, xp.inf, terms), axis=-1)


def js(pair: MidpointForm, /) -> Array:
    """``sum m [(1 + delta) log(1 + delta) + (1 - delta) log(1 - delta)] / 2``."""
    xp, delta, small, d = _split(pair)
    near = d * d * power_series(d * d, series.JS)
    e = xp.where(small, 0.0, xp.abs(delta))
    rest = xp.where(delta > 0, pair.below, pair.above)  # 1 - e, whose digits e may not have
    log_rest = xp.where(e < 0.5, xp.log1p(-xp.where(e < 0.5, e, 0.0)), _log(rest, xp))
    direct = ((1 + e) * xp.log1p(e) + rest * log_rest) / 2
    total = xp.sum(pair.midpoint * xp.where(small, near, direct), axis=-1)
    return xp.where(pair.disjoint() | (total > LOG_2), LOG_2, total)


def total_variation(pair: MidpointForm, /) -> Array:
    """``sum m |delta|``."""
    xp = pair.xp
    total = xp.sum(pair.midpoint * xp.abs(pair.delta), axis=-1)
    return xp.where(pair.disjoint() | (total > 1), 1.0, total)


def squared_hellinger(pair: MidpointForm, /) -> Array:
    """``sum m [1 - sqrt(1 - delta^2)]``."""
    xp = pair.xp
    root = _sqrt(pair.above, xp) * _sqrt(pair.below, xp)
    total = xp.sum(pair.midpoint * pair.delta**2 / (1 + root), axis=-1)
    return xp.where(pair.disjoint() | (total > 1), 1.0, total)


@np.errstate(over="ignore")  # what is too large for a float is inf
def chi2(pair: MidpointForm, /) -> Array:
    """``sum 4 m delta^2 / (1 - delta)``."""
    xp = pair.xp
    below = xp.where(pair.below > 0, pair.below, 1.0)
    terms = 4 * pair.midpoint * (pair.delta**2 / below)
    return xp.sum(xp.where(pair.in_p & ~pair.in_q, xp.inf, terms), axis=-1)


@np.errstate(over="ignore", divide="ignore")
def power_excess(pair: MidpointForm, order: float, /) -> Array:
    """``sum m [(1 + delta)^a (1 - delta)^(1 - a) - 1 - (2 a - 1) delta]``, for a not 0 or 1.

    That is ``sum p^a q^(1 - a)``, less 1: what is linear in delta sums to 0. All terms have the
    sign of ``a (a - 1)``.

    Returns:
        Shape ``(...)``, values from -1 to inf.
    """
    xp, delta, small, d = _split(pair)
    tilt, square = 2 * order - 1, d * d
    bend = -square / 2 * power_series(square, _LOG)  # log1p(-d^2) / 2
    cube = d * square * power_series(square, series.ARTANH)  # artanh(d) - d
    near = _exp_remainder(tilt * (d + cube) + bend, xp) + bend + tilt * cube
    both = pair.in_p & pair.in_q & (pair.midpoint > 0)
    above, below = (xp.where(both, share, 1.0) for share in (pair.above, pair.below))
    power = xp.where(both, above**order * below ** (1 - order), 0.0) - 1
    # In between, the power is too close to 1 to be taken from it.
    middle = xp.abs(delta) < 0.75
    e = xp.where(middle, delta, 0.0)
    power = xp.where(middle, xp.expm1(tilt * xp.atanh(e) + xp.log1p(-e * e) / 2), power)
    far = power - tilt * delta
    total = xp.sum(pair.midpoint * xp.where(small, near, far), axis=-1)
    if order > 1:
        return xp.where(xp.any(pair.in_p & ~pair.in_q, axis=-1), xp.inf, total)
    if order < 0:
        return xp.where(xp.any(pair.in_q & ~pair.in_p, axis=-1), xp.inf, total)
    return xp.where(pair.disjoint() | (total < -1), -1.0, total)


def renyi(pair: MidpointForm, order: float, /) -> Array:
    """``log(sum p^a q^(1 - a)) / (a - 1)``, with its limits at 0, 1 and infinity."""
    xp = pair.xp
    if order == 1:
        return kl(pair)
    if order == 0:
        missed = xp.sum(xp.where(pair.in_p, 0.0, pair.midpoint * pair.below), axis=-1)
        missed = xp.where(missed < 1, missed, 1.0)
        return _minus_log1m(xp.where(pair.disjoint(), 1.0, missed), xp)
    if order == math.inf:
        most = xp.max(xp.where(pair.in_p & pair.in_q, pair.log_ratio(), -xp.inf), axis=-1)
        infinite = xp.any(pair.in_p & ~pair.in_q, axis=-1)
        return xp.where(infinite, xp.inf, xp.where(most > 0, most, 0.0))
    log_sum = _log_power_sum(pair, order)
    # Where the sum is close to 1, what it exceeds 1 by has more digits.
    near = xp.abs(log_sum) < 0.4
    excess = xp.where(near, power_excess(pair, order), 0.0)
    value = xp.where(near, xp.log1p(excess), log_sum) / (order - 1)
    return xp.where(value > 0, value, 0.0)


def renyi_order(order: float, /) -> float:
    """The order of a Renyi divergence.

    Returns:
        A number from 0 to infinity.

    Raises:
        DistributionError: If it is negative, NaN or no number.
    """
    if not (isinstance(order, numbers.Real) and order >= 0):
        raise DistributionError(f"`order` must be a number from 0 on, but is {order!r}")
    return float(order)


def alpha_order(order: float, /) -> float:
    """The order of an alpha divergence.

    Returns:
        A finite number.

    Raises:
        DistributionError: If it is infinite, NaN or no number.
    """
    if not (isinstance(order, numbers.Real) and math.isfinite(order)):
        raise DistributionError(f"`order` must be a finite number, but is {order!r}")
    return float(order)


def alpha(pair: MidpointForm, order: float, /) -> Array:
    """``(sum p^a q^(1 - a) - 1) / (a (a - 1))``, with its limits at 0 and 1."""
    if order == 1:
        return kl(pair)
    if order == 0:
        return kl(pair.mirrored())
    return power_excess(pair, order) / (order * (order - 1))


def _log_power_sum(pair: MidpointForm, order: float) -> Array:
    """``log sum p^a q^(1 - a)`` where the sum itself may overflow or vanish; a above 0."""
    xp = pair.xp
    both = pair.in_p & pair.in_q
    log_larger, ratio = pair.log_larger(), pair.log_ratio()
    tilt = xp.where(ratio > 0, (order - 1) * ratio, order * ratio)
    exponents = xp.where(both, log_larger + tilt, -xp.inf)
    top = xp.max(exponents, axis=-1, keepdims=True)
    top = xp.where(top > -xp.inf, top, 0.0)
    total = xp.sum(xp.where(both, xp.exp(xp.where(both, exponents - top, 0.0)), 0.0), axis=-1)
    value = xp.where(total > 0, _log(total, xp) + top[..., 0], -xp.inf)
    missed = xp.any(pair.in_p & ~pair.in_q, axis=-1)
    return xp.where(missed, xp.inf, value) if order > 1 else value


def _minus_log1m(x: Array, xp: ModuleType) -> Array:
    """``-log(1 - x)``, inf at 1."""
    below = x < 1
    return xp.where(below, -xp.log1p(-xp.where(below, x, 0.0)), xp.inf)


def result(
    value: Array, pair: MidpointForm, /, *, base: float | None = None, root: bool = False
) -> Array:
    """A value, or its root, in units of ``log(base)`` and the type of the pair's result."""
    value = value / _checks.log_base(base)
    return _checks.scalar(_sqrt(value, pair.xp) if root else value, pair.dtype, pair.xp)


def f_divergence(
    pair: MidpointForm,
    generator: Callable[[Array], Array],
    at_zero: float | None,
    slope_at_infinity: float | None,
    /,
) -> Array:
    """``sum q f(p / q)`` with the limits of f where only one of the two has mass.

    Returns:
        Shape ``(...)``.

    Raises:
        DistributionError: If a limit is needed and missing.
    """
    xp, above, below = pair.xp, pair.above, pair.below
    # Beyond these ratios a generator may overflow, and is at its limits.
    shared = (above > 1e-300 * below) & (below > 1e-300 * above)
    ratio = xp.where(shared, above, 1.0) / xp.where(shared, below, 1.0)
    p, q = pair.midpoint * above, pair.midpoint * below
    terms = xp.where(shared, q * generator(ratio), 0.0)
    only_p = pair.in_p & (below < above) & ~shared
    only_q = pair.in_q & (above < below) & ~shared
    for name, limit, where, mass in (
        ("at_zero", at_zero, only_q, q),
        ("slope_at_infinity", slope_at_infinity, only_p, p),
    ):
        if limit is not None:
            terms = terms + xp.where(where, limit * xp.where(where, mass, 1.0), 0.0)
        elif bool(xp.any(where)):
            raise DistributionError(
                f"`{name}` is needed: the limit of the generator where only one has mass"
            )
    return xp.sum(terms, axis=-1)


def _split(pair: MidpointForm) -> tuple[ModuleType, Array, Array, Array]:
    """The namespace, delta, where it is small, and delta there, 0 elsewhere."""
    small = pair.xp.abs(pair.delta) < series.BELOW
    return pair.xp, pair.delta, small, pair.xp.where(small, pair.delta, 0.0)


def _exp_remainder(x: Array, xp: ModuleType) -> Array:
    """``exp(x) - 1 - x``, by its series below 1/2 in size."""
    small = xp.abs(x) < 0.5
    y = xp.where(small, x, 0.0)
    near = y * y * power_series(y, _EXP)
    return xp.where(small, near, xp.expm1(x) - x)


def _log(x: Array, xp: ModuleType) -> Array:
    """Logarithm, 0 at 0: for 0 log 0 = 0, with a finite gradient."""
    positive = x > 0
    return xp.where(positive, xp.log(xp.where(positive, x, 1.0)), 0.0)


def _sqrt(x: Array, xp: ModuleType) -> Array:
    """Square root, with gradient 0 at 0."""
    positive = x > 0
    return xp.where(positive, xp.sqrt(xp.where(positive, x, 1.0)), 0.0)
