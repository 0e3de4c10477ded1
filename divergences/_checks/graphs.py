"""Validation of weighted graphs: sparse matrices of lengths, and graphs of networkx."""

from collections.abc import Hashable
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array, issparse

from divergences._checks.values import returned_number, shortened
from divergences._typing import Floats, Indices
from divergences.errors import DistributionError

DEFAULT_WEIGHT = "weight"  # the edge attribute that networkx calls so, too


def require_weight(weight: Any, /) -> None:
    """Refuse a name of an edge attribute that is no text.

    Raises:
        DistributionError: If so.
    """
    if weight is not None and not isinstance(weight, str):
        raise DistributionError(
            f"`weight` must be the name of an edge attribute or None, but is {shortened(weight)}"
        )


class GraphMatrix(NamedTuple):
    """Lengths of the arcs of a graph, and the labels of its nodes.

    Attributes:
        lengths: Length of the arc from i to j as entry [i, j], shape ``(n, n)``, without self
            loops; stored zeros are arcs of length 0.
        undirected: Whether every arc has an opposite one of the same length.
        labels: Label of each node; None if they are 0, 1, ..., n - 1.
    """

    lengths: csr_array
    undirected: bool
    labels: tuple[Hashable, ...] | None


def graph_matrix(graph: Any, directed: bool | None, weight: str | None, /) -> GraphMatrix:
    """The arcs of a graph, checked.

    Args:
        graph: A sparse matrix of lengths, or a graph of networkx.
        directed: Whether edges are one-way; None for the graph's own kind.
        weight: Edge attribute that holds the lengths; None if every edge has length 1.

    Returns:
        Lengths of the arcs, and labels of the nodes.

    Raises:
        DistributionError: If it is no such graph, has no nodes, a length is negative, infinite or
            NaN, or it is not stated whether an unsymmetric matrix is directed.
    """
    if directed is not None and not isinstance(directed, bool | np.bool_):
        raise DistributionError(
            f"`directed` must be True, False or None, but is {shortened(directed)}"
        )
    if issparse(graph) or _is_networkx(graph):
        result = (_of_sparse if issparse(graph) else _of_networkx)(graph, directed, weight)
        if result.lengths.shape[0] == 0:
            raise DistributionError("`graph` must have nodes, but has none")
        return result
    remedy = (
        "; pass scipy.sparse.csr_array(graph), whose stored entries are the edges"
        if hasattr(graph, "shape") or isinstance(graph, list | tuple)
        else ""
    )
    raise DistributionError(
        "`graph` must be a sparse matrix of edge lengths, a graph of networkx, or the result of "
        f"divergences.graphs.prepare, but is {shortened(graph)}{remedy}"
    )


def _is_networkx(graph: Any) -> bool:
    """Whether an object is a graph of networkx, which is not imported for this."""
    return hasattr(graph, "is_multigraph") and any(
        ancestor.__module__.partition(".")[0] == "networkx" for ancestor in type(graph).__mro__
    )


def _of_sparse(graph: Any, directed: bool | None, weight: str | None) -> GraphMatrix:
    """The arcs of a sparse matrix of lengths."""
    if weight not in (DEFAULT_WEIGHT, None):
        raise DistributionError(
            f"`weight` is {shortened(weight)}, but `graph` is a sparse matrix, whose entries are "
            "the lengths; leave `weight` out, or pass None for edges of length 1"
        )
    if graph.ndim != 2 or graph.shape[0] != graph.shape[1]:
        raise DistributionError(
            "`graph` must be a square matrix with a row and a column for each node, but has shape "
            f"{tuple(graph.shape)}"
        )
    if graph.dtype.kind not in "biuf":
        raise DistributionError(
            f"`graph` must hold real lengths, but its type is {graph.dtype}; convert it: "
            "graph.astype('float64')"
        )
    matrix = _without_loops(_canonical(graph), weight)
    if _is_symmetric(matrix):
        return GraphMatrix(matrix, True, None)
    if directed is None:
        raise DistributionError(
            "`graph` is a matrix that is not symmetric; pass directed=True if entry [i, j] is the "
            "length from i to j only, or directed=False if every entry is an edge both ways"
        )
    if not directed:
        matrix = _both_ways(matrix.shape[0], *_endpoints(matrix), matrix.data)
    return GraphMatrix(matrix, not directed, None)


def _without_loops(matrix: csr_array, weight: str | None) -> csr_array:
    """Checked lengths, without self loops."""
    if weight is None:
        matrix.data = np.ones_like(matrix.data)
    tails, heads = _endpoints(matrix)
    _require_lengths(tails, heads, matrix.data, None)
    if (tails == heads).any():
        return _csr(matrix.shape[0], tails, heads, matrix.data)
    return matrix


def _endpoints(matrix: csr_array) -> tuple[Indices, Indices]:
    """Row and column of each stored entry."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    return rows, matrix.indices.astype(np.intp)


def _canonical(graph: Any) -> csr_array:
    """A copy in float64 with sorted rows, each entry once.

    Returns:
        The copy, with indices of 32 bits.

    Raises:
        DistributionError: If an entry is stored twice.
    """
    matrix = csr_array(graph, dtype=np.float64, copy=True)
    stored = graph.nnz
    matrix.sum_duplicates()
    if matrix.nnz < stored:
        raise DistributionError(
            f"`graph` stores {stored - matrix.nnz} entries twice, which scipy adds up; store each "
            "edge once, the shortest of parallel ones, or pass a networkx.MultiGraph"
        )
    matrix.indices, matrix.indptr = (
        matrix.indices.astype(np.int32, copy=False),
        matrix.indptr.astype(np.int32, copy=False),
    )
    return matrix


def _is_symmetric(matrix: csr_array) -> bool:
    """Whether a matrix in canonical form equals its transpose."""
    transposed = csr_array(matrix.T)
    return (
        np.array_equal(matrix.indptr, transposed.indptr)
        and np.array_equal(matrix.indices, transposed.indices)
        and np.array_equal(matrix.data, transposed.data)
    )


def _of_networkx(graph: Any, directed: bool | None, weight: str | None) -> GraphMatrix:
    """The arcs of a graph of networkx, with its nodes in their order there."""
    nodes = tuple(graph.nodes)
    position = {node: k for k, node in enumerate(nodes)}
    edges = list(graph.edges(data=weight)) if weight is not None else list(graph.edges(data=False))
    tails = np.array([position[edge[0]] for edge in edges], dtype=np.int64)
    heads = np.array([position[edge[1]] for edge in edges], dtype=np.int64)
    lengths = np.ones(len(edges)) if weight is None else _weights(edges, weight)
    _require_lengths(tails, heads, lengths, nodes)
    one_way = graph.is_directed() if directed is None else directed
    build = _csr if one_way else _both_ways
    matrix = build(len(nodes), tails, heads, lengths)
    labels = None if nodes == tuple(range(len(nodes))) else nodes
    return GraphMatrix(matrix, not one_way or _is_symmetric(matrix), labels)


def _weights(edges: list[tuple[Any, Any, Any]], weight: str) -> Floats:
    """Lengths of edges; 1 for each if none has the attribute.

    Returns:
        The lengths.

    Raises:
        DistributionError: If only some have it, or it is no number.
    """
    absent = [edge for edge in edges if edge[2] is None]
    if len(absent) == len(edges):
        if weight != DEFAULT_WEIGHT and edges:
            raise DistributionError(
                f"no edge of `graph` has the attribute {weight!r}; pass weight=None for edges of "
                "length 1"
            )
        return np.ones(len(edges))
    if absent:
        u, v, _ = absent[0]
        raise DistributionError(
            f"{len(absent)} of {len(edges)} edges of `graph` have no attribute {weight!r}, such "
            f"as {shortened((u, v))}; set it on all of them, or pass weight=None for edges of "
            "length 1"
        )
    lengths = [returned_number(edge[2]) for edge in edges]
    if None in lengths:
        u, v, value = edges[lengths.index(None)]
        raise DistributionError(
            f"the attribute {weight!r} of edges must be a length, but is {shortened(value)} for "
            f"the edge {shortened((u, v))}"
        )
    return np.array(lengths, dtype=np.float64)


def _require_lengths(
    tails: Indices, heads: Indices, lengths: Floats, labels: tuple[Hashable, ...] | None
) -> None:
    """Refuse lengths that are negative, infinite or NaN.

    Raises:
        DistributionError: If so; the message names the first such edge.
    """
    bad = ~((lengths >= 0) & (lengths < np.inf))
    if not bad.any():
        return
    k = int(bad.argmax())
    edge = tuple(int(i) if labels is None else labels[i] for i in (tails[k], heads[k]))
    remedy = "" if lengths[k] < 0 else "; leave out edges that do not connect"
    raise DistributionError(
        "the lengths of the edges of `graph` must be finite and >= 0, but that of the edge "
        f"{shortened(edge)} is {float(lengths[k])}{remedy}"
    )


def _both_ways(n: int, tails: Indices, heads: Indices, lengths: Floats) -> csr_array:
    """Arcs in both directions of each edge."""
    both = np.concatenate([tails, heads]), np.concatenate([heads, tails])
    return _csr(n, *both, np.concatenate([lengths, lengths]))


def _csr(n: int, tails: Indices, heads: Indices, lengths: Floats) -> csr_array:
    """Arcs as a sparse matrix, without self loops, the shortest of parallel ones."""
    keys = tails.astype(np.int64) * n + heads
    order = np.lexsort((lengths, keys))
    order = order[tails[order] != heads[order]]
    keys = keys[order]
    order = order[np.concatenate([[True], keys[1:] != keys[:-1]])[: len(order)]]
    ends = np.searchsorted(tails[order], np.arange(n + 1)).astype(np.int32)
    return csr_array((lengths[order], heads[order].astype(np.int32), ends), shape=(n, n))
