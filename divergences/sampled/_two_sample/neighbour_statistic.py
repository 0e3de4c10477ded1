r"""Jensen-Shannon divergence from the labels of nearest neighbours.

Let x and y be equally likely, and :math:`\eta` the probability that a point is from x. Then

.. math:: JS = \tfrac12 E_x \log 2 \eta + \tfrac12 E_y \log 2 (1 - \eta)

where :math:`\eta` is estimated from the labels of the neighbours of a point. The neighbours do not
depend on the labels or the order of the points: distinct points are sorted, and coincident points
have neighbours of equal fractional weight.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, diags_array
from scipy.spatial import cKDTree

from divergences._transport.certificate import EPS
from divergences._typing import Floats, Indices
from divergences.sampled._two_sample.labellings import LABELLINGS_PER_SEED, Labellings

MIN_NEIGHBOURS = 5
NEIGHBOURS_PER_ROOT_SIZE = 2  # per sqrt(n + m): more power than 1 in all cases tried
MAX_COUNTS_PER_TASK = 2**21


@dataclass(frozen=True, slots=True)
class NeighbourStatistic:
    """Jensen-Shannon divergence from the nearest neighbours of u distinct points.

    Attributes:
        membership: 1 where a point of the pooled sample is a distinct point, shape ``(u, n + m)``.
        neighbours: Weight of each distinct point among the neighbours of each, itself included,
            shape ``(u, u)``.
        self_weight: Diagonal of ``neighbours``, shape ``(u, 1)``.
        k: Number of neighbours of each point, the sum of their weights.
        exponent: 0, since the statistic has no unit.
        n_parts: Number of summands of the statistic, 1.
    """

    membership: csr_array
    neighbours: csr_array
    self_weight: Floats
    k: int
    exponent: int = 0
    n_parts: int = 1

    @classmethod
    def of(cls, points: Floats, /) -> "NeighbourStatistic":
        """Compute the neighbours.

        Args:
            points: The pooled sample, at least 2 of them distinct, shape ``(n + m, d)``.

        Returns:
            The statistic.
        """
        total = len(points)
        k = max(MIN_NEIGHBOURS, round(NEIGHBOURS_PER_ROOT_SIZE * math.sqrt(total)))
        k = min(k, total - 1)
        distinct, labels, counts = np.unique(
            points, axis=0, return_inverse=True, return_counts=True
        )
        membership = csr_array((np.ones(total), (labels.ravel(), np.arange(total))))
        others = _nearest_others(distinct, min(k, len(distinct) - 1))
        self_weight = np.minimum(counts - 1, k) / np.maximum(counts - 1, 1)
        sizes = counts[others]
        # Points that coincide at the k-th distance divide what is left of k.
        left = k - (counts - 1)[:, None] - (np.cumsum(sizes, axis=1) - sizes)
        weights = np.clip(left, 0, sizes) / sizes
        starts = np.arange(0, others.size + 1, others.shape[1])
        graph = csr_array((weights.ravel(), others.ravel(), starts), shape=(len(counts),) * 2)
        graph = csr_array(graph + diags_array(self_weight))
        return cls(membership, graph, self_weight[:, None], k)

    @property
    def batch_size(self) -> int:
        """Number of labellings per task, limited by memory."""
        groups = MAX_COUNTS_PER_TASK // self.membership.shape[1] // LABELLINGS_PER_SEED
        return int(LABELLINGS_PER_SEED * np.clip(groups, 1, 64))

    @property
    def rounding_error(self) -> float:
        """Bound of the rounding error of a mean of n + m logarithms of probabilities."""
        total = self.membership.shape[1]
        return total * EPS * math.log(2 * total * (2 * self.k + 1))

    def partial_sums(self, labellings: Labellings, start: int, stop: int, _: int, /) -> Floats:
        """Jensen-Shannon divergence of some labellings.

        Half a neighbour is added on either side, and neighbours are weighted by the reciprocal
        size of their sample.

        Args:
            labellings: All labellings.
            start: Index of the first labelling.
            stop: Index after the last labelling.

        Returns:
            Divergences in nats, shape ``(stop - start,)``.
        """
        n, m, k = labellings.n, labellings.m, self.k
        x_counts = self.membership @ labellings.labels(start, stop).T.astype(np.float64)
        y_counts = self.membership.sum(axis=1)[:, None] - x_counts
        x_neighbours = self.neighbours @ x_counts  # of a point of y; one of x is not its own
        of_x, of_y = (np.clip(x_neighbours - own, 0, k) + 0.5 for own in (self.self_weight, 0.0))
        x_terms = x_counts * np.log1p((k + 1 - of_x) / m / (of_x / n))
        y_terms = y_counts * np.log1p(of_y / n / ((k + 1 - of_y) / m))
        total: Floats = x_terms.sum(axis=0) / n + y_terms.sum(axis=0) / m
        return math.log(2) - total / 2


def _nearest_others(points: Floats, count: int) -> Indices:
    """Indices of the nearest other points of each of u distinct points, shape ``(u, count)``."""
    nearest = np.asarray(cKDTree(points).query(points, count + 1, workers=-1)[1])
    is_other = nearest != np.arange(len(points))[:, None]
    # By rounding, others may be as near as the point itself and crowd it out.
    is_other[is_other.all(axis=1), -1] = False
    return nearest[is_other].reshape(len(points), count)
