"""Results of a transport problem between histograms on a grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array

from divergences._results import counted
from divergences._transport.network_flow import plan_of_moves
from divergences.grids._decomposition import decomposed_flow

if TYPE_CHECKING:
    from divergences._transport.certificate import Arcs
    from divergences._typing import Floats
    from divergences.grids._masses import Masses


@dataclass(frozen=True, slots=True)
class GridTransport:
    """Optimal transport between two histograms on a grid, with potentials that certify it.

    Pixels are numbered in C order: ``numpy.ravel_multi_index(index, shape)``. The potentials are
    feasible for all pairs of pixels: ``potential[x] + target_potential[y]`` is at most the cost
    from x to y. So ``sum(p * potential) + sum(q * target_potential)``, with p and q divided by
    their sums, is a lower bound of the cost of any plan, and it is at least ``cost - gap``,
    unless `exact_proof`.

    Attributes:
        cost: The optimal cost per unit of mass, in the unit of the spacing, or its square for
            squared distances.
        potential: Shape of the grid: the dual variable of each source. For a distance it is
            1-Lipschitz: the scores of an optimal critic.
        target_potential: Likewise of each target; for a distance ``-potential``.
        flow: Mass on each arc between two pixels, shape ``(n, n)`` for n pixels. For a distance,
            it may pass pixels between a source and its target, and common mass stays where it is;
            for squared distances it is the plan.
        gap: Upper bound of ``cost`` minus the true optimum, rounding included, in the unit of
            ``cost``.
        arc_costs: Cost of each entry of ``flow.data``, per unit of mass.
        p: Masses of the sources, divided by their sum, shape of the grid.
        q: Masses of the targets, likewise.
        excess: ``p - q``, of which each entry is right to its last digits.
        exact_proof: Whether the gap is proved without the rounding of the potentials, which is
            relative to the extent of the grid: where masses move much less far than that, or
            hardly differ, the lower bound of these potentials is not as high as ``cost - gap``.
    """

    cost: float
    potential: Floats
    target_potential: Floats
    flow: coo_array
    gap: float
    arc_costs: Floats
    p: Floats
    q: Floats
    excess: Floats
    is_plan: bool = False
    exact_proof: bool = False
    _moves: Arcs | None = None

    @classmethod
    def of_arcs(
        cls,
        arcs: Arcs,
        potentials: tuple[Floats, Floats],
        gap: float,
        masses: Masses,
        /,
        *,
        is_plan: bool,
    ) -> GridTransport:
        """The result whose flow is on these arcs.

        Args:
            arcs: Tail, head, flow and cost of each arc.
            potentials: Of sources and of targets.
            gap: Upper bound of the cost minus the true optimum.
            masses: Of sources and of targets.
            is_plan: Whether the arcs lead from sources to targets.

        Returns:
            The result.
        """
        n = masses.p.size
        flow = coo_array((arcs.mass, (arcs.rows, arcs.cols)), shape=(n, n))
        p, q, excess = masses.p, masses.q, masses.excess
        cost = arcs.total_cost()
        return cls(cost, *potentials, flow, gap, arcs.cost, p, q, excess, is_plan)

    def plan(self) -> coo_array:
        """The optimal plan from sources to targets, with the cost of the flow.

        Returns:
            Mass moved from pixel to pixel, shape ``(n, n)``; its rows sum to ``p``, its columns to
            ``q``.

        """
        if self.is_plan:
            return self.flow
        common = np.minimum(self.p, self.q).ravel()
        if self._moves is not None:
            return plan_of_moves(self._moves, common)
        return decomposed_flow(self.flow, self.excess.ravel(), common, self.potential.ravel())

    def __str__(self) -> str:
        """Cost, gap and size in one line."""
        shape = " x ".join(map(str, self.p.shape))
        return (
            f"cost {self.cost:.6g}, proved within {self.gap:.1g}: "
            f"{counted(self.flow.nnz, 'arc')} on {shape} pixels"
        )

    def __repr__(self) -> str:
        """The line that `str` gives, with the name of the class."""
        return f"<GridTransport {self}>"
