"""Exact EMD of all labellings: in closed form on the line, else by network simplex."""

import contextlib
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from divergences._transport.certificate import EPS
from divergences._transport.coincident_points import DistinctPoints
from divergences._transport.simplex import dense_transport
from divergences._transport.solve import SolverOptions
from divergences._typing import Floats, Indices
from divergences.errors import SolverError
from divergences.sampled._point_clouds import PointCloud, PointCloudPair
from divergences.sampled._transport import emd_estimate
from divergences.sampled._two_sample.labellings import LABELLINGS_PER_SEED, Labellings

MAX_POINTS_OF_COST_MATRIX = 3000
MAX_CDF_VALUES_PER_TASK = 2**22


@dataclass(frozen=True, slots=True)
class LineEmdStatistic:
    r"""EMD on the line, :math:`\int |F - G|`.

    Attributes:
        order: Indices that sort the pooled sample, shape ``(n + m,)``.
        gaps: Differences of consecutive sorted points, shape ``(n + m - 1,)``.
        exponent: Binary exponent of the unit of the gaps.
        n_parts: Number of summands of the statistic, 1.
    """

    order: Indices
    gaps: Floats
    exponent: int
    n_parts: int = 1

    @classmethod
    def of(cls, points: Floats, exponent: int, /) -> "LineEmdStatistic":
        """Sort the pooled sample, shape ``(n + m,)``."""
        order = np.argsort(points, kind="stable")
        return cls(order, np.diff(points[order]), exponent)

    @property
    def batch_size(self) -> int:
        """Number of labellings per task, limited by memory."""
        groups = MAX_CDF_VALUES_PER_TASK // len(self.order) // LABELLINGS_PER_SEED
        return int(LABELLINGS_PER_SEED * np.clip(groups, 1, 64))

    @property
    def rounding_error(self) -> float:
        """Bound of the rounding error of the sum over the gaps."""
        return len(self.order) * EPS * float(self.gaps.sum())

    def partial_sums(self, labellings: Labellings, start: int, stop: int, _: int, /) -> Floats:
        """EMD of some labellings, shape ``(stop - start,)``."""
        n, m = labellings.n, labellings.m
        steps = np.where(labellings.labels(start, stop)[:, self.order], m, -n)
        differences = np.abs(np.cumsum(steps, axis=1)[:, :-1])  # n m |F - G|, exact integers
        return differences @ self.gaps / (n * m)


@dataclass(frozen=True, slots=True)
class EmdStatistic:
    """EMD in any dimension.

    Attributes:
        points: The pooled sample, shape ``(n + m, d)``.
        place: Place of each point among the distinct ones, shape ``(n + m,)``; None if no points
            coincide.
        cost: Distances of the distinct points of the pooled sample, a square matrix; None if it is
            too large.
        exponent: Binary exponent of the unit of the points.
        rounding_error: 0; the duality gap of an EMD is below the relative tolerance of ties.
        batch_size: Number of labellings per task.
        n_parts: Number of summands of the statistic, 1.
    """

    points: Floats
    place: Indices | None
    cost: Floats | None
    exponent: int
    rounding_error: float = 0.0
    batch_size: int = LABELLINGS_PER_SEED
    n_parts: int = 1

    @classmethod
    def of(cls, points: Floats, exponent: int, /) -> "EmdStatistic":
        """Compute the distances of the pooled sample, shape ``(n + m, d)``."""
        distinct = DistinctPoints.of_points(points)
        places = points if distinct is None else points[distinct.indices]
        small = len(places) <= MAX_POINTS_OF_COST_MATRIX
        place = None if distinct is None else distinct.place
        return cls(points, place, cdist(places, places) if small else None, exponent)

    def partial_sums(self, labellings: Labellings, start: int, stop: int, _: int, /) -> Floats:
        """EMD of some labellings, shape ``(stop - start,)``."""
        n = labellings.n
        permutations = labellings.permutations(start, stop)
        return np.array([self._emd(row[:n], row[n:]) for row in permutations])

    def _emd(self, rows: Indices, cols: Indices) -> float:
        """EMD between two parts of the pooled sample."""
        if self.cost is not None:
            # The dense method refuses costs of many orders of magnitude, which columns solve.
            with contextlib.suppress(SolverError):
                return self._dense_emd(self.cost, rows, cols)
        clouds = PointCloudPair(PointCloud(self.points[rows]), PointCloud(self.points[cols]))
        return float(emd_estimate(clouds, SolverOptions(None, None, progress=False)).value)

    def _dense_emd(self, cost: Floats, rows: Indices, cols: Indices) -> float:
        """EMD from the distances of the distinct points; shared mass stays in place."""
        n, m = len(rows), len(cols)
        if self.place is None:
            p, q = np.full(n, 1 / n), np.full(m, 1 / m)
            return dense_transport(p, q, cost[np.ix_(rows, cols)]).cost
        counts = (np.bincount(self.place[part], minlength=len(cost)) for part in (rows, cols))
        excess = m * next(counts) - n * next(counts)
        sources, targets = np.flatnonzero(excess > 0), np.flatnonzero(excess < 0)
        if len(sources) == 0:
            return 0.0
        moved = int(excess[sources].sum())
        p, q = excess[sources] / moved, -excess[targets] / moved
        return dense_transport(p, q, cost[np.ix_(sources, targets)]).cost * (moved / (n * m))
