"""The ground cost between two sets of points, in blocks: all that a solver needs of them."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from divergences.errors import DistributionError
from divergences.transport.distances import (
    OVERFLOW,
    BlockMetric,
    Metric,
    exponent_of,
    require_metric,
)
from divergences.transport.lengths import scaled_lengths
from divergences.transport.proof import Floats

Places = slice | NDArray[np.intp]
PAIRS = 1 << 16  # pairs whose costs are computed at a time


@dataclass(frozen=True)
class GroundCost:
    """The costs ``d(x_i, y_j)**order`` of all pairs, none of them kept.

    Lengths are measured in a power of two, so that nothing overflows or vanishes in between: what
    comes out is in units of ``2**exponent`` (of the caller's unit to the power of the order).

    Attributes:
        x: Sources, shape ``(n, d)``; for a named metric in units of ``2**length``.
        y: Targets, shape ``(m, d)``, likewise.
        metric: The name of a distance, or a function of two blocks of points in the caller's unit,
            shapes ``(r, d)`` and ``(c, d)``, that returns distances of shape ``(r, c)``.
        order: The power to which distances are raised, at least 1.
        length: Exponent of the unit of distances.
    """

    x: Floats
    y: Floats
    metric: Metric | BlockMetric
    order: float
    length: int

    @classmethod
    def of(
        cls, x: Floats, y: Floats, /, *, metric: Metric | BlockMetric, order: float = 1.0
    ) -> "GroundCost":
        """The costs between points.

        Returns:
            Them, in the unit that suits them.

        Raises:
            DistributionError: If there is no such metric or order, or a callable metric returns
                what is no block of distances.
        """
        require_metric(metric)
        require_order(order)
        if callable(metric):
            first = cls(x, y, metric, 1.0, 0).block(slice(0, 1), slice(0, len(y)))
            return cls(x, y, metric, float(order), exponent_of(first))
        unit = exponent_of(x, y)
        length = 2 * unit if metric == "sqeuclidean" else unit
        return cls(np.ldexp(x, -unit), np.ldexp(y, -unit), metric, float(order), length)

    @property
    def exponent(self) -> int:
        """The unit of what comes out, as a power of two."""
        return math.floor(self.length * self.order)

    @cached_property
    def rest(self) -> float:
        """What the unit of length to the power of the order is, in the unit of what comes out."""
        return float(2.0 ** (self.length * self.order - self.exponent))

    @property
    def shape(self) -> tuple[int, int]:
        """How many points there are on each side."""
        return len(self.x), len(self.y)

    @property
    def line_power(self) -> float | None:
        """The power of ``|x - y|`` that the cost is, if the points are on a line; else None."""
        if self.x.shape[1] != 1 or callable(self.metric):
            return None
        return 2 * self.order if self.metric == "sqeuclidean" else self.order

    @property
    def turned(self) -> "GroundCost":
        """The same costs with sources and targets exchanged."""
        metric = self.metric
        if callable(metric):
            return replace(self, x=self.y, y=self.x, metric=lambda y, x: metric(x, y).T)
        return replace(self, x=self.y, y=self.x)

    def among(self, rows: Places, cols: Places, /) -> "GroundCost":
        """The same costs between some of the points, in the same unit."""
        return replace(self, x=self.x[rows], y=self.y[cols])

    def block(self, rows: Places, cols: Places, /) -> Floats:
        """Costs from each of these sources to each of these targets.

        Returns:
            Shape ``(r, c)``.

        Raises:
            DistributionError: If a callable metric returns what is no block of distances.
        """
        x, y = self.x[rows], self.y[cols]
        if callable(self.metric):
            lengths = np.ldexp(_checked(self.metric(x, y), len(x), len(y)), -self.length)
        else:
            lengths = cdist(x, y, self.metric)
        return lengths if self.order == 1 else self.rest * lengths**self.order

    def along(self, rows: NDArray[np.intp], cols: NDArray[np.intp], /) -> Floats:
        """Costs of pairs of a source and a target.

        Returns:
            Shape ``(k,)``.

        Raises:
            DistributionError: If a callable metric returns what is no block of distances.
        """
        if callable(self.metric):
            return self._along_by_blocks(rows, cols)
        cost = np.empty(len(rows))
        size = max(1, PAIRS // self.x.shape[1])
        for start in range(0, len(rows), size):
            part = slice(start, start + size)
            steps = self.x[rows[part]] - self.y[cols[part]]
            cost[part] = scaled_lengths(steps, self.metric)
        return cost if self.order == 1 else self.rest * cost**self.order

    def _along_by_blocks(self, rows: NDArray[np.intp], cols: NDArray[np.intp]) -> Floats:
        """The same from blocks of a few sources and all of the targets that they go to."""
        cost = np.empty(len(rows))
        in_order = np.argsort(rows, kind="stable")
        for part in np.array_split(in_order, max(1, len(rows) // 64)):
            sources, i = np.unique(rows[part], return_inverse=True)
            targets, j = np.unique(cols[part], return_inverse=True)
            cost[part] = self.block(sources, targets)[i, j]
        return cost

    def length_of(self, cost: float, /) -> float:
        """The distance whose power is a cost: W_p, for the optimal cost.

        Returns:
            It, in the caller's unit.

        Raises:
            DistributionError: If it is too large for a float.
        """
        return in_unit(float((cost / self.rest) ** (1 / self.order)), self.length)


def in_unit(value: float, exponent: int, /) -> float:
    """A value in another unit.

    Returns:
        ``value * 2**exponent``.

    Raises:
        DistributionError: If that is too large for a float.
    """
    try:
        return math.ldexp(value, exponent)
    except OverflowError:
        raise DistributionError(OVERFLOW.format("ground")) from None


def _checked(lengths: object, n: int, m: int) -> Floats:
    """What a callable metric returned, if it is a block of distances."""
    block = np.asarray(lengths)
    if block.shape != (n, m):
        raise DistributionError(
            f"`metric` must return one distance for each pair, shape {(n, m)} for blocks of {n} "
            f"and {m} points, but returned shape {block.shape}"
        )
    if block.dtype.kind not in "fiub":
        raise DistributionError(f"`metric` must return real numbers, but returned {block.dtype}")
    block = block.astype(np.float64, copy=False)
    wrong = ~(np.isfinite(block) & (block >= 0))
    if wrong.any():
        i, j = np.argwhere(wrong)[0]
        raise DistributionError(
            "`metric` must return finite distances of at least 0, but returned "
            f"{block[i, j]} for the pair ({i}, {j}) of a block"
        )
    return block


def require_order(order: float, /) -> None:
    """Refuse an order for which there is no Wasserstein distance here."""
    if not (isinstance(order, (int, float)) and 1 <= order < math.inf):
        raise DistributionError(f"`order` must be a finite number of at least 1, but is {order!r}")
