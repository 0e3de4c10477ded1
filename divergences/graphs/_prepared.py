"""Graphs prepared for many problems: arcs, nodes by label, spanning forest, shortest paths."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from divergences._checks.graphs import DEFAULT_WEIGHT, graph_matrix, require_weight
from divergences._checks.node_masses import Nodes
from divergences._checks.values import shortened
from divergences._results import counted
from divergences.errors import DistributionError
from divergences.graphs._forest import SpanningForest

if TYPE_CHECKING:
    from divergences._typing import Floats, Indices

MAX_NODES_OF_MATRIX = 64  # of a graph whose distances between all nodes are always computed


class PreparedGraph:
    """A graph whose structure is analyzed once, to be passed in place of the graph.

    Attributes:
        nodes: Its nodes, with their labels.
        undirected: Whether every edge can be used both ways.
        exponent: The lengths of ``arcs`` are the caller's, divided by 2 to this power.
        arcs: Length of the arc from i to j as entry [i, j], at most 1, shape ``(n, n)``.
    """

    def __init__(self, lengths: csr_array, nodes: Nodes, undirected: bool, /) -> None:
        longest = float(lengths.data.max()) if lengths.nnz else 0.0
        self.nodes = nodes
        self.undirected = undirected
        self.exponent = math.frexp(longest)[1]
        scaled = np.ldexp(lengths.data, -self.exponent)
        if np.count_nonzero(scaled) < np.count_nonzero(lengths.data):
            raise DistributionError(
                "the lengths of the edges of `graph` must be within the 600 orders of magnitude "
                f"of a float, but the longest is {longest}, and the shortest vanishes beside it; "
                "set such edges to 0"
            )
        self.arcs = csr_array((scaled, lengths.indices, lengths.indptr), shape=lengths.shape)

    @property
    def n(self) -> int:
        """Number of nodes."""
        return self.nodes.n

    @cached_property
    def shortest(self) -> float:
        """Length of the shortest arc."""
        return float(self.arcs.data.min(initial=1.0))

    @cached_property
    def reversed_arcs(self) -> csr_array:
        """The arcs in the opposite direction."""
        return self.arcs if self.undirected else csr_array(self.arcs.T)

    @cached_property
    def endpoints(self) -> tuple[Indices, Indices]:
        """Tail and head of each arc, in the order of ``arcs.data``."""
        tails = np.repeat(np.arange(self.n), np.diff(self.arcs.indptr))
        return tails, self.arcs.indices.astype(np.intp)

    def arc_indices(self, keys: Indices, /) -> Indices:
        """Indices of arcs in ``arcs.data`` by their keys, ``tail * n + head``."""
        return np.searchsorted(self._arc_keys, keys)

    @cached_property
    def _arc_keys(self) -> Indices:
        """Key of each arc, in increasing order."""
        tails, heads = self.endpoints
        return tails.astype(np.int64) * self.n + heads

    @cached_property
    def components(self) -> Indices:
        """Number of the connected component of each node, edges taken both ways."""
        from scipy.sparse.csgraph import connected_components

        if self.forest is not None and np.count_nonzero(self.forest.parent < 0) == 1:
            return np.zeros(self.n, dtype=np.intp)
        return connected_components(self.arcs, directed=False)[1].astype(np.intp)

    @cached_property
    def forest(self) -> SpanningForest | None:
        """A spanning forest; None for a directed graph."""
        return SpanningForest.of(self.arcs) if self.undirected else None

    @cached_property
    def closed_form(self) -> SpanningForest | None:
        """The forest of a graph with at most one cycle in each component; None for others."""
        if self.forest is None or len(self.forest.chords) > self.n:
            return None
        tails = self.forest.chord_tails
        if len(tails) > 1:
            per_component = np.bincount(self.components[tails])
            if per_component.max() > 1:
                return None
        return self.forest

    @cached_property
    def _distances(self) -> Floats:
        """Shortest-path distances between all nodes, shape ``(n, n)``; inf if there is no path."""
        from scipy.sparse.csgraph import dijkstra

        distances: Floats = dijkstra(self.arcs)
        return distances

    @cached_property
    def is_strongly_connected(self) -> bool:
        """Whether every node of a small graph can reach every other one."""
        return bool(np.isfinite(self._distances).all())

    @cached_property
    def radius(self) -> Floats:
        """Upper bound of the distances to and from one node of each component, shape ``(n,)``."""
        from scipy.sparse.csgraph import dijkstra

        roots = np.unique(self.components, return_index=True)[1]
        radius: Floats = dijkstra(self.arcs, indices=roots, min_only=True)
        if not self.undirected:
            radius = np.maximum(radius, dijkstra(self.reversed_arcs, indices=roots, min_only=True))
        if np.isfinite(radius).all():
            return radius
        # No shortest path is longer, nor does an optimal potential vary more.
        longest = float(np.sort(self.arcs.data)[-(self.n - 1) :].sum())
        return np.full(self.n, longest)

    def distances(self, sources: Indices, targets: Indices, /) -> Floats:
        """Shortest-path distances from sources to targets, in the unit of ``arcs``.

        Args:
            sources: Indices of k nodes.
            targets: Indices of l nodes.

        Returns:
            Shape ``(k, l)``; inf where there is no path.
        """
        from scipy.sparse.csgraph import dijkstra

        if self.n <= MAX_NODES_OF_MATRIX or "_distances" in vars(self):
            return self._distances[np.ix_(sources, targets)]
        if len(sources) <= len(targets):
            return dijkstra(self.arcs, indices=sources)[:, targets]
        return dijkstra(self.reversed_arcs, indices=targets)[:, sources].T

    def __repr__(self) -> str:
        """Kind and size of the graph."""
        kind = "undirected" if self.undirected else "directed"
        edges = self.arcs.nnz // 2 if self.undirected else self.arcs.nnz
        return f"<PreparedGraph {kind}, {counted(self.n, 'node')}, {counted(edges, 'edge')}>"


def prepare(
    graph: Any, /, *, directed: bool | None = None, weight: str | None = DEFAULT_WEIGHT
) -> PreparedGraph:
    """Analyze a graph once for many calls of `emd` and `transport`, which take the result.

    Args:
        graph: A sparse matrix of scipy, whose stored entry [i, j] is the length of an edge from
            i to j, zeros included; or a graph of networkx.
        directed: Whether edges are one-way. By default the kind of a graph of networkx; a
            symmetric matrix is undirected, and of any other one this must be stated.
        weight: Edge attribute of networkx that holds the lengths; if no edge has "weight", each
            has length 1, as with None.

    Returns:
        The graph, to be passed in place of ``graph``.

    Raises:
        DistributionError: If it is no such graph, has no nodes, a length is negative, infinite or
            NaN, ``weight`` is no text, or it is not stated whether an unsymmetric matrix is
            directed.

    >>> from scipy.sparse import csr_array
    >>> prepare(csr_array([[0.0, 1.0], [1.0, 0.0]]))
    <PreparedGraph undirected, 2 nodes, 1 edge>
    """
    require_weight(weight)
    if isinstance(graph, PreparedGraph):
        if directed is not None or weight != DEFAULT_WEIGHT:
            option = "weight" if directed is None else "directed"
            value = weight if directed is None else directed
            raise DistributionError(
                f"`graph` is prepared already, so `{option}` = {shortened(value)} comes too late; "
                "pass it to divergences.graphs.prepare"
            )
        return graph
    lengths, undirected, labels = graph_matrix(graph, directed, weight)
    return PreparedGraph(lengths, Nodes(lengths.shape[0], labels), undirected)
