r"""Mass that sources and targets share at one place, which stays there if the cost is a metric.

By the triangle inequality, an optimal plan exists in which it does. The rest is a smaller problem
with potentials u and v, which its 1-Lipschitz function extends to the places that are shared:

.. math:: f(z) = \min \Big( \min_j \big( d(z, y_j) - v_j \big), \; \max_i u_i \Big),
    \qquad u(z) = f(z), \quad v(z) = -f(z)

Source: Villani 2009, "Optimal transport", section 5; McShane 1934 for the extension.
"""

from dataclasses import dataclass

import numpy as np

from divergences._transport.certificate import EPS, Arcs
from divergences._transport.ground import GroundCost
from divergences._transport.result import Optimum, certified_optimum
from divergences._typing import Floats, Indices

METRICS = ("euclidean", "cityblock", "chebyshev")
# Of the total mass; what is left of a smaller one is too inaccurate for a certificate.
MIN_REMAINING_MASS = 2.0**-16
EXTENSION_BLOCK_PAIRS = 1 << 20


@dataclass(frozen=True, slots=True)
class CommonMass:
    """Mass that stays in place, and the problem without it.

    Attributes:
        rows: Sources at the shared places, shape ``(k,)``.
        cols: Targets at the shared places, shape ``(k,)``.
        kept: Mass that stays at each of these, above 0, shape ``(k,)``.
        p: Mass of each source that moves, shape ``(n,)``.
        q: Mass of each target that is to be met, shape ``(m,)``.
    """

    rows: Indices
    cols: Indices
    kept: Floats
    p: Floats
    q: Floats

    @classmethod
    def of(cls, p: Floats, q: Floats, shared: tuple[Indices, Indices], /) -> "CommonMass | None":
        """Separate the common mass.

        Args:
            p: Masses of the sources, summing to 1.
            q: Masses of the targets, likewise.
            shared: Sources and targets that coincide, in pairs.

        Returns:
            The common mass and the rest; None if there is none, or too little would be left.
        """
        rows, cols = shared
        kept = np.minimum(p[rows], q[cols])
        rows, cols, kept = rows[kept > 0], cols[kept > 0], kept[kept > 0]
        left_p, left_q = p.copy(), q.copy()
        left_p[rows], left_q[cols] = (
            np.where(left > 4 * EPS * kept, left, 0.0) for left in (p[rows] - kept, q[cols] - kept)
        )
        remaining = left_p.sum(), left_q.sum()
        if len(kept) == 0 or not (max(remaining) == 0 or min(remaining) >= MIN_REMAINING_MASS):
            return None
        return cls(rows, cols, kept, left_p, left_q)

    @property
    def moved(self) -> float:
        """Total mass that moves, in [0, 1]."""
        return float(self.p.sum())

    @property
    def moving(self) -> tuple[Indices, Indices]:
        """Sources and targets of the rest."""
        return np.flatnonzero(self.p), np.flatnonzero(self.q)

    def restored(
        self, optimum: Optimum | None, ground: GroundCost, p: Floats, q: Floats, /
    ) -> Optimum:
        """Certified optimum with the common mass.

        Args:
            optimum: The optimum between the moving masses, divided by their total; None if no
                mass moves.
            ground: The costs between all points.
            p: Masses of all sources, summing to 1.
            q: Masses of all targets, likewise.

        Returns:
            The optimum, in the unit of the ground cost.

        Raises:
            SolverError: If the gap is too large to certify the plan.
        """
        staying = Arcs(self.rows, self.cols, self.kept, np.zeros(len(self.kept)))
        potentials = np.zeros(len(p)), np.zeros(len(q))
        if optimum is None:
            arcs = staying
        else:
            rows, cols = self.moving
            moved = optimum.arcs_in_unit
            arcs = Arcs(
                np.concatenate([staying.rows, rows[moved.rows]]),
                np.concatenate([staying.cols, cols[moved.cols]]),
                np.concatenate([staying.mass, moved.mass * self.moved]),
                np.concatenate([staying.cost, moved.cost]),
            )
            potentials = self._extended(optimum, ground)
        return certified_optimum(
            arcs, p, q, potentials, max_violation=0.0, exponent=0, unit_exponent=ground.exponent
        )

    def _extended(self, optimum: Optimum, ground: GroundCost) -> tuple[Floats, Floats]:
        """Feasible potentials of all points.

        The triangle inequality holds for computed distances only up to a relative rounding error,
        to which the potentials are lowered: in proportion, and by that of the distance at which
        the function attains its minimum.

        Returns:
            Potentials of the sources, shape ``(n,)``, and of the targets, shape ``(m,)``.
        """
        rows, cols = self.moving
        u, v = np.zeros(len(self.p)), np.zeros(len(self.q))
        u[rows], v[cols] = optimum.source_potential, optimum.target_potential
        minimum, distance = _lipschitz_extension(ground, self.rows, cols, v[cols])
        value = np.minimum(minimum, u[rows].max())
        u[self.rows], v[self.cols] = value, -value
        rounding = (ground.x.shape[1] + 8) * EPS
        for potential in (u, v):
            potential *= 1 - 4 * rounding
            potential -= 2 * EPS * np.abs(potential)
        excess = np.maximum(2 * rounding * distance - (minimum - value), 0.0)
        v[self.cols] -= excess + EPS * np.abs(value)
        return self._with_massless(u, v, ground)

    def _with_massless(self, u: Floats, v: Floats, ground: GroundCost) -> tuple[Floats, Floats]:
        """The potentials, with those of points that neither move nor share mass."""
        known_u, known_v = self.p > 0, self.q > 0
        known_u[self.rows], known_v[self.cols] = True, True
        new_v, new_u = np.flatnonzero(~known_v), np.flatnonzero(~known_u)
        known = np.flatnonzero(known_u)
        v[new_v], _ = _lipschitz_extension(ground.transposed, new_v, known, u[known])
        every = np.arange(len(v))
        u[new_u], _ = _lipschitz_extension(ground, new_u, every, v)
        return u, v


def _lipschitz_extension(
    ground: GroundCost, sources: Indices, targets: Indices, potential: Floats
) -> tuple[Floats, Floats]:
    """Minimum of ``cost - potential`` over the targets for each source, and the cost there."""
    minimum, distance = np.empty(len(sources)), np.empty(len(sources))
    size = max(1, EXTENSION_BLOCK_PAIRS // max(1, len(targets)))
    for start in range(0, len(sources), size):
        block = slice(start, start + size)
        cost = ground.block(sources[block], targets)
        difference = cost - potential
        nearest = difference.argmin(axis=1)
        every = np.arange(len(nearest))
        minimum[block], distance[block] = difference[every, nearest], cost[every, nearest]
    return np.nextafter(minimum, -np.inf), distance
