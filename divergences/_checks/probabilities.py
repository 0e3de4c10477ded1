"""Validation of probability vectors along an axis, and of their logarithms."""

import math
from types import ModuleType
from typing import NoReturn

import numpy as np

from divergences._checks.arrays import first_offender, float64, holds, non_negative, number
from divergences._checks.options import whole_number
from divergences._checks.remedies import (
    remedy_for_log_total,
    remedy_for_negative,
    remedy_for_total,
)
from divergences._typing import Array
from divergences.errors import DistributionError

TOTAL_TOLERANCE = 1e-9  # of the sum of a probability vector, and of equal masses, relative
SINGLE_TOTAL_TOLERANCE = 1e-5  # likewise in float32


def total_tolerance(xp: ModuleType, /, *arrays: Array) -> float:
    """Tolerance of totals for arrays of these precisions: the larger one if one is float32."""
    single = any(array.dtype == xp.float32 for array in arrays)
    return SINGLE_TOTAL_TOLERANCE if single else TOTAL_TOLERANCE


def probabilities(name: str, array: Array, xp: ModuleType, /, *, axis: int) -> Array:
    """Probability vectors along ``axis``, checked, in float64.

    Returns:
        The vectors, moved to the last axis, float64.

    Raises:
        DistributionError: If there is no such axis, an entry is negative, infinite or NaN, or a
            vector does not sum to 1 within 1e-9 (1e-5 for float32).
    """
    array = _outcomes_last(name, array, xp, axis)
    tolerance = total_tolerance(xp, array)
    vectors = float64(name, array, xp)
    off = _off_1(vectors, xp)
    # Entries >= 0, none of them NaN, whose sum is about 1 are finite.
    if not holds(name, (xp.min(vectors) >= 0) & xp.all(off <= tolerance)):
        remedy = (
            remedy_for_negative(name, vectors, SINGLE_TOTAL_TOLERANCE)
            if holds(name, xp.any(vectors < 0))
            else None
        )
        non_negative(name, array, xp, remedy=remedy)
        _refuse_sum(
            name, vectors, xp, axis, remedy_for_total(name, vectors, axis, SINGLE_TOTAL_TOLERANCE)
        )
    return vectors


def require_axis(name: str, array: Array, axis: int, /) -> None:
    """Refuse an axis that the array does not have, and an array without entries.

    Raises:
        DistributionError: If so; the message gives the axis and the shape.
    """
    if array.ndim == 0:
        raise DistributionError(
            f"`{name}` must have at least one axis, but is the number {number(array)}"
        )
    if not -array.ndim <= whole_number("axis", axis, "a whole number") < array.ndim:
        raise DistributionError(f"`axis` is {axis}, but `{name}` has shape {tuple(array.shape)}")
    if math.prod(array.shape) == 0:
        raise DistributionError(f"`{name}` must not be empty, but has shape {tuple(array.shape)}")


def _outcomes_last(name: str, array: Array, xp: ModuleType, axis: int) -> Array:
    """The array with ``axis`` last and contiguous: numpy sums strided axes less accurately."""
    require_axis(name, array, axis)
    array = xp.moveaxis(array, axis, -1)
    return np.ascontiguousarray(array) if isinstance(array, np.ndarray) else array


def _off_1(vectors: Array, xp: ModuleType) -> Array:
    """Distance from 1 of the sums along the last axis."""
    with np.errstate(over="ignore", invalid="ignore"):  # an infinite sum is not 1 either
        return xp.abs(xp.sum(vectors, axis=-1) - 1)


def _refuse_sum(
    name: str, vectors: Array, xp: ModuleType, axis: int, remedy: str, *, log: bool = False
) -> NoReturn:
    """Refuse vectors along the last axis (the caller's ``axis``), naming the worst sum."""
    off = _off_1(vectors, xp)
    worst = int(xp.argmax(xp.reshape(off, (-1,))))
    index = tuple(int(i) for i in np.unravel_index(worst, tuple(off.shape)))
    where = f" (vector {list(index)})" if index else ""
    what = f"the exponentials of `{name}`" if log else f"`{name}`"
    with np.errstate(over="ignore"):
        total = number(xp.sum(vectors, axis=-1)[index])
    raise DistributionError(
        f"{what} must sum to 1 along axis {axis}, but sums to {total!r}{where}; {remedy}"
    )


def log_probabilities(name: str, array: Array, xp: ModuleType, /, *, axis: int) -> Array:
    """Log-probability vectors along ``axis``, checked, in float64.

    Returns:
        The vectors, moved to the last axis, float64.

    Raises:
        DistributionError: If there is no such axis, an entry is NaN or inf, or the probabilities
            of a vector do not sum to 1 within 1e-9 (1e-5 for float32).
    """
    array = _outcomes_last(name, array, xp, axis)
    tolerance = total_tolerance(xp, array)
    vectors = float64(name, array, xp)
    # NaN and inf become e, whose sum is off by more than any tolerance.
    exponentials = xp.exp(xp.where(vectors < 1, vectors, 1.0))
    if holds(name, xp.all(_off_1(exponentials, xp) <= tolerance)):
        return vectors
    bad = xp.isnan(array) | (array == xp.inf)
    if holds(name, xp.any(bad)):
        place, value = first_offender(array, bad, xp)
        raise DistributionError(
            f"`{name}` must hold log-probabilities, at most 0, but `{name}`{place} = {value}"
        )
    remedy = remedy_for_log_total(name, axis, xp)
    _refuse_sum(name, exponentials, xp, axis, remedy, log=True)


def broadcast_outcomes(p: Array, q: Array, xp: ModuleType, /) -> tuple[Array, Array]:
    """``p`` and ``q`` broadcast to one shape, but never along the axis of the outcomes.

    Returns:
        ``p`` and ``q``, each of the common shape.

    Raises:
        DistributionError: If the last axes differ, or the other axes do not broadcast.
    """
    if p.shape[-1] != q.shape[-1]:
        raise DistributionError(
            f"`p` and `q` must have the same number of outcomes, but `p` has {p.shape[-1]} "
            f"and `q` has {q.shape[-1]}"
        )
    try:
        return tuple(xp.broadcast_arrays(p, q))
    except (ValueError, RuntimeError):  # numpy's and torch's
        shapes = f"{tuple(p.shape[:-1])} and {tuple(q.shape[:-1])}"
        raise DistributionError(
            f"`p` and `q` must broadcast, but their batch shapes are {shapes}"
        ) from None
