"""Coarse graphs, whose optimal potentials are starting points on the finer ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import coo_array, csr_array

from divergences._transport.network_flow import BasicFlow, Network, optimal_flow
from divergences._typing import Floats, Indices

MIN_NODES_OF_COARSE = 4000  # a smaller network is solved without a starting point
NODES_OF_CELL = 4  # on average
SEED = 0  # of the random centres: the same graph gives the same result


def coarse_start(network: Network, supply: Floats, /) -> BasicFlow | None:
    """A potential that is nearly optimal, from a coarser network.

    Nodes near one centre are one node there, and adjacent cells have an arc as long as the
    shortest path between their centres across their border.

    Args:
        network: A network with an arc in both directions of each edge, of equal cost.
        supply: Supply of each node less its demand, shape ``(n,)``.

    Returns:
        The potential, and no arcs; None for a small network, or one in many parts.
    """
    if network.n_nodes < MIN_NODES_OF_COARSE:
        return None
    n = network.n_nodes
    arcs = _matrix(network, n)
    rng = np.random.default_rng(SEED)
    centres = np.sort(rng.choice(n, n // NODES_OF_CELL, replace=False))
    distance, cell = _cells(arcs, centres)
    if np.isinf(distance).any():  # a component without a centre
        return None
    coarse = _cell_network(network, distance, cell, len(centres))
    sums = np.bincount(cell, supply, len(centres)).astype(np.float64)
    if not sums.any():
        return None
    solution = optimal_flow(coarse, sums, start=coarse_start(coarse, sums))
    potential = _interpolated(arcs, centres, solution.potential)
    return replace(solution.without_basis(), potential=potential)


def _matrix(network: Network, n: int) -> csr_array:
    """Arcs as a sparse matrix."""
    return coo_array((network.cost, (network.tails, network.heads)), shape=(n, n)).tocsr()


def _cells(arcs: csr_array, centres: Indices) -> tuple[Floats, Indices]:
    """Distance of each node to the nearest centre, and the number of that centre."""
    from scipy.sparse.csgraph import dijkstra

    distance, _, nearest = dijkstra(arcs, indices=centres, min_only=True, return_predecessors=True)
    return distance, np.searchsorted(centres, nearest)


def _cell_network(network: Network, distance: Floats, cell: Indices, n_cells: int) -> Network:
    """Arcs between adjacent cells."""
    tails, heads = cell[network.tails], cell[network.heads]
    across = tails != heads
    length = distance[network.tails] + network.cost + distance[network.heads]
    tails, heads, length = tails[across], heads[across], length[across]
    order = np.lexsort((length, heads, tails))
    return Network.of(n_cells, tails[order], heads[order], length[order])


def _interpolated(arcs: csr_array, centres: Indices, values: Floats) -> Floats:
    """Mean of the largest and the smallest 1-Lipschitz function with values near these."""
    upper = _envelope(arcs, centres, values)
    lower = -_envelope(arcs, centres, -values)
    return (upper + lower) / 2


def _envelope(arcs: csr_array, centres: Indices, values: Floats) -> Floats:
    """Least value of a centre plus the distance to it, by node."""
    from scipy.sparse.csgraph import dijkstra

    n = arcs.shape[0]
    least = values.min()
    joined = csr_array(
        (
            np.concatenate([arcs.data, values - least]),
            np.concatenate([arcs.indices, centres.astype(np.int32)]),
            np.concatenate([arcs.indptr, [arcs.nnz + len(centres)]]).astype(np.int32),
        ),
        shape=(n + 1, n + 1),
    )
    paths: Floats = dijkstra(joined, indices=[n])[0, :n]
    return paths + least
