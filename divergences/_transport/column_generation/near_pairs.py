r"""Near pairs: boxes around cells of neighbouring points bound the costs between distant ones.

The potentials of points in low dimension differ little more than their distances do, so a target
far from a source has a reduced cost far above 0. A cost is at least that of the gap between the
bounding boxes of two cells, which is computed once for all pairs of these cells.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from divergences._transport.certificate import EPS
from divergences._transport.column_generation.block_pricing import (
    BlockPricer,
    PairCosts,
    PricedBlock,
    Pricing,
)
from divergences._transport.ground import GroundCost
from divergences._transport.metrics import Metric, row_distances
from divergences._transport.row_blocks import BLOCK_ENTRIES
from divergences._typing import Floats, Indices, Rows

MAX_TREE_DIMENSION = 8  # up to it, a k-d tree keeps neighbours in space together
MAX_BOX_DIMENSION = 4  # up to it, boxes of neighbours are small
MIN_BOX_PAIRS = 1_000**2
CELL_POINTS = 16
SOURCES_PER_BLOCK = 64
MAX_NEAR_FRACTION = 0.5  # of the targets; above it, a block is priced as a whole


def has_spatial_order(ground: GroundCost, /) -> bool:
    """Whether a k-d tree of the points keeps neighbours together."""
    return not callable(ground.metric) and ground.x.shape[1] <= MAX_TREE_DIMENSION


def spatial_order(points: Floats, /) -> Indices:
    """Indices of the points in the order of a k-d tree, which keeps neighbours together."""
    order: Indices = cKDTree(points).indices
    return order


@dataclass(frozen=True, slots=True)
class Boxes:
    """Bounding boxes of cells of consecutive points.

    Attributes:
        starts: First point of each cell, shape ``(c,)``.
        sizes: Number of points of each cell, shape ``(c,)``.
        low: Least coordinates of each cell, shape ``(c, d)``.
        high: Largest coordinates of each cell, shape ``(c, d)``.
    """

    starts: Indices
    sizes: Indices
    low: Floats
    high: Floats

    @classmethod
    def of(cls, points: Floats, /) -> "Boxes":
        """Boxes of 8 to 16 points each, whose order keeps neighbours together."""
        n = len(points)
        count = 1 << max(0, (n // CELL_POINTS).bit_length())
        starts = np.unique(np.arange(count) * n // count)
        low = np.minimum.reduceat(points, starts, axis=0)
        high = np.maximum.reduceat(points, starts, axis=0)
        return cls(starts, np.diff(starts, append=n), low, high)

    def least_costs(self, points: Floats, ground: GroundCost, /) -> Floats:
        """Lower bound on the costs, with their rounding, from some points to each cell."""
        gap = np.maximum(self.low - points.max(axis=0), points.min(axis=0) - self.high)
        np.maximum(gap, 0.0, out=gap)
        metric = cast(Metric, ground.metric)
        least = ground.powers(row_distances(gap, np.zeros_like(gap), metric))
        return least * (1 - 16 * EPS * ground.order * (gap.shape[1] + 8))

    def highest(self, values: Floats, /) -> Floats:
        """Largest value of the points of each cell."""
        highest: Floats = np.maximum.reduceat(values, self.starts)
        return highest

    def members(self, chosen: NDArray[np.bool_] | Indices, /) -> Indices:
        """Points of the chosen cells."""
        starts, sizes = self.starts[chosen], self.sizes[chosen]
        shifts = starts - (np.cumsum(sizes) - sizes)
        return np.repeat(shifts, sizes) + np.arange(sizes.sum())


@dataclass(frozen=True)
class NearPairPricing:
    """Pricing of the pairs that are near enough to have a reduced cost below the width.

    Attributes:
        pairs: Pricing of these pairs, between points in an order that keeps neighbours together,
            with costs that grow with the differences of coordinates.
    """

    pairs: Pricing

    @classmethod
    def where_faster(cls, pricing: Pricing, /) -> Pricing:
        """The pricing restricted to near pairs where that saves time, or else as it is."""
        ground = pricing.ground
        n, m = ground.shape
        grows_with_differences = not callable(ground.metric) and ground.metric != "haversine"
        low_dimension = ground.x.shape[1] <= MAX_BOX_DIMENSION
        if grows_with_differences and low_dimension and n * m > MIN_BOX_PAIRS:
            return cls(pricing)
        return pricing

    @property
    def ground(self) -> GroundCost:
        """The ground cost."""
        return self.pairs.ground

    @property
    def transposed(self) -> "NearPairPricing":
        """The same method with sources and targets exchanged."""
        return NearPairPricing(self.pairs.transposed)

    def subset(self, rows: Indices, cols: Indices, /) -> "NearPairPricing":
        """The same method on a subset of the points, in ascending order."""
        return NearPairPricing(self.pairs.subset(rows, cols))

    @property
    def threads(self) -> int:
        """Number of blocks to price concurrently."""
        return self.pairs.threads

    @property
    def min_block_rows(self) -> int:
        """Number of sources that share a box."""
        return SOURCES_PER_BLOCK

    @cached_property
    def _boxes(self) -> Boxes:
        """Boxes of the targets."""
        return Boxes.of(self.ground.y)

    def approximate_cost(self, rows: slice, cols: Rows, /) -> NDArray[np.floating]:
        """Approximate costs of a block, shape ``(r, c)``."""
        return self.pairs.approximate_cost(rows, cols)

    def pricer(self, u: Floats, v: Floats, pair_costs: PairCosts, width: float, /) -> BlockPricer:
        """Function that prices blocks at given potentials."""
        price_pairs = self.pairs.pricer(u, v, pair_costs, width)
        ground, boxes = self.ground, self._boxes
        highest = boxes.highest(v)

        def price(rows: Indices, cols: Rows) -> PricedBlock:
            if not isinstance(cols, slice):
                return price_pairs(rows, cols)
            slack = boxes.least_costs(ground.x[rows], ground) - highest
            near = slack <= u[rows].max() + width
            near[slack.argmin()] = True
            priced = _priced_in_parts(price_pairs, rows, boxes.members(near), len(v))
            others = slack.min(where=~near, initial=np.inf) - u[rows]
            return priced._replace(slack=np.minimum(priced.slack, others))

        return price

    def near_targets(
        self, potential: Floats, count: int, among: Indices | None, /
    ) -> "NearTargets":
        """Targets that contain those of lowest ``cost - potential`` of each source of a block."""
        boxes = self._boxes if among is None else Boxes.of(self.ground.y[among])
        return NearTargets(self, among, potential, count, boxes)


def _priced_in_parts(price: BlockPricer, rows: Indices, cols: Indices, n_cols: int) -> PricedBlock:
    """A block of pairs, in parts that fit the caches; of all targets where most are included."""
    targets: Rows = cols if len(cols) <= MAX_NEAR_FRACTION * n_cols else slice(None)
    size = max(1, BLOCK_ENTRIES // (n_cols if isinstance(targets, slice) else len(cols)))
    parts = [price(rows[start : start + size], targets) for start in range(0, len(rows), size)]
    return PricedBlock(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


@dataclass(frozen=True)
class NearTargets:
    """Targets near enough to a block of sources to have one of the lowest reduced costs.

    Attributes:
        pricing: Pricing method.
        among: Targets to choose from, in the order of all; None for all.
        potential: Potentials of these targets, shape ``(m,)``.
        count: Number of targets that each source needs, at most m.
        boxes: Boxes of these targets.
    """

    pricing: NearPairPricing
    among: Indices | None
    potential: Floats
    count: int
    boxes: Boxes

    @cached_property
    def _highest(self) -> Floats:
        """Largest potential of each cell."""
        return self.boxes.highest(self.potential)

    def reduced_costs(self, rows: slice, /) -> tuple[Indices, NDArray[np.floating]]:
        """Near targets of a block of sources, and approximate reduced costs.

        Returns:
            Indices in ``potential``, shape ``(k,)``, and ``cost - potential``, shape ``(r, k)``.
        """
        ground = self.pricing.ground
        least = self.boxes.least_costs(ground.x[rows], ground) - self._highest
        enough = min(len(least), -(-2 * self.count // int(self.boxes.sizes.min())))
        nearest = self.boxes.members(np.argpartition(least, enough - 1)[:enough])
        some = np.partition(self._reduced_costs(rows, nearest), self.count - 1, axis=1)
        near = self.boxes.members(least <= some[:, self.count - 1].max())
        return near, self._reduced_costs(rows, near)

    def _reduced_costs(self, rows: slice, targets: Indices) -> NDArray[np.floating]:
        """Approximate reduced costs of a block, shape ``(r, k)``."""
        cols = targets if self.among is None else self.among[targets]
        reduced_cost = self.pricing.approximate_cost(rows, cols)
        reduced_cost -= self.potential[targets].astype(reduced_cost.dtype)
        return reduced_cost
