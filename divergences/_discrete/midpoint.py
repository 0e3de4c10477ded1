r"""Two distributions in terms of their midpoint, without cancellation.

With ``m = (p + q) / 2`` and one number per outcome,

.. math:: \delta_i = \frac{p_i - q_i}{p_i + q_i} \in [-1, 1],

every divergence is an expectation under m of a non-negative function of delta. Where p and q are
close, ``p - q`` is exact, and so delta has full relative accuracy. The textbook form
``sum p log(p / q)`` adds terms of order delta, of both signs, to a sum of order delta squared.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

from divergences import _checks
from divergences._typing import Array

LOG_OF_NORMAL_MASS = -700.0  # exp of it is a normal float
MIDPOINT_EXPONENT = 600  # of the scaled midpoint, which is normal for subnormal masses
LOG_2 = math.log(2)


@dataclass(frozen=True)
class MidpointForm:
    """Two batches of distributions along the last axis, in float64, in terms of their midpoint.

    Attributes:
        xp: The array namespace.
        midpoint: m, half the sum of the normalized distributions, shape ``(..., k)``.
        delta: ``(p - q) / (p + q)`` of the normalized distributions; 0 where both are 0.
        p_over_m: ``1 + delta``, with full relative accuracy also where it is small.
        q_over_m: ``1 - delta``, likewise.
        in_p: Mask of the support of p.
        in_q: Mask of the support of q.
        dtype: Type of the result.
        parts: Functions that compute the properties of that name, when they are needed.
    """

    xp: ModuleType
    midpoint: Array
    delta: Array
    p_over_m: Array
    q_over_m: Array
    in_p: Array
    in_q: Array
    dtype: Any
    parts: dict[str, Callable[[], Array]]

    @cached_property
    def log_ratio(self) -> Array:
        """``log(p / q)`` on the common support, 0 elsewhere."""
        return self.parts["log_ratio"]()

    @cached_property
    def accurate_log_ratio(self) -> Array:
        """``log(p / q)`` on the common support, 0 elsewhere, accurate also for p close to q."""
        if "accurate_log_ratio" in self.parts:
            return self.parts["accurate_log_ratio"]()
        close = self.in_p & self.in_q & (self.xp.abs(self.delta) < 0.5)
        small_delta = self.xp.where(close, self.delta, 0.0)
        return self.xp.where(close, 2 * self.xp.atanh(small_delta), self.log_ratio)

    @cached_property
    def log_larger(self) -> Array:
        """``log(max(p, q))``, 0 where both are 0."""
        return self.parts["log_larger"]()

    @cached_property
    def scaled_midpoint(self) -> Array:
        """``2^600 m``, without the rounding of m to subnormal numbers."""
        return self.parts["scaled_midpoint"]()

    @cached_property
    def p(self) -> Array:
        """The first distribution."""
        return self.midpoint * self.p_over_m

    def swapped(self) -> "MidpointForm":
        """The same pair with p and q exchanged."""
        return MidpointForm(
            xp=self.xp,
            midpoint=self.midpoint,
            delta=-self.delta,
            p_over_m=self.q_over_m,
            q_over_m=self.p_over_m,
            in_p=self.in_q,
            in_q=self.in_p,
            dtype=self.dtype,
            parts={
                "log_ratio": lambda: -self.log_ratio,
                "accurate_log_ratio": lambda: -self.accurate_log_ratio,
                "log_larger": lambda: self.log_larger,
                "scaled_midpoint": lambda: self.scaled_midpoint,
            },
        )

    def disjoint_supports(self) -> Array:
        """Whether no outcome has mass in both, shape ``(...)``."""
        return ~self.xp.any(self.in_p & self.in_q, axis=-1)


def from_probabilities(p: Any, q: Any, /, *, axis: int) -> MidpointForm:
    """Midpoint form of two arrays of probabilities along an axis, or of two dicts by outcome."""
    return of_probabilities(*checked_probabilities(p, q, axis))


def from_log_probabilities(log_p: Any, log_q: Any, /, *, axis: int) -> MidpointForm:
    """Midpoint form of two arrays of log-probabilities along an axis."""
    return of_log_probabilities(*checked_log_probabilities(log_p, log_q, axis))


def of_probabilities(xp: ModuleType, p: Array, q: Array, dtype: Any, /) -> MidpointForm:
    """Midpoint form of checked probabilities, with the outcomes on the last axis."""
    mass_sum = p + q
    totals = xp.sum(mass_sum, axis=-1, keepdims=True)
    total_delta = xp.sum(p - q, axis=-1, keepdims=True) / totals
    # Masses whose reciprocal overflows are scaled up; only their quotients are used below.
    scale = 1 + 2.0**200 * xp.astype(mass_sum < 1e-290, xp.float64)
    p, q = p * scale, q * scale
    scaled_sum = p + q
    positive = scaled_sum > 0
    mass = xp.where(positive, scaled_sum, 1.0)
    raw_delta = (p - q) / mass
    # Delta of p / sum(p) against q / sum(q): the relativistic addition of velocities.
    denominator = 1 - raw_delta * total_delta
    correction = denominator / ((1 - total_delta) * (1 + total_delta))
    midpoint = mass_sum / totals * correction
    p_over_m = 2 * (1 - total_delta) * (p / mass) / denominator
    q_over_m = 2 * (1 + total_delta) * (q / mass) / denominator

    def scaled_midpoint() -> Array:
        return mass_sum * 2.0**MIDPOINT_EXPONENT / totals * correction

    def log_larger() -> Array:
        by_scaling = _log(scaled_midpoint(), xp) - MIDPOINT_EXPONENT * LOG_2
        log_midpoint = xp.where(midpoint < 1e-290, by_scaling, _log(midpoint, xp))
        larger = _log(xp.where(p_over_m > q_over_m, p_over_m, q_over_m), xp)
        return xp.where(positive, log_midpoint + larger, 0.0)

    return MidpointForm(
        xp=xp,
        midpoint=midpoint,
        delta=xp.where(positive, (raw_delta - total_delta) / denominator, 0.0),
        p_over_m=p_over_m,
        q_over_m=q_over_m,
        in_p=p > 0,
        in_q=q > 0,
        dtype=dtype,
        parts={
            "log_ratio": lambda: _log_ratio(p, q, total_delta, xp),
            "log_larger": log_larger,
            "scaled_midpoint": scaled_midpoint,
        },
    )


def of_log_probabilities(
    xp: ModuleType, log_p: Array, log_q: Array, dtype: Array, /
) -> MidpointForm:
    """Midpoint form of checked log-probabilities, with the outcomes on the last axis."""
    in_p, in_q = log_p > -xp.inf, log_q > -xp.inf
    shared = in_p & in_q
    log_p, log_q = xp.where(in_p, log_p, 0.0), xp.where(in_q, log_q, 0.0)
    p, q = xp.where(in_p, xp.exp(log_p), 0.0), xp.where(in_q, xp.exp(log_q), 0.0)
    p_sum, q_sum = (xp.sum(a, axis=-1, keepdims=True) for a in (p, q))
    raw_ratio = xp.where(shared, log_p - log_q, 0.0)
    # p - q without cancellation; its sum over that of q is sum(p) / sum(q) - 1.
    close = raw_ratio < 1
    by_ratio = q * xp.expm1(xp.where(close, raw_ratio, 0.0))
    difference = xp.where(shared & close, by_ratio, p - q)
    excess = xp.sum(difference, axis=-1, keepdims=True) / q_sum
    log_ratio = xp.where(shared, raw_ratio - xp.log1p(excess), 0.0)
    quotient = xp.exp(-xp.abs(log_ratio))  # of the smaller and the larger
    larger, smaller = 2 / (1 + quotient), 2 * quotient / (1 + quotient)
    unshared_delta = xp.astype(in_p, xp.float64) - xp.astype(in_q, xp.float64)
    p_is_larger = log_ratio > 0

    def log_larger() -> Array:
        normalized_log_p = xp.where(in_p, log_p - xp.log(p_sum), -xp.inf)
        normalized_log_q = xp.where(in_q, log_q - xp.log(q_sum), -xp.inf)
        return xp.where(in_p | in_q, xp.maximum(normalized_log_p, normalized_log_q), 0.0)

    def scaled_midpoint() -> Array:
        scaled_p, scaled_q = (_scaled_exp(a, xp) for a in (log_p, log_q))
        scaled_p, scaled_q = xp.where(in_p, scaled_p, 0.0), xp.where(in_q, scaled_q, 0.0)
        return (scaled_p / p_sum + scaled_q / q_sum) / 2

    return MidpointForm(
        xp=xp,
        midpoint=(p / p_sum + q / q_sum) / 2,
        delta=xp.where(shared, xp.tanh(log_ratio / 2), unshared_delta),
        p_over_m=xp.where(shared, xp.where(p_is_larger, larger, smaller), 1 + unshared_delta),
        q_over_m=xp.where(shared, xp.where(p_is_larger, smaller, larger), 1 - unshared_delta),
        in_p=in_p,
        in_q=in_q,
        dtype=dtype,
        parts={
            "log_ratio": lambda: log_ratio,
            "log_larger": log_larger,
            "scaled_midpoint": scaled_midpoint,
        },
    )


def _scaled_exp(x: Array, xp: ModuleType) -> Array:
    """``exp(x) 2^MIDPOINT_EXPONENT``; x is shifted, which rounds it, only for tiny masses."""
    shift = MIDPOINT_EXPONENT * LOG_2
    normal = x > LOG_OF_NORMAL_MASS
    by_product = xp.exp(xp.where(normal, x, 0.0)) * 2.0**MIDPOINT_EXPONENT
    return xp.where(normal, by_product, xp.exp(xp.where(normal, 0.0, x) + shift))


def checked_probabilities(p: Any, q: Any, axis: int, /) -> tuple[ModuleType, Array, Array, Array]:
    """Check two arrays of probabilities, or two dicts by outcome, and broadcast them.

    Returns:
        The namespace; both arrays in float64, of one shape ``(..., k)`` with the outcomes last;
        and the dtype of the result.
    """
    return _checked(p, q, axis, _checks.probabilities, ("p", "q"), 0.0)


def checked_log_probabilities(
    log_p: Any, log_q: Any, axis: int, /
) -> tuple[ModuleType, Array, Array, Array]:
    """Check two arrays of log-probabilities; returns the same as `checked_probabilities`."""
    return _checked(log_p, log_q, axis, _checks.log_probabilities, ("log_p", "log_q"), -math.inf)


def _checked(
    p: Any, q: Any, axis: int, check: Callable[..., Array], names: tuple[str, str], absent: float
) -> tuple[ModuleType, Array, Array, Array]:
    xp, *arrays = real_arrays(p, q, axis, names, absent)
    vectors = [check(name, a, xp, axis=axis) for name, a in zip(names, arrays, strict=True)]
    return xp, *_checks.broadcast_outcomes(vectors[0], vectors[1], xp), xp.result_type(*arrays)


def real_arrays(
    p: Any, q: Any, axis: int, names: tuple[str, str], absent: float, /
) -> tuple[ModuleType, Array, Array]:
    """Arrays of real numbers of one namespace, aligned by outcome, and the namespace."""
    aligned = _checks.aligned_outcomes(p, q, axis=axis, missing=absent, names=names)
    arguments = dict(zip(names, aligned, strict=True))
    xp = _checks.namespace(**arguments)
    like = _checks.first_array(*arguments.values())
    first, second = (_checks.real_array(name, a, xp, like=like) for name, a in arguments.items())
    return xp, first, second


def _log_ratio(p: Array, q: Array, total_delta: Array, xp: ModuleType) -> Array:
    """``log(p / q)`` of the normalized distributions on the common support; 0 elsewhere."""
    # Log of the larger over the smaller, with a sign: exchanging p and q flips only the sign bit.
    shared = (p > 0) & (q > 0)
    larger = xp.where(shared, xp.maximum(p, q), 1.0)
    smaller = xp.where(shared, xp.minimum(p, q), 1.0)
    # The quotient where neither it nor its derivatives overflow.
    divisible = smaller > 1e-40 * larger
    quotient = xp.where(divisible, larger, 1.0) / xp.where(divisible, smaller, 1.0)
    magnitude = xp.where(divisible, xp.log(quotient), xp.log(larger) - xp.log(smaller))
    signed = xp.where(p > q, magnitude, -magnitude)
    return xp.where(shared, signed - 2 * xp.atanh(total_delta), 0.0)


def _log(x: Array, xp: ModuleType) -> Array:
    """Logarithm of x; 0 at x = 0, where no outcome has mass."""
    return xp.log(xp.where(x > 0, x, 1.0))
