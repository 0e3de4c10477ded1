"""The columns of the restricted master problem: arcs, a small subset of all pairs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divergences._typing import Floats, Indices

SELECTION_GROUPS = 32


@dataclass(frozen=True, slots=True)
class ArcSet:
    """Distinct pairs of a source and a target, with their costs.

    Attributes:
        keys: ``row * n_cols + col`` of each arc, ascending, shape ``(k,)``.
        cost: Ground cost of each arc, shape ``(k,)``.
        n_cols: Number of targets.
    """

    keys: NDArray[np.int64]
    cost: Floats
    n_cols: int

    @property
    def endpoints(self) -> tuple[Indices, Indices]:
        """Source and target of each arc."""
        rows, cols = np.divmod(self.keys, self.n_cols)
        return rows, cols

    def locate(self, keys: NDArray[np.int64], /) -> tuple[Indices, NDArray[np.bool_]]:
        """Index of the arc of each key, valid where the mask that comes with it is true."""
        indices = np.minimum(np.searchsorted(self.keys, keys), max(0, len(self.keys) - 1))
        return indices, self.keys[indices] == keys

    def subset(self, mask: NDArray[np.bool_], /) -> "ArcSet":
        """The arcs where the mask is true."""
        return ArcSet(self.keys[mask], self.cost[mask], self.n_cols)

    def insert(self, keys: NDArray[np.int64], cost: Floats, /) -> "ArcSet":
        """The union with new arcs; these may contain duplicates, but no arc of this set."""
        keys, first = np.unique(keys, return_index=True)
        positions = np.searchsorted(self.keys, keys)
        return ArcSet(
            np.insert(self.keys, positions, keys),
            np.insert(self.cost, positions, cost[first]),
            self.n_cols,
        )


def lowest_per_group(groups: Indices, values: Floats, count: int, /) -> Indices:
    """Indices of the ``count`` lowest values of each group, ties broken at random.

    Coincident sources have equal reduced costs to every target. If ties were broken by index, all
    of these sources would get arcs to the same few targets, which cannot take all of their mass.

    Args:
        groups: Group of each value, shape ``(k,)``.
        values: Shape ``(k,)``.
        count: Number of values to select from each group.

    Returns:
        Indices in both arguments.
    """
    shuffled = np.random.default_rng(0).permutation(len(values))
    order = shuffled[np.argsort(values[shuffled], kind="stable")]
    order = order[_stable_order(groups[order])]
    sorted_groups = groups[order]
    starts = np.flatnonzero(np.diff(sorted_groups, prepend=-1))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    return order[rank < count]


def _stable_order(groups: Indices) -> Indices:
    """Stable argsort of indices below 2**32 by two passes of numpy's radix sort of 16 bits."""
    order: Indices = np.argsort((groups & 0xFFFF).astype(np.uint16), kind="stable")
    high = (groups >> 16).astype(np.uint16)
    if not high.any():
        return order
    return order[np.argsort(high[order], kind="stable")]


def smallest_per_row(values: NDArray[np.floating], count: int, /) -> Indices:
    """Column indices of the ``count`` smallest values of each row, in any order."""
    n, m = values.shape
    if count == 1:
        return np.argmin(values, axis=1)[:, None]
    if m < 2 * SELECTION_GROUPS * count:
        return np.argpartition(values, count - 1, axis=1)[:, :count]
    # They lie in the groups of the smallest minima; strided groups are the fastest to reduce.
    size = m // SELECTION_GROUPS
    grouped = values[:, : SELECTION_GROUPS * size].reshape(n, SELECTION_GROUPS, size)
    groups = np.argpartition(grouped.min(axis=1), count - 1, axis=1)[:, :count]
    members = (groups[:, :, None] + size * np.arange(SELECTION_GROUPS)).reshape(n, -1)
    ungrouped = np.arange(SELECTION_GROUPS * size, m)
    indices = np.hstack([members, np.broadcast_to(ungrouped, (n, len(ungrouped)))])
    order = np.argpartition(np.take_along_axis(values, indices, axis=1), count - 1, axis=1)
    return np.take_along_axis(indices, order[:, :count], axis=1)


def northwest_corner(p: Floats, q: Floats, /) -> tuple[Indices, Indices, Floats]:
    """A feasible plan by the northwest corner rule, which uses no costs.

    Args:
        p: Masses of the sources, shape ``(n,)``.
        q: Masses of the targets, with the same total, shape ``(m,)``.

    Returns:
        Rows, columns and masses of at most ``n + m - 1`` arcs.
    """
    cdfs = np.cumsum(p), np.cumsum(q)
    for levels in cdfs:
        levels[-1] = max(cdfs[0][-1], cdfs[1][-1])
    levels = np.union1d(*cdfs)
    rows, cols = (np.searchsorted(cdf, levels) for cdf in cdfs)
    mass: Floats = np.diff(levels, prepend=0.0)
    positive = mass > 0
    return rows[positive], cols[positive], mass[positive]
