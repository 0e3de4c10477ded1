r"""Statistics that are quadratic forms of the labels: the energy distance and the squared MMD.

.. math:: \sum_{ij} a_i a_j k(z_i, z_j), \qquad a_i = 1/n \text{ in } x, \; -1/m \text{ in } y

over the pooled sample z. The values of many labellings are one matrix product, taken in blocks of
rows: no more than a block of k is ever held.
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
from divergences.sampled._two_sample.labellings import BLOCK, Labellings

ENTRIES = 2**22  # of a block of k: 32 MB
LABELS = 2**25  # of a task at most: 256 MB
PART = 2500  # points: a part's products outweigh drawing its labels ten times
MEDIAN_OF = 2000  # points


@dataclass(frozen=True, slots=True)
class QuadraticForm:
    """A quadratic form of the labels.

    Attributes:
        kernel: Values k of two blocks of points, for all pairs; picklable.
        points: The pooled sample, shape ``(n + m, d)``.
        exponent: The caller's values are ``2**exponent`` times these.
        rounding: How far two values may differ that are equal but for rounding.
    """

    kernel: Callable[[Floats, Floats], Floats]
    points: Floats
    exponent: int
    rounding: float

    @property
    def size(self) -> int:
        """So many labellings that computing k again for the next ones hardly costs."""
        count, d = self.points.shape
        return BLOCK * max(1, min(max(512, 64 * d), LABELS // count) // BLOCK)

    @property
    def parts(self) -> int:
        """Of how many sums over rows a value is the sum."""
        return math.ceil(len(self.points) / PART)

    def terms(self, labellings: Labellings, start: int, stop: int, part: int, /) -> Floats:
        """The sum over a part of the rows, shape ``(stop - start,)``."""
        labels = labellings.labels(start, stop).T
        weights = np.where(labels, 1 / labellings.n, -1 / labellings.m)
        count = len(self.points)
        first, last = (count * k // self.parts for k in (part, part + 1))
        step = max(1, ENTRIES // count)
        total = np.zeros(stop - start)
        # Processes share the cores, not threads, which round differently by their number.
        with _libraries().limit(limits=1, user_api="blas"):
            for row in range(first, last, step):
                rows = slice(row, min(row + step, last))
                products = self.kernel(self.points[rows], self.points) @ weights
                total += np.einsum("rb,rb->b", weights[rows], products)
        return total


@cache
def _libraries() -> ThreadpoolController:
    """The libraries of this process that have threads of their own."""
    return ThreadpoolController()


def energy(points: Floats, exponent: int, /) -> QuadraticForm:
    """The energy distance ``2 E|x - y| - E|x - x'| - E|y - y'|`` of the two empirical measures.

    Args:
        points: The pooled sample in [-1, 1], shape ``(n + m, d)``.
        exponent: Its unit, as a power of two.

    Returns:
        The statistic.

    Source:
        Szekely and Rizzo 2004, "Testing for equal distributions in high dimension", equation 5.
    """
    return QuadraticForm(_minus_distance, points, exponent, _rounding(points, diameter(points)))


def mmd(points: Floats, /) -> QuadraticForm:
    """The squared maximum mean discrepancy of the two empirical measures.

    The kernel is Gaussian, ``exp(-|a - b|^2 / (2 s^2))``, with the median distance of the pooled
    sample as s.

    Args:
        points: The pooled sample in [-1, 1], shape ``(n + m, d)``.

    Returns:
        The statistic.

    Source:
        Gretton et al. 2012, "A kernel two-sample test", equation 5 and section 8.
    """
    kernel = partial(_gaussian, width=median_distance(points))
    return QuadraticForm(kernel, points, 0, _rounding(points, 1.0))


def median_distance(points: Floats, /) -> float:
    """The median of the distances above 0; of many points, those of `MEDIAN_OF` of them.

    Which points these are depends on the set of all points and not on their order, which knows
    the labels.

    Args:
        points: Not all the same, shape ``(n, d)``.

    Returns:
        A number above 0.
    """
    if len(points) > MEDIAN_OF:
        order = np.argsort(np.ascontiguousarray(points).view(f"V{8 * points.shape[1]}").ravel())
        points = points[order[np.linspace(0, len(order) - 1, MEDIAN_OF).astype(np.intp)]]
    distances = pdist(points)
    above = distances[distances > 0]
    return float(np.median(above)) if len(above) else 1.0


def diameter(points: Floats, /) -> float:
    """The diagonal of the smallest box around the points."""
    return float(np.linalg.norm(np.ptp(points, axis=0)))


def _rounding(points: Floats, largest: float) -> float:
    """A bound of the rounding error of a sum of ``a_i a_j k_ij``, whose weights' sum is 4."""
    return 4 * len(points) * EPS * largest


def _minus_distance(a: Floats, b: Floats) -> Floats:
    """Euclidean distances, negative."""
    return -cdist(a, b)


def _gaussian(a: Floats, b: Floats, *, width: float) -> Floats:
    """The Gaussian kernel."""
    exponents = cdist(a, b)
    with np.errstate(over="ignore"):  # beyond 1e154 widths the kernel is 0
        exponents /= width
        exponents *= exponents
    exponents *= -0.5
    return np.exp(exponents, out=exponents)
