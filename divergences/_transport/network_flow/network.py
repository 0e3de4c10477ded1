"""Networks of a minimum-cost flow: nodes, and arcs with costs."""

from dataclasses import dataclass

import numpy as np

from divergences._typing import Floats, Indices


@dataclass(frozen=True, slots=True)
class Network:
    """Directed arcs between numbered nodes, each pair at most once.

    Attributes:
        n_nodes: Number of nodes.
        tails: Node at which each arc starts.
        heads: Node at which each arc ends, another one than its tail.
        cost: Cost per unit of flow of each arc, at least 0.
    """

    n_nodes: int
    tails: Indices
    heads: Indices
    cost: Floats

    @classmethod
    def of(cls, n_nodes: int, tails: Indices, heads: Indices, cost: Floats, /) -> "Network":
        """The network of arcs in any order, of which equal pairs have equal costs.

        Args:
            n_nodes: Number of nodes.
            tails: Node at which each arc starts.
            heads: Node at which each arc ends.
            cost: Cost per unit of flow of each arc.

        Returns:
            The network, its arcs in the order of tails and heads, each once.
        """
        keys, first = np.unique(tails * n_nodes + heads, return_index=True)
        return cls(n_nodes, *np.divmod(keys, n_nodes), cost[first])

    @property
    def keys(self) -> Indices:
        """Tail and head of each arc as one number."""
        return self.tails * self.n_nodes + self.heads

    def reduced_costs(self, potential: Floats, /) -> Floats:
        """Cost of each arc less the drop of a potential along it."""
        reduced: Floats = self.cost - (potential[self.tails] - potential[self.heads])
        return reduced

    def subset(self, arcs: Indices | np.ndarray, /) -> "Network":
        """The network of some of the arcs, by their indices or a mask."""
        return Network(self.n_nodes, self.tails[arcs], self.heads[arcs], self.cost[arcs])

    def union(self, other: "Network", /) -> "Network":
        """The network of the arcs of both."""
        return Network.of(
            self.n_nodes,
            np.concatenate([self.tails, other.tails]),
            np.concatenate([self.heads, other.heads]),
            np.concatenate([self.cost, other.cost]),
        )

    def locate(self, keys: Indices, /) -> Indices:
        """Indices of the arcs with these keys, in a network whose arcs are in order."""
        return np.searchsorted(self.keys, keys)
