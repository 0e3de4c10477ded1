"""Ground cost between two sets of points, computed in blocks."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from divergences import _checks
from divergences._transport.certificate import SMALLEST_SUBNORMAL, UNDERFLOW_TOLERANCE
from divergences._transport.circular_distance import CircularDistance
from divergences._transport.great_circle import coordinates
from divergences._transport.metrics import (
    OVERFLOW_MESSAGE,
    BlockMetric,
    Metric,
    block_distances,
    checked_distances,
    common_exponent,
    divided_by_power,
    require_metric,
    row_distances,
)
from divergences._typing import Floats, Indices, Rows
from divergences.errors import DistributionError, SolverError

MAX_BLOCK_PAIRS = 1 << 16  # pairs whose costs are computed at once


@dataclass(frozen=True)
class GroundCost:
    """Costs ``d(x_i, y_j)**order`` of all pairs, computed on demand and not stored.

    Lengths are measured in a power of two, so that no intermediate result over- or underflows.
    Costs are in units of ``2**exponent`` (of the caller's unit to the power of the order).

    Attributes:
        x: Sources, shape ``(n, d)``; for a named metric in units of ``2**point_exponent``.
        y: Targets, shape ``(m, d)``, likewise.
        metric: The name of a distance, or a function of two blocks of points in the caller's unit,
            shapes ``(r, d)`` and ``(c, d)``, that returns distances of shape ``(r, c)``.
        order: The power to which distances are raised, at least 1.
        length_exponent: Exponent of the unit of distances.
    """

    x: Floats
    y: Floats
    metric: Metric | BlockMetric
    order: float
    length_exponent: int

    @classmethod
    def of(
        cls,
        x: Floats,
        y: Floats,
        /,
        *,
        metric: Metric | BlockMetric,
        order: float = 1.0,
        names: tuple[str, str] = ("x", "y"),
    ) -> "GroundCost":
        """Ground cost between points in the caller's unit.

        Args:
            x: Sources, shape ``(n, d)``.
            y: Targets, shape ``(m, d)``.
            metric: Name of a distance, or a function of two blocks of points.
            order: Power of the distance, at least 1.
            names: Names of the points in messages.

        Returns:
            The costs, in units of ``2**exponent``.

        Raises:
            DistributionError: If the metric or the order is invalid, a latitude is beyond 90
                degrees, or a callable metric returns invalid distances.
        """
        require_metric(metric)
        order = _checks.order_of_distance(order)
        if isinstance(metric, CircularDistance):
            x, y = (np.asarray(metric.positions(points, np)) for points in (x, y))
            return cls(x, y, metric, order, math.frexp(metric.period)[1])
        if metric == "haversine":
            return cls(coordinates(names[0], x), coordinates(names[1], y), metric, order, 0)
        if callable(metric):
            return cls(x, y, metric, order, _distance_exponent(cls(x, y, metric, 1.0, 0)))
        exponent = common_exponent(x, y)
        length_exponent = 2 * exponent if metric == "sqeuclidean" else exponent
        x, y = divided_by_power(x, exponent), divided_by_power(y, exponent)
        return cls(x, y, metric, order, length_exponent)

    @property
    def point_exponent(self) -> int:
        """Exponent of the unit of the stored points, a power of two of the caller's unit."""
        if callable(self.metric):
            return 0
        return self.length_exponent // 2 if self.metric == "sqeuclidean" else self.length_exponent

    @property
    def exponent(self) -> int:
        """Exponent of the unit of costs, a power of two of the caller's unit of costs."""
        return math.floor(self.length_exponent * self.order)

    @cached_property
    def factor(self) -> float:
        """Unit of length to the power of the order, in units of cost: in [1, 2)."""
        return float(2.0 ** (self.length_exponent * self.order - self.exponent))

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of sources and targets."""
        return len(self.x), len(self.y)

    @property
    def _is_curved(self) -> bool:
        """Whether the metric is not a norm of differences of coordinates."""
        return callable(self.metric) or self.metric == "haversine"

    @property
    def line_power(self) -> float | None:
        """Power of ``|x - y|`` that is the cost, for a named metric on the line; else None."""
        if self.x.shape[1] != 1 or self._is_curved:
            return None
        return 2 * self.order if self.metric == "sqeuclidean" else self.order

    @property
    def without_constant_coordinates(self) -> "GroundCost":
        """The same costs from one coordinate, if all points agree in all others."""
        if self._is_curved or self.x.shape[1] == 1:
            return self
        first = self.x[0]
        if (self.y[-1] != first).sum() > 1:
            return self
        varies = (self.x != first).any(axis=0) | (self.y != first).any(axis=0)
        if varies.sum() > 1:
            return self
        kept = [int(varies.argmax())]
        return replace(self, x=self.x[:, kept], y=self.y[:, kept])

    @property
    def transposed(self) -> "GroundCost":
        """The same costs with sources and targets exchanged."""
        metric = self.metric
        if callable(metric):
            return replace(self, x=self.y, y=self.x, metric=lambda y, x: metric(x, y).T)
        return replace(self, x=self.y, y=self.x)

    def subset(self, rows: Rows, cols: Rows, /) -> "GroundCost":
        """Costs between the given sources and targets, in the same unit."""
        return replace(self, x=self.x[rows], y=self.y[cols])

    def block(self, rows: Rows, cols: Rows, /) -> Floats:
        """Costs from each of r sources to each of c targets.

        Returns:
            Shape ``(r, c)``.

        Raises:
            DistributionError: If a callable metric returns invalid distances.
        """
        x, y = self.x[rows], self.y[cols]
        if not callable(self.metric):
            return self.powers(block_distances(x, y, self.metric))
        distances = checked_distances(self.metric(x, y), len(x), len(y))
        with np.errstate(over="ignore"):
            return self.powers(np.ldexp(distances, -self.length_exponent))

    def powers(self, distances: Floats, /) -> Floats:
        """Costs of distances that are in units of ``2**length_exponent``.

        Returns:
            Costs, of the shape of the distances.

        Raises:
            DistributionError: If a cost is too large for a float.
        """
        if self.order == 1 and not callable(self.metric):
            return distances
        with np.errstate(over="ignore"):
            cost: Floats = distances if self.order == 1 else self.factor * distances**self.order
        if not np.isfinite(cost).all():
            raise DistributionError(
                f"`metric` gives distances whose power {self.order:g} is more than 1e300 times "
                "as large as that of others: take a smaller `order`, or remove the farthest points"
            )
        return cost

    def of_pairs(self, rows: Indices, cols: Indices, /) -> Floats:
        """Costs of the pairs ``(rows[k], cols[k])``.

        Returns:
            Shape ``(k,)``.

        Raises:
            DistributionError: If a callable metric returns invalid distances.
        """
        if isinstance(self.metric, CircularDistance):
            distances = self.metric.of_rows(self.x[rows], self.y[cols], np)
            return self.powers(np.ldexp(np.asarray(distances), -self.length_exponent))
        if callable(self.metric):
            return self._of_pairs_by_blocks(rows, cols)
        cost = np.empty(len(rows))
        size = max(1, MAX_BLOCK_PAIRS // self.x.shape[1])
        for start in range(0, len(rows), size):
            part = slice(start, start + size)
            cost[part] = row_distances(self.x[rows[part]], self.y[cols[part]], self.metric)
        return self.powers(cost)

    def _of_pairs_by_blocks(self, rows: Indices, cols: Indices) -> Floats:
        """Costs of pairs, from blocks of a few sources and all of their targets."""
        cost = np.empty(len(rows))
        order = np.argsort(rows, kind="stable")
        for part in np.array_split(order, max(1, len(rows) // 64)):
            sources, i = np.unique(rows[part], return_inverse=True)
            targets, j = np.unique(cols[part], return_inverse=True)
            cost[part] = self.block(sources, targets)[i, j]
        return cost

    def distance(self, cost: float, /) -> float:
        """The distance whose power is a cost: W_p, for the optimal cost.

        Returns:
            The distance, in the caller's unit.

        Raises:
            DistributionError: If the distance is too large for a float.
        """
        return rescaled(float((cost / self.factor) ** (1 / self.order)), self.length_exponent)

    def require_no_underflow(self, cost: float, rows: Indices, cols: Indices, /) -> None:
        """Refuse an optimal cost that has lost digits because costs of arcs underflow.

        Args:
            cost: Cost of a plan, in units of ``2**exponent``.
            rows: Sources of its arcs.
            cols: Targets of its arcs.

        Raises:
            SolverError: If powers of distances, or their products with masses, underflow.
        """
        if cost > 1e10 * UNDERFLOW_TOLERANCE:
            return
        if self._has_underflowing_powers(rows, cols):
            raise SolverError(
                "the distances span more orders of magnitude than floats have room for, squared "
                f"or to the power {self.order:g}: take a smaller `order`, or remove the farthest "
                "points"
            )
        few_digits = cost < 4e9 * SMALLEST_SUBNORMAL * len(rows)  # fewer than the 9 of the gap
        subnormal_for_caller = self.order == 1 and self.exponent <= 0
        if few_digits and not subnormal_for_caller and self.of_pairs(rows, cols).any():
            raise SolverError(
                "the masses span more orders of magnitude than floats have room for, times the "
                f"distances to the power {self.order:g}: remove the points of the smallest masses"
            )

    def _has_underflowing_powers(self, rows: Indices, cols: Indices) -> bool:
        """Whether a pair at a positive distance has a cost below `UNDERFLOW_TOLERANCE`."""
        if self.line_power == 1:
            return False
        if self.order == 1 and self.metric not in ("euclidean", "sqeuclidean"):
            return False
        norm: Metric | BlockMetric = self.metric if self._is_curved else "chebyshev"
        distances = replace(self, order=1.0, metric=norm).of_pairs(rows, cols)
        vanished = (distances > 0) & (self.of_pairs(rows, cols) < UNDERFLOW_TOLERANCE)
        return bool(vanished.any())


def rescaled(value: float, exponent: int, /) -> float:
    """A value in a unit that is smaller by a power of two.

    Returns:
        ``value * 2**exponent``.

    Raises:
        DistributionError: If the result is too large for a float.
    """
    try:
        return math.ldexp(value, exponent)
    except OverflowError:
        raise DistributionError(OVERFLOW_MESSAGE.format("ground")) from None


def _distance_exponent(plain: GroundCost) -> int:
    """Exponent of about the largest distance of a callable metric.

    By the triangle inequality, no distance is above three times the largest one of the first
    source and the first target; the others are computed only if all of these are 0.

    Returns:
        The exponent of the power of two just above that distance.
    """
    every, first = slice(None), slice(0, 1)
    corner = [plain.block(first, every), plain.block(every, first)]
    if any(block.any() for block in corner):
        return max(common_exponent(block) for block in corner)
    size = max(1, MAX_BLOCK_PAIRS // len(plain.y))
    parts = (slice(start, start + size) for start in range(0, len(plain.x), size))
    farthest = max(float(plain.block(part, every).max()) for part in parts)
    return math.frexp(farthest)[1]
