"""Flow on a forest of arcs, of which the supply of the nodes leaves no choice."""

import numpy as np
from scipy.sparse import coo_array

from divergences._transport.network_flow.network import Network
from divergences._typing import Floats, Indices


def forest_flow(network: Network, arcs: Indices, supply: Floats, /) -> Floats | None:
    """Flow of a supply on arcs that form a forest; 0 where it would be negative, by rounding.

    Args:
        network: The network.
        arcs: Indices of the arcs.
        supply: Supply of each node less its demand, shape ``(n,)``.

    Returns:
        Flow on each of the arcs, at least 0; None if they form no forest.
    """
    tails, heads = network.tails[arcs], network.heads[arcs]
    order, parent = _rooted(network.n_nodes, tails, heads)
    if len(arcs) != np.count_nonzero(parent[:-1] != network.n_nodes):
        return None
    balance = supply.tolist()
    balance.append(0.0)
    parents = parent.tolist()
    for node in reversed(order.tolist()[1:]):
        balance[parents[node]] += balance[node]
    upward = np.array(balance)
    flow = np.where(parent[tails] == heads, upward[tails], -upward[heads])
    return np.maximum(flow, 0.0)


def _rooted(n: int, tails: Indices, heads: Indices) -> tuple[Indices, Indices]:
    """Breadth-first order from an additional node, and parents, one tree for each component."""
    from scipy.sparse.csgraph import breadth_first_order, connected_components

    links = coo_array((np.ones(len(tails)), (tails, heads)), shape=(n + 1, n + 1))
    _, part = connected_components(links, directed=False)
    roots = np.unique(part[:n], return_index=True)[1]
    rows = np.concatenate([tails, np.full(len(roots), n)])
    cols = np.concatenate([heads, roots])
    rooted = coo_array((np.ones(len(rows)), (rows, cols)), shape=(n + 1, n + 1)).tocsr()
    order, parent = breadth_first_order(rooted, n, directed=False)
    return order.astype(np.intp), parent.astype(np.intp)
