"""Optimal flows in closed form, on graphs with at most one cycle in each component.

On a tree, the edge above a node carries the excess mass of the subtree below it. A cycle leaves
one degree of freedom, the mass that circulates, and the cost is least at a weighted median of the
flows on the cycle: linear time but for sorting the edges of the cycle.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from divergences._transport.certificate import EPS
from divergences._typing import Floats, Indices

ROUNDINGS = 4  # of a sum, beyond the square root of its terms


@dataclass(frozen=True)
class Cycle:
    """The cycle that a chord closes in a spanning forest, by positions in the forest's order.

    Attributes:
        ascending: Nodes whose edge to the parent points along the cycle.
        descending: Nodes whose edge from the parent points along the cycle.
        chord: Index of the chord, which points along the cycle from its head to its tail.
        length: Length of the chord.
    """

    ascending: Indices
    descending: Indices
    chord: int
    length: float


@dataclass(frozen=True)
class SpanningForest:
    """A spanning forest of an undirected graph in breadth-first order, parents first.

    Attributes:
        order: Node at each position, shape ``(n,)``.
        parent: Position of the parent of each position, less than its own; -1 for roots.
        length: Length of the edge to the parent; 0 for roots.
        chord_tails: First node of each edge outside the forest.
        chord_heads: Second node of each of these.
        chords: Length of each of these.
    """

    order: Indices
    parent: Indices
    length: Floats
    chord_tails: Indices
    chord_heads: Indices
    chords: Floats

    @classmethod
    def of(cls, arcs: csr_array, /) -> SpanningForest:
        """A spanning forest of breadth-first trees of a symmetric matrix of arcs.

        Args:
            arcs: Lengths, with stored zeros as arcs of length 0, shape ``(n, n)``.

        Returns:
            The forest.
        """
        n = arcs.shape[0]
        order, predecessor = _breadth_first(arcs)
        position = np.empty(n, dtype=np.intp)
        position[order] = np.arange(n)
        tails = np.repeat(np.arange(n, dtype=np.int32), np.diff(arcs.indptr))
        heads = arcs.indices
        below = predecessor[heads] == tails  # arcs from parents to their children
        length = np.zeros(n)
        length[position[heads[below]]] = arcs.data[below]
        chords = (tails < heads) & ~below
        chords[chords] = predecessor[tails[chords]] != heads[chords]
        parents = predecessor[order]
        parent = np.where(parents >= 0, position[np.maximum(parents, 0)], -1)
        return cls(order, parent, length, tails[chords], heads[chords], arcs.data[chords])

    @cached_property
    def position(self) -> Indices:
        """Position of each node."""
        position = np.empty(len(self.order), dtype=np.intp)
        position[self.order] = np.arange(len(self.order))
        return position

    @cached_property
    def cycles(self) -> list[Cycle]:
        """The cycle of each chord."""
        parent, cycles = self.parent, []
        ends = zip(self.position[self.chord_tails], self.position[self.chord_heads], strict=True)
        for chord, (a, b) in enumerate(ends):
            ascending, descending = [], []
            while a != b:
                if a > b:  # a parent stands before its children
                    ascending.append(a)
                    a = parent[a]
                else:
                    descending.append(b)
                    b = parent[b]
            cycles.append(
                Cycle(
                    np.array(ascending, dtype=np.intp),
                    np.array(descending, dtype=np.intp),
                    chord,
                    float(self.chords[chord]),
                )
            )
        return cycles

    def flows(self, excess: Floats, /) -> tuple[Floats, Floats]:
        """Optimal flows, if each component has at most one cycle.

        Args:
            excess: Mass of sources less that of targets by node, shape ``(k, n)``; 0 in total in
                each component.

        Returns:
            Flow from each position to its parent, shape ``(k, n)``, and from the head to the tail
            of each chord, shape ``(k, chords)``; negative in the opposite direction.
        """
        flow = self._subtree_sums(excess[:, self.order])
        flow[:, self.parent < 0] = 0.0
        circulation = np.zeros((len(excess), len(self.chords)))
        for cycle in self.cycles:
            shift = self._optimal_circulation(flow, cycle)
            flow[:, cycle.ascending] += shift[:, None]
            flow[:, cycle.descending] -= shift[:, None]
            circulation[:, cycle.chord] = shift
        return flow, circulation

    def costs(self, excess: Floats, /) -> Floats:
        """Optimal costs, shape ``(k,)``; arguments as those of `flows`."""
        flow, circulation = self.flows(excess)
        return np.abs(flow) @ self.length + np.abs(circulation) @ self.chords

    def largest_errors(self, excess: Floats, /) -> Floats:
        """Rounding of `costs`, as a few roundings of the masses below and around each edge."""
        masses = np.abs(excess)
        below = self._subtree_sums(masses[:, self.order]) @ self.length
        around = masses.sum(axis=1) * sum(
            float(self.length[np.concatenate([c.ascending, c.descending])].sum()) + c.length
            for c in self.cycles
        )
        errors: Floats = ROUNDINGS * EPS * (below + around)
        return errors

    def sums_from_root(self, differences: Floats, /) -> Floats:
        """Function of the nodes from its differences along the edges of the forest.

        Args:
            differences: Value at each position less that at its parent, shape ``(n,)``.

        Returns:
            Values by position; those of roots are their differences.
        """
        from scipy.sparse.linalg import spsolve_triangular

        values: Floats = spsolve_triangular(
            csr_array(self._excess_equations.T), differences, lower=True, unit_diagonal=True
        )
        return values

    def _subtree_sums(self, values: Floats) -> Floats:
        """Sums over the subtree of each position, shape ``(k, n)``."""
        from scipy.sparse.linalg import spsolve_triangular

        sums: Floats = spsolve_triangular(
            self._excess_equations, values.T, lower=False, unit_diagonal=True
        )
        return np.ascontiguousarray(sums.T)

    @cached_property
    def _excess_equations(self) -> csr_array:
        """The triangular system of subtree sums: the sum less those of the children."""
        n = len(self.order)
        children = np.flatnonzero(self.parent >= 0)
        # In breadth-first order, children of one parent are neighbours, so rows are sorted.
        counts = 1 + np.bincount(self.parent[children], minlength=n)
        ends = np.concatenate([[0], np.cumsum(counts)])
        columns, data = np.empty(ends[-1], dtype=np.int32), np.full(ends[-1], -1.0)
        is_diagonal = np.zeros(ends[-1], dtype=bool)
        is_diagonal[ends[:-1]] = True
        columns[is_diagonal], data[is_diagonal] = np.arange(n), 1.0
        columns[~is_diagonal] = children
        return csr_array((data, columns, ends.astype(np.int32)), shape=(n, n))

    def _optimal_circulation(self, flow: Floats, cycle: Cycle) -> Floats:
        """Mass to send around a cycle: a weighted median, exactly the opposite of one flow."""
        lengths = np.concatenate([
            self.length[cycle.ascending],
            self.length[cycle.descending],
            [cycle.length],
        ])
        zeros = np.concatenate(
            [-flow[:, cycle.ascending], flow[:, cycle.descending], np.zeros((len(flow), 1))],
            axis=1,
        )
        order = np.argsort(zeros, axis=1)
        cumulative = np.cumsum(lengths[order], axis=1)
        median = (cumulative >= cumulative[:, -1:] / 2).argmax(axis=1)[:, None]
        shifts: Floats = np.take_along_axis(zeros, np.take_along_axis(order, median, 1), 1)[:, 0]
        return shifts


def _breadth_first(arcs: csr_array) -> tuple[Indices, Indices]:
    """Nodes in breadth-first order, component by component, and the predecessor of each."""
    from scipy.sparse.csgraph import breadth_first_order, connected_components

    n = arcs.shape[0]
    order, predecessor = breadth_first_order(arcs, 0)
    if len(order) == n:
        return order.astype(np.intp), predecessor.astype(np.intp)
    component = connected_components(arcs, directed=False)[1]
    roots = np.unique(component, return_index=True)[1].astype(np.int32)
    # A node n before all roots makes the forest a tree.
    joined = csr_array(
        (
            np.concatenate([arcs.data, np.ones(len(roots))]),
            np.concatenate([arcs.indices, roots]),
            np.concatenate([arcs.indptr, [arcs.nnz + len(roots)]]).astype(np.int32),
        ),
        shape=(n + 1, n + 1),
    )
    order, predecessor = breadth_first_order(joined, n)
    predecessor = predecessor[:n]
    predecessor[predecessor == n] = -1
    return order[1:].astype(np.intp), predecessor.astype(np.intp)
