r"""Lower bounds of Euclidean distances in float32, so that few are computed in float64.

.. math:: |x - y|^2 \ge |Px - Py|^2 + (|x - Px| - |y - Py|)^2

for the projection P to the leading principal axes: close where these have nearly all variance.
"""

from dataclasses import dataclass

import numpy as np

RETAINED_VARIANCE = 0.99
MAX_PCA_POINTS = 4000
FLOAT32_EPS = 2.0**-23


@dataclass(frozen=True, slots=True, eq=False)
class DistanceFilter:
    """Coordinates in float32 whose distances are lower bounds, up to a stated error.

    Attributes:
        x: Coordinates of the rows, shape ``(n, r)``.
        y: Coordinates of the columns, shape ``(m, r)``.
        square_error: Upper bound of the rounding error of a squared distance.
    """

    x: np.ndarray
    y: np.ndarray
    square_error: float

    @classmethod
    def of(cls, x: np.ndarray, y: np.ndarray, /) -> "DistanceFilter":
        """Filter of two sets of points.

        Args:
            x: Points of the rows, shape ``(n, d)``, with coordinates of size 1 at most.
            y: Points of the columns, shape ``(m, d)``.

        Returns:
            The filter.
        """
        center = (x.mean(axis=0) + y.mean(axis=0)) / 2
        x, y = (x - center).astype(np.float32), (y - center).astype(np.float32)
        largest = max(float(_squared_norms(part).max()) for part in (x, y))
        sample = np.vstack([part[:: -(-len(part) // MAX_PCA_POINTS)] for part in (x, y)])
        variances, axes = np.linalg.eigh(sample.T @ sample / np.float32(len(sample)))
        cumulative = np.cumsum(variances[::-1].clip(0))
        count = int(np.searchsorted(cumulative, RETAINED_VARIANCE * cumulative[-1])) + 1
        d = x.shape[1]
        # Rounding of the coordinates and of the products, each relative to (|x| + |y|)^2.
        relative_error = (2 * d + 64) * FLOAT32_EPS
        if 2 * count < d:
            leading = np.ascontiguousarray(axes[:, ::-1][:, :count])
            relative_error += float(np.linalg.norm(leading.T @ leading - np.eye(count)))
            x, y = (_projected(part, leading) for part in (x, y))
        return cls(x, y, relative_error * 4 * largest)

    @property
    def transposed(self) -> "DistanceFilter":
        """The same filter, with rows and columns exchanged."""
        return DistanceFilter(self.y, self.x, self.square_error)

    def subset(self, rows: np.ndarray, columns: np.ndarray, /) -> "DistanceFilter":
        """The filter of some rows and columns."""
        return DistanceFilter(self.x[rows], self.y[columns], self.square_error)

    def lower_bounds(self, rows: np.ndarray, /) -> np.ndarray:
        """Lower bounds of the distances of some rows to all columns.

        Args:
            rows: Indices, shape ``(k,)``.

        Returns:
            Float32, shape ``(k, m)``, at least 0; up to a relative rounding of 2**-22.
        """
        x = self.x[rows]
        squares = x @ self.y.T
        squares *= -2
        squares += (_squared_norms(x) - np.float32(self.square_error))[:, None]
        squares += _squared_norms(self.y)
        np.maximum(squares, 0, out=squares)
        return np.sqrt(squares, out=squares)


def _projected(points: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Coordinates along the axes and the length of the residual, shape ``(n, r + 1)``."""
    coordinates = points @ axes
    residual = np.sqrt(_squared_norms(points - coordinates @ axes.T))
    return np.ascontiguousarray(np.hstack([coordinates, residual[:, None]]))


def _squared_norms(points: np.ndarray) -> np.ndarray:
    """Squared Euclidean norm of each point, shape ``(n,)``."""
    return np.einsum("ij,ij->i", points, points)
