"""Minimum-cost flow on the arcs of a graph, without distances between its nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from divergences._transport.certificate import Arcs
from divergences._transport.network_flow import Network, forest_flow, optimal_flow
from divergences.errors import SolverError
from divergences.graphs._coarse import coarse_start

if TYPE_CHECKING:
    from divergences._typing import Floats, Indices
    from divergences.graphs._prepared import PreparedGraph


def network_flow(graph: PreparedGraph, excess: Floats, /) -> tuple[Arcs, Floats]:
    """Optimal flow and approximate potential.

    Args:
        graph: The graph.
        excess: Mass of sources less that of targets, not all 0, shape ``(n,)``.

    Returns:
        The arcs of positive flow, and the potential by node, shape ``(n,)``.

    Raises:
        SolverError: If there is no flow, or the network simplex does not finish.
    """
    tails, heads = graph.endpoints
    between = _between(graph, excess)
    inside = between[tails] & between[heads]
    nodes = np.flatnonzero(between)
    number = np.cumsum(between) - 1
    network = Network(
        len(nodes), number[tails[inside]], number[heads[inside]], graph.arcs.data[inside]
    )
    if excess[~between].any():
        raise SolverError("some mass is at nodes that no path joins with other mass")
    start = coarse_start(network, excess[nodes]) if graph.undirected else None
    solution = optimal_flow(network, excess[nodes], start=start)
    mass = forest_flow(network, solution.arcs, excess[nodes])
    if mass is None:
        raise SolverError("the arcs with flow form no forest, by edges of length 0")
    used = solution.arcs[mass > 0]
    potential = np.zeros(graph.n)
    potential[nodes] = solution.potential
    starts, ends = nodes[network.tails[used]], nodes[network.heads[used]]
    return Arcs(starts, ends, mass[mass > 0], network.cost[used]), potential


def _between(graph: PreparedGraph, excess: Floats) -> np.ndarray:
    """Whether each node is on a walk from a source to a target."""
    forward = _reached(graph.arcs, np.flatnonzero(excess > 0))
    backward = _reached(graph.reversed_arcs, np.flatnonzero(excess < 0))
    both: np.ndarray = forward & backward
    return both


def _reached(arcs: csr_array, starts: Indices) -> np.ndarray:
    """Whether each node can be reached from one of these."""
    from scipy.sparse.csgraph import breadth_first_order

    n = arcs.shape[0]
    # One more node, with an arc to each start.
    joined = csr_array(
        (
            np.ones(arcs.nnz + len(starts)),
            np.concatenate([arcs.indices, starts.astype(np.int32)]),
            np.concatenate([arcs.indptr, [arcs.nnz + len(starts)]]).astype(np.int32),
        ),
        shape=(n + 1, n + 1),
    )
    reached = np.zeros(n + 1, dtype=np.bool_)
    reached[breadth_first_order(joined, n, return_predecessors=False)] = True
    return reached[:n]
