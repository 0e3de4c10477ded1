"""Multiscale warm start: potentials of a quarter of the points, by the same method."""

import numpy as np

from divergences._transport.column_generation.arcs import ArcSet, northwest_corner
from divergences._transport.column_generation.block_pricing import Pricing
from divergences._transport.column_generation.c_transform import lowest_reduced_costs
from divergences._transport.column_generation.dual_ascent import WarmStart, generate_columns
from divergences._transport.column_generation.near_pairs import has_spatial_order
from divergences._transport.column_generation.progress import ProgressMonitor
from divergences._transport.column_generation.stabilization import Solution
from divergences._transport.simplex import dense_transport
from divergences._typing import Floats, Indices

MAX_COARSEST_PAIRS = 1_500**2  # the dense solver takes a fraction of a second for them
COARSENING_FACTOR = 4
COARSE_TOLERANCE = 1e-2  # relative difference of the bounds at which a coarser problem ends
INITIAL_ARCS_PER_POINT = 10


def multiscale_solution(
    pricing: Pricing,
    p: Floats,
    q: Floats,
    monitor: ProgressMonitor,
    /,
    *,
    tolerance: float,
    report_bounds: bool,
) -> Solution:
    """Optimal plan and potentials over all pairs, from the potentials of a coarser problem.

    Args:
        pricing: Pricing method.
        p: Masses of the sources, above 0, summing to 1.
        q: Masses of the targets, likewise.
        monitor: Counts the rounds and checks the time limit.
        tolerance: Difference of the bounds at which to stop, relative to the cost.
        report_bounds: Whether to report the bounds to the monitor.

    Returns:
        Plan and potentials.

    Raises:
        SolverError: If the time limit has passed, or the bounds stopped improving.
    """
    in_order = has_spatial_order(pricing.ground)
    (rows, coarse_p), (cols, coarse_q) = (_sample(mass, in_order) for mass in (p, q))
    coarse = pricing.subset(rows, cols)
    if len(rows) * len(cols) <= MAX_COARSEST_PAIRS:
        cost, potential = _dense_solution(coarse, coarse_p, coarse_q, monitor)
    else:
        solution = multiscale_solution(
            coarse, coarse_p, coarse_q, monitor, tolerance=COARSE_TOLERANCE, report_bounds=False
        )
        cost, potential = solution.upper, solution.potentials[0]
    monitor.begin_round()
    warm_start = _warm_start(pricing, (p, q), rows, potential, cost, monitor)
    return generate_columns(
        pricing, p, q, warm_start, monitor, tolerance=tolerance, report_bounds=report_bounds
    )


def _dense_solution(
    pricing: Pricing, p: Floats, q: Floats, monitor: ProgressMonitor
) -> tuple[float, Floats]:
    """Optimal cost and potentials of the sources, from the matrix of all costs."""
    cost = pricing.ground.block(slice(None), slice(None))
    optimum = dense_transport(p, q, cost, check=monitor.check)
    return optimum.cost, optimum.source_potential


def _sample(mass: Floats, in_order: bool) -> tuple[Indices, Floats]:
    """Systematic sample of a quarter of the points, with probability proportional to mass.

    Args:
        mass: Mass of each point, shape ``(n,)``.
        in_order: Whether the order of the points keeps neighbours together; or else they are
            sampled in random order.

    Returns:
        Indices of the sample and its masses, which sum to 1.
    """
    size, n = -(-len(mass) // COARSENING_FACTOR), len(mass)
    order = np.arange(n) if in_order else np.random.default_rng(0).permutation(n)
    cdf = np.cumsum(mass[order])
    levels = (np.arange(size) + 0.5) / size * cdf[-1]
    positions, counts = np.unique(np.searchsorted(cdf, levels), return_counts=True)
    return order[positions], counts / size


def _warm_start(
    pricing: Pricing,
    masses: tuple[Floats, Floats],
    sample: Indices,
    potential: Floats,
    cost: float,
    monitor: ProgressMonitor,
) -> WarmStart:
    """Initial arcs, potentials and radius from the potentials of a sample of the sources.

    Args:
        pricing: Pricing method.
        masses: Masses of the sources and of the targets.
        sample: Indices of the sampled sources.
        potential: Potentials of the sampled sources.
        cost: Optimal cost of the coarser problem.
        monitor: Checks the time limit.

    Returns:
        Potentials of all points by c-transforms, the arcs of lowest reduced cost of each point,
        and the gap of these potentials as the radius.
    """
    p, q = masses
    m, check, count = len(q), monitor.check, INITIAL_ARCS_PER_POINT
    _, v = lowest_reduced_costs(pricing.transposed, potential, 1, among=sample, check=check)
    targets, u = lowest_reduced_costs(pricing, v, count, check=check)
    sources, _ = lowest_reduced_costs(pricing.transposed, u, count, check=check)
    rows = np.concatenate([np.repeat(np.arange(len(p)), targets.shape[1]), sources.ravel()])
    cols = np.concatenate([targets.ravel(), np.repeat(np.arange(m), sources.shape[1])])
    keys = np.unique(rows * m + cols)
    arcs = ArcSet(keys, pricing.ground.of_pairs(*np.divmod(keys, m)), m)
    gap = cost - float(p @ u + q @ v)
    least = 5e-2 * max(cost, 0.1 * float(arcs.cost.max()))
    return WarmStart(arcs, (u, v), max(gap, least) or 1.0)


def northwest_cost(pricing: Pricing, p: Floats, q: Floats, /) -> float:
    """Cost of the northwest corner plan: a first upper bound of the optimal cost."""
    rows, cols, mass = northwest_corner(p, q)
    return float(mass @ pricing.ground.of_pairs(rows, cols))
