"""Flow and potential on a forest of arcs, which leaves no choice of either."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array

from divergences._transport.network_flow.network import Network
from divergences._typing import Floats, Indices

MAX_SWEEPS = 100


@dataclass(frozen=True, slots=True)
class RootedForest:
    """Trees of arcs, hung from one additional node.

    Attributes:
        order: All nodes, parents first, without the additional one.
        parent: Parent of each node; ``n`` for roots.
    """

    order: list[int]
    parent: list[int]

    @classmethod
    def of(cls, network: Network, arcs: Indices, /) -> RootedForest | None:
        """The forest of some arcs of a network; None if they have a cycle."""
        from scipy.sparse.csgraph import breadth_first_order, connected_components

        n, tails, heads = network.n_nodes, network.tails[arcs], network.heads[arcs]
        links = coo_array((np.ones(len(arcs)), (tails, heads)), shape=(n, n))
        count, part = connected_components(links, directed=False)
        if len(arcs) != n - count:
            return None
        roots = np.unique(part, return_index=True)[1]
        ends = np.concatenate([tails, np.full(count, n)]), np.concatenate([heads, roots])
        hung = coo_array((np.ones(n), ends), shape=(n + 1, n + 1)).tocsr()
        order, parent = breadth_first_order(hung, n, directed=False)
        return cls(order[1:].tolist(), parent[:-1].tolist())

    def flow(self, network: Network, arcs: Indices, supply: Floats, /) -> Floats:
        """Flow of a supply on the arcs; below 0 where it goes against them, by rounding.

        Args:
            network: The network.
            arcs: Indices of the arcs of the forest.
            supply: Supply of each node less its demand, shape ``(n,)``.

        Returns:
            Flow on each of the arcs.
        """
        balance = [*supply.tolist(), 0.0]
        for node in reversed(self.order):
            balance[self.parent[node]] += balance[node]
        upward, parent = np.array(balance), np.array(self.parent)
        tails, heads = network.tails[arcs], network.heads[arcs]
        return np.where(parent[tails] == heads, upward[tails], -upward[heads])

    def potential(self, network: Network, arcs: Indices, guess: Floats, /) -> Floats:
        """Potential that drops along each arc by its cost, and agrees with a guess at the roots.

        Args:
            network: The network.
            arcs: Indices of the arcs of the forest.
            guess: Approximate potential, shape ``(n,)``.

        Returns:
            The potential, shape ``(n,)``.
        """
        tails, heads, cost = network.tails[arcs], network.heads[arcs], network.cost[arcs]
        upward = np.array(self.parent)[tails] == heads
        rise = np.zeros(network.n_nodes)
        rise[tails[upward]] = cost[upward]
        rise[heads[~upward]] = -cost[~upward]
        rises, values = rise.tolist(), guess.tolist()
        for node in self.order:
            parent = self.parent[node]
            if parent != network.n_nodes:
                values[node] = values[parent] + rises[node]
        return np.array(values)


def forest_flow(network: Network, arcs: Indices, supply: Floats, /) -> Floats | None:
    """Flow of a supply on arcs that form a forest; 0 where it would be negative, by rounding.

    Args:
        network: The network.
        arcs: Indices of the arcs.
        supply: Supply of each node less its demand, shape ``(n,)``.

    Returns:
        Flow on each of the arcs, at least 0; None if they form no forest.
    """
    flow = signed_forest_flow(network, arcs, supply)
    return None if flow is None else np.maximum(flow, 0.0)


def signed_forest_flow(network: Network, arcs: Indices, supply: Floats, /) -> Floats | None:
    """Flow of a supply on arcs that form a forest, all mass of which it moves.

    Args:
        network: The network.
        arcs: Indices of the arcs.
        supply: Supply of each node less its demand, shape ``(n,)``.

    Returns:
        Flow on each of the arcs, below 0 where it goes against them, by rounding; None if they
        form no forest.
    """
    forest = RootedForest.of(network, arcs)
    return None if forest is None else forest.flow(network, arcs, supply)


def forest_potential(network: Network, arcs: Indices, guess: Floats, /) -> Floats:
    """Potential whose drop along each arc of a forest is its cost, near a guess.

    Args:
        network: The network.
        arcs: Indices of the arcs.
        guess: Approximate potential, shape ``(n,)``, of an optimal flow on the arcs.

    Returns:
        The potential, shape ``(n,)``, its trees shifted so that they are joined by tight arcs; the
        guess if the arcs form no forest.
    """
    forest = RootedForest.of(network, arcs)
    if forest is None:
        return guess
    potential = forest.potential(network, arcs, guess)
    if len(arcs) == network.n_nodes - 1:
        return potential
    return potential - _falls_of_trees(network, arcs, potential)


def _falls_of_trees(network: Network, arcs: Indices, potential: Floats) -> Floats:
    """By how much each node's tree is to fall, so that tight arcs join it to the largest tree.

    The falls are shortest distances between trees, by the slack of the arcs between them. Violated
    arcs are mended first, by Bellman and Ford's method: their violation is rounding, mostly.

    Returns:
        The falls by node, at least 0, shape ``(n,)``.
    """
    from scipy.sparse.csgraph import connected_components, dijkstra

    shape = network.n_nodes, network.n_nodes
    ends = network.tails[arcs], network.heads[arcs]
    links = coo_array((np.ones(len(arcs)), ends), shape=shape)
    count, tree = connected_components(links, directed=False)
    tails, heads = (tree.astype(np.intp)[nodes] for nodes in (network.tails, network.heads))
    between = np.flatnonzero(tails != heads)
    tails, heads = tails[between], heads[between]
    slack = network.reduced_costs(potential)[between]
    mended = _mending_falls(tails, heads, slack, count)
    slack = np.maximum(slack + mended[tails] - mended[heads], 0.0)
    # A sparse matrix adds equal entries, and has no zeros.
    order = np.lexsort((slack, heads, tails))
    pairs = (tails * count + heads)[order]
    first = order[np.append(True, pairs[1:] != pairs[:-1])] if len(order) else order
    weights = slack[first] + np.finfo(np.float64).tiny
    graph = coo_array((weights, (tails[first], heads[first])), shape=(count, count)).tocsr()
    largest = np.array([np.bincount(tree).argmax()])
    (distance,) = dijkstra(graph, indices=largest)
    reached = np.isfinite(distance)
    falls = mended + np.where(reached, distance, distance[reached].max())
    result: Floats = falls[tree]
    return result


def _mending_falls(tails: Indices, heads: Indices, slack: Floats, count: int) -> Floats:
    """Least falls of trees after which no arc between them is violated."""
    falls = np.zeros(count)
    for _ in range(MAX_SWEEPS):
        needed = falls.copy()
        np.maximum.at(needed, tails, falls[heads] - slack)
        if (needed == falls).all():
            break
        falls = needed
    return falls
