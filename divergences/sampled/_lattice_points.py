"""Points that fill a small grid, such as pixels: their EMD as a flow between neighbours."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from divergences import grids
from divergences._transport.certificate import Arcs
from divergences._transport.result import Optimum
from divergences.errors import SolverError

if TYPE_CHECKING:
    from divergences._transport.ground import GroundCost
    from divergences._transport.solve import SolverOptions
    from divergences._typing import Floats, Indices

# Number of points of both samples from which the flow is faster than all pairs of them.
MIN_POINTS = {"cityblock": 2048, "chebyshev": 2048, "euclidean": 16_384}
MAX_CELLS_PER_POINT = 2.0
MAX_SIDE = 4096


def lattice_optimum(
    ground: GroundCost, p: Floats | None, q: Floats | None, options: SolverOptions, /
) -> Optimum | None:
    """Certified optimum between points of a small grid, with the potentials, but without a plan.

    Args:
        ground: The costs between the points.
        p: Masses of the sources, summing to 1; None for equal ones.
        q: Masses of the targets, likewise.
        options: Solver options; the flow takes none.

    Returns:
        The optimum, in the scaled unit of the ground cost, with no arcs; None for other points, or
        where another method is faster or asked for.
    """
    n, m = ground.shape
    metric: Any = ground.metric
    is_plain = options.method is None and options.time_limit is None and not options.progress
    if callable(metric) or not is_plain or ground.order != 1:
        return None
    if n + m < MIN_POINTS.get(metric, math.inf) or ground.x.shape[1] not in (2, 3):
        return None
    lattice = _pixels(np.concatenate([ground.x, ground.y]))
    if lattice is None:
        return None
    pixels, shape, spacing = lattice
    size = math.prod(shape)
    # Counts times the size of the other sample have equal totals, without rounding.
    images = (
        np.bincount(pixels[:n], p, size).reshape(shape) * (m if p is None else n * m),
        np.bincount(pixels[n:], q, size).reshape(shape) * (n if q is None else n * m),
    )
    try:
        solved = grids.transport(*images, metric=metric, spacing=spacing)
    except SolverError:
        return None
    potential = solved.potential.ravel()[pixels]
    nothing = Arcs(*(np.empty(0, np.intp),) * 2, *(np.empty(0),) * 2)
    return Optimum(nothing, potential[:n], -potential[n:], solved.cost, solved.gap)


def _pixels(points: Floats) -> tuple[Indices, tuple[int, ...], tuple[float, ...]] | None:
    """Number of each point's pixel, and shape and spacing of the grid; None without a small one.

    Returns:
        Numbers, shape and spacing, or None.
    """
    axes = [_regular_axis(column) for column in points.T]
    indices = [axis[0] for axis in axes if axis is not None]
    if len(indices) < len(axes):
        return None
    shape = tuple(int(index.max()) + 1 for index in indices)
    if math.prod(shape) > MAX_CELLS_PER_POINT * len(points):
        return None
    spacing = tuple(axis[1] for axis in axes if axis is not None)
    return np.ravel_multi_index(tuple(indices), shape), shape, spacing


def _regular_axis(column: Floats) -> tuple[Indices, float] | None:
    """Index of each coordinate on a regular axis, and its spacing; None if there is no such axis.

    Coordinates must be the products that indices and spacing give without rounding.

    Returns:
        Indices and spacing, or None.
    """
    values = np.unique(column)
    if not 1 < len(values) <= MAX_SIDE:
        return None
    step = float(np.diff(values).min())
    index = np.rint((column - values[0]) / step)
    if index.max() >= MAX_SIDE or (values[0] + index * step != column).any():
        return None
    origin, unit = Fraction(values[0]), Fraction(step)
    steps = np.rint((values - values[0]) / step).astype(int).tolist()
    exact = (origin + k * unit for k in steps)  # floats near a power of 2 hide half a step
    if any(Fraction(v) != e for v, e in zip(values.tolist(), exact, strict=True)):
        return None
    return index.astype(np.intp), step
