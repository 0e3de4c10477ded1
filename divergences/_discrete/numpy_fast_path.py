"""Divergences of numpy arrays: in blocks that fit into the cache, on several cores.

Same values as the bodies of `formulas` up to rounding, which tests compare, and same checks. The
memory of a call is that of a few blocks, also for broadcast and memory-mapped arrays; the value of
a pair depends on its numbers alone. `benchmarks.discrete.speed` compares it with scipy.
"""

from typing import Any

import numpy as np

from divergences import _checks
from divergences._discrete import midpoint
from divergences._discrete.block_formulas import BodyInBlocks, Formula
from divergences._discrete.midpoint import MIDPOINT_EXPONENT
from divergences._discrete.pair_blocks import LongPair, PairBlock
from divergences._discrete.threads import holds_for_all
from divergences._discrete.vector_blocks import (
    MAX_BLOCK_ENTRIES,
    as_block,
    axis_of_outcomes,
    batch_slices,
)
from divergences._typing import Array, Floats

MIN_TOTAL = 1e-290  # smaller sums of terms are rounded to subnormal numbers
NEARLY_LARGEST = 1 - 1e-12  # above, supports may be disjoint
SCALE = 2.0**MIDPOINT_EXPONENT
UNSCALING = 2.0 ** (-MIDPOINT_EXPONENT // 2)  # of the root
FLOAT64 = np.dtype(np.float64)
TOLERANCES = np.array([[1e-9], [1e-9]])


def of_arguments(
    formula: Formula, p: Any, q: Any, axis: int, /, *, unit: float, root: bool = False
) -> Array | None:
    """A divergence of a caller's arguments, or its root, along an axis.

    Returns:
        Shape ``(...)``, in the precision of the arguments; None if they are arrays of another
        library, or no distributions: `midpoint.checked_probabilities` then names the reason.

    Raises:
        DistributionError: If the arguments are no arrays of real numbers.
    """
    vectors = _outcomes_last(*_numpy_arrays(p, q, axis), axis)
    if vectors is None:
        return None
    p, q = vectors
    if p.dtype is q.dtype is FLOAT64:
        value = blockwise(formula, p, q, unit=unit, root=root)
        return value if value is None or value.ndim else value[()]
    tolerances = np.array([[_checks.total_tolerance(np, a)] for a in (p, q)])
    value = blockwise(formula, p, q, unit=unit, root=root, tolerances=tolerances)
    return None if value is None else _checks.scalar(value, np.result_type(p, q), _checks.NUMPY)


def _numpy_arrays(p: Any, q: Any, axis: int) -> tuple[Any, Any]:
    """Aligned arrays of real numbers, or None and None if they are not of numpy."""
    vectors = _vector_of_list(p), _vector_of_list(q)
    if all(type(a) is np.ndarray and a.dtype is FLOAT64 for a in vectors):
        return vectors
    if not isinstance(_checks.first_array(p, q), np.ndarray | None):
        return None, None
    xp, p, q = midpoint.real_arrays(p, q, axis, ("p", "q"), 0.0)
    return (p, q) if xp is _checks.NUMPY else (None, None)


def _outcomes_last(p: Any, q: Any, axis: Any) -> tuple[Any, Any] | None:
    """Arrays with the axis last; None if one has no such axis, is empty, or the lengths differ."""
    if p is None or not (p.size and q.size and p.ndim and q.ndim):
        return None
    if type(axis) is not int or axis != -1:
        if not (_is_axis(axis, p.ndim) and _is_axis(axis, q.ndim)):
            return None
        p, q = np.moveaxis(p, axis, -1), np.moveaxis(q, axis, -1)
    return (p, q) if p.shape[-1] == q.shape[-1] else None


def _is_axis(axis: Any, ndim: int) -> bool:
    """Whether an array of that many axes has this one."""
    is_whole = isinstance(axis, int | np.integer) and not isinstance(axis, bool | np.timedelta64)
    return is_whole and -ndim <= axis < ndim


def _vector_of_list(value: Any) -> Any:
    """A list of floats as an array; anything else unchanged."""
    return np.array(value) if type(value) is list and set(map(type, value)) == {float} else value


def blockwise(
    formula: Formula,
    p: Any,
    q: Any,
    /,
    *,
    unit: float = 1.0,
    root: bool = False,
    tolerances: Floats = TOLERANCES,
) -> Floats | None:
    """A divergence, or its root, over the last axis of two numpy arrays.

    Args:
        formula: The divergence.
        p: Probabilities, shape ``(..., k)``, float64 or float32, of any strides.
        q: Probabilities, likewise; broadcasts against ``p`` except along the last axis.
        unit: Divisor of the divergence.
        root: Whether the square root is asked for.
        tolerances: Tolerances of the sums of p and q, shape ``(2, 1)``.

    Returns:
        Shape ``(...)``; None if a vector is no distribution, or the shapes do not fit: the checks
        of the body for every namespace then name the reason.
    """
    k = p.shape[-1]
    if p.ndim == q.ndim == 1 and k <= MAX_BLOCK_ENTRIES:
        pairs = PairBlock(as_block(p), as_block(q), axis_of_outcomes(k))
        values = _values(pairs, formula, unit, root, tolerances)
        return None if values is None else values.reshape(())
    try:
        shape = np.broadcast_shapes(p.shape[:-1], q.shape[:-1])
    except ValueError:
        return None
    p, q = np.broadcast_to(p, (*shape, k)), np.broadcast_to(q, (*shape, k))
    values, rows = np.empty(shape), MAX_BLOCK_ENTRIES // k

    def fill(index: Any) -> bool:
        pairs = (
            PairBlock(as_block(p[index]), as_block(q[index]), axis_of_outcomes(k))
            if rows
            else LongPair(p[index], q[index])
        )
        part = _values(pairs, formula, unit, root, tolerances)
        if part is not None:
            values[index] = part.reshape(values[index].shape)
        return part is not None

    if rows:
        return values if holds_for_all(fill, batch_slices(shape, rows), p.size) else None
    return values if all(map(fill, np.ndindex(shape))) else None


@np.errstate(all="ignore")  # infinities are intended
def _values(
    pairs: PairBlock | LongPair,
    formula: Formula,
    unit: float,
    root: bool,
    tolerances: Floats,
) -> Floats | None:
    """Values of pairs, shape ``(r,)``; None if one of the vectors is no distribution."""
    if not pairs.are_distributions(tolerances):
        return None
    if isinstance(formula, BodyInBlocks):
        return pairs.by_body(formula.body, np.arange(len(pairs.sums.t))) / unit
    values = pairs.sum_of_terms(formula.terms, needs_minor=formula.needs_minor)
    values /= pairs.sums.norm
    values *= formula.scale
    if formula.largest < np.inf:
        _limit(values, pairs, formula.largest)
    if formula.finish is not None:
        formula.finish(values, pairs)
    if not root:
        return values if unit == 1 else values / unit
    roots = np.sqrt(values if unit == 1 else values / unit)
    if values.min() < MIN_TOTAL:
        rows = np.flatnonzero(values < MIN_TOTAL)
        totals = pairs.sum_of_terms_at(formula.terms, rows, SCALE) / pairs.sums.norm[rows]
        roots[rows] = np.sqrt(totals * formula.scale / unit) * UNSCALING
    return roots


def _limit(values: Floats, pairs: PairBlock | LongPair, largest: float) -> None:
    """Set values to the largest one where they exceed it or the supports are disjoint."""
    if values.max() > largest * NEARLY_LARGEST:
        rows = np.flatnonzero(values > largest * NEARLY_LARGEST)
        common = pairs.have_outcome(rows, _in_both)
        values[rows] = np.where(common, np.minimum(values[rows], largest), largest)


def _in_both(p: Floats, q: Floats) -> Any:
    """Whether both have mass."""
    return np.minimum(p, q) > 0
