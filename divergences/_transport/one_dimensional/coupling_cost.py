r"""Cost of the monotone coupling of sorted points, in blocks, without the plan.

.. math:: \int_0^1 |F^{-1}(t) - G^{-1}(t)|^p \, dt
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from divergences._transport.certificate import UNDERFLOW_TOLERANCE
from divergences._transport.one_dimensional.cdf import (
    Integers,
    Levels,
    cumulative_levels,
    monotone_coupling,
)
from divergences._transport.one_dimensional.ordering import sorted_values, sorting_permutation
from divergences._typing import Floats

Lengths = Callable[[Any, Any], Floats]
MIN_BLOCK_POINTS, MAX_BLOCK_POINTS = 1 << 12, 1 << 15  # of the larger side; fit the caches
BLOCKS = 4  # of medium-sized sides, to take a fraction of their memory


def line_cost(
    x: Floats,
    y: Floats,
    p: Floats | None,
    q: Floats | None,
    /,
    *,
    power: float = 1.0,
    factor: float = 1.0,
) -> float | None:
    """Optimal cost between points of the line under ``factor |x - y|**power``.

    Args:
        x: Sources in [-1, 1], shape ``(n,)``.
        y: Targets in [-1, 1], shape ``(m,)``.
        p: Masses of the sources, summing to 1; None for equal ones.
        q: Masses of the targets, likewise.
        power: At least 1.
        factor: Above 0.

    Returns:
        The cost, to about 1e-13 of it; None where 64-bit masses or the range of floats do not
        suffice, for a solver to decide.
    """
    x, p = sorted_points(x, p)
    y, q = sorted_points(y, q)
    if np.array_equal(x, y) and _are_equal(p, q):
        return 0.0
    levels = cumulative_levels((p, q), (len(x), len(y)), exact=False)
    cost = factor * coupling_cost(lambda i, j: np.abs(x[i] - y[j]), levels, power)
    largest = factor * max(x[-1] - y[0], y[-1] - x[0]) ** power
    underflows = cost < 1e10 * UNDERFLOW_TOLERANCE and largest > 0
    return None if underflows or levels.rounding_matters(cost, largest, power) else cost


def sorted_points(points: Floats, masses: Floats | None, /) -> tuple[Floats, Floats | None]:
    """Points in ascending order, and their masses in the same order."""
    if masses is None:
        return sorted_values(points), None
    order = sorting_permutation(points)
    return points[order], masses[order]


def _are_equal(p: Floats | None, q: Floats | None) -> bool:
    """Whether both masses are equal ones, or the same."""
    return p is q if p is None or q is None else np.array_equal(p, q)


def coupling_cost(lengths: Lengths, levels: Levels, power: float, /) -> float:
    """Sum of mass times distance to a power over the monotone coupling.

    Args:
        lengths: Function of rows and columns of sorted points, arrays or equal slices, that
            returns their distances.
        levels: Cumulative masses of both sides.
        power: At least 1.

    Returns:
        The cost, at least 0.
    """
    if np.array_equal(levels.x, levels.y):
        masses = np.diff(levels.x, prepend=0)
        blocks: Iterator[tuple[Floats, Integers]] = (
            (lengths(part, part), masses[part]) for part in _slices(len(masses))
        )
    else:
        blocks = _coupled_blocks(lengths, levels)
    return math.fsum(
        float((distance if power == 1 else distance**power) @ (mass / levels.total))
        for distance, mass in blocks
    )


def _coupled_blocks(lengths: Lengths, levels: Levels) -> Iterator[tuple[Floats, Integers]]:
    """Lengths and masses of the arcs of the coupling, one range of cumulative masses at a time."""
    longer = max(levels.x, levels.y, key=len)
    row = col = below = 0
    for part in _slices(len(longer)):
        cut = longer[part][-1]
        # Points whose mass ends at or below the cut, and those that continue above it.
        next_row, next_col = (np.searchsorted(side, cut) + 1 for side in (levels.x, levels.y))
        rows, cols, mass = monotone_coupling(
            np.minimum(levels.x[row:next_row], cut) - below,
            np.minimum(levels.y[col:next_col], cut) - below,
        )
        yield lengths(rows + row, cols + col), mass
        below = cut
        row, col = (int(np.searchsorted(side, cut, side="right")) for side in (levels.x, levels.y))


def _slices(n: int) -> Iterator[slice]:
    """Blocks of consecutive points."""
    size = min(max(MIN_BLOCK_POINTS, -(-n // BLOCKS)), MAX_BLOCK_POINTS)
    return (slice(start, min(start + size, n)) for start in range(0, n, size))
