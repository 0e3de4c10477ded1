"""Flow and potential on a forest of arcs, which leaves no choice of either."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array

from divergences._transport.network_flow.network import Network
from divergences._typing import Floats, Indices


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
        """Flow of a supply on the arcs; 0 where it would be negative, by rounding.

        Args:
            network: The network.
            arcs: Indices of the arcs of the forest.
            supply: Supply of each node less its demand, shape ``(n,)``.

        Returns:
            Flow on each of the arcs, at least 0.
        """
        balance = [*supply.tolist(), 0.0]
        for node in reversed(self.order):
            balance[self.parent[node]] += balance[node]
        upward, parent = np.array(balance), np.array(self.parent)
        tails, heads = network.tails[arcs], network.heads[arcs]
        flow = np.where(parent[tails] == heads, upward[tails], -upward[heads])
        return np.maximum(flow, 0.0)

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
    forest = RootedForest.of(network, arcs)
    return None if forest is None else forest.flow(network, arcs, supply)


def forest_potential(network: Network, arcs: Indices, guess: Floats, /) -> Floats:
    """Potential whose drop along each arc of a forest is its cost, without rounding of the guess.

    Args:
        network: The network.
        arcs: Indices of the arcs.
        guess: Approximate potential, shape ``(n,)``.

    Returns:
        The potential, shape ``(n,)``; the guess if the arcs form no forest.
    """
    forest = RootedForest.of(network, arcs)
    return guess if forest is None else forest.potential(network, arcs, guess)
