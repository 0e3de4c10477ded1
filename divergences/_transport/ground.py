"""The ground cost between two sets of points, in blocks: all that a solver needs of them."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.spatial.distance import cdist

from divergences._transport.certificate import SMALLEST, SMALLEST_SUBNORMAL
from divergences._transport.metrics import (
    OVERFLOW,
    BlockMetric,
    Metric,
    block_of_distances,
    exponent_of,
    require_metric,
    scaled_lengths,
)
from divergences._typing import Floats, Indices, Rows
from divergences.errors import DistributionError, SolverError

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
            return cls(x, y, metric, float(order), _unit(cls(x, y, metric, 1.0, 0)))
        unit = exponent_of(x, y)
        length = 2 * unit if metric == "sqeuclidean" else unit
        return cls(np.ldexp(x, -unit), np.ldexp(y, -unit), metric, float(order), length)

    @property
    def unit(self) -> int:
        """The unit of the points here, as a power of two."""
        if callable(self.metric):
            return 0
        return self.length // 2 if self.metric == "sqeuclidean" else self.length

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
    def narrowed(self) -> "GroundCost":
        """The same costs, from one coordinate if all the others are the same for all points."""
        if callable(self.metric) or self.x.shape[1] == 1:
            return self
        first = self.x[0]
        varies = (self.x != first).any(axis=0) | (self.y != first).any(axis=0)
        if varies.sum() > 1:
            return self
        kept = [int(varies.argmax())]
        return replace(self, x=self.x[:, kept], y=self.y[:, kept])

    @property
    def turned(self) -> "GroundCost":
        """The same costs with sources and targets exchanged."""
        metric = self.metric
        if callable(metric):
            return replace(self, x=self.y, y=self.x, metric=lambda y, x: metric(x, y).T)
        return replace(self, x=self.y, y=self.x)

    def subset(self, rows: Rows, cols: Rows, /) -> "GroundCost":
        """The same costs between some of the points, in the same unit."""
        return replace(self, x=self.x[rows], y=self.y[cols])

    def block(self, rows: Rows, cols: Rows, /) -> Floats:
        """Costs from each of these sources to each of these targets.

        Returns:
            Shape ``(r, c)``.

        Raises:
            DistributionError: If a callable metric returns what is no block of distances.
        """
        x, y = self.x[rows], self.y[cols]
        if not callable(self.metric):
            return self._powers(cdist(x, y, self.metric))
        lengths = block_of_distances(self.metric(x, y), len(x), len(y))
        with np.errstate(over="ignore"):
            return self._powers(np.ldexp(lengths, -self.length))

    def _powers(self, lengths: Floats) -> Floats:
        """Costs of distances, in the unit of what comes out."""
        if self.order == 1 and not callable(self.metric):
            return lengths
        with np.errstate(over="ignore"):
            cost: Floats = lengths if self.order == 1 else self.rest * lengths**self.order
        if not np.isfinite(cost).all():
            raise DistributionError(
                f"`metric` gives distances whose power {self.order:g} is more than 1e300 times "
                "as large as that of others: take a smaller `order`, or the farthest points out"
            )
        return cost

    def along(self, rows: Indices, cols: Indices, /) -> Floats:
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
        return self._powers(cost)

    def _along_by_blocks(self, rows: Indices, cols: Indices) -> Floats:
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

    def require_seen(self, cost: float, rows: Indices, cols: Indices, /) -> None:
        """Refuse an optimal cost that squares, powers or products with masses have underflowed in.

        Args:
            cost: The cost of a plan, in the unit of what comes out.
            rows: Sources of its arcs.
            cols: Targets of its arcs.

        Raises:
            SolverError: If floats have no room for it.
        """
        self._require_digits(cost, rows, cols)
        if cost > 1e10 * SMALLEST or self.line_power == 1:
            return
        if self.order == 1 and self.metric not in ("euclidean", "sqeuclidean"):
            return
        plain: Metric | BlockMetric = self.metric if callable(self.metric) else "chebyshev"
        lengths = replace(self, order=1.0, metric=plain).along(rows, cols)
        if ((lengths > 0) & (self.along(rows, cols) < SMALLEST)).any():
            raise SolverError(
                "the distances span more orders of magnitude than floats have room for, squared "
                f"or to the power {self.order:g}: take a smaller `order`, or the farthest points "
                "out"
            )


    def _require_digits(self, cost: float, rows: Indices, cols: Indices) -> None:
        """Refuse an optimal cost that is subnormal, unless it is so in the caller's unit, too."""
        few_digits = cost < 4e9 * SMALLEST_SUBNORMAL * len(rows)  # fewer than the 9 promised
        honest = self.order == 1 and self.exponent <= 0
        if few_digits and not honest and self.along(rows, cols).any():
            raise SolverError(
                "the masses span more orders of magnitude than floats have room for, times the "
                f"distances to the power {self.order:g}: leave out the points of the smallest masses"
            )


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


def _unit(plain: GroundCost) -> int:
    """The unit of length of a callable metric, as the exponent of a power of two.

    By the triangle inequality, no distance is above three times the largest one of the first
    source and the first target; only where these are all 0 must the others be looked at.

    Returns:
        The exponent of about its largest distance.
    """
    every, first = slice(None), slice(0, 1)
    corner = [plain.block(first, every), plain.block(every, first)]
    if any(block.any() for block in corner):
        return max(exponent_of(block) for block in corner)
    size = max(1, PAIRS // len(plain.y))
    rows = (slice(start, start + size) for start in range(0, len(plain.x), size))
    farthest = max(float(plain.block(part, every).max()) for part in rows)
    return math.frexp(farthest)[1]


def require_order(order: float, /) -> None:
    """Refuse an order for which there is no Wasserstein distance here."""
    if not (isinstance(order, (int, float)) and 1 <= order < math.inf):
        raise DistributionError(f"`order` must be a finite number of at least 1, but is {order!r}")
