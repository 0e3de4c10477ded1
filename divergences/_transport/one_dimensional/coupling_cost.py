r"""Cost of the monotone coupling of sorted points, in blocks, without the plan.

.. math:: \int_0^1 |F^{-1}(t) - G^{-1}(t)|^p \, dt
"""

import math
from collections.abc import Iterator

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

BLOCK_POINTS = 1 << 15  # of the larger side; fits the caches


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
        The cost, to about 1e-13 of it, for equal masses to a few units in the last place; None
        where 64-bit masses or the range of floats do not suffice, for a solver to decide.
    """
    x, p = sorted_points(x, p)
    y, q = sorted_points(y, q)
    if np.array_equal(x, y) and _are_equal(p, q):
        return 0.0
    levels = cumulative_levels((p, q), (len(x), len(y)), exact=False)
    cost = factor * coupling_cost(x, y, levels, power)
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


def coupling_cost(x: Floats, y: Floats, levels: Levels, power: float, /) -> float:
    """Sum of mass times ``|x - y|**power`` over the monotone coupling.

    Args:
        x: Sources in ascending order, shape ``(n,)``.
        y: Targets in ascending order, shape ``(m,)``.
        levels: Cumulative masses of both.
        power: At least 1.

    Returns:
        The cost, at least 0.
    """
    if len(x) == len(y) and np.array_equal(levels.x, levels.y):
        masses = np.diff(levels.x, prepend=0)
        blocks: Iterator[tuple[Floats, Integers]] = (
            (_powers(x[b] - y[b], power), masses[b]) for b in _slices(len(x))
        )
    else:
        blocks = _coupled_blocks(x, y, levels, power)
    return math.fsum(float(costs @ (mass / levels.total)) for costs, mass in blocks)


def _coupled_blocks(
    x: Floats, y: Floats, levels: Levels, power: float
) -> Iterator[tuple[Floats, Integers]]:
    """Costs and masses of the arcs of the coupling, one range of cumulative masses at a time."""
    longer = levels.x if len(x) >= len(y) else levels.y
    row = col = 0
    below = 0
    for part in _slices(len(longer)):
        cut = longer[part][-1]
        # Points whose mass ends at or below the cut, and those that continue above it.
        next_row, next_col = (np.searchsorted(side, cut) + 1 for side in (levels.x, levels.y))
        ends = (
            np.minimum(levels.x[row:next_row], cut) - below,
            np.minimum(levels.y[col:next_col], cut) - below,
        )
        rows, cols, mass = monotone_coupling(*ends)
        yield _powers(x[row:next_row][rows] - y[col:next_col][cols], power), mass
        below = cut
        row = int(np.searchsorted(levels.x, cut, side="right"))
        col = int(np.searchsorted(levels.y, cut, side="right"))


def _powers(differences: Floats, power: float) -> Floats:
    """Powers of absolute differences."""
    lengths = np.abs(differences)
    return lengths if power == 1 else np.asarray(lengths**power)


def _slices(n: int) -> Iterator[slice]:
    """Blocks of consecutive points."""
    return (slice(start, min(start + BLOCK_POINTS, n)) for start in range(0, n, BLOCK_POINTS))
