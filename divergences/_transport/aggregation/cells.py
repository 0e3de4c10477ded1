"""Cells of points that are close to each other, each represented by the mean of its points."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from divergences._typing import Floats, Indices


@dataclass(frozen=True, slots=True)
class Cells:
    """A partition of weighted points into the leaves of a k-d tree.

    Attributes:
        order: Indices of the points in the order of the tree, shape ``(n,)``.
        cell: Cell of each point, shape ``(n,)``.
        means: Weighted mean of the points of each cell, shape ``(k, d)``.
        masses: Mass of each cell, shape ``(k,)``.
    """

    order: Indices
    cell: Indices
    means: Floats
    masses: Floats

    @classmethod
    def of(cls, points: Floats, masses: Floats, tree: cKDTree, count: int, /) -> "Cells":
        """About ``count`` cells.

        Args:
            points: Shape ``(n, d)``.
            masses: Mass of each point, at least 0, shape ``(n,)``.
            tree: A k-d tree of the points, whose nodes are the cells.
            count: Number of cells; there may be up to twice as many, but no more than points.

        Returns:
            The cells.
        """
        order: Indices = tree.indices
        starts = np.array(_starts(tree.tree, max(1, len(points) // count)))
        sorted_masses = masses[order]
        total: Floats = np.add.reduceat(sorted_masses, starts)
        sizes = np.diff(starts, append=len(points))
        # A cell without mass has the plain mean.
        weights = np.where(np.repeat(total, sizes) > 0, sorted_masses, 1.0)
        sums = np.add.reduceat(points[order] * weights[:, None], starts)
        means = sums / np.add.reduceat(weights, starts)[:, None]
        cell = np.empty(len(points), np.intp)
        cell[order] = np.repeat(np.arange(len(starts)), sizes)
        return cls(order, cell, means, total)


def _starts(root: Any, size: int) -> list[int]:
    """Start of each node of at most ``size`` points in the order of the tree, ascending."""
    starts, nodes = [], [root]
    while nodes:
        node = nodes.pop()
        if node.split_dim == -1 or node.children <= size:
            starts.append(node.start_idx)
        else:
            nodes += [node.greater, node.lesser]
    return starts
