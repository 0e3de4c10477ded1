r"""Pricing Euclidean costs by matrix products, with a bound of the rounding error.

A pair violates its potentials where ``d < u + v``, thus where

.. math:: |x|^2 + |y|^2 - 2 x \cdot y - (u + v)^2 < 0

which is one scalar product of ``(-2x, -2u, |x|^2 - u^2, 1)`` and ``(y, v, 1, |y|^2 - v^2)``: a
single matrix product potentials a block, and no root is taken. It may be computed in float32: what
lies above a bound of the rounding error satisfies its potentials, and the few pairs below are computed
again, in float64 and from differences.

In high dimension the product is taken of the leading principal coordinates and the length of what
they leave out, since ``|x - y|^2 >= |Px - Py|^2 + (|x - Px| - |y - Py|)^2``: a lower bound of the
distance, close where the data are close to a subspace, and equal where one side lies in it.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from types import ModuleType

import array_api_compat
import numpy as np
from numpy.typing import NDArray

from divergences._checks import numpy_values
from divergences._transport.certificate import EPS
from divergences._transport.column_generation.block_pricing import (
    CROWD,
    Known,
    Look,
    Seen,
    close_pairs,
    cores,
)
from divergences._transport.ground import GroundCost
from divergences._typing import Array, Floats, Indices, Rows

PLAIN = 24  # coordinates up to which all of them are kept, in float64
KEPT = 0.94  # share of the variance that the leading coordinates have
SAMPLE = 20_000  # points from which the principal axes are computed
CROWDED = 8  # a block with a larger part of suspects than one in so many is computed in full


@dataclass(frozen=True)
class EuclideanPricing:
    """Coordinates for pricing a Euclidean or squared Euclidean cost.

    Attributes:
        ground: The costs.
        x: Coordinates of the sources, shape ``(n, r)``.
        y: Coordinates of the targets, shape ``(m, r)``.
        error: How much larger than a squared distance the squared distance of these coordinates
            may be, in units of EPS and of the squared sizes of the points.
        device: An array on the device on which to multiply; None for numpy.
    """

    ground: GroundCost
    x: Floats
    y: Floats
    error: float
    device: Array | None

    @classmethod
    def of(cls, ground: GroundCost, device: Array | None, /) -> "EuclideanPricing":
        """Centred, and in high dimension in leading principal coordinates."""
        centre = (ground.x.mean(axis=0) + ground.y.mean(axis=0)) / 2
        x, y = ground.x - centre, ground.y - centre
        far = 1.0 + float(np.abs(centre).max()) / max(
            float(np.abs(x).max()), float(np.abs(y).max()), 1e-300
        )
        d = x.shape[1]
        error = 16 * (d + 8) * far
        if d > PLAIN:
            axes = _principal_axes(x, y)
            if axes.shape[1] + 1 < d:
                error += 16 * d + float(np.abs(axes.T @ axes - np.eye(axes.shape[1])).sum()) / EPS
                x, y = _reduced(x, axes), _reduced(y, axes)
        return cls(ground, x, y, error, device)

    @property
    def turned(self) -> "EuclideanPricing":
        """The same with sources and targets exchanged."""
        return replace(self, ground=self.ground.turned, x=self.y, y=self.x)

    def subset(self, rows: Indices, cols: Indices, /) -> "EuclideanPricing":
        """The same of some of the points."""
        return replace(self, ground=self.ground.subset(rows, cols), x=self.x[rows], y=self.y[cols])

    @property
    def threads(self) -> int:
        """One on a device of its own."""
        return cores() if self.device is None else 1

    @property
    def dtype(self) -> type:
        """Of the products: where there are few coordinates, float64 costs little more."""
        return np.float64 if self.x.shape[1] <= PLAIN else np.float32

    @cached_property
    def _factors(self) -> tuple[Array, Array]:
        """Whose product is the squared distance."""
        one_x, one_y = np.ones((len(self.x), 1)), np.ones((len(self.y), 1))
        left = np.hstack([-2 * self.x, _squares(self.x)[:, None], one_x])
        right = np.hstack([self.y, one_y, _squares(self.y)[:, None]])
        return self._there(left), self._there(right.T)

    def _there(self, array: Floats) -> Array:
        """The array in the type and on the device of the products."""
        array = np.ascontiguousarray(array, dtype=self.dtype)
        if self.device is None:
            return array
        xp = array_api_compat.array_namespace(self.device)
        return xp.asarray(array, device=array_api_compat.device(self.device))

    def estimate(self, rows: slice, cols: slice | Indices, /) -> NDArray[np.floating]:
        """Costs of a block, roughly."""
        left, right = self._factors
        squares: NDArray[np.floating] = numpy_values(left[rows] @ right[:, cols])
        np.maximum(squares, 0, out=squares)
        return squares if self._squared else np.sqrt(squares, out=squares)

    @property
    def _squared(self) -> bool:
        """Whether the cost is the squared distance."""
        return self.ground.metric == "sqeuclidean"

    def suspects(self, u: Floats, v: Floats, known: Known, width: float, /) -> Look:
        """A look at rows and columns: every pair that may cost less than ``u + v``."""
        left, right, margin = self._bilinear(u, v)
        largest = u + v.max()
        # Up to here, a pair may have less slack than the width.
        wide = width if self._squared else width * (2 * np.maximum(largest, 0) + width)
        margins = self._there(margin), self._there(margin + np.reshape(wide, (-1, 1)))
        below = _below if self.device is None else _below_there

        def look(rows: Indices, cols: Rows) -> Seen:
            limits = [limit[rows] for limit in margins]
            places, least, width = below(left[rows] @ right[:, cols], *limits)
            if len(places) * CROWDED > len(rows) * width:
                cost = self.ground.block(rows, cols)
                return close_pairs(cost, cost - u[rows, None] - v[cols], rows, cols, 0.0)
            room = self._room(least - margin[rows, 0], largest[rows])
            i, j = np.divmod(places, width)
            j = j if isinstance(cols, slice) else cols[j]
            potentials = u[rows[i]] + v[j]
            # No cost is below 0, so potentials up to 0 are satisfied, with as much room.
            possible = potentials > 0
            np.minimum.at(room, i[~possible], -potentials[~possible])
            i, j = rows[i[possible]], j[possible]
            return i, j, known(i, j), room

        return look

    def _room(self, above: Floats, largest: Floats) -> Floats:
        """The slack that pairs have at least, from how far the bilinear form is above 0."""
        if self._squared:
            return above
        above = np.clip(above, 0, 1e300)  # it is infinite where no pair is left
        return above / (np.sqrt(largest**2 + above) + np.abs(largest) + 1e-300)

    def _bilinear(self, u: Floats, v: Floats) -> tuple[Array, Array, Floats]:
        """Factors of what is negative where a pair violates its potentials, and its rounding error."""
        shift = (np.median(v) - np.median(u)) / 2
        u, v = (u + shift)[:, None], (v - shift)[:, None]
        x, y = _squares(self.x)[:, None], _squares(self.y)[:, None]
        one_x, one_y = np.ones_like(u), np.ones_like(v)
        if self._squared:
            left, right = [-2 * self.x, x - u, one_x], [self.y, one_y, y - v]
            sizes = np.abs(u) + np.abs(v).max()
        else:
            left = [-2 * self.x, -2 * u, x - u * u, one_x]
            right = [self.y, v, one_y, y - v * v]
            sizes = (np.abs(u) + np.abs(v).max()) ** 2
        sizes = sizes + (np.sqrt(x) + np.sqrt(y.max())) ** 2
        unit = _roundoff(self.dtype, self.device)
        # A sum of k products is off by k roundings of the sum of their sizes, and each factor was
        # rounded to the type of the product before.
        margin = ((self.x.shape[1] + 8) * unit + self.error * EPS) * 1.01 * sizes
        return self._there(np.hstack(left)), self._there(np.hstack(right).T), margin


def _below(product: Array, narrow: Array, wide: Array) -> tuple[Indices, Floats, int]:
    """Where a product is below the limit of its row: the wide one, if that is not too often.

    Returns:
        Rows, flat; the least of the rest of each row; the number of columns. The product is
        used up.
    """
    small = product < wide
    if np.count_nonzero(small) > CROWD * len(product):
        small = product < narrow
    places = np.flatnonzero(small)
    product.reshape(-1)[places] = np.inf
    return places, product.min(axis=1).astype(np.float64), product.shape[1]


def _below_there(product: Array, narrow: Array, wide: Array) -> tuple[Indices, Floats, int]:
    """The same on a device."""
    xp: ModuleType = array_api_compat.array_namespace(product)
    small = product < wide
    if int(xp.count_nonzero(small)) > CROWD * product.shape[0]:
        small = product < narrow
    (places,) = xp.nonzero(xp.reshape(small, (-1,)))
    rest = xp.min(xp.where(small, xp.inf, product), axis=1)
    return numpy_values(places), numpy_values(rest).astype(np.float64), int(product.shape[1])


def _roundoff(dtype: type, device: Array | None) -> float:
    """The relative rounding error of one product; on a GPU, float32 may be less than it says."""
    unit = float(np.finfo(dtype).eps) / 2
    if device is None or dtype is np.float64:
        return unit
    import torch

    return unit if torch.get_float32_matmul_precision() == "highest" else 2.0**-8


def _squares(points: Floats) -> Floats:
    """Squared lengths."""
    result: Floats = np.einsum("ij,ij->i", points, points)
    return result


def _principal_axes(x: Floats, y: Floats) -> Floats:
    """Orthonormal axes: those that lead for both sides together, or span the side that is flatter.

    Returns:
        Shape ``(d, r)``.
    """
    spreads = []
    for points in (x, y):
        some = points[:: -(-len(points) // SAMPLE)]
        spreads.append(some.T @ some / len(some))
    best = _leading(spreads[0] + spreads[1], KEPT)
    for spread in spreads:
        spanning = _leading(spread, 1 - 1e-13)
        if spanning.shape[1] < best.shape[1]:
            best = spanning
    return best


def _leading(spread: Floats, share: float) -> Floats:
    """The axes of the largest variances, up to a share of their sum."""
    variances, axes = np.linalg.eigh(spread)
    kept = np.cumsum(variances[::-1]) / max(variances.sum(), 1e-300)
    count = min(len(kept), int(np.searchsorted(kept, share)) + 1)
    result: Floats = axes[:, ::-1][:, :count]
    return result


def _reduced(points: Floats, axes: Floats) -> Floats:
    """Coordinates along the axes, and the length of the rest."""
    along = points @ axes
    rest = np.sqrt(_squares(points - along @ axes.T))
    return np.hstack([along, rest[:, None]])
