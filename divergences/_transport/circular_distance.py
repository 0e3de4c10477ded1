"""Distance along a circle of points given by their position on it, modulo its length."""

import math
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from divergences._checks.options import number_within
from divergences._checks.values import shortened
from divergences._typing import Array, Floats
from divergences.errors import DistributionError

LINE_METRICS = ("euclidean", "cityblock", "chebyshev")  # equal in one dimension
MAX_EXPONENT = 300  # decimal, of a period in whose unit no cost over- or underflows


@dataclass(frozen=True, slots=True)
class CircularDistance:
    """Length of the shorter arc between two points of a circle.

    Attributes:
        period: Length of the circle, above 0.
    """

    period: float

    @classmethod
    def of(cls, period: float, metric: Any, dimension: int, /) -> "CircularDistance":
        """Validate a period.

        Args:
            period: Length of the circle.
            metric: The caller's metric on the line.
            dimension: Dimension of the points.

        Returns:
            The distance.

        Raises:
            DistributionError: If the period is not a number between 1e-300 and 1e300, the points
                have several coordinates, or the metric is not the distance on the line.
        """
        low, high = 10.0**-MAX_EXPONENT, 10.0**MAX_EXPONENT
        requirement = "a finite number above 0, as 24.0 for hours of the day, or None"
        period = number_within("period", period, 0.0, math.inf, requirement, ends=False)
        if not low <= period <= high:
            raise DistributionError(
                f"`period` must be between 1e-300 and 1e300, but is {period}; take another unit "
                "of length"
            )
        if dimension != 1:
            raise DistributionError(
                f"`period` is for points on a circle, of one coordinate, but they have {dimension}"
                '; for latitudes and longitudes pass metric="haversine" instead'
            )
        if not (isinstance(metric, str) and metric in LINE_METRICS):
            remedy = (
                "leave out `metric` and pass order=2, which gives the root of that cost"
                if metric == "sqeuclidean"
                else "leave out one of the two"
            )
            raise DistributionError(
                "`period` takes the length of the shorter arc as the distance, so `metric` must "
                f'be "euclidean", but is {shortened(metric)}; {remedy}'
            )
        return cls(period)

    @property
    def __name__(self) -> str:
        """Name in results."""
        return f"circular (period {self.period:.6g})"

    def __call__(self, x: Floats, y: Floats, /) -> Floats:
        """Distance of every pair.

        Args:
            x: Positions in [0, period), shape ``(n, 1)``.
            y: Positions likewise, shape ``(m, 1)``.

        Returns:
            Distances in [0, period / 2], shape ``(n, m)``.
        """
        return np.asarray(self._shorter_arc(x, y[:, 0], np))

    def of_rows(self, x: Array, y: Array, xp: ModuleType, /) -> Array:
        """Distance of each row of two arrays of points, differentiable, shape ``(k,)``."""
        x_positions, y_positions = (self.positions(a[..., 0], xp) for a in (x, y))
        return self._shorter_arc(x_positions, y_positions, xp)

    def positions(self, points: Array, xp: ModuleType, /) -> Array:
        """Points modulo the period, in [0, period)."""
        if isinstance(points, np.ndarray) and points.min() >= 0 and points.max() < self.period:
            return points
        remainders = xp.remainder(points, self.period)
        # The remainder of a negative number near 0 rounds to the period.
        return xp.where(remainders < self.period, remainders, 0.0)

    def _shorter_arc(self, x: Any, y: Any, xp: ModuleType) -> Any:
        """Length of the shorter arc between positions that broadcast against each other."""
        low, high = xp.minimum(x, y), xp.maximum(x, y)
        return xp.minimum(high - low, (self.period - high) + low)
