r"""Lower bounds of Euclidean distances in float32, so that few are computed in float64.

.. math:: |x - y|^2 \ge |Px - Py|^2 + (|x - Px| - |y - Py|)^2

for the projection P to the leading principal axes: close where these have nearly all variance.
Of up to `MAX_CODES` pairs the bounds are computed once, and kept in two bytes each.
"""

from dataclasses import dataclass, replace

import numpy as np

RETAINED_VARIANCE = 0.99
MAX_PCA_POINTS = 4000
FLOAT32_EPS = 2.0**-23
MAX_CODES = 1 << 27  # 256 MB
CODE_BLOCK = 1 << 20
LARGEST_CODE = 65535


@dataclass(frozen=True, slots=True, eq=False)
class DistanceFilter:
    """Coordinates in float32 whose distances are lower bounds, up to a stated error.

    Attributes:
        x: Coordinates of the rows, shape ``(n, r)``.
        y: Coordinates of the columns, shape ``(m, r)``.
        square_error: Upper bound of the rounding error of a squared distance.
        codes: All lower bounds, rounded down, if they are not too many.
    """

    x: np.ndarray
    y: np.ndarray
    square_error: float
    codes: "_BoundCodes | None" = None

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
        return cls(x, y, relative_error * 4 * largest)._with_codes(2 * largest**0.5)

    @property
    def transposed(self) -> "DistanceFilter":
        """The same filter, with rows and columns exchanged."""
        codes = None if self.codes is None else self.codes.transposed
        return DistanceFilter(self.y, self.x, self.square_error, codes)

    def lower_bounds(self, rows: np.ndarray, /) -> np.ndarray:
        """Lower bounds of the distances of some rows to all columns.

        Args:
            rows: Indices, shape ``(k,)``.

        Returns:
            Float32, shape ``(k, m)``, at least 0; up to a relative rounding of 2**-22.
        """
        return self._computed(rows) if self.codes is None else self.codes.decoded(rows)

    def _with_codes(self, largest: float) -> "DistanceFilter":
        """The filter with its bounds kept, if they are few enough; none is above ``largest``."""
        n, m = len(self.x), len(self.y)
        if n * m > MAX_CODES or largest == 0:
            return self
        codes = _BoundCodes(np.empty((n, m), dtype=np.uint16), np.float32(largest))
        for rows in np.array_split(np.arange(n), -(-n * m // CODE_BLOCK)):
            codes.store(rows, self._computed(rows))
        return replace(self, codes=codes)

    def _computed(self, rows: np.ndarray) -> np.ndarray:
        """`lower_bounds`, by products of matrices."""
        x = self.x[rows]
        squares = (-2 * x) @ self.y.T
        squares += (_squared_norms(x) - np.float32(self.square_error))[:, None]
        squares += _squared_norms(self.y)
        np.maximum(squares, 0, out=squares)
        return np.sqrt(squares, out=squares)


@dataclass(frozen=True, slots=True, eq=False)
class _BoundCodes:
    """Bounds as 16-bit integers in proportion to their square roots, rounded down.

    The relative loss of a bound t times the largest is at most ``2**-15 / sqrt(t)``.

    Attributes:
        values: The integers, shape ``(n, m)``.
        largest: Upper bound of the bounds.
        by_column: Whether the rows are the columns of ``values``.
    """

    values: np.ndarray
    largest: np.float32
    by_column: bool = False

    @property
    def transposed(self) -> "_BoundCodes":
        """The same codes, with rows and columns exchanged."""
        return replace(self, by_column=not self.by_column)

    def store(self, rows: np.ndarray, bounds: np.ndarray) -> None:
        """Encode the bounds of some rows, which are overwritten."""
        bounds *= 1 / self.largest
        np.sqrt(bounds, out=bounds)
        bounds *= LARGEST_CODE
        self.values[rows] = np.minimum(bounds, LARGEST_CODE, out=bounds)

    def decoded(self, rows: np.ndarray) -> np.ndarray:
        """Bounds of some rows, float32."""
        values = self._columns(rows).T if self.by_column else self.values[rows]
        bounds = np.ascontiguousarray(values, dtype=np.float32)
        # The factor makes up for the rounding of the products and roots of both directions.
        bounds *= np.sqrt(self.largest) / LARGEST_CODE * np.float32(1 - 4 * FLOAT32_EPS)
        return np.square(bounds, out=bounds)

    def _columns(self, columns: np.ndarray) -> np.ndarray:
        """Some columns of the codes; a range of them is copied first, which takes less time."""
        if (np.diff(columns) == 1).all():
            return np.ascontiguousarray(self.values[:, columns[0] : columns[-1] + 1])
        return self.values[:, columns]


def _projected(points: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Coordinates along the axes and the length of the residual, shape ``(n, r + 1)``."""
    coordinates = points @ axes
    residual = np.sqrt(_squared_norms(points - coordinates @ axes.T))
    return np.ascontiguousarray(np.hstack([coordinates, residual[:, None]]))


def _squared_norms(points: np.ndarray) -> np.ndarray:
    """Squared Euclidean norm of each point, shape ``(n,)``."""
    return np.einsum("ij,ij->i", points, points)
