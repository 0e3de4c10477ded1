"""Optimal transport within a tolerance: cells are refined until the bounds are close enough."""

import math
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from scipy.spatial import cKDTree

from divergences._transport.aggregation.cells import Cells
from divergences._transport.aggregation.lipschitz_extension import Norm, lipschitz_extension
from divergences._transport.certificate import EPS, Arcs, duality_gap
from divergences._transport.circular_distance import CircularDistance
from divergences._transport.coincident_points import CoincidentPoints, divided_plan
from divergences._transport.column_generation import (
    ProgressMonitor,
    cell_transport,
    column_transport,
)
from divergences._transport.common_mass import METRICS
from divergences._transport.dense_choice import MAX_DENSE_PAIRS
from divergences._transport.ground import GroundCost
from divergences._transport.result import Optimum
from divergences._transport.solve import SolverOptions, solve
from divergences._typing import Array, Floats

MIN_AGGREGATED_PAIRS = 10_000**2  # fewer take column generation seconds
FIRST_CELLS = 2_000  # of each side
REFINEMENT = 4
CELL_TOLERANCE = 0.1  # of the tolerance, at which the problem between the cells ends

Masses = tuple[Floats, Floats]


def optimum_within(
    ground: GroundCost,
    p: Floats | None,
    q: Floats | None,
    options: SolverOptions,
    /,
    *,
    tolerance: float,
    device: Array | None = None,
) -> Optimum:
    """A plan whose cost is proved to be within a tolerance of the optimum.

    Args:
        ground: The costs between the points.
        p: Masses of the sources, summing to 1; None for equal ones.
        q: Masses of the targets, likewise.
        options: Method, time limit and progress bar.
        tolerance: Largest gap, relative to the cost of the plan, in (0, 1).
        device: An array on the device that computes reduced costs; None for the CPU.

    Returns:
        Plan, feasible potentials, cost and gap, in the scaled unit of the ground cost.

    Raises:
        SolverError: If the time limit has passed; the error carries the bounds.
        KeyboardInterrupt: If interrupted; the message states the bounds.
    """
    n, m = ground.shape
    line = ground.without_constant_coordinates
    has_closed_form = line.line_power is not None or isinstance(ground.metric, CircularDistance)
    exact = options.method == "dense" or (options.method is None and has_closed_form)
    if exact or n * m <= MAX_DENSE_PAIRS:
        return solve(ground, p, q, options, device=device)
    p, q = np.full(n, 1 / n) if p is None else p, np.full(m, 1 / m) if q is None else q
    limit = math.inf if options.time_limit is None else float(options.time_limit)
    monitor = ProgressMonitor(ground, limit, options.progress)
    if n * m > MIN_AGGREGATED_PAIRS and ground.order == 1 and ground.metric in METRICS:
        try:
            with monitor.progress_bar():
                optimum = _refined(_Points.of(ground, p, q), monitor, tolerance)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"interrupted: {monitor.summary()}") from None
        if optimum is not None:
            return optimum
    if CoincidentPoints.find(ground) is not None:
        return solve(ground, p, q, options, device=device)
    return column_transport(ground, p, q, monitor=monitor, device=device, tolerance=tolerance)


@dataclass(frozen=True, slots=True)
class _Points:
    """Points of a problem with a metric as its cost, their masses and their k-d trees."""

    ground: GroundCost
    masses: Masses
    trees: tuple[cKDTree, cKDTree]

    @classmethod
    def of(cls, ground: GroundCost, p: Floats, q: Floats, /) -> "_Points":
        """Build the trees, of leaves that are single points up to ties."""
        x_tree, y_tree = (cKDTree(points, leafsize=8) for points in (ground.x, ground.y))
        return cls(ground, (p, q), (x_tree, y_tree))

    def cells(self, count: int, /) -> tuple[Cells, Cells]:
        """About ``count`` cells of each side."""
        (p, q), (x_tree, y_tree) = self.masses, self.trees
        x_cells = Cells.of(self.ground.x, p, x_tree, count)
        return x_cells, Cells.of(self.ground.y, q, y_tree, count)


def _refined(points: _Points, monitor: ProgressMonitor, tolerance: float) -> Optimum | None:
    """The first plan within the tolerance; None if that takes about as many cells as points."""
    count, best = FIRST_CELLS, None
    while REFINEMENT * count <= max(points.ground.shape):
        arcs, potentials = _aggregated_solution(points, count, monitor, tolerance)
        optimum = _certified(points, arcs, potentials)
        if best is not None:
            optimum = _better(points, best, optimum)
        best = optimum
        monitor.record_bounds(optimum.cost - optimum.gap, optimum.cost, len(arcs.mass))
        if optimum.gap <= tolerance * optimum.cost:
            return optimum
        count *= REFINEMENT
    return None


def _aggregated_solution(
    points: _Points, count: int, monitor: ProgressMonitor, tolerance: float
) -> tuple[Arcs, Masses]:
    """Plan and feasible potentials of all points, from the problem between their cells."""
    ground, (p, q) = points.ground, points.masses
    x_cells, y_cells = points.cells(count)
    between = replace(ground, x=x_cells.means, y=y_cells.means)
    solution, cols = cell_transport(
        between,
        x_cells.masses,
        y_cells.masses,
        monitor=monitor,
        tolerance=CELL_TOLERANCE * tolerance,
    )
    arcs = _disaggregated(solution.plan, (x_cells, y_cells), (p, q))
    arcs = replace(arcs, cost=ground.of_pairs(arcs.rows, arcs.cols))
    u, minus_v = (
        lipschitz_extension(
            coordinates,
            cells.order,
            between.y[cols],
            solution.potentials[1],
            metric=cast(Norm, ground.metric),
            check=monitor.check,
        )
        for coordinates, cells in ((ground.x, x_cells), (ground.y, y_cells))
    )
    return arcs, (u, _lowered(-minus_v, u, ground))


def _disaggregated(plan: Arcs, cells: tuple[Cells, Cells], masses: Masses) -> Arcs:
    """A plan between cells, divided among their points, both in the order of their trees.

    So close sources of a cell go to close targets. The costs are those of the cells.

    Returns:
        The plan between the points.
    """
    order = np.lexsort((plan.cols, plan.rows))
    arcs = Arcs(plan.rows[order], plan.cols[order], plan.mass[order], plan.cost[order])
    for side, mass in zip(cells, masses, strict=True):
        arcs = divided_plan(arcs, side.cell[side.order], mass[side.order])
        arcs = replace(arcs, rows=side.order[arcs.rows]).transposed
    return arcs


def _lowered(v: Floats, u: Floats, ground: GroundCost) -> Floats:
    """Potentials lowered by the rounding of distances and of their differences."""
    size = np.abs(u).max() + np.abs(v).max() + 2 * (np.ptp(ground.x, axis=0).sum())
    return v - 8 * (ground.x.shape[1] + 4) * EPS * size


def _certified(points: _Points, arcs: Arcs, potentials: Masses) -> Optimum:
    """The plan with its duality gap."""
    gap, _ = duality_gap(arcs, *points.masses, *potentials)
    return Optimum(arcs, *potentials, arcs.total_cost(), gap)


def _better(points: _Points, first: Optimum, second: Optimum) -> Optimum:
    """The cheaper plan with the potentials of higher value."""
    p, q = points.masses
    plan = min(first, second, key=lambda optimum: optimum.cost)
    dual = max(
        first,
        second,
        key=lambda optimum: p @ optimum.source_potential + q @ optimum.target_potential,
    )
    return _certified(points, plan.arcs, (dual.source_potential, dual.target_potential))
