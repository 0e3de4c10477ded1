"""Euclidean distances of all pairs of two sets of points, in blocks, with their rounding error."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from gan.evaluation.distance_filter import DistanceFilter

EPS = 2.0**-52
MAX_DIRECT_COORDINATES = 32
MAX_STORED_DISTANCES = 1 << 24
BLOCK_DISTANCES = 1 << 20
DIRECT_COORDINATES_AT_ONCE = 1 << 22
CLOSE_FACTOR = 1e6  # pairs whose square is below this many of its rounding errors are recomputed
SAFE_EXPONENT = 1000  # 2.0**1000 is a float


@dataclass(frozen=True, slots=True, eq=False)
class PairDistances:
    """Distances of all pairs of rows and columns, in a unit of length of a power of two.

    Of few coordinates they are computed from differences, to the last digits. Of many they are
    computed by products of matrices, and from differences where the points are close.

    Attributes:
        rows: Points of the rows, shape ``(n, d)``, float64, in the unit.
        columns: Points of the columns, shape ``(m, d)``.
        exponent: Unit of the distances, as a power of two of that of the points.
        longest: Upper bound of all distances.
        products: The points for products, if they have many coordinates.
        stored: All distances, shape ``(n, m)``, if they are few.
        filter: Lower bounds of the distances, if they are many, of many coordinates, on a CPU.
    """

    rows: Float[Tensor, " n d"]
    columns: Float[Tensor, " m d"]
    exponent: int
    longest: float
    products: "_Products | None" = None
    stored: Tensor | None = None
    filter: DistanceFilter | None = None

    @classmethod
    def between(cls, x: Float[Tensor, " n d"], y: Float[Tensor, " m d"], /) -> "PairDistances":
        """Distances of points of finite coordinates.

        Args:
            x: Points of the rows.
            y: Points of the columns.

        Returns:
            The distances, on the device of the points.
        """
        exponent = math.frexp(max(float(x.abs().max()), float(y.abs().max())))[1]
        x, y = _scaled(x, -exponent), _scaled(y, -exponent)
        center = (x.mean(dim=0) + y.mean(dim=0)) / 2
        centered = _Products(x - center, y - center)
        is_direct = x.shape[1] <= MAX_DIRECT_COORDINATES
        pair = cls(x, y, exponent, centered.longest, None if is_direct else centered)
        if len(x) * len(y) <= MAX_STORED_DISTANCES:
            return pair._stored()
        if is_direct or x.device.type != "cpu":
            return pair
        return replace(pair, filter=DistanceFilter.of(x.numpy(), y.numpy()))

    @classmethod
    def of_matrix(cls, cost: np.ndarray, /) -> "PairDistances":
        """Distances that are given, shape ``(n, m)``."""
        n, m = cost.shape
        longest, exponent = math.frexp(float(cost.max()))
        stored = torch.from_numpy(np.ldexp(cost, -exponent))
        return cls(torch.zeros(n, 0), torch.zeros(m, 0), exponent, longest, None, stored)

    @property
    def transposed(self) -> "PairDistances":
        """The same distances, with rows and columns exchanged."""
        products = None if self.products is None else _Products(self.products.y, self.products.x)
        stored = None if self.stored is None else self.stored.T.contiguous()
        bounds = None if self.filter is None else self.filter.transposed
        return PairDistances(
            self.columns, self.rows, self.exponent, self.longest, products, stored, bounds
        )

    def subset(self, max_points: int, /) -> tuple["PairDistances", Int[Tensor, " k"]]:
        """Distances of evenly spaced rows and columns, at most ``max_points`` of each.

        Args:
            max_points: Largest number of rows and of columns.

        Returns:
            Their distances, and the indices of the columns.
        """
        i, j = (
            torch.arange(0, len(part), -(-len(part) // max_points), device=part.device)
            for part in (self.rows, self.columns)
        )
        products = self.products
        if products is not None:
            products = _Products(products.x[i], products.y[j])
        part = replace(
            self, rows=self.rows[i], columns=self.columns[j], products=products, filter=None
        )
        return part._stored(), j

    def blocks(
        self, indices: Int[Tensor, " k"] | None = None, /
    ) -> Iterator[tuple[Int[Tensor, " b"], Float[Tensor, " b m"]]]:
        """Blocks of whole rows.

        Args:
            indices: Rows to compute, in order; all by default.

        Yields:
            Indices of the rows, and their distances, which must not be changed.
        """
        if indices is None:
            indices = torch.arange(len(self.rows), device=self.rows.device)
        for part in indices.split(max(1, BLOCK_DISTANCES // len(self.columns))):
            if self.stored is not None:
                yield part, self.stored[part]
            elif self.products is None:
                yield part, _differences(self.rows[part], self.columns)
            else:
                yield part, self._by_products(part, self.products)

    def to_column(self, column: int, /) -> Float[Tensor, " n"]:
        """Distances of all rows to one column."""
        if self.stored is not None:
            return self.stored[:, column]
        return _differences(self.rows, self.columns[column, None])[:, 0]

    def of_pairs(self, i: Int[Tensor, " k"], j: Int[Tensor, " k"], /) -> Float[Tensor, " k"]:
        """Distances of single pairs, from differences.

        Args:
            i: Rows.
            j: Columns.

        Returns:
            The distances.
        """
        if self.stored is not None:
            return self.stored[i, j]
        at_once = max(1, DIRECT_COORDINATES_AT_ONCE // self.rows.shape[1])
        lengths = torch.empty(len(i), dtype=self.rows.dtype, device=self.rows.device)
        for part in torch.arange(len(i), device=i.device).split(at_once):
            differences = self.rows[i[part]] - self.columns[j[part]]
            lengths[part] = torch.linalg.vector_norm(differences, dim=1)
        return lengths

    def mean_rounding(self, nearest: Float[Tensor, " n"], /) -> float:
        """Mean over the rows of the largest rounding error of a distance by products.

        Args:
            nearest: Smallest distance of each row.

        Returns:
            Upper bound of the mean, in the unit of the distances; 0 if none is by products.
        """
        if self.products is None:
            return 0.0
        error = self.products.square_errors(slice(None))
        # Closer pairs than this are computed from differences.
        smallest = torch.maximum(nearest, (CLOSE_FACTOR * error).sqrt())
        return float((error / smallest).nan_to_num(nan=0.0).mean())

    def length(self, distance: float, /) -> float:
        """A distance in the unit of the points; infinite if it is too large for a float."""
        with np.errstate(over="ignore"):
            return float(np.ldexp(distance, self.exponent))

    def _stored(self) -> "PairDistances":
        """The same distances, all of them computed and kept."""
        stored = torch.cat([block for _, block in replace(self, stored=None).blocks()])
        return replace(self, stored=stored)

    def _by_products(self, part: Tensor, products: "_Products") -> Tensor:
        """Distances of some rows by products, and of close pairs from differences."""
        squares = products.squares(part)
        i, j = (squares <= CLOSE_FACTOR * products.square_errors(part)[:, None]).nonzero().T
        block = squares.clamp_min_(0).sqrt_()
        block[i, j] = self.of_pairs(part[i], j)
        return block


@dataclass(frozen=True, slots=True, eq=False)
class _Products:
    """Points less a common center, whose products give squared distances.

    Attributes:
        x: Points of the rows, shape ``(n, d)``.
        y: Points of the columns, shape ``(m, d)``.
    """

    x: Tensor
    y: Tensor

    @property
    def longest(self) -> float:
        """Upper bound of all distances."""
        return sum(float(torch.linalg.vector_norm(part, dim=1).max()) for part in (self.x, self.y))

    def squares(self, part: Tensor) -> Tensor:
        """Squared distances of some rows, up to their rounding errors."""
        x = self.x[part]
        squares = torch.addmm(self.y.square().sum(dim=1), x, self.y.T, alpha=-2)
        return squares.add_(x.square().sum(dim=1)[:, None])

    def square_errors(self, part: Tensor | slice) -> Tensor:
        """Bound of the rounding error of the squared distances in each row."""
        x, y = (torch.linalg.vector_norm(points, dim=1) for points in (self.x[part], self.y))
        return (self.x.shape[1] + 8) * EPS * (x.square() + y.max().square())


def row_argmin(block: Float[Tensor, " k m"], scores: Float[Tensor, " m"], /) -> Int[Tensor, " k"]:
    """Index of the minimum of ``block - scores`` in each row."""
    if block.device.type == "cpu":  # by numpy, ten times as fast as torch
        return torch.from_numpy((block.numpy() - scores.numpy()).argmin(axis=1))
    return (block - scores).argmin(dim=1)


def _differences(x: Tensor, y: Tensor) -> Tensor:
    """Distances from differences of coordinates."""
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")


def _scaled(points: Tensor, exponent: int) -> Tensor:
    """The points times a power of two."""
    if abs(exponent) > SAFE_EXPONENT:
        half = exponent // 2
        return points * 2.0**half * 2.0 ** (exponent - half)
    return points * 2.0**exponent
