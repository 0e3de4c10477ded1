r"""Pricing of Euclidean costs by matrix products, with a bound on the rounding error.

A pair has negative reduced cost where ``d < u + v``, thus where

.. math:: |x|^2 + |y|^2 - 2 x \cdot y - (u + v)^2 < 0

The left-hand side is the scalar product of ``(-2x, -2u, |x|^2 - u^2, 1)`` and
``(y, v, 1, |y|^2 - v^2)``, so one matrix product prices a block without square roots. It may be
computed in float32: a pair whose product exceeds the bound on the rounding error has nonnegative
reduced cost, and the costs of the few other pairs are recomputed in float64 from differences.

In high dimension, the coordinates are those of a `projection`, whose distances are lower bounds.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from types import ModuleType
from typing import Any

import array_api_compat
import numpy as np
from numpy.typing import NDArray

from divergences._checks import numpy_values
from divergences._transport.certificate import EPS
from divergences._transport.column_generation.block_pricing import (
    MAX_NEAR_TIGHT_PER_ROW,
    BlockPricer,
    PairCosts,
    PricedBlock,
    priced_block,
)
from divergences._transport.column_generation.projection import (
    principal_axes,
    projected,
    squared_norms,
)
from divergences._transport.ground import GroundCost
from divergences._transport.row_blocks import Check, available_cores, no_check
from divergences._typing import Array, Floats, Indices, Rows

MAX_FLOAT64_DIMENSION = 24  # up to it, all coordinates are kept and products are in float64
MIN_ENTRIES_PER_CANDIDATE = 64  # in a block with fewer, all costs are recomputed


@dataclass(frozen=True)
class EuclideanPricing:
    """Pricing of a Euclidean or squared Euclidean cost.

    Attributes:
        ground: The ground cost.
        x: Centred, possibly projected coordinates of the sources, shape ``(n, r)``.
        y: Coordinates of the targets, likewise, shape ``(m, r)``.
        coordinate_error: Bound on the excess of squared distances of the coordinates over true
            ones, in units of EPS times the squared norms of the points.
        device: Array on the device of the matrix products; None for numpy.
    """

    ground: GroundCost
    x: Floats
    y: Floats
    coordinate_error: float
    device: Array | None

    @classmethod
    def of(
        cls, ground: GroundCost, device: Array | None, /, *, check: Check = no_check
    ) -> "EuclideanPricing":
        """Centre the points, and project them in high dimension where it pays."""
        centre = (ground.x.mean(axis=0) + ground.y.mean(axis=0)) / 2
        x, y = ground.x - centre, ground.y - centre
        offset = 1.0 + float(np.abs(centre).max()) / max(
            float(np.abs(x).max()), float(np.abs(y).max()), 1e-300
        )
        d = x.shape[1]
        error = 16 * (d + 8) * offset
        axes = principal_axes(x, y) if d > MAX_FLOAT64_DIMENSION else None
        if axes is not None:
            check()
            error += 16 * d + float(np.abs(axes.T @ axes - np.eye(axes.shape[1])).sum()) / EPS
            x, y = projected(x, axes, check), projected(y, axes, check)
        return cls(ground, x, y, error, device)

    @property
    def transposed(self) -> "EuclideanPricing":
        """The same method with sources and targets exchanged."""
        return replace(self, ground=self.ground.transposed, x=self.y, y=self.x)

    def subset(self, rows: Indices, cols: Indices, /) -> "EuclideanPricing":
        """The same method on a subset of the points."""
        return replace(self, ground=self.ground.subset(rows, cols), x=self.x[rows], y=self.y[cols])

    @property
    def threads(self) -> int:
        """All available cores for numpy; one for another device."""
        return available_cores() if self.device is None else 1

    @property
    def min_block_rows(self) -> int:
        """One: every block is a matrix product."""
        return 1

    @property
    def dtype(self) -> type:
        """Type of the products; with few coordinates, float64 takes hardly longer than float32."""
        return np.float64 if self.x.shape[1] <= MAX_FLOAT64_DIMENSION else np.float32

    @cached_property
    def _distance_factors(self) -> tuple[Array, Array]:
        """Matrices whose product is the squared distances, shapes ``(n, r + 2), (r + 2, m)``."""
        one_x, one_y = np.ones((len(self.x), 1)), np.ones((len(self.y), 1))
        left = np.hstack([-2 * self.x, squared_norms(self.x)[:, None], one_x])
        right = np.hstack([self.y, one_y, squared_norms(self.y)[:, None]])
        return self._on_device(left), self._on_device(right.T)

    def _on_device(self, array: Floats) -> Array:
        """The array in the type and on the device of the products."""
        array = np.ascontiguousarray(array, dtype=self.dtype)
        if self.device is None:
            return array
        xp = array_api_compat.array_namespace(self.device)
        return xp.asarray(array, device=array_api_compat.device(self.device))

    def approximate_cost(self, rows: slice, cols: slice | Indices, /) -> NDArray[np.floating]:
        """Approximate costs of a block, shape ``(r, c)``."""
        left, right = self._distance_factors
        squares: NDArray[np.floating] = numpy_values(left[rows] @ right[:, cols])
        np.maximum(squares, 0, out=squares)
        return squares if self._squared else np.sqrt(squares, out=squares)

    @property
    def _squared(self) -> bool:
        """Whether the cost is the squared distance."""
        return self.ground.metric == "sqeuclidean"

    def pricer(self, u: Floats, v: Floats, pair_costs: PairCosts, width: float, /) -> BlockPricer:
        """Function that prices blocks at given potentials."""
        left, right, margin = self.reduced_cost_factors(u, v)
        margin, largest = margin[:, None], u + v.max()
        # Products below this limit include all pairs of reduced cost below the width.
        limit = width if self._squared else width * (2 * np.maximum(largest, 0) + width)
        limits = self._on_device(margin), self._on_device(margin + np.reshape(limit, (-1, 1)))
        entries_below = _entries_below if self.device is None else _entries_below_on_device

        def price(rows: Indices, cols: Rows) -> PricedBlock:
            narrow, wide = (limit[rows] for limit in limits)
            indices, minimum, n_cols = entries_below(left[rows] @ right[:, cols], narrow, wide)
            if len(indices) * MIN_ENTRIES_PER_CANDIDATE > len(rows) * n_cols:
                cost = self.ground.block(rows, cols)
                return priced_block(cost, cost - u[rows, None] - v[cols], rows, cols, 0.0)
            slack = self._slack(minimum - margin[rows, 0], largest[rows])
            i, j = np.divmod(indices, n_cols)
            j = j if isinstance(cols, slice) else cols[j]
            bound = u[rows[i]] + v[j]
            # No cost is below 0, so a pair with u + v <= 0 has reduced cost of at least -(u + v).
            possible = bound > 0
            np.minimum.at(slack, i[~possible], -bound[~possible])
            i, j = rows[i[possible]], j[possible]
            return PricedBlock(i, j, pair_costs(i, j), slack)

        return price

    def _slack(self, product: Floats, largest: Floats) -> Floats:
        """Lower bound on reduced costs where the product is at least ``product``.

        For distances, ``d - s = (d^2 - s^2) / (d + s)`` with ``s = u + v``.

        Args:
            product: Lower bound on the product, less its rounding error, shape ``(r,)``.
            largest: Upper bound on ``u + v``, shape ``(r,)``.

        Returns:
            Shape ``(r,)``.
        """
        if self._squared:
            return product
        product = np.clip(product, 0, 1e300)  # infinite where all pairs are candidates
        return product / (np.sqrt(largest**2 + product) + np.abs(largest) + 1e-300)

    def reduced_cost_factors(self, u: Floats, v: Floats, /) -> tuple[Array, Array, Floats]:
        """Matrices whose product has the sign of the reduced costs, and its rounding error.

        Each entry of the computed product differs from the exact one by less than the margin of
        its row: a scalar product of k terms has at most k roundings, each relative to the sum of
        the absolute terms, and both factors are rounded before (Higham 2002, *Accuracy and
        Stability of Numerical Algorithms*, section 3.1).

        Args:
            u: Potentials of the sources, shape ``(n,)``.
            v: Potentials of the targets, shape ``(m,)``.

        Returns:
            Left factor, shape ``(n, k)``, right factor, shape ``(k, m)``, and the margin, shape
            ``(n,)``.
        """
        shift = (np.median(v) - np.median(u)) / 2
        u, v = (u + shift)[:, None], (v - shift)[:, None]
        x, y = squared_norms(self.x)[:, None], squared_norms(self.y)[:, None]
        one_x, one_y = np.ones_like(u), np.ones_like(v)
        if self._squared:
            left, right = [-2 * self.x, x - u, one_x], [self.y, one_y, y - v]
            sizes = np.abs(u) + np.abs(v).max()
        else:
            left = [-2 * self.x, -2 * u, x - u * u, one_x]
            right = [self.y, v, one_y, y - v * v]
            sizes = (np.abs(u) + np.abs(v).max()) ** 2
        sizes = sizes + (np.sqrt(x) + np.sqrt(y.max())) ** 2
        unit = _unit_roundoff(self.dtype, self.device)
        margin = ((self.x.shape[1] + 8) * unit + self.coordinate_error * EPS) * 1.01 * sizes
        left_factor, right_factor = np.hstack(left), np.hstack(right).T
        return self._on_device(left_factor), self._on_device(right_factor), margin[:, 0]


def _entries_below(product: Any, narrow: Any, wide: Any) -> tuple[Indices, Floats, int]:
    """Entries of a product below the limit of their row; overwrites the product.

    Args:
        product: Shape ``(r, c)``.
        narrow: Limit of each row where the wide one has too many entries, shape ``(r, 1)``.
        wide: Limit of each row, shape ``(r, 1)``.

    Returns:
        Flat indices of the entries, minimum of the others of each row, and number of columns.
    """
    below = product < wide
    if np.count_nonzero(below) > MAX_NEAR_TIGHT_PER_ROW * len(product):
        below = product < narrow
    indices = np.flatnonzero(below)
    product.reshape(-1)[indices] = np.inf
    return indices, product.min(axis=1).astype(np.float64), product.shape[1]


def _entries_below_on_device(
    product: Array, narrow: Array, wide: Array
) -> tuple[Indices, Floats, int]:
    """The same for a product on another device."""
    xp: ModuleType = array_api_compat.array_namespace(product)
    below = product < wide
    if int(xp.count_nonzero(below)) > MAX_NEAR_TIGHT_PER_ROW * product.shape[0]:
        below = product < narrow
    (indices,) = xp.nonzero(xp.reshape(below, (-1,)))
    minimum = xp.min(xp.where(below, xp.inf, product), axis=1)
    return numpy_values(indices), numpy_values(minimum).astype(np.float64), int(product.shape[1])


def _unit_roundoff(dtype: type, device: Array | None) -> float:
    """Unit roundoff of the products; torch may compute those of float32 in lower precision."""
    unit = float(np.finfo(dtype).eps) / 2
    if device is None or dtype is np.float64:
        return unit
    import torch

    return unit if torch.get_float32_matmul_precision() == "highest" else 2.0**-8
