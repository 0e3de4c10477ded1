"""Potentials to begin with: those of a quarter of the points, solved in the same way."""

import numpy as np
from scipy.spatial import cKDTree

from divergences._transport.column_generation.arcs import ArcSet, northwest
from divergences._transport.column_generation.block_pricing import Pricing, cheapest
from divergences._transport.column_generation.dual_ascent import Solution, WarmStart, ascend
from divergences._transport.column_generation.progress import ProgressMonitor
from divergences._transport.simplex import dense_transport
from divergences._typing import Floats, Indices

SMALL = 1_500**2  # pairs that the dense solver takes in a fraction of a second
COARSER = 4
LOOSE = 1e-2  # how exactly a coarser problem is solved
NEAR = 10  # first arcs of each point
SPATIAL = 8  # dimensions up to which neighbours in space are sampled evenly


def solved(
    pricing: Pricing,
    p: Floats,
    q: Floats,
    watch: ProgressMonitor,
    /,
    *,
    tolerance: float,
    told: bool,
) -> Solution:
    """The optimum over all pairs, from that of coarser problems.

    Args:
        pricing: The way to look at all pairs.
        p: Masses of the sources, above 0, summing to 1.
        q: Masses of the targets, likewise.
        watch: Who is told of the progress, and who may end it.
        tolerance: Part of the cost by which the bounds may differ at the end.
        told: Whether the watch is told the bracket.

    Returns:
        Plan and potentials.

    Raises:
        SolverError: If the time is up, or the bounds do not meet.
    """
    rows, p_some = _sample(pricing.ground.x, p, pricing)
    cols, q_some = _sample(pricing.ground.y, q, pricing)
    coarse = pricing.subset(rows, cols)
    if len(rows) * len(cols) <= SMALL:
        value, potential = _dense(coarse, p_some, q_some)
    else:
        summit = solved(coarse, p_some, q_some, watch, tolerance=LOOSE, told=False)
        value, potential = summit.upper, summit.potentials[0]
    watch.tick()
    beginning = _beginning(pricing, p, q, rows, potential, value)
    return ascend(pricing, p, q, beginning, watch, tolerance=tolerance, told=told)


def _dense(pricing: Pricing, p: Floats, q: Floats) -> tuple[float, Floats]:
    """The optimal cost and potentials of the sources, from all costs at once."""
    optimum = dense_transport(p, q, pricing.ground.block(slice(None), slice(None)))
    return optimum.cost, optimum.source_potential


def _sample(points: Floats, mass: Floats, pricing: Pricing) -> tuple[Indices, Floats]:
    """A quarter of the points, and the mass that each of them stands for.

    Points are laid end to end by their masses, in an order that keeps neighbours together, and
    taken at even steps.

    Returns:
        Their places and their masses.
    """
    size = -(-len(points) // COARSER)
    spatial = not callable(pricing.ground.metric) and points.shape[1] <= SPATIAL
    order: Indices = (
        cKDTree(points).indices if spatial else np.random.default_rng(0).permutation(len(points))
    )
    ends = np.cumsum(mass[order])
    steps = (np.arange(size) + 0.5) / size * ends[-1]
    places, counts = np.unique(np.searchsorted(ends, steps), return_counts=True)
    return order[places], counts / size


def _beginning(
    pricing: Pricing, p: Floats, q: Floats, some: Indices, potential: Floats, value: float
) -> WarmStart:
    """Potentials of all points from those of some sources, and the arcs that are cheapest to them."""
    m = len(q)
    _, v = cheapest(pricing.turned, potential, 1, among=some)
    near_row, u = cheapest(pricing, v, NEAR)
    near_col, _ = cheapest(pricing.turned, u, NEAR)
    rows = np.concatenate([np.repeat(np.arange(len(p)), near_row.shape[1]), near_col.ravel()])
    cols = np.concatenate([near_row.ravel(), np.repeat(np.arange(m), near_col.shape[1])])
    keys = np.unique(rows * m + cols)
    arcs = ArcSet(keys, pricing.ground.along(*np.divmod(keys, m)), m)
    short = value - float(p @ u + q @ v)
    least = 1e-2 * max(value, 0.1 * float(arcs.cost.max()))
    return WarmStart(arcs, (u, v), max(short, least) or 1.0)


def crude_cost(pricing: Pricing, p: Floats, q: Floats, /) -> float:
    """The cost of some plan: an upper bound before there is a better one."""
    rows, cols, mass = northwest(p, q)
    return float(mass @ pricing.ground.along(rows, cols))
