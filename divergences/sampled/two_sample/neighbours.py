r"""Jensen-Shannon from the labels of nearest neighbours.

Of equally likely x and y, let :math:`\eta` be the probability that a point is an x. Then

.. math:: JS = \tfrac12 E_x \log 2 \eta + \tfrac12 E_y \log 2 (1 - \eta)

and the neighbours of a point tell its :math:`\eta`.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from divergences.sampled.two_sample.labellings import BLOCK, Labellings
from divergences.transport.proof import EPS, Floats

FEWEST = 5  # neighbours
COUNTS = 2**22  # of a task
APART = 1e-140  # of the largest coordinate: its square is still a float


@dataclass(frozen=True, slots=True)
class NeighbourGraph:
    """The nearest neighbours of each point of the pooled sample.

    Attributes:
        graph: 1 for each neighbour, shape ``(n + m, n + m)``, k of them in each row.
        k: How many neighbours.
        exponent: None: the statistic has no unit.
        parts: One: a value is computed as a whole.
    """

    graph: csr_array
    k: int
    exponent: int = 0
    parts: int = 1

    @classmethod
    def of(cls, points: Floats, rng: np.random.Generator, /) -> "NeighbourGraph":
        """Find the neighbours, regardless of the labels.

        Args:
            points: The pooled sample in [-1, 1], at least 2, shape ``(n + m, d)``.
            rng: Which of the neighbours at the same distance are taken.

        Returns:
            The statistic.
        """
        count = len(points)
        k = min(max(FEWEST, round(math.sqrt(count))), count - 1)
        neighbours = _neighbours(points, k, rng)
        starts = np.arange(0, count * k + 1, k)
        ones = np.ones(count * k, dtype=np.float32)
        return cls(csr_array((ones, neighbours.ravel(), starts), shape=(count, count)), k)

    @property
    def size(self) -> int:
        """As many labellings as memory lets one compute at a time."""
        return int(BLOCK * np.clip(COUNTS // self.graph.shape[0] // BLOCK, 1, 64))

    @property
    def rounding(self) -> float:
        """A bound for the mean of n + m logarithms of probabilities."""
        count = self.graph.shape[0]
        return count * EPS * math.log(2 * count * (2 * self.k + 1))

    def terms(self, labellings: Labellings, start: int, stop: int, _: int, /) -> Floats:
        """The values of some labellings.

        Args:
            labellings: All of them.
            start: Number of the first one.
            stop: Number of the one after the last.

        Returns:
            Shape ``(stop - start,)``, in nats.
        """
        labels = labellings.labels(start, stop).T
        xs = (self.graph @ labels.astype(np.float32)).astype(np.intp)
        of_x, of_y = _log_posteriors(self.k, labellings.n, labellings.m)
        values: Floats = np.where(labels, of_x[xs] / labellings.n, of_y[xs] / labellings.m)
        return values.sum(axis=0) / 2


def _log_posteriors(k: int, n: int, m: int) -> tuple[Floats, Floats]:
    """What a point's eta adds if it is an x, and if it is a y, by the number of x near it.

    Half a neighbour is added on either side, and each counts by one over the size of its sample.

    Returns:
        ``log 2 eta`` and ``log 2 (1 - eta)``, shapes ``(k + 1,)``.
    """
    xs = np.arange(k + 1.0)
    odds = ((xs + 0.5) / n) / ((k - xs + 0.5) / m)
    return math.log(2) - np.log1p(1 / odds), math.log(2) - np.log1p(odds)


def _neighbours(points: Floats, k: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """The k nearest of each point but itself.

    Ties must not be broken by the order of the points, since that knows the labels: points that
    coincide are moved apart along one more axis, and all are shuffled.

    Returns:
        Places in the pooled sample, shape ``(n + m, k)``.
    """
    count = len(points)
    shuffled = rng.permutation(count)
    axis = APART * rng.random((count, 1))
    apart = np.hstack([points[shuffled], axis])
    found = np.asarray(cKDTree(apart).query(apart, k + 1, workers=-1)[1])
    others = found != np.arange(count)[:, None]
    others[others.all(axis=1), -1] = False  # itself is not among them: all k + 1 are as near
    neighbours = np.empty((count, k), dtype=np.intp)
    neighbours[shuffled] = shuffled[found[others].reshape(count, k)]
    return neighbours
