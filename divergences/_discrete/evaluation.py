"""Results of the divergences: values with derivatives, in the caller's type and unit."""

from types import ModuleType
from typing import Any

from divergences import _checks
from divergences._discrete import midpoint, numpy_fast_path
from divergences._discrete.derivative import Divergence
from divergences._discrete.differentiation import Differentiable
from divergences._typing import Array


def of_probabilities(
    divergence: Divergence,
    p: Any,
    q: Any,
    /,
    *,
    axis: int,
    base: float | None = None,
    root: bool = False,
) -> Array:
    """The divergence of two arrays of probabilities, or its root, in units of ``log(base)``."""
    unit = _checks.log_base(base)
    if divergence.blocks is not None:
        value = numpy_fast_path.of_arguments(divergence.blocks, p, q, axis, unit=unit, root=root)
        if value is not None:
            return value
    arguments = midpoint.checked_probabilities(p, q, axis)
    return _evaluated(divergence, *arguments, logarithms=False, unit=unit, root=root)


def of_log_probabilities(
    divergence: Divergence,
    log_p: Any,
    log_q: Any,
    /,
    *,
    axis: int,
    base: float | None = None,
    root: bool = False,
) -> Array:
    """The divergence of two arrays of log-probabilities, or its root; see `of_probabilities`."""
    unit = _checks.log_base(base)
    arguments = midpoint.checked_log_probabilities(log_p, log_q, axis)
    return _evaluated(divergence, *arguments, logarithms=True, unit=unit, root=root)


def _evaluated(
    divergence: Divergence,
    xp: ModuleType,
    p: Array,
    q: Array,
    dtype: Any,
    *,
    logarithms: bool,
    unit: float,
    root: bool,
) -> Array:
    """The result for checked vectors, outcomes last."""
    form = midpoint.of_log_probabilities if logarithms else midpoint.of_probabilities

    def value(p: Array, q: Array) -> Array:
        pair = form(xp, p, q, dtype)
        if root and divergence.root:
            return divergence.root(pair, unit)
        return divergence.value(pair)

    def derivatives(value: Array, p: Array, q: Array) -> tuple[Array, ...]:
        pair = form(xp, p, q, dtype)
        result = []
        for rule, side, masses in (
            (divergence.by_p, pair, p),
            (divergence.by_q, pair.swapped(), q),
        ):
            derivative = rule(side, divergence.value(pair) if root else value)
            if root:  # of root(D / unit), 0 where that is 0
                positive = value > 0
                factor = xp.where(positive, 0.5 / unit / xp.where(positive, value, 1.0), 0.0)
                derivative = derivative.scaled(factor[..., None], xp)
            if logarithms:
                result.append(derivative.by_log_mass(side))
            else:
                result.append(derivative.by_mass(side) / xp.sum(masses, axis=-1, keepdims=True))
        return tuple(result)

    result = value(p, q) if xp is _checks.NUMPY else Differentiable(value, derivatives)(xp, p, q)
    return _checks.scalar(result if root else result / unit, dtype, xp)
