"""Minimum-cost flow in integers: successive shortest paths from a nearly optimal start.

Potentials are feasible throughout, and every arc of positive flow is tight, so the flow is
optimal as soon as no mass is left (Ahuja, Magnanti and Orlin 1993, "Network Flows", section 9.7).
Every number is an integer: nothing is rounded, and no tolerance is needed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from divergences._transport.exact_arithmetic.dyadic import Integers
from divergences._transport.exact_arithmetic.forest import Node
from divergences._transport.exact_arithmetic.potentials import c_transform
from divergences._transport.row_blocks import Check
from divergences.errors import SolverError

MAX_SCANNED_PAIRS = 40_000_000  # about half a minute


@dataclass(frozen=True, slots=True)
class _ShortestPath:
    """Shortest path from a source to the nearest target that lacks mass.

    Attributes:
        target: The target; None if there is none within reach.
        length: Length of the path, in reduced costs.
        sources: Distance of each source within that length.
        targets: Distance of each target within that length.
        source_parents: Target before each source.
        target_parents: Source before each target, shape ``(m,)``.
    """

    target: int | None
    length: int
    sources: dict[int, int]
    targets: dict[int, int]
    source_parents: dict[int, int]
    target_parents: np.ndarray


class IntegerFlow:
    """Flow, potentials and the masses that are left to move.

    Attributes:
        cost: Costs, shape ``(n, m)``.
        forbidden: The entry of ``cost`` of a forbidden pair, beyond the length of any path.
        source_potential: Shape ``(n,)``.
        target_potential: Shape ``(m,)``.
        supply: Mass left at each source.
        demand: Mass that each target lacks.
        flow: For each target, the mass from each source.
    """

    def __init__(
        self,
        cost: Integers,
        forbidden: int,
        source_potential: Integers,
        masses: tuple[list[int], list[int]],
        /,
    ) -> None:
        self.cost = cost
        self.forbidden = forbidden
        self.source_potential = source_potential
        self.target_potential = np.zeros(cost.shape[1], dtype=object)
        self.supply, self.demand = (list(side) for side in masses)
        self.flow: list[dict[int, int]] = [{} for _ in self.demand]
        self._scanned_pairs = 0

    def start_on(self, forest: list[Node], /) -> None:
        """Make the arcs of a forest tight, and move mass on those that stay it when all are.

        Args:
            forest: Trees of a nearly optimal plan, parents before children.
        """
        u, v = self.source_potential, self.target_potential
        for node in forest:
            if node.parent is not None and node.is_source:
                u[node.position] = self.cost[node.position, node.parent] - v[node.parent]
            elif node.parent is not None:
                v[node.position] = self.cost[node.parent, node.position] - u[node.parent]
        v[:] = c_transform(self.cost, u)
        for node in reversed(forest):  # from the leaves to the roots
            if node.parent is None:
                continue
            i, j = (node.position, node.parent) if node.is_source else (node.parent, node.position)
            if self.cost[i, j] == u[i] + v[j]:
                self._add(i, j, min(self.supply[i], self.demand[j]))

    def require_optimal(self) -> None:
        """Refuse a flow that complementary slackness does not prove optimal.

        Raises:
            SolverError: If a reduced cost is negative, or that of an arc with mass is not 0.
        """
        u, v = self.source_potential, self.target_potential
        is_feasible = (c_transform(self.cost, u) >= v).all()
        if not is_feasible or any(self.cost[i, j] != u[i] + v[j] for i, j, _ in self.arcs()):
            raise SolverError("the plan of exact arithmetic is not optimal: please report this")

    def arcs(self) -> Iterator[tuple[int, int, int]]:
        """Source, target and positive mass of each arc."""
        return ((i, j, mass) for j, row in enumerate(self.flow) for i, mass in row.items())

    def complete(self, check: Check, /) -> None:
        """Move all mass that has a path; what is left has none.

        Args:
            check: Called before each path; it may raise an error.

        Raises:
            SolverError: If the computation takes too long.
        """
        for source in range(len(self.supply)):
            while self.supply[source]:
                check()
                path = self._shortest_path(source)
                if path.target is None:
                    break
                self._update_potentials(path)
                self._augment(source, path)

    def _add(self, i: int, j: int, mass: int) -> None:
        """Move mass from a source to a target."""
        if mass:
            self.flow[j][i] = self.flow[j].get(i, 0) + mass
            self.supply[i] -= mass
            self.demand[j] -= mass

    def _shortest_path(self, source: int) -> _ShortestPath:
        """Dijkstra's algorithm, until it reaches a target that lacks mass."""
        n_targets = len(self.demand)
        distance = np.full(n_targets, self.forbidden, dtype=object)
        parents, is_open = np.full(n_targets, -1), np.ones(n_targets, dtype=np.bool_)
        sources: dict[int, int] = {source: 0}
        targets: dict[int, int] = {}
        source_parents: dict[int, int] = {}
        added = [source]
        while True:
            for i in added:
                self._scan(i, sources[i], distance, parents, is_open)
            candidates = np.flatnonzero(is_open)
            if not len(candidates):
                break
            j = int(candidates[distance[candidates].argmin()])
            if 2 * distance[j] >= self.forbidden:
                break
            is_open[j], targets[j] = False, distance[j]
            if self.demand[j]:
                return _ShortestPath(j, distance[j], sources, targets, source_parents, parents)
            added = [i for i in self.flow[j] if i not in sources]
            sources.update(dict.fromkeys(added, distance[j]))
            source_parents.update(dict.fromkeys(added, j))
        return _ShortestPath(None, 0, sources, targets, source_parents, parents)

    def _scan(
        self, i: int, start: int, distance: Integers, parents: np.ndarray, is_open: np.ndarray
    ) -> None:
        """Shorten the distances of targets by way of a source."""
        self._scanned_pairs += len(distance)
        if self._scanned_pairs > MAX_SCANNED_PAIRS:
            raise SolverError("the shortest paths in exact arithmetic take too long")
        through = self.cost[i] - self.target_potential + (start - self.source_potential[i])
        shorter = is_open & (through < distance)
        distance[shorter] = through[shorter]
        parents[shorter] = i

    def _update_potentials(self, path: _ShortestPath) -> None:
        """Make the path tight, and keep all reduced costs at least 0."""
        for i, distance in path.sources.items():
            self.source_potential[i] += path.length - distance
        for j, distance in path.targets.items():
            self.target_potential[j] -= path.length - distance

    def _augment(self, source: int, path: _ShortestPath) -> None:
        """Move as much mass as the path takes."""
        forward, backward = [], []
        j = path.target
        while j is not None:
            i = int(path.target_parents[j])
            forward.append((i, j))
            j = None if i == source else path.source_parents[i]
            if j is not None:
                backward.append((i, j))
        mass = min(
            self.supply[source],
            self.demand[forward[0][1]],
            *(self.flow[j][i] for i, j in backward),
        )
        for i, j in forward:
            self._add(i, j, mass)
        for i, j in backward:
            self._add(i, j, -mass)
            if not self.flow[j][i]:
                del self.flow[j][i]
