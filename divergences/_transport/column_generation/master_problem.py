r"""The restricted master problem: transport over a subset of arcs, its potentials held in a box.

Potentials may exceed a centre by at most a ``radius``. In the primal, each source may leave supply
unshipped and each target demand unmet, at a cost of the radius per unit of mass. So the problem is
always feasible, and potentials that no arc bounds yet stay bounded: the boxstep method of Marsten,
Hogan and Blankenship 1975 ("The boxstep method for large-scale optimization"). Costs are reduced
by the centre potentials, so that rounding errors are proportional to the radius.
"""

from dataclasses import dataclass

import numpy as np

from divergences._transport.certificate import Arcs
from divergences._transport.column_generation.arcs import ArcSet, northwest_corner
from divergences._transport.ground import GroundCost
from divergences._transport.interruptible import call_interruptibly
from divergences._transport.network_simplex import compiled_simplex
from divergences._transport.row_blocks import Check, no_check
from divergences._transport.simplex_run import OPTIMAL, max_pivots
from divergences._typing import Floats, Indices
from divergences.errors import SolverError

Potentials = tuple[Floats, Floats]
MAX_UNINTERRUPTED_ARCS = 1 << 16  # which take hundredths of a second


@dataclass(frozen=True, slots=True)
class MasterSolution:
    """Optimal solution of a restricted master problem.

    Attributes:
        potentials: Dual potentials of sources, shape ``(n,)``, and of targets, shape ``(m,)``.
        rows: Source of each arc that carries mass, shape ``(k,)``.
        cols: Target of each of these arcs, shape ``(k,)``.
        mass: Mass on each of these arcs, shape ``(k,)``.
        unshipped: Supply of each source that no arc carries, shape ``(n,)``.
        unmet: Demand of each target that no arc meets, shape ``(m,)``.
    """

    potentials: Potentials
    rows: Indices
    cols: Indices
    mass: Floats
    unshipped: Floats
    unmet: Floats

    def complete_plan(self, arcs: ArcSet, ground: GroundCost, /) -> Arcs:
        """A plan that moves all mass: unshipped supply meets unmet demand in index order."""
        keys = self.rows * arcs.n_cols + self.cols
        indices, _ = arcs.locate(keys)
        plan = Arcs(self.rows, self.cols, self.mass, arcs.cost[indices])
        if not (self.unshipped.any() and self.unmet.any()):
            return plan
        rows, cols, mass = northwest_corner(self.unshipped, self.unmet)
        keys, inverse = np.unique(
            np.concatenate([keys, rows * arcs.n_cols + cols]), return_inverse=True
        )
        cost = np.empty(len(keys))
        cost[inverse] = np.concatenate([plan.cost, ground.of_pairs(rows, cols)])
        total_mass = np.bincount(inverse, np.concatenate([plan.mass, mass])).astype(np.float64)
        return Arcs(*np.divmod(keys, arcs.n_cols), total_mass, cost)


def solve_restricted_master(
    arcs: ArcSet,
    p: Floats,
    q: Floats,
    centre: Potentials,
    start: Potentials,
    radius: float,
    /,
    *,
    check: Check = no_check,
) -> MasterSolution:
    """Optimal solution over plans on these arcs, with potentials in the box around a centre.

    Args:
        arcs: Columns of the problem.
        p: Masses of the sources, above 0, shape ``(n,)``.
        q: Masses of the targets, above 0, with the same total, shape ``(m,)``.
        centre: Potentials of sources and targets, the centre of the box.
        start: Potentials of sources and targets from which the network simplex starts.
        radius: Largest amount by which a potential may exceed its centre, above 0.
        check: Called several times a second; it may raise an error.

    Returns:
        Plan and potentials.

    Raises:
        SolverError: If POT's network simplex does not reach an optimum.
    """
    emd_c_sparse = compiled_simplex().emd_c_sparse
    n, m = len(p), len(q)
    rows, cols = arcs.endpoints
    cost = (arcs.cost - centre[0][rows] - centre[1][cols]) / radius
    useful = cost <= 2  # leaving a unit of supply unshipped and one of demand unmet costs 2
    rows, cols, cost = rows[useful], cols[useful], cost[useful]
    # Source n meets unmet demand and target m takes unshipped supply; both have mass 1.
    sources = np.concatenate([rows, np.arange(n), np.full(m, n), [n]]).astype(np.uint64)
    targets = np.concatenate([cols, np.full(n, m), np.arange(m), [m]]).astype(np.uint64)
    cost = np.concatenate([cost, np.ones(n + m), [0.0]])
    initial = [np.append((a - b) / radius, 0.0) for a, b in zip(start, centre, strict=True)]
    ends = np.append(p, 1.0), np.append(q, 1.0)
    arguments = *ends, sources, targets, cost, max_pivots(n, m), *initial
    if len(cost) <= MAX_UNINTERRUPTED_ARCS:
        i, j, mass, _, u, v, status = emd_c_sparse(*arguments)
    else:
        i, j, mass, _, u, v, status = call_interruptibly(emd_c_sparse, *arguments, check=check)
    if status != OPTIMAL:
        raise SolverError(
            f"POT's network simplex ended with result code {status} instead of {OPTIMAL} "
            f"(optimal) on {len(cost)} arcs between {n} and {m} points"
        )
    potentials = (centre[0] + (u[:n] + v[m]) * radius, centre[1] + (v[:m] - v[m]) * radius)
    return _master_solution(potentials, i.astype(np.intp), j.astype(np.intp), mass)


def _master_solution(
    potentials: Potentials, rows: Indices, cols: Indices, mass: Floats
) -> MasterSolution:
    """Separate the arcs of a plan from its unshipped supply and unmet demand."""
    n, m = len(potentials[0]), len(potentials[1])
    real = (rows < n) & (cols < m)
    unshipped, unmet = (rows < n) & (cols == m), (rows == n) & (cols < m)
    return MasterSolution(
        potentials,
        rows[real],
        cols[real],
        mass[real],
        np.bincount(rows[unshipped], mass[unshipped], n).astype(np.float64),
        np.bincount(cols[unmet], mass[unmet], m).astype(np.float64),
    )
