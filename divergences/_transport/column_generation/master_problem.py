r"""The restricted problem: the flow linear program on few arcs, its potentials held in a box.

Potentials may rise above a centre by at most a ``reach``: each source may send mass away, and each
target may take mass from nowhere, for that potential. So there is always a plan, and a potential that no
arc holds yet cannot run away: the box of Marsten, Hogan and Blankenship 1975 ("The boxstep method
for large-scale optimization"). All costs are measured from the centre, so what rounding leaves
shrinks with the distance to it.
"""

from dataclasses import dataclass

import numpy as np

from divergences._transport.certificate import Arcs
from divergences._transport.column_generation.arcs import ArcSet, northwest
from divergences._transport.ground import GroundCost
from divergences._transport.simplex import OPTIMAL, pivot_limit
from divergences._typing import Floats, Indices
from divergences.errors import SolverError

Potentials = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True)
class Restricted:
    """The optimum of a restricted problem.

    Attributes:
        potentials: Of sources and targets.
        rows: Sources of the arcs that carry mass.
        cols: Targets of them.
        mass: On each.
        away: Mass that each source sends away, shape ``(n,)``.
        missing: Mass that each target takes from nowhere, shape ``(m,)``.
    """

    potentials: Potentials
    rows: Indices
    cols: Indices
    mass: Floats
    away: Floats
    missing: Floats

    def completed(self, arcs: ArcSet, ground: GroundCost, /) -> Arcs:
        """A plan that moves all mass: what was sent away goes to where it was missing."""
        keys = self.rows * arcs.width + self.cols
        place, _ = arcs.find(keys)
        plan = Arcs(self.rows, self.cols, self.mass, arcs.cost[place])
        if not (self.away.any() and self.missing.any()):
            return plan
        rows, cols, mass = northwest(self.away, self.missing)
        keys, back = np.unique(
            np.concatenate([keys, rows * arcs.width + cols]), return_inverse=True
        )
        cost = np.empty(len(keys))
        cost[back] = np.concatenate([plan.cost, ground.along(rows, cols)])
        all_mass = np.bincount(back, np.concatenate([plan.mass, mass])).astype(np.float64)
        return Arcs(*np.divmod(keys, arcs.width), all_mass, cost)


def restricted(
    arcs: ArcSet, p: Floats, q: Floats, centre: Potentials, guess: Potentials, reach: float, /
) -> Restricted:
    """The optimum over plans on these arcs, potentials being held in a box.

    Args:
        arcs: The arcs.
        p: Masses of the sources, above 0.
        q: Masses of the targets, above 0, with the same total.
        centre: Potentials of sources and targets from which the box reaches.
        guess: Potentials from which the simplex starts.
        reach: By how much a potential may exceed its centre.

    Returns:
        It, with its potentials.

    Raises:
        SolverError: If POT's solver does not finish.
    """
    from ot.lp.emd_wrap import emd_c_sparse  # here, since POT imports torch where it finds one

    n, m = len(p), len(q)
    rows, cols = arcs.ends
    above = (arcs.cost - centre[0][rows] - centre[1][cols]) / reach
    near = above <= 2  # two potentials reach no further
    rows, cols, above = rows[near], cols[near], above[near]
    # Beyond the last source and the last target stands one more, which gives and takes.
    sources = np.concatenate([rows, np.arange(n), np.full(m, n), [n]]).astype(np.uint64)
    targets = np.concatenate([cols, np.full(n, m), np.arange(m), [m]]).astype(np.uint64)
    cost = np.concatenate([above, np.ones(n + m), [0.0]])
    start = [np.append((a - b) / reach, 0.0) for a, b in zip(guess, centre, strict=True)]
    i, j, mass, _, u, v, status = emd_c_sparse(
        np.append(p, 1.0), np.append(q, 1.0), sources, targets, cost, pivot_limit(n, m), *start
    )
    if status != OPTIMAL:
        raise SolverError(
            f"POT's network simplex ended with result code {status} instead of {OPTIMAL} "
            f"(optimal) on {len(cost)} arcs between {n} and {m} points"
        )
    i, j = i.astype(np.intp), j.astype(np.intp)
    real = (i < n) & (j < m)
    away, missing = (i < n) & (j == m), (i == n) & (j < m)
    potentials = (centre[0] + (u[:n] + v[m]) * reach, centre[1] + (v[:m] - v[m]) * reach)
    return Restricted(
        potentials,
        i[real],
        j[real],
        mass[real],
        np.bincount(i[away], mass[away], n).astype(np.float64),
        np.bincount(j[missing], mass[missing], m).astype(np.float64),
    )
