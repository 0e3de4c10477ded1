r"""Jensen-Shannon from the labels of nearest neighbours.

Of equally likely x and y, let :math:`\eta` be the probability that a point is an x. Then

.. math:: JS = \tfrac12 E_x \log 2 \eta + \tfrac12 E_y \log 2 (1 - \eta)

and the neighbours of a point tell its :math:`\eta`. They are found once, by a rule that knows
neither the labels nor the order of the points: the distinct points are sorted, and those that
coincide share what they count.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, diags_array
from scipy.spatial import cKDTree

from divergences._transport.certificate import EPS
from divergences._typing import Floats, Indices
from divergences.sampled._two_sample.labellings import BLOCK, Labellings

FEWEST = 5  # neighbours
PER_ROOT = 2  # neighbours for each sqrt(n + m): finds more than 1 does, in all cases tried
COUNTS = 2**21  # of a task


@dataclass(frozen=True, slots=True)
class NeighbourGraph:
    """The nearest neighbours of each of u distinct points.

    Attributes:
        members: Whether a point of the pooled sample is that distinct one, shape ``(u, n + m)``.
        graph: What a point counts as a neighbour of each, itself included, shape ``(u, u)``.
        itself: The diagonal of it, shape ``(u, 1)``.
        k: How many neighbours there are, in total, of each.
        exponent: None: the statistic has no unit.
        parts: One: a value is computed as a whole.
    """

    members: csr_array
    graph: csr_array
    itself: Floats
    k: int
    exponent: int = 0
    parts: int = 1

    @classmethod
    def of(cls, points: Floats, /) -> "NeighbourGraph":
        """Find the neighbours.

        Args:
            points: The pooled sample, at least 2 of them distinct, shape ``(n + m, d)``.

        Returns:
            The statistic.
        """
        total = len(points)
        k = min(max(FEWEST, round(PER_ROOT * math.sqrt(total))), total - 1)
        distinct, places, counts = np.unique(
            points, axis=0, return_inverse=True, return_counts=True
        )
        members = csr_array((np.ones(total), (places.ravel(), np.arange(total))))
        others = _nearest_others(distinct, min(k, len(distinct) - 1))
        itself = np.minimum(counts - 1, k) / np.maximum(counts - 1, 1)
        sizes = counts[others]
        # Of the neighbours at the k-th place, each counts by what is left of k.
        left = k - (counts - 1)[:, None] - (np.cumsum(sizes, axis=1) - sizes)
        shares = np.clip(left, 0, sizes) / sizes
        starts = np.arange(0, others.size + 1, others.shape[1])
        graph = csr_array((shares.ravel(), others.ravel(), starts), shape=(len(counts),) * 2)
        graph = csr_array(graph + diags_array(itself))
        return cls(members, graph, itself[:, None], k)

    @property
    def size(self) -> int:
        """As many labellings as memory lets one compute at a time."""
        return int(BLOCK * np.clip(COUNTS // self.members.shape[1] // BLOCK, 1, 64))

    @property
    def rounding(self) -> float:
        """A bound for the mean of n + m logarithms of probabilities."""
        total = self.members.shape[1]
        return total * EPS * math.log(2 * total * (2 * self.k + 1))

    def terms(self, labellings: Labellings, start: int, stop: int, _: int, /) -> Floats:
        """The values of some labellings.

        Half a neighbour is added on either side, and each counts by one over the size of its
        sample.

        Args:
            labellings: All of them.
            start: Number of the first one.
            stop: Number of the one after the last.

        Returns:
            Shape ``(stop - start,)``, in nats.
        """
        n, m, k = labellings.n, labellings.m, self.k
        xs = self.members @ labellings.labels(start, stop).T.astype(np.float64)
        ys = self.members.sum(axis=1)[:, None] - xs
        near = self.graph @ xs  # of a y; itself is no neighbour of an x
        of_x, of_y = (np.clip(near - own, 0, k) + 0.5 for own in (self.itself, 0.0))
        x_terms = xs * np.log1p((k + 1 - of_x) / m / (of_x / n))
        y_terms = ys * np.log1p(of_y / n / ((k + 1 - of_y) / m))
        total: Floats = x_terms.sum(axis=0) / n + y_terms.sum(axis=0) / m
        return math.log(2) - total / 2


def _nearest_others(points: Floats, count: int) -> Indices:
    """The nearest of distinct points, without itself, shape ``(u, count)``."""
    found = np.asarray(cKDTree(points).query(points, count + 1, workers=-1)[1])
    others = found != np.arange(len(points))[:, None]
    others[others.all(axis=1), -1] = False  # as near as itself, but for rounding
    return found[others].reshape(len(points), count)
