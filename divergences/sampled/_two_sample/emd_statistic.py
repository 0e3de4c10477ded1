"""Exact EMD of all labellings: in closed form on the line, else by network simplex."""

import contextlib
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from divergences._transport.certificate import EPS
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
        cost: Distances of the pooled sample, shape ``(n + m, n + m)``; None if it is too large.
        exponent: Binary exponent of the unit of the points.
        rounding_error: 0; the duality gap of an EMD is below the relative tolerance of ties.
        batch_size: Number of labellings per task.
        n_parts: Number of summands of the statistic, 1.
    """

    points: Floats
    cost: Floats | None
    exponent: int
    rounding_error: float = 0.0
    batch_size: int = LABELLINGS_PER_SEED
    n_parts: int = 1

    @classmethod
    def of(cls, points: Floats, exponent: int, /) -> "EmdStatistic":
        """Compute the distances of the pooled sample, shape ``(n + m, d)``."""
        small = len(points) <= MAX_POINTS_OF_COST_MATRIX
        return cls(points, cdist(points, points) if small else None, exponent)

    def partial_sums(self, labellings: Labellings, start: int, stop: int, _: int, /) -> Floats:
        """EMD of some labellings, shape ``(stop - start,)``."""
        n = labellings.n
        permutations = labellings.permutations(start, stop)
        return np.array([self._emd(row[:n], row[n:]) for row in permutations])

    def _emd(self, rows: Indices, cols: Indices) -> float:
        """EMD between two parts of the pooled sample."""
        if self.cost is not None:
            p, q = (np.full(len(indices), 1 / len(indices)) for indices in (rows, cols))
            # The dense method refuses costs of many orders of magnitude, which columns solve.
            with contextlib.suppress(SolverError):
                return dense_transport(p, q, self.cost[np.ix_(rows, cols)]).cost
        clouds = PointCloudPair(PointCloud(self.points[rows]), PointCloud(self.points[cols]))
        return float(emd_estimate(clouds, SolverOptions(None, None, progress=False)).value)
