"""The arcs that the restricted problem may use: a small part of all pairs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divergences._typing import Floats, Indices


@dataclass(frozen=True, slots=True)
class ArcSet:
    """Pairs with their costs, each once.

    Attributes:
        keys: ``row * width + column`` of each arc, ascending.
        cost: Ground cost of each.
        width: Number of columns.
    """

    keys: NDArray[np.int64]
    cost: Floats
    width: int

    @property
    def ends(self) -> tuple[Indices, Indices]:
        """Row and column of each arc."""
        rows, cols = np.divmod(self.keys, self.width)
        return rows, cols

    def find(self, keys: NDArray[np.int64], /) -> tuple[Indices, NDArray[np.bool_]]:
        """Where these keys are or would be, and whether they are there."""
        place = np.minimum(np.searchsorted(self.keys, keys), max(0, len(self.keys) - 1))
        return place, self.keys[place] == keys

    def only(self, chosen: NDArray[np.bool_], /) -> "ArcSet":
        """Some of the arcs."""
        return ArcSet(self.keys[chosen], self.cost[chosen], self.width)

    def joined(self, keys: NDArray[np.int64], cost: Floats, /) -> "ArcSet":
        """These arcs and others, which may repeat each other but none of these."""
        keys, first = np.unique(keys, return_index=True)
        place = np.searchsorted(self.keys, keys)
        return ArcSet(
            np.insert(self.keys, place, keys), np.insert(self.cost, place, cost[first]), self.width
        )


def worst(groups: Indices, slack: Floats, count: int, /) -> Indices:
    """Places of the ``count`` lowest slacks of each group; of equal ones, any.

    Where points coincide, many pairs are equally bad. Were the same targets chosen for all of the
    sources there, the arcs would have no room for their masses.

    Returns:
        Places in both arguments.
    """
    order = np.lexsort((np.random.default_rng(0).random(len(slack)), slack, groups))
    grouped = groups[order]
    starts = np.flatnonzero(np.diff(grouped, prepend=-1))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    return order[rank < count]


def northwest(p: Floats, q: Floats, /) -> tuple[Indices, Indices, Floats]:
    """A feasible plan without costs: masses laid end to end, ``p`` above ``q``.

    Returns:
        Rows, columns and masses, up to ``n + m - 1`` of each, for equal totals.
    """
    ends = np.cumsum(p), np.cumsum(q)
    for levels in ends:
        levels[-1] = max(ends[0][-1], ends[1][-1])
    levels = np.union1d(*ends)
    rows, cols = (np.searchsorted(side, levels) for side in ends)
    mass: Floats = np.diff(levels, prepend=0.0)
    carried = mass > 0
    return rows[carried], cols[carried], mass[carried]
