r"""Energy distance and squared MMD, the two-sample statistics of a kernel.

.. math:: \sum_{ij} a_i a_j k(z_i, z_j), \qquad a_i = 1/n \text{ in } x, \; -1/m \text{ in } y

over the pooled sample z. The values of many labellings are one matrix product, computed in blocks
of rows of k, so that the whole kernel matrix is never stored.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from scipy.spatial.distance import cdist, pdist
from threadpoolctl import ThreadpoolController

from divergences._transport.certificate import EPS
from divergences._typing import Floats
from divergences.sampled._two_sample.labellings import LABELLINGS_PER_SEED, Labellings

MAX_KERNEL_BLOCK_ENTRIES = 2**22  # 32 MB
MAX_LABELS_PER_TASK = 2**25  # 256 MB
MAX_ROWS_PER_PART = 2500  # the products of so many rows take ten times as long as the labels
MAX_POINTS_OF_MEDIAN = 2000


@dataclass(frozen=True, slots=True)
class KernelStatistic:
    """A quadratic form of the labels, with a kernel as its matrix.

    Attributes:
        kernel: Function of two blocks of points, shapes ``(r, d)`` and ``(c, d)``, that returns
            the kernel of all pairs, shape ``(r, c)``; picklable.
        points: The pooled sample, shape ``(n + m, d)``.
        exponent: Binary exponent of the unit of the values.
        rounding_error: Bound of the rounding error of a value.
    """

    kernel: Callable[[Floats, Floats], Floats]
    points: Floats
    exponent: int
    rounding_error: float

    @property
    def batch_size(self) -> int:
        """Number of labellings per task, enough to make the cost of the kernel negligible."""
        count, d = self.points.shape
        labellings = min(max(512, 64 * d), MAX_LABELS_PER_TASK // count)
        return LABELLINGS_PER_SEED * max(1, labellings // LABELLINGS_PER_SEED)

    @property
    def n_parts(self) -> int:
        """Number of groups of rows, each of which gives a summand of the values."""
        return math.ceil(len(self.points) / MAX_ROWS_PER_PART)

    def partial_sums(self, labellings: Labellings, start: int, stop: int, part: int, /) -> Floats:
        """Sum over a part of the rows, shape ``(stop - start,)``."""
        labels = labellings.labels(start, stop).T
        weights = np.where(labels, 1 / labellings.n, -1 / labellings.m)
        count = len(self.points)
        first, last = (count * k // self.n_parts for k in (part, part + 1))
        step = max(1, MAX_KERNEL_BLOCK_ENTRIES // count)
        total = np.zeros(stop - start)
        # One thread: sums of several threads are rounded differently, depending on their number.
        with _thread_pools().limit(limits=1, user_api="blas"):
            for row in range(first, last, step):
                rows = slice(row, min(row + step, last))
                products = self.kernel(self.points[rows], self.points) @ weights
                total += np.einsum("rb,rb->b", weights[rows], products)
        return total


@cache
def _thread_pools() -> ThreadpoolController:
    """Controller of the thread pools of this process."""
    return ThreadpoolController()


def energy(points: Floats, exponent: int, /) -> KernelStatistic:
    """Energy distance ``2 E|x - y| - E|x - x'| - E|y - y'|`` of the two empirical measures.

    Args:
        points: The pooled sample in [-1, 1], shape ``(n + m, d)``.
        exponent: Binary exponent of the unit of the points.

    Returns:
        The statistic.

    Source:
        Szekely and Rizzo 2004, "Testing for equal distributions in high dimension", equation 5.
    """
    error = _rounding_error(points, diameter_bound(points))
    return KernelStatistic(_negative_distance, points, exponent, error)


def mmd(points: Floats, /) -> KernelStatistic:
    """Squared maximum mean discrepancy of the two empirical measures.

    The kernel is Gaussian, ``exp(-|a - b|^2 / (2 s^2))``, with the median distance of the pooled
    sample as s.

    Args:
        points: The pooled sample in [-1, 1], shape ``(n + m, d)``.

    Returns:
        The statistic.

    Source:
        Gretton et al. 2012, "A kernel two-sample test", equation 5 and section 8.
    """
    kernel = partial(_gaussian_kernel, width=median_distance(points))
    return KernelStatistic(kernel, points, 0, _rounding_error(points, 1.0))


def median_distance(points: Floats, /) -> float:
    """Median of the positive distances between points, or between a subset of many points.

    The subset depends on the set of points and not on their order, which contains the labels.

    Args:
        points: Shape ``(n, d)``.

    Returns:
        A number above 0; 1 if all points of the subset coincide.
    """
    if len(points) > MAX_POINTS_OF_MEDIAN:
        order = np.argsort(np.ascontiguousarray(points).view(f"V{8 * points.shape[1]}").ravel())
        ranks = np.linspace(0, len(order) - 1, MAX_POINTS_OF_MEDIAN).astype(np.intp)
        points = points[order[ranks]]
    distances = pdist(points)
    positive = distances[distances > 0]
    return float(np.median(positive)) if len(positive) else 1.0


def diameter_bound(points: Floats, /) -> float:
    """Diagonal of the bounding box, an upper bound of all distances."""
    return float(np.linalg.norm(np.ptp(points, axis=0)))


def _rounding_error(points: Floats, max_kernel: float) -> float:
    """Bound of the rounding error of a sum of ``a_i a_j k_ij``, whose weights' sum is 4."""
    return 4 * len(points) * EPS * max_kernel


def _negative_distance(a: Floats, b: Floats) -> Floats:
    """Negative Euclidean distances."""
    return -cdist(a, b)


def _gaussian_kernel(a: Floats, b: Floats, *, width: float) -> Floats:
    """Gaussian kernel."""
    exponents = cdist(a, b)
    with np.errstate(over="ignore"):  # beyond 1e154 widths the kernel is 0
        exponents /= width
        exponents *= exponents
    exponents *= -0.5
    return np.exp(exponents, out=exponents)
