"""Network simplex of a minimum-cost flow, restarted from an earlier potential and basis.

POT's network simplex solves transport problems on sparse sets of arcs. As one of these, a flow has
every node that it may pass both as a source and as a target, with as much additional mass as may
pass, and an arc of cost 0 from the node to itself (Orden 1956, "The transhipment problem").

Masses are rounded to whole numbers, of which POT adds and subtracts doubles without rounding.
Costs are reduced by the earlier potential. POT starts from a tree of the arcs with the smallest
reduced costs, earlier arcs first; so where the arcs of the earlier basis have a reduced cost of 0
and come first, the simplex goes on from that basis, and new arcs take few pivots.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from divergences._transport.interruptible import call_interruptibly
from divergences._transport.network_flow.forest import forest_potential
from divergences._transport.network_flow.network import Network
from divergences._transport.network_simplex import compiled_simplex
from divergences._typing import Floats, Indices
from divergences.errors import SolverError

MAX_EXACT_MASS = 2.0**52  # whole numbers up to it are doubles, and so are their sums below it
# Of a node, relative to the total mass; tried first in large networks, if earlier flows fit in it.
SMALL_THROUGHPUT = 0.05
MARGIN = 2.0  # of the throughput of an earlier flow, within which that of a later one stays
MIN_NODES_OF_SMALL_THROUGHPUT = 4096
ROUNDING_OF_REDUCED_COSTS = 1e-13  # relative to the largest cost
OPTIMAL = 1  # POT's result code
TIE = 1e-20  # reduced cost of arcs that are tight without flow, relative to the largest cost
MAX_VIOLATION = 1e-10  # of the potential of an optimum, relative to potentials and costs
MAX_PIVOTS_PER_NODE = 100_000
MIN_ARCS_IN_A_THREAD = 100_000  # below them, a solve takes a fraction of a second


@dataclass(frozen=True, slots=True)
class BasicFlow:
    """Optimal basic solution: a forest of arcs with flow, and the potential that proves it.

    Attributes:
        potential: By node, shape ``(n,)``; it drops along no arc by more than its cost, and by its
            cost along those with flow, up to rounding.
        arcs: Indices of the arcs with flow.
        throughput: Largest mass that passes a node, relative to the total mass.
    """

    potential: Floats
    arcs: Indices
    throughput: float = 0.0

    def without_basis(self) -> "BasicFlow":
        """The same potential, and no arcs."""
        return BasicFlow(self.potential, self.arcs[:0], self.throughput)


def optimal_flow(
    network: Network, supply: Floats, /, *, start: BasicFlow | None = None
) -> BasicFlow:
    """Optimal flow on the arcs of a network.

    Args:
        network: Nodes and arcs, in order of tails and heads, costs near 1. Nodes without arcs in
            have supply; nodes without arcs out have demand.
        supply: Supply of each node less its demand, not all 0, of total 0 up to rounding.
        start: An earlier solution from which to start: its potential, indices of arcs of this
            network, and its throughput, as a guess; None for a potential of 0 and no arcs.

    Returns:
        The optimal basic solution.

    Raises:
        SolverError: If no flow on the arcs meets all demand, or the simplex does not finish.
    """
    network_with_ends = _Bipartite.of(network, supply)
    shares = [1.0]
    if np.count_nonzero(network_with_ends.passed) >= MIN_NODES_OF_SMALL_THROUGHPUT:
        guess = (
            SMALL_THROUGHPUT if start is None else max(SMALL_THROUGHPUT, MARGIN * start.throughput)
        )
        shares = [guess, 1.0] if guess < 1.0 else [1.0]
    starts = [start] if start is None or not len(start.arcs) else [start, start.without_basis()]
    for share, begin in itertools.product(shares, starts):
        solution = network_with_ends.solve(share, begin)
        if solution is not None:
            return solution
    raise SolverError(
        f"the network simplex found no optimal flow on the {len(network.cost)} arcs of "
        f"{network.n_nodes} nodes: they do not join supply and demand, or their costs span more "
        "than about 12 orders of magnitude"
    )


@dataclass(frozen=True, slots=True)
class _Bipartite:
    """The transport problem whose plans are the flows of a network.

    Attributes:
        network: The network.
        supply: Supply of each node less its demand.
        passed: Whether flow may pass each node.
    """

    network: Network
    supply: Floats
    passed: np.ndarray

    @classmethod
    def of(cls, network: Network, supply: Floats) -> "_Bipartite":
        """The transport problem of a network and its supply."""
        starts, ends = (
            np.bincount(nodes, minlength=network.n_nodes) > 0
            for nodes in (network.tails, network.heads)
        )
        return cls(network, supply, starts & ends)

    def masses(self, share: float) -> tuple[Floats, Floats, float]:
        """Whole masses of sources and of targets, and the throughput of nodes within them."""
        total = self.supply[self.supply > 0].sum()
        units = MAX_EXACT_MASS / (2 + share * np.count_nonzero(self.passed))
        whole = np.rint(self.supply * (units / total))
        ends = ~self.passed & (self.supply != 0)
        whole[ends & (whole == 0)] = np.sign(self.supply[ends & (whole == 0)])
        whole[np.argmax(np.abs(whole))] -= whole.sum()
        # Rounding may add half a unit of each node to the total, which one node may pass.
        room = np.ceil(units * share) + len(whole) + 1
        through = np.where(self.passed, room, 0.0)
        return np.maximum(whole, 0) + through, np.maximum(-whole, 0) + through, through.max()

    def solve(self, share: float, start: BasicFlow | None) -> BasicFlow | None:
        """The optimum where no node passes more than a share of the mass; None if one would."""
        network, n = self.network, self.network.n_nodes
        sources, targets, through = self.masses(share)
        order = _basis_first(len(network.cost), start)
        cost = self._reduced_costs(start)[order]
        loops = np.flatnonzero(self.passed)
        i, j, mass, _, u, v, status = _run(
            sources,
            targets,
            np.concatenate([loops, network.tails[order]]).astype(np.uint64),
            np.concatenate([loops, network.heads[order]]).astype(np.uint64),
            np.concatenate([np.zeros(len(loops)), cost]),
            MAX_PIVOTS_PER_NODE * n,
            *((np.zeros(n), np.zeros(n)) if start is not None and len(start.arcs) else ()),
        )
        unused = (i == j) & (mass > 0)
        if status != OPTIMAL or (through and np.count_nonzero(unused) < len(loops)):
            return None
        moved = i != j
        keys = i[moved].astype(np.intp) * n + j[moved].astype(np.intp)
        change = np.where(sources > 0, u, -v)
        potential = change if start is None else start.potential + change
        arcs = network.locate(keys)
        potential -= np.median(potential[(sources > 0) | (targets > 0)])
        potential = forest_potential(network, arcs, potential)
        # POT may end at another basis where the earlier one has arcs without flow.
        violation = -network.reduced_costs(potential)[self._usable].min(initial=0.0)
        limit = MAX_VIOLATION * (np.abs(potential).max() + network.cost.max())
        throughput = share * (1 - mass[unused].min() / through) if through else 0.0
        return BasicFlow(potential, arcs, throughput) if violation <= limit else None

    @property
    def _usable(self) -> np.ndarray:
        """Whether the ends of each arc are passed, or have supply and demand."""
        network, supply = self.network, self.supply
        tails, heads = (self.passed | (supply > 0)), (self.passed | (supply < 0))
        usable: np.ndarray = tails[network.tails] & heads[network.heads]
        return usable

    def _reduced_costs(self, start: BasicFlow | None) -> Floats:
        """Costs reduced by the earlier potential; 0 for the arcs of the basis only."""
        if start is None:
            return self.network.cost
        reduced = self.network.reduced_costs(start.potential)
        largest = self.network.cost.max()
        # POT sorts arcs by reduced cost, in any order those of one: others must not be 0, too.
        reduced[np.abs(reduced) <= ROUNDING_OF_REDUCED_COSTS * largest] = TIE * largest
        reduced[start.arcs] = 0.0
        return reduced


def _basis_first(n_arcs: int, start: BasicFlow | None) -> Indices:
    """All arcs, those of the earlier basis first."""
    if start is None:
        return np.arange(n_arcs)
    others = np.ones(n_arcs, dtype=np.bool_)
    others[start.arcs] = False
    return np.concatenate([start.arcs, np.flatnonzero(others)])


def _run(*arguments: Any) -> Any:
    """POT's network simplex; in a thread where it takes long."""
    emd_c_sparse = compiled_simplex().emd_c_sparse
    cost = arguments[4]
    if np.size(cost) < MIN_ARCS_IN_A_THREAD:
        return emd_c_sparse(*arguments)
    return call_interruptibly(emd_c_sparse, *arguments)
