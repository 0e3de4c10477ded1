"""Points whose mass is zero, or less than the rounding of the whole: they bind no potential."""

import numpy as np

from divergences._transport.certificate import Arcs
from divergences._transport.ground import GroundCost
from divergences._typing import Floats, Indices


def with_light(
    ground: GroundCost,
    p: Floats,
    q: Floats,
    plan: Arcs,
    carried: tuple[Indices, Indices],
    potentials: tuple[Floats, Floats],
    /,
) -> tuple[Arcs, tuple[Floats, Floats]]:
    """Plan and potentials of all points from those of the points that took part.

    Args:
        ground: The costs between all points.
        p: Masses of the sources.
        q: Masses of the targets.
        plan: Between points that took part, by their places among all.
        carried: Which sources and targets took part.
        potentials: Feasible potentials of these.

    Returns:
        Plan, with the mass of every other point on its tightest arc, and feasible potentials.
    """
    rows, cols = carried
    light_rows, light_cols = (
        np.setdiff1d(np.arange(len(a)), b) for a, b in ((p, rows), (q, cols))
    )
    if len(light_rows) + len(light_cols) == 0:
        return plan, potentials
    u, v = np.empty(len(p)), np.empty(len(q))
    u[rows], v[cols] = potentials
    to, v[light_cols] = _tightest(ground.turned, light_cols, rows, u[rows])
    towards, u[light_rows] = _tightest(ground, light_rows, np.arange(len(q)), v)
    sent, met = p[light_rows] > 0, q[light_cols] > 0
    i = np.concatenate([plan.rows, light_rows[sent], to[met]])
    j = np.concatenate([plan.cols, towards[sent], light_cols[met]])
    mass = np.concatenate([plan.mass, p[light_rows][sent], q[light_cols][met]])
    keys, place = np.unique(i * len(q) + j, return_inverse=True)
    i, j = np.divmod(keys, len(q))
    total = np.bincount(place, mass).astype(np.float64)
    return Arcs(i, j, total, ground.along(i, j)), (u, v)


def _tightest(
    ground: GroundCost, some: Indices, others: Indices, potential: Floats
) -> tuple[Indices, Floats]:
    """For some sources the target of lowest ``cost - potential``, and that, rounded down."""
    to, lowest = np.empty(len(some), np.intp), np.empty(len(some))
    size = max(1, (1 << 20) // len(others))
    for start in range(0, len(some), size):
        part = slice(start, start + size)
        above = ground.block(some[part], others) - potential
        places = above.argmin(axis=1)
        to[part], lowest[part] = others[places], above[np.arange(len(places)), places]
    return to, np.nextafter(lowest, -np.inf)
