"""Points of zero or negligible mass, added to a solution without them.

A mass is negligible if it is at most EPS, the rounding error of the total mass.
"""

import numpy as np

from divergences._transport.certificate import Arcs
from divergences._transport.ground import GroundCost
from divergences._typing import Floats, Indices

NEGLIGIBLE_BLOCK_ENTRIES = 1 << 20


def add_negligible_masses(
    ground: GroundCost,
    p: Floats,
    q: Floats,
    plan: Arcs,
    solved_points: tuple[Indices, Indices],
    potentials: tuple[Floats, Floats],
    /,
) -> tuple[Arcs, tuple[Floats, Floats]]:
    """Extend plan and potentials to the points of negligible mass.

    Args:
        ground: Ground cost between all points.
        p: Masses of all sources, shape ``(n,)``.
        q: Masses of all targets, shape ``(m,)``.
        plan: Plan between the solved points, by their indices among all points.
        solved_points: Indices of the sources and of the targets of the solved problem.
        potentials: Feasible potentials of the solved points.

    Returns:
        Plan with the mass of every other point on its arc of lowest reduced cost, and feasible
        potentials of all points.
    """
    rows, cols = solved_points
    new_rows, new_cols = (
        np.setdiff1d(np.arange(len(mass)), solved) for mass, solved in ((p, rows), (q, cols))
    )
    u, v = np.empty(len(p)), np.empty(len(q))
    u[rows], v[cols] = potentials
    if len(new_rows) + len(new_cols) == 0:
        return plan, (u, v)
    sources, v[new_cols] = _tightest_arcs(ground.transposed, new_cols, rows, u[rows])
    targets, u[new_rows] = _tightest_arcs(ground, new_rows, np.arange(len(q)), v)
    has_supply, has_demand = p[new_rows] > 0, q[new_cols] > 0
    i = np.concatenate([plan.rows, new_rows[has_supply], sources[has_demand]])
    j = np.concatenate([plan.cols, targets[has_supply], new_cols[has_demand]])
    mass = np.concatenate([plan.mass, p[new_rows][has_supply], q[new_cols][has_demand]])
    keys, inverse = np.unique(i * len(q) + j, return_inverse=True)
    i, j = np.divmod(keys, len(q))
    total_mass = np.bincount(inverse, mass).astype(np.float64)
    return Arcs(i, j, total_mass, ground.of_pairs(i, j)), (u, v)


def _tightest_arcs(
    ground: GroundCost, sources: Indices, targets: Indices, potential: Floats
) -> tuple[Indices, Floats]:
    """Target of lowest ``cost - potential`` for each source, and the minimum, rounded down."""
    nearest, minimum = np.empty(len(sources), np.intp), np.empty(len(sources))
    size = max(1, NEGLIGIBLE_BLOCK_ENTRIES // len(targets))
    for start in range(0, len(sources), size):
        block = slice(start, start + size)
        reduced_cost = ground.block(sources[block], targets) - potential
        indices = reduced_cost.argmin(axis=1)
        nearest[block] = targets[indices]
        minimum[block] = reduced_cost[np.arange(len(indices)), indices]
    return nearest, np.nextafter(minimum, -np.inf)
