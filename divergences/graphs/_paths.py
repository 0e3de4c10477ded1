"""Transport between few nodes: a dense problem whose costs are shortest-path distances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from divergences._checks.labels.axes import listed
from divergences._transport.certificate import Arcs
from divergences._transport.simplex import dense_transport
from divergences.errors import DistributionError

if TYPE_CHECKING:
    from divergences._transport.exact_arithmetic import ExactSupply
    from divergences._transport.result import Optimum
    from divergences._typing import Floats, Indices
    from divergences.graphs._prepared import PreparedGraph


def path_optimum(
    graph: PreparedGraph, excess: Floats, exact_excess: ExactSupply, /
) -> tuple[Optimum, Indices, Indices]:
    """Optimal plan between sources and targets under shortest-path distances.

    Args:
        graph: The graph.
        excess: Mass of sources less that of targets, not all 0, shape ``(n,)``.
        exact_excess: Function that returns the excess without rounding.

    Returns:
        The optimum for a mass of 1, its sources and its targets.

    Raises:
        DistributionError: If some mass of the sources can reach no target that has room for it.
        SolverError: If the solver did not finish, or the plan could not be certified as optimal.
    """
    sources, targets = np.flatnonzero(excess > 0), np.flatnonzero(excess < 0)
    p, q = excess[sources], -excess[targets]
    distances = graph.distances(sources, targets)
    unreachable = np.isinf(distances)
    if unreachable.any():
        finite = distances[~unreachable].max(initial=1.0)
        # So large that a plan with the least mass on such pairs is optimal.
        distances = np.where(unreachable, 2.0 * min(distances.shape) * finite, distances)
    optimum = dense_transport(
        p / p.sum(),
        q / q.sum(),
        distances,
        unit_exponent=graph.exponent,
        exact_masses=lambda: exact_excess().masses(sources, targets),
    )
    if unreachable.any():
        cut = unreachable[optimum.arcs.rows, optimum.arcs.cols]
        _require_reachable(graph, optimum.arcs, cut, sources, targets)
    return optimum, sources, targets


def _require_reachable(
    graph: PreparedGraph, arcs: Arcs, cut: Indices, sources: Indices, targets: Indices
) -> None:
    """Refuse a plan that moves mass between nodes without a path.

    Raises:
        DistributionError: If it does; the message names the nodes and the mass.
    """
    if not cut.any():
        return
    names = graph.nodes.labels
    starts, ends = (
        listed([names[int(i)] for i in np.unique(nodes[index[cut]])])
        for nodes, index in ((sources, arcs.rows), (targets, arcs.cols))
    )
    raise DistributionError(
        f"a fraction {arcs.mass[cut].sum():.6g} of the mass to be moved cannot reach the nodes of "
        f"`graph` that lack it: there is no path from {starts} to {ends}. Add the arcs, or "
        "pass directed=False if every arc can be used both ways"
    )


def flow_of_paths(graph: PreparedGraph, plan: Arcs, sources: Indices, targets: Indices, /) -> Arcs:
    """Flow along shortest paths that carries out a plan.

    Args:
        graph: The graph.
        plan: Masses between sources and targets.
        sources: Nodes of its rows.
        targets: Nodes of its columns.

    Returns:
        The arcs of positive flow.
    """
    from scipy.sparse.csgraph import dijkstra

    rows, row_index = np.unique(plan.rows, return_inverse=True)
    predecessors = dijkstra(graph.arcs, indices=sources[rows], return_predecessors=True)[1]
    node, start, mass = targets[plan.cols].astype(np.int64), sources[plan.rows], plan.mass
    keys, masses = [], []
    while len(node):
        before = predecessors[row_index, node].astype(np.int64)
        keys.append(before * graph.n + node)
        masses.append(mass)
        going = before != start
        node, start, mass, row_index = before[going], start[going], mass[going], row_index[going]
    unique, inverse = np.unique(np.concatenate(keys), return_inverse=True)
    flow = np.bincount(inverse, np.concatenate(masses)).astype(np.float64)
    tails, heads = np.divmod(unique, graph.n)
    return Arcs(tails, heads, flow, graph.arcs.data[graph.arc_indices(unique)])
