"""Pricing: reduced costs ``cost - u - v`` of all pairs, in blocks of rows on several cores."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from divergences._transport.column_generation.arcs import smallest_per_row
from divergences._transport.ground import GroundCost
from divergences._transport.row_blocks import available_cores
from divergences._typing import Floats, Indices, Rows

MAX_NEAR_TIGHT_PER_ROW = 16  # average over a block; above it, only negative reduced costs count
MAX_CANDIDATES_PER_ROW = 64  # average over a block; above it, only the lowest reduced costs


class PricedBlock(NamedTuple):
    """Candidate pairs of a block, and a bound for all its other pairs.

    Attributes:
        rows: Sources of the candidates, shape ``(k,)``.
        cols: Targets of the candidates, shape ``(k,)``.
        cost: Ground costs of the candidates, shape ``(k,)``.
        slack: Lower bound on the reduced costs of the other pairs of each row of the block.
    """

    rows: Indices
    cols: Indices
    cost: Floats
    slack: Floats


BlockPricer = Callable[[Indices, Rows], PricedBlock]
PairCosts = Callable[[Indices, Indices], Floats]


class Pricing(Protocol):
    """A method to price all pairs of a ground cost."""

    @property
    def ground(self) -> GroundCost:
        """The ground cost."""

    @property
    def transposed(self) -> "Pricing":
        """The same method with sources and targets exchanged."""

    def subset(self, rows: Indices, cols: Indices, /) -> "Pricing":
        """The same method on a subset of the points."""

    @property
    def threads(self) -> int:
        """Number of blocks to price concurrently."""

    @property
    def min_block_rows(self) -> int:
        """Least number of sources to price together."""

    def approximate_cost(self, rows: slice, cols: slice | Indices, /) -> NDArray[np.floating]:
        """Approximate costs of a block, shape ``(r, c)``."""

    def pricer(self, u: Floats, v: Floats, pair_costs: PairCosts, width: float, /) -> BlockPricer:
        """Function that prices blocks at given potentials.

        Args:
            u: Potentials of the sources, shape ``(n,)``.
            v: Potentials of the targets, shape ``(m,)``.
            pair_costs: Function of rows and columns that returns the costs of these pairs.
            width: Reduced cost below which a pair is a candidate, at least 0. It counts as 0 in
                blocks with more than `MAX_NEAR_TIGHT_PER_ROW` candidates per row.

        Returns:
            Function of rows and columns. Its candidates contain every pair of the block with
            negative reduced cost.
        """


@dataclass(frozen=True)
class BlockPricing:
    """Pricing of any ground cost: computes every cost of every block."""

    ground: GroundCost

    @property
    def transposed(self) -> "BlockPricing":
        """The same method with sources and targets exchanged."""
        return BlockPricing(self.ground.transposed)

    def subset(self, rows: Indices, cols: Indices, /) -> "BlockPricing":
        """The same method on a subset of the points."""
        return BlockPricing(self.ground.subset(rows, cols))

    @property
    def threads(self) -> int:
        """One for a callable metric, which need not be thread-safe; else all available cores."""
        return 1 if callable(self.ground.metric) else available_cores()

    @property
    def min_block_rows(self) -> int:
        """One: every block is computed as a whole."""
        return 1

    def approximate_cost(self, rows: slice, cols: slice | Indices, /) -> Floats:
        """Costs of a block, shape ``(r, c)``, here not approximated."""
        return self.ground.block(rows, cols)

    def pricer(self, u: Floats, v: Floats, _costs: PairCosts, width: float, /) -> BlockPricer:
        """Function that prices blocks at given potentials."""

        def price(rows: Indices, cols: Rows) -> PricedBlock:
            cost = self.ground.block(rows, cols)
            return priced_block(cost, cost - u[rows, None] - v[cols], rows, cols, width)

        return price


def priced_block(
    cost: Floats, reduced_cost: Floats, rows: Indices, cols: Rows, width: float, /
) -> PricedBlock:
    """Candidates and slack of a block; overwrites the reduced costs.

    Args:
        cost: Ground costs, shape ``(r, c)``.
        reduced_cost: Shape ``(r, c)``.
        rows: Sources of the block.
        cols: Targets of the block.
        width: Reduced cost below which a pair is a candidate.

    Returns:
        Pairs below the width, or only those of negative reduced cost where there are too many, and
        the least reduced cost of the other pairs of each row.
    """
    candidate = reduced_cost < width
    if np.count_nonzero(candidate) > MAX_NEAR_TIGHT_PER_ROW * len(rows):
        candidate = reduced_cost < 0
    if np.count_nonzero(candidate) > MAX_CANDIDATES_PER_ROW * len(rows):
        return _crowded_block(cost, reduced_cost, rows, cols)
    i, j = np.nonzero(candidate)
    reduced_cost[i, j] = np.inf
    targets = j if isinstance(cols, slice) else cols[j]
    return PricedBlock(rows[i], targets, cost[i, j], reduced_cost.min(axis=1))


def _crowded_block(cost: Floats, reduced_cost: Floats, rows: Indices, cols: Rows) -> PricedBlock:
    """Pairs of lowest reduced cost of each row and each column, without a bound for the others."""
    n, m = reduced_cost.shape
    lowest = smallest_per_row(reduced_cost, min(m, MAX_CANDIDATES_PER_ROW // 2))
    keys = np.union1d((np.arange(n)[:, None] * m + lowest).ravel(), _column_minima(reduced_cost))
    i, j = np.divmod(keys, m)
    negative = reduced_cost[i, j] < 0
    i, j = i[negative], j[negative]
    targets = j if isinstance(cols, slice) else cols[j]
    return PricedBlock(rows[i], targets, cost[i, j], np.full(n, -np.inf))


def _column_minima(values: Floats) -> Indices:
    """Flat index of the minimum of each column."""
    return values.argmin(axis=0) * values.shape[1] + np.arange(values.shape[1])
