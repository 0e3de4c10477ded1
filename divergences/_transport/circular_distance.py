"""Distance along a circle of points given by their position on it."""

from dataclasses import dataclass
from types import ModuleType

import numpy as np

from divergences._typing import Array, Floats


@dataclass(frozen=True, slots=True)
class CircularDistance:
    """Length of the shorter arc between two points of a circle.

    Attributes:
        period: Length of the circle, above 0.
    """

    period: float

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
        return np.asarray(self.of_rows(x[:, None], y[None], np))

    def of_rows(self, x: Array, y: Array, xp: ModuleType, /) -> Array:
        """Distance of each row of two arrays of positions, differentiable."""
        low, high = xp.minimum(x[..., 0], y[..., 0]), xp.maximum(x[..., 0], y[..., 0])
        return xp.minimum(high - low, (self.period - high) + low)
