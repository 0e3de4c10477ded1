"""Transport between points of unequal masses: dense, or by column generation."""

import math

import numpy as np

from divergences._transport.certificate import EPS, Arcs
from divergences._transport.column_generation import ProgressMonitor, column_transport
from divergences._transport.column_generation.unshipped_mass import PartialGroundCost
from divergences._transport.dense_choice import MAX_DENSE_PAIRS
from divergences._transport.ground import GroundCost
from divergences._transport.memory import require_memory
from divergences._transport.partial import (
    certified_partial_optimum,
    divided_by_flow,
    is_heavier,
    partial_optimum,
)
from divergences._transport.result import Optimum
from divergences._transport.simplex import MAX_EXACT_PAIRS
from divergences._transport.solve import SolverOptions, solve
from divergences._typing import Array, Floats
from divergences.errors import SolverError

EVERY_PAIR = slice(None), slice(None)
SAFE_ROUNDINGS = 16  # bound on the roundings of a reduced cost from shifted potentials


def partial_point_optimum(
    ground: GroundCost,
    p: Floats,
    q: Floats,
    options: SolverOptions,
    /,
    *,
    device: Array | None = None,
) -> Optimum:
    """Cheapest plan between points that moves ``min(sum p, sum q)``, per unit of moved mass.

    Args:
        ground: The costs between the points.
        p: Masses of the sources, at least 0, not all 0, shape ``(n,)``.
        q: Masses of the targets, likewise, shape ``(m,)``.
        options: Method, time limit and progress bar.
        device: An array on the device that computes reduced costs; None for the CPU.

    Returns:
        The optimum, in the scaled unit of the ground cost; its masses are divided by the flow.

    Raises:
        DistributionError: If memory for the dense method is too small.
        SolverError: If the solver did not finish, or the gap is too large to certify the plan.
    """
    n, m = ground.shape
    if options.method == "dense" or (options.method is None and n * m <= MAX_DENSE_PAIRS):
        require_memory(n, m)
        return partial_optimum(p, q, ground.block(*EVERY_PAIR), unit_exponent=ground.exponent)
    if is_heavier(q, p):
        ground = ground.transposed
        return partial_point_optimum(ground, q, p, options, device=device).transposed
    masses = divided_by_flow(p, q)
    if masses[2] == 0:
        p, q, _ = masses
        return solve(ground, p / math.fsum(p), q / math.fsum(q), options, device=device)
    try:
        return _by_columns(ground, masses, options, device)
    except SolverError:
        if options.time_limit is not None or n * m > MAX_EXACT_PAIRS:
            raise
    return partial_optimum(p, q, ground.block(*EVERY_PAIR), unit_exponent=ground.exponent)


def _by_columns(
    ground: GroundCost,
    masses: tuple[Floats, Floats, float],
    options: SolverOptions,
    device: Array | None,
) -> Optimum:
    """Partial optimum by column generation with a free target for the surplus."""
    p, q, surplus = masses
    total = math.fsum(p)
    limit = math.inf if options.time_limit is None else float(options.time_limit)
    monitor = ProgressMonitor(ground, limit, options.progress, mass=total)
    balanced = column_transport(
        PartialGroundCost.with_free_target(ground),
        p / total,
        np.append(q, surplus) / total,
        monitor=monitor,
        device=device,
    )
    arcs = balanced.arcs
    moved = arcs.cols < len(q)
    return certified_partial_optimum(
        Arcs(arcs.rows[moved], arcs.cols[moved], arcs.mass[moved] * total, arcs.cost[moved]),
        p,
        q,
        _without_free_target(balanced),
        unit_exponent=ground.exponent,
    )


def _without_free_target(balanced: Optimum) -> tuple[Floats, Floats]:
    """Feasible potentials of the points, with 0 as the potential of the free target."""
    u, v = balanced.source_potential, balanced.target_potential
    largest = np.abs(u).max() + np.abs(v).max()
    rounding = SAFE_ROUNDINGS * EPS * largest
    source_potential = u + v[-1]
    # In exact arithmetic, the potential of a source with mass left over is 0.
    source_potential[source_potential > -rounding] = 0.0
    return source_potential, v[:-1] - v[-1] - 2 * rounding
