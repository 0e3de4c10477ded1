"""Column generation, from a ground cost and masses to a certified optimal plan."""

from dataclasses import replace

import numpy as np

from divergences._transport.certificate import EPS, MAX_RELATIVE_GAP
from divergences._transport.column_generation.block_pricing import BlockPricing, Pricing
from divergences._transport.column_generation.euclidean_pricing import EuclideanPricing
from divergences._transport.column_generation.multiscale import multiscale_solution, northwest_cost
from divergences._transport.column_generation.near_pairs import (
    NearPairPricing,
    has_spatial_order,
    spatial_order,
)
from divergences._transport.column_generation.negligible_mass import add_negligible_masses
from divergences._transport.column_generation.progress import ProgressMonitor
from divergences._transport.column_generation.stabilization import Solution
from divergences._transport.column_generation.unshipped_mass import (
    PartialGroundCost,
    PartialPricing,
)
from divergences._transport.cost_table import TabulatedCost
from divergences._transport.ground import GroundCost
from divergences._transport.result import Optimum, certified_optimum
from divergences._transport.row_blocks import Check
from divergences._typing import Array, Floats, Indices

RELATIVE_GAP = 1e-13  # at which to stop; the last rounds usually close the gap altogether


def column_transport(
    ground: GroundCost,
    p: Floats,
    q: Floats,
    /,
    *,
    monitor: ProgressMonitor,
    device: Array | None = None,
    tolerance: float = RELATIVE_GAP,
) -> Optimum:
    """Optimal plan between masses ``p`` and ``q`` under a ground cost, with feasible potentials.

    Args:
        ground: Ground cost.
        p: Masses of the sources, summing to 1, shape ``(n,)``.
        q: Masses of the targets, summing to 1, shape ``(m,)``.
        monitor: Receives the bounds and checks the time limit.
        device: Array on the device that prices the pairs; None for the CPU.
        tolerance: Difference of the bounds at which to stop, relative to the cost.

    Returns:
        Plan, potentials, cost and gap, in the scaled unit of the ground cost.

    Raises:
        SolverError: If the time limit has passed (the error carries bounds of the optimal cost),
            or the potentials do not certify that the plan is optimal.
        KeyboardInterrupt: If interrupted; the message states the bounds.
    """
    # Masses below the rounding error of their sum are added once the potentials are final.
    rows, cols = _points_to_solve(ground, p, q)
    as_passed = not has_spatial_order(ground) and ground.shape == (len(rows), len(cols))
    solved_ground = ground if as_passed else ground.subset(rows, cols)
    with monitor.progress_bar():
        try:
            pricing = _pricing(solved_ground, device, monitor.check)
            solution = _solution(pricing, p[rows], q[cols], monitor, tolerance)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"interrupted: {monitor.summary()}") from None
    u, v = solution.potentials
    # A reduced cost is computed from a cost and two potentials with three roundings.
    u = u - 4 * EPS * (np.abs(u) + np.abs(v).max())
    plan = replace(solution.plan, rows=rows[solution.plan.rows], cols=cols[solution.plan.cols])
    plan, potentials = add_negligible_masses(ground, p, q, plan, (rows, cols), (u, v))
    return certified_optimum(
        plan,
        p,
        q,
        potentials,
        max_violation=0.0,
        exponent=0,
        unit_exponent=ground.exponent,
        max_relative_gap=max(tolerance, MAX_RELATIVE_GAP),
    )


def cell_transport(
    ground: GroundCost, p: Floats, q: Floats, /, *, monitor: ProgressMonitor, tolerance: float
) -> tuple[Solution, Indices]:
    """Optimal plan between cells that stand for a larger problem, whose bounds it does not report.

    Args:
        ground: Ground cost between the cells.
        p: Masses of the sources, summing to 1, shape ``(n,)``.
        q: Masses of the targets, summing to 1, shape ``(m,)``.
        monitor: Counts the rounds and checks the time limit.
        tolerance: Difference of the bounds at which to stop, relative to the cost.

    Returns:
        The solution, whose plan leaves out negligible masses, and the targets of its potentials.

    Raises:
        SolverError: If the time limit has passed.
    """
    rows, cols = _points_to_solve(ground, p, q)
    p, q = p[rows] / p[rows].sum(), q[cols] / q[cols].sum()
    solution = multiscale_solution(
        _pricing(ground.subset(rows, cols), None, monitor.check),
        p,
        q,
        monitor,
        tolerance=tolerance,
        report_bounds=False,
    )
    plan = replace(solution.plan, rows=rows[solution.plan.rows], cols=cols[solution.plan.cols])
    return replace(solution, plan=plan), cols


def _points_to_solve(ground: GroundCost, p: Floats, q: Floats) -> tuple[Indices, Indices]:
    """Sources and targets whose mass is not negligible, neighbours together in low dimension."""
    rows, cols = np.flatnonzero(p > EPS), np.flatnonzero(q > EPS)
    if not has_spatial_order(ground):
        return rows, cols
    return rows[spatial_order(ground.x[rows])], cols[spatial_order(ground.y[cols])]


def _solution(
    pricing: Pricing, p: Floats, q: Floats, monitor: ProgressMonitor, tolerance: float
) -> Solution:
    """Optimal plan and potentials between points of positive mass, normalized to total 1."""
    p, q = p / p.sum(), q / q.sum()
    monitor.record_bounds(0.0, northwest_cost(pricing, p, q), 0)
    return multiscale_solution(pricing, p, q, monitor, tolerance=tolerance, report_bounds=True)


def _pricing(ground: GroundCost, device: Array | None, check: Check) -> Pricing:
    """The fastest pricing method for a ground cost."""
    if isinstance(ground, PartialGroundCost):
        return PartialPricing(ground, _pricing(ground.between_points, device, check))
    if isinstance(ground, TabulatedCost):
        return BlockPricing(ground)
    if ground.metric in ("euclidean", "sqeuclidean") and ground.order == 1:
        pricing = EuclideanPricing.of(ground, device, check=check)
        return pricing if device is not None else NearPairPricing.where_faster(pricing)
    return NearPairPricing.where_faster(BlockPricing(ground))
