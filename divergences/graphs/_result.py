"""Result of a transport problem on a graph: flow, potential and duality gap."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array

from divergences._results import counted
from divergences._transport.certificate import SMALLEST_SUBNORMAL
from divergences._transport.network_flow import plan_of_moves
from divergences.errors import DistributionError
from divergences.graphs._plan import plan_of_flow

if TYPE_CHECKING:
    from divergences._transport.certificate import Arcs
    from divergences._typing import Floats
    from divergences.graphs._prepared import PreparedGraph
    from divergences.graphs._solve import FlowOptimum


def require_finite_costs(costs: Floats, /) -> None:
    """Refuse costs that have overflowed.

    Raises:
        DistributionError: If one is infinite.
    """
    if not np.isfinite(costs).all():
        raise DistributionError(
            "the lengths of the edges of `graph` are so large that distances exceed 1.8e308; "
            "divide them by a constant"
        )


@dataclass(frozen=True, slots=True)
class GraphTransport:
    """Optimal transport of one unit of mass on a graph, with a potential that certifies it.

    The potential is 1-Lipschitz: ``potential[i] - potential[j] <= length`` for every edge from i
    to j, and so for the shortest-path distance of all pairs of nodes. By duality,
    ``potential @ (p - q)``, with p and q divided by their sums, is a lower bound of the cost of
    *any* flow, at most ``gap`` below ``cost``, unless `exact_proof`.

    Attributes:
        cost: Sum of flow times length, the exact EMD, in the unit of the lengths.
        potential: Value at each node, shape ``(n,)``, in the unit of the lengths.
        flow: Mass that moves from node i to node j along their edge, shape ``(n, n)``.
        gap: Upper bound of ``cost`` minus the true optimum, in the unit of the lengths, rounding
            included; at least 0.
        nodes: Label of each node; None if they are 0, 1, ..., n - 1.
        exact_proof: Whether the gap is proved without the rounding of the potential, as masses
            and lengths of many orders of magnitude require: the lower bound of this potential is
            then not as high as ``cost - gap``.
    """

    cost: float
    potential: Floats
    flow: coo_array
    gap: float
    nodes: tuple[Hashable, ...] | None
    _masses: tuple[Floats, Floats] = field(repr=False)
    exact_proof: bool = False
    _moves: Arcs | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls, optimum: FlowOptimum, graph: PreparedGraph, masses: tuple[Floats, Floats], /
    ) -> GraphTransport:
        """The result in the caller's unit of length.

        Args:
            optimum: The flow, for lengths in the unit of the graph's arcs.
            graph: The graph.
            masses: Excess of the sources over the targets, and the mass in common.

        Returns:
            The result.

        Raises:
            DistributionError: If the cost or a potential exceeds the largest float.
        """
        with np.errstate(over="ignore"):
            cost, gap = np.ldexp([optimum.cost, optimum.gap], graph.exponent)
            potential = np.ldexp(optimum.potential, graph.exponent)
        require_finite_costs(np.append(potential, cost))
        if np.ldexp(cost, -graph.exponent) != optimum.cost:
            gap += 4 * SMALLEST_SUBNORMAL
        arcs = optimum.arcs
        flow = coo_array((arcs.mass, (arcs.rows, arcs.cols)), shape=(graph.n, graph.n))
        nodes = tuple(graph.nodes.labels) if graph.nodes.named else None
        moves = optimum.plan
        proof = moves is not None
        return cls(float(cost), potential, flow, float(gap), nodes, masses, proof, moves)

    def plan(self) -> coo_array:
        """A plan from sources to targets that the flow carries out, at the same cost.

        Mass that p and q have in common stays where it is. Each other entry moves along a shortest
        path, so that the sum of plan times shortest-path distance is ``cost``.

        Returns:
            Mass moved from node i to node j, shape ``(n, n)``; its rows sum to ``p / sum(p)``, its
            columns to ``q / sum(q)``, up to rounding.
        """
        excess, common = self._masses
        if self._moves is not None:
            return plan_of_moves(self._moves, common)
        return plan_of_flow(self.flow, excess, common)

    def __str__(self) -> str:
        """Cost, gap and size in one line."""
        return (
            f"cost {self.cost:.6g}, proved within {self.gap:.1g}: flow on "
            f"{counted(self.flow.nnz, 'edge')} between {counted(len(self.potential), 'node')}"
        )

    def __repr__(self) -> str:
        """The line that `str` gives, with the name of the class."""
        return f"<GraphTransport {self}>"
