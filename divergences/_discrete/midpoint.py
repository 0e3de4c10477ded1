r"""Two distributions seen from their midpoint, where nothing cancels.

With ``m = (p + q) / 2`` and one number per outcome,

.. math:: \delta_i = \frac{p_i - q_i}{p_i + q_i} \in [-1, 1],

every divergence is a mean under m of a function of delta that is at least 0. The difference
``p - q`` is exact where it is small, so delta has all its digits however close the two are; the
textbook form ``sum p log(p / q)`` adds terms of both signs that cancel to the square of what they
are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from divergences import _checks
from divergences._typing import Array


@dataclass(frozen=True, slots=True)
class MidpointForm:
    """Two batches of distributions along the last axis, in float64, seen from their midpoint.

    Attributes:
        xp: The array namespace.
        midpoint: Half the sum of the normalised distributions, shape ``(..., k)``.
        delta: ``(p - q) / (p + q)`` of the normalised distributions; 0 where both are 0.
        above: ``1 + delta``, to the last digits however small: ``p / midpoint``.
        below: ``1 - delta``, likewise: ``q / midpoint``.
        in_p: Where p has mass.
        in_q: Where q has mass.
        log_ratio: Gives the log of p over q where both have mass, 0 elsewhere.
        log_larger: Gives the log of the larger of p and q where both have mass.
        dtype: Of the result.
    """

    xp: ModuleType
    midpoint: Array
    delta: Array
    above: Array
    below: Array
    in_p: Array
    in_q: Array
    log_ratio: Callable[[], Array]
    log_larger: Callable[[], Array]
    dtype: Array

    def mirrored(self) -> "MidpointForm":
        """The same pair with p and q exchanged."""
        return MidpointForm(
            xp=self.xp,
            midpoint=self.midpoint,
            delta=-self.delta,
            above=self.below,
            below=self.above,
            in_p=self.in_q,
            in_q=self.in_p,
            log_ratio=lambda: -self.log_ratio(),
            log_larger=self.log_larger,
            dtype=self.dtype,
        )

    def disjoint(self) -> Array:
        """Whether no outcome has mass in both, shape ``(...)``."""
        return ~self.xp.any(self.in_p & self.in_q, axis=-1)


def of_probabilities(p: Array, q: Array, /, *, axis: int) -> MidpointForm:
    """The pair of two arrays of probabilities along an axis, or of two dicts by outcome."""
    xp, p, q, dtype = _checked(p, q, axis, _checks.probabilities)
    sums = xp.sum(p + q, axis=-1, keepdims=True)
    shift = xp.sum(p - q, axis=-1, keepdims=True) / sums  # delta of the totals
    half = (p + q) / sums
    # Masses so small that one over them is infinite are lifted; only quotients are taken.
    lift = 1 + 2.0**200 * xp.astype(p + q < 1e-290, xp.float64)
    p, q = p * lift, q * lift
    total = xp.where(p + q > 0, p + q, 1.0)
    u = (p - q) / total
    # Velocities add like this: delta of p/s against q/t, from delta of p against q and of s
    # against t.
    bend = 1 - u * shift
    midpoint = half * (bend / ((1 - shift) * (1 + shift)))
    above = 2 * (1 - shift) * (p / total) / bend
    below = 2 * (1 + shift) * (q / total) / bend
    return MidpointForm(
        xp=xp,
        midpoint=midpoint,
        delta=xp.where(p + q > 0, (u - shift) / bend, 0.0),
        above=above,
        below=below,
        in_p=p > 0,
        in_q=q > 0,
        log_ratio=lambda: _log_ratio(p, q, shift, xp),
        log_larger=lambda: _log(midpoint, xp) + _log(xp.maximum(above, below), xp),
        dtype=dtype,
    )


def of_logs(log_p: Array, log_q: Array, /, *, axis: int) -> MidpointForm:
    """The pair of two arrays of log-probabilities along an axis."""
    xp, log_p, log_q, dtype = _checked(
        log_p, log_q, axis, _checks.log_probabilities, ("log_p", "log_q")
    )
    in_p, in_q = log_p > -xp.inf, log_q > -xp.inf
    both = in_p & in_q
    log_p, log_q = xp.where(in_p, log_p, 0.0), xp.where(in_q, log_q, 0.0)
    p, q = xp.where(in_p, xp.exp(log_p), 0.0), xp.where(in_q, xp.exp(log_q), 0.0)
    p_sum, q_sum = (xp.sum(a, axis=-1, keepdims=True) for a in (p, q))
    step = xp.where(both, log_p - log_q, 0.0)
    # p - q, with its digits where the two are close; its sum over that of q is p's excess.
    moved = xp.where(both & (step < 1), q * xp.expm1(xp.where(step < 1, step, 0.0)), p - q)
    excess = xp.sum(moved, axis=-1, keepdims=True) / q_sum
    ratio = xp.where(both, step - xp.log1p(excess), 0.0)
    fall = xp.exp(-xp.abs(ratio))
    larger, smaller = 2 / (1 + fall), 2 * fall / (1 + fall)
    alone = xp.astype(in_p, xp.float64) - xp.astype(in_q, xp.float64)  # delta where not both
    return MidpointForm(
        xp=xp,
        midpoint=(p / p_sum + q / q_sum) / 2,
        delta=xp.where(both, xp.tanh(ratio / 2), alone),
        above=xp.where(both, xp.where(ratio > 0, larger, smaller), 1 + alone),
        below=xp.where(both, xp.where(ratio > 0, smaller, larger), 1 - alone),
        in_p=in_p,
        in_q=in_q,
        log_ratio=lambda: ratio,
        log_larger=lambda: xp.maximum(log_p - xp.log(p_sum), log_q - xp.log(q_sum)),
        dtype=dtype,
    )


def checked_probabilities(p: Array, q: Array, axis: int) -> tuple[ModuleType, Array, Array, Array]:
    """The namespace, both arrays in float64, outcomes last, and the type of the result."""
    return _checked(p, q, axis, _checks.probabilities)


def checked_logs(log_p: Array, log_q: Array, axis: int) -> tuple[ModuleType, Array, Array, Array]:
    """The same of log-probabilities."""
    return _checked(log_p, log_q, axis, _checks.log_probabilities, ("log_p", "log_q"))


def _checked(
    p: Array,
    q: Array,
    axis: int,
    check: Callable[..., Array],
    names: tuple[str, str] = ("p", "q"),
) -> tuple[ModuleType, Array, Array, Array]:
    """The namespace, both arrays with the outcomes on the last axis, the type of the result."""
    given = dict(zip(names, _checks.aligned(p, q), strict=True))
    xp = _checks.namespace(**given)
    like = _checks.first_array(*given.values())
    arrays = [_checks.real_array(name, a, xp, like=like) for name, a in given.items()]
    vectors = [check(name, a, xp, axis=axis) for name, a in zip(names, arrays, strict=True)]
    return xp, *_checks.broadcast_outcomes(vectors[0], vectors[1], xp), xp.result_type(*arrays)


def _log_ratio(p: Array, q: Array, shift: Array, xp: ModuleType) -> Array:
    """Log of p over q, both normalised, where both have mass; 0 elsewhere."""
    # Of the larger over the smaller, with a sign: to exchange p and q changes no other bit.
    both = (p > 0) & (q > 0)
    larger = xp.where(both, xp.maximum(p, q), 1.0)
    smaller = xp.where(both, xp.minimum(p, q), 1.0)
    # The quotient where neither it nor its derivatives overflow.
    usual = smaller > 1e-40 * larger
    quotient = xp.where(usual, larger, 1.0) / xp.where(usual, smaller, 1.0)
    size = xp.where(usual, xp.log(quotient), xp.log(larger) - xp.log(smaller))
    return xp.where(both, xp.where(p > q, size, -size) - 2 * xp.atanh(shift), 0.0)


def _log(x: Array, xp: ModuleType) -> Array:
    """Logarithm; 0 at 0, where nothing has mass."""
    return xp.log(xp.where(x > 0, x, 1.0))
