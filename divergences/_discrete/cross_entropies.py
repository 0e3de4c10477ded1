"""Cross entropy of checked arguments, of which entropy is a special case."""

from types import ModuleType
from typing import Any

import numpy as np

from divergences import _checks
from divergences._discrete import block_formulas, derivatives, midpoint, numpy_fast_path
from divergences._discrete.derivative import of_logarithms
from divergences._discrete.differentiation import Differentiable
from divergences._discrete.midpoint import MidpointForm
from divergences._typing import Array

UNLIMITED = np.full((2, 1), np.inf)


def of_probabilities(p: Any, q: Any, axis: int, base: float | None, /) -> Array:
    """Cross entropy of two arrays of probabilities, in units of ``log(base)``."""
    unit = _checks.log_base(base)
    blockwise = numpy_fast_path.of_arguments(block_formulas.CROSS_ENTROPY, p, q, axis, unit=unit)
    if blockwise is not None:
        return blockwise
    xp, p_vectors, q_vectors, dtype = midpoint.checked_probabilities(p, q, axis)

    def value(p: Array, q: Array) -> Array:
        return of_masses(p, q, xp)

    def gradients(value: Array, p: Array, q: Array) -> tuple[Array, Array]:
        pair = midpoint.of_probabilities(xp, p, q, dtype)
        p_sum, q_sum = (xp.sum(a, axis=-1, keepdims=True) for a in (p, q))
        by_p = of_logarithms(-log_normalized(q, xp), value)
        by_q = derivatives.KL.by_q(pair.swapped(), value)
        return by_p.by_mass(pair) / p_sum, by_q.by_mass(pair.swapped()) / q_sum

    return _result(Differentiable(value, gradients)(xp, p_vectors, q_vectors), unit, dtype, xp)


def of_masses(p: Array, q: Array, xp: ModuleType, /) -> Array:
    """Cross entropy in nats of masses along the last axis, which are normalized."""
    if xp is _checks.NUMPY:
        value = numpy_fast_path.blockwise(block_formulas.CROSS_ENTROPY, p, q, tolerances=UNLIMITED)
        if value is not None:
            return value
    in_p, in_q = p > 0, q > 0
    terms = xp.where(in_p & in_q, -p * log_normalized(q, xp), 0.0)
    total = xp.sum(terms, axis=-1) / xp.sum(p, axis=-1)
    return xp.where(xp.any(in_p & ~in_q, axis=-1), xp.inf, total)


def of_log_probabilities(log_p: Any, log_q: Any, axis: int, base: float | None, /) -> Array:
    """Cross entropy of two arrays of log-probabilities, in units of ``log(base)``."""
    unit = _checks.log_base(base)
    xp, p_vectors, q_vectors, dtype = midpoint.checked_log_probabilities(log_p, log_q, axis)

    def value(log_p: Array, log_q: Array) -> Array:
        in_p, in_q = log_p > -xp.inf, log_q > -xp.inf
        p, _, minus_log_q = _masses_and_minus_log(log_p, log_q, xp)
        terms = xp.where(in_p & ~in_q, xp.inf, p * minus_log_q)
        total = xp.sum(terms, axis=-1) / xp.sum(p, axis=-1)
        return xp.where(total > 0, total, 0.0)  # -log_q may be a rounding error of log 1

    def gradients(value: Array, log_p: Array, log_q: Array) -> tuple[Array, Array]:
        pair: MidpointForm = midpoint.of_log_probabilities(xp, log_p, log_q, dtype)
        _, _, minus_log_q = _masses_and_minus_log(log_p, log_q, xp)
        by_p = of_logarithms(minus_log_q, value)
        by_q = derivatives.KL.by_q(pair.swapped(), value)
        return by_p.by_log_mass(pair), by_q.by_log_mass(pair.swapped())

    return _result(Differentiable(value, gradients)(xp, p_vectors, q_vectors), unit, dtype, xp)


def _result(value: Array, unit: float, dtype: Any, xp: ModuleType) -> Array:
    return _checks.scalar(value / unit, dtype, xp)


def log_normalized(q: Array, xp: ModuleType, /) -> Array:
    """Log of ``q / sum(q)``, 0 where q is 0, without cancellation for entries close to 1."""
    total = xp.sum(q, axis=-1, keepdims=True)
    major = q > total / 2  # at most one entry: 1 minus it is the sum of all others
    others = xp.sum(xp.where(major, 0.0, q), axis=-1, keepdims=True) / total
    minor = (q > 0) & ~major
    log_minor = xp.log(xp.where(minor, q, total) / total)
    log_major = xp.log1p(-xp.where(major, others, 0.0))
    return xp.where(major, log_major, xp.where(minor, log_minor, 0.0))


def _masses_and_minus_log(
    log_p: Array, log_q: Array, xp: ModuleType
) -> tuple[Array, Array, Array]:
    """Masses of p and q, and ``-log(q / sum(q))``, of which ``-log sum(q)`` where q is 0."""
    in_p, in_q = log_p > -xp.inf, log_q > -xp.inf
    p = xp.where(in_p, xp.exp(xp.where(in_p, log_p, 0.0)), 0.0)
    finite_log_q = xp.where(in_q, log_q, 0.0)
    q = xp.where(in_q, xp.exp(finite_log_q), 0.0)
    return p, q, xp.log(xp.sum(q, axis=-1, keepdims=True)) - finite_log_q
