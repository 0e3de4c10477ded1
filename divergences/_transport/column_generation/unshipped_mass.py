"""Partial transport by column generation: targets that take unshipped mass at no cost."""

from dataclasses import dataclass, replace
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from divergences._transport.column_generation.block_pricing import (
    BlockPricer,
    PairCosts,
    PricedBlock,
    Pricing,
)
from divergences._transport.ground import GroundCost
from divergences._typing import Floats, Indices, Rows

Block = TypeVar("Block", bound=NDArray[np.floating])


@dataclass(frozen=True)
class PartialGroundCost(GroundCost):
    """Ground cost with points, on either side, to and from which every cost is 0.

    Attributes:
        x_is_free: True for sources from which every cost is 0, shape ``(n,)``.
        y_is_free: True for targets to which every cost is 0, shape ``(m,)``.
    """

    x_is_free: NDArray[np.bool_]
    y_is_free: NDArray[np.bool_]

    @classmethod
    def with_free_target(cls, ground: GroundCost, /) -> "PartialGroundCost":
        """The ground cost with one more target, the last, to which every cost is 0."""
        n, m = ground.shape
        return cls(
            ground.x,
            np.concatenate([ground.y, ground.y[:1]]),  # the coordinates are not used
            ground.metric,
            ground.order,
            ground.length_exponent,
            np.zeros(n, np.bool_),
            np.arange(m + 1) == m,
        )

    @property
    def between_points(self) -> GroundCost:
        """The costs between the coordinates, also of free points."""
        return GroundCost(self.x, self.y, self.metric, self.order, self.length_exponent)

    @property
    def transposed(self) -> "PartialGroundCost":
        """The same costs with sources and targets exchanged."""
        exchanged = cast("PartialGroundCost", super().transposed)
        return replace(exchanged, x_is_free=self.y_is_free, y_is_free=self.x_is_free)

    def subset(self, rows: Rows, cols: Rows, /) -> "PartialGroundCost":
        """Costs between the given sources and targets, in the same unit."""
        chosen = cast("PartialGroundCost", super().subset(rows, cols))
        return replace(chosen, x_is_free=self.x_is_free[rows], y_is_free=self.y_is_free[cols])

    def block(self, rows: Rows, cols: Rows, /) -> Floats:
        """Costs from each of r sources to each of c targets, shape ``(r, c)``."""
        return self.without_free_points(super().block(rows, cols), rows, cols)

    def of_pairs(self, rows: Indices, cols: Indices, /) -> Floats:
        """Costs of the pairs ``(rows[k], cols[k])``, shape ``(k,)``."""
        return np.where(
            self.x_is_free[rows] | self.y_is_free[cols], 0.0, super().of_pairs(rows, cols)
        )

    def without_free_points(self, cost: Block, rows: Rows, cols: Rows, /) -> Block:
        """A block of costs between points, in place set to 0 for free ones."""
        cost[self.x_is_free[rows]] = 0.0
        cost[:, self.y_is_free[cols]] = 0.0
        return cost


@dataclass(frozen=True)
class PartialPricing:
    """Pricing of a partial ground cost: all pairs of its free targets are candidates.

    Attributes:
        ground: The ground cost; only its transposed pricing may have free sources, since it
            prices no reduced costs.
        points: Pricing of the costs between the coordinates.
    """

    ground: PartialGroundCost
    points: Pricing

    @property
    def transposed(self) -> "PartialPricing":
        """The same method with sources and targets exchanged."""
        return PartialPricing(self.ground.transposed, self.points.transposed)

    def subset(self, rows: Indices, cols: Indices, /) -> "PartialPricing":
        """The same method on a subset of the points."""
        return PartialPricing(self.ground.subset(rows, cols), self.points.subset(rows, cols))

    @property
    def threads(self) -> int:
        """Number of blocks to price concurrently."""
        return self.points.threads

    @property
    def min_block_rows(self) -> int:
        """Least number of sources to price together."""
        return self.points.min_block_rows

    def approximate_cost(self, rows: slice, cols: slice | Indices, /) -> NDArray[np.floating]:
        """Approximate costs of a block, shape ``(r, c)``."""
        cost = self.points.approximate_cost(rows, cols)
        return self.ground.without_free_points(cost, rows, cols)

    def pricer(self, u: Floats, v: Floats, pair_costs: PairCosts, width: float, /) -> BlockPricer:
        """Function that prices blocks at given potentials."""
        price_points = self.points.pricer(u, v, pair_costs, width)
        is_free = self.ground.y_is_free
        free_targets = np.flatnonzero(is_free)

        def price(rows: Indices, cols: Rows) -> PricedBlock:
            i, j, cost, slack = price_points(rows, cols)
            kept = ~is_free[j]
            free = free_targets if isinstance(cols, slice) else cols[is_free[cols]]
            return PricedBlock(
                np.concatenate([i[kept], np.repeat(rows, len(free))]),
                np.concatenate([j[kept], np.tile(free, len(rows))]),
                np.concatenate([cost[kept], np.zeros(len(rows) * len(free))]),
                slack,
            )

        return price
