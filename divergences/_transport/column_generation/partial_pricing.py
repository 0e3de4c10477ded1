"""Partial pricing: lower bounds on reduced costs, so that most pairs are skipped in most rounds.

When a source is priced, its pairs of reduced cost near or below 0 go to a candidate list, which is
priced exactly in every round. The least reduced cost of its other pairs is their slack. A rise of
potentials reduces the slack by as much; until it is below 0, none of these pairs can have negative
reduced cost, and the source is skipped. The few targets whose potentials rise much more than the
others' do not reduce the slack; their pairs with all sources are priced instead.
"""

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from divergences._transport.certificate import EPS
from divergences._transport.column_generation.arcs import lowest_per_group
from divergences._transport.column_generation.block_pricing import (
    MAX_CANDIDATES_PER_ROW,
    BlockPricer,
    PairCosts,
    PricedBlock,
    Pricing,
)
from divergences._transport.row_blocks import BLOCK_ENTRIES, Check, map_row_blocks, no_check
from divergences._typing import Floats, Indices, Rows

TARGETS_PER_OUTLIER = 32  # one target in so many may rise by more than the slack is reduced by
MAX_STALE_FRACTION = 0.6  # of the sources, above which all are priced

Candidates = tuple[Indices, Indices, Floats]  # rows, columns and costs


@dataclass(frozen=True, slots=True)
class Violations:
    """Pairs of negative reduced cost: violated constraints of the dual problem.

    Attributes:
        rows: Sources of the most violated pairs, shape ``(k,)``.
        cols: Targets of these pairs, shape ``(k,)``.
        cost: Ground costs of these pairs, shape ``(k,)``.
        by_row: Lowest reduced cost of each source over *all* targets, at most 0, shape ``(n,)``.
        by_col: Lowest reduced cost of each target over *all* sources, at most 0, shape ``(m,)``.
    """

    rows: Indices
    cols: Indices
    cost: Floats
    by_row: Floats
    by_col: Floats


@dataclass(slots=True)
class ReducedCostBounds:
    """Candidate list of near-tight pairs, and lower bounds on the reduced costs of all others.

    Attributes:
        pricing: Pricing method.
        check: Called after each block of pairs; it may raise an error.
        slack: Lower bound on the reduced costs of the pairs of each source outside the candidate
            list, shape ``(n,)``; below 0 where the source has to be priced again.
        potentials: Potentials at which the slack holds; None before the first pricing.
        rows: Sources of the candidates, shape ``(k,)``.
        cols: Targets of the candidates, shape ``(k,)``.
        cost: Ground costs of the candidates, shape ``(k,)``.
        complete: Whether the last pricing computed the reduced costs of all pairs.
    """

    pricing: Pricing
    check: Check = no_check
    slack: Floats = field(init=False)
    potentials: tuple[Floats, Floats] | None = None
    rows: Indices = field(default_factory=lambda: np.empty(0, np.intp))
    cols: Indices = field(default_factory=lambda: np.empty(0, np.intp))
    cost: Floats = field(default_factory=lambda: np.empty(0))
    complete: bool = False

    def __post_init__(self) -> None:
        """Start without bounds."""
        self.reset()

    def reset(self) -> None:
        """Drop all bounds, so that the next pricing is of all pairs."""
        self.slack = np.full(len(self.pricing.ground.x), -np.inf)

    def violations(
        self, u: Floats, v: Floats, pair_costs: PairCosts, count: int, /, *, width: float
    ) -> Violations:
        """Pairs of negative reduced cost at new potentials.

        Args:
            u: Potentials of the sources, shape ``(n,)``.
            v: Potentials of the targets, shape ``(m,)``.
            pair_costs: Function of rows and columns that returns the costs of these pairs.
            count: Number of most violated pairs to return for each source and for each target.
            width: Reduced cost below which a pair becomes a candidate, where not too many are.

        Returns:
            The most violated pairs, and the lowest reduced cost of each source and each target.
        """
        rounding = 8 * EPS * float(np.abs(u).max() + np.abs(v).max())
        outliers = self._update_slack(u, v, rounding)
        stale = self.slack < 0
        if np.count_nonzero(stale) > MAX_STALE_FRACTION * len(stale):
            stale[:] = True
        self.complete = bool(stale.all())
        price = self.pricing.pricer(u, v, pair_costs, width)
        kept = ~stale[self.rows]
        parts = [(self.rows[kept], self.cols[kept], self.cost[kept])]
        self.slack[stale] = np.inf
        parts += self._price(price, np.flatnonzero(stale), slice(None), (u, v), rounding)
        if not self.complete and len(outliers):
            parts += self._price(price, np.flatnonzero(~stale), outliers, (u, v), rounding)
        self._set_candidates(parts)
        self.potentials = u, v
        return self._most_violated(u, v, count)

    def _update_slack(self, u: Floats, v: Floats, rounding: float) -> Indices:
        """Reduce the slack by the rise of the potentials; return the targets that rise by more."""
        if self.potentials is None:
            return np.empty(0, np.intp)
        rise = v - self.potentials[1]
        rank = len(v) // TARGETS_PER_OUTLIER + 1
        common_rise = float(np.partition(rise, -rank)[-rank])
        self.slack -= (u - self.potentials[0]) + common_rise + rounding
        return np.flatnonzero(rise > common_rise)

    def _price(
        self,
        price: BlockPricer,
        rows: Indices,
        cols: Rows,
        potentials: tuple[Floats, Floats],
        rounding: float,
    ) -> list[Candidates]:
        """Price a block of pairs, and update the slack of its rows.

        The slack becomes at most the least reduced cost of the pairs that are not candidates.

        Returns:
            The candidates of the block.
        """
        n_cols = len(potentials[1]) if isinstance(cols, slice) else len(cols)
        if len(rows) == 0:
            return []
        # Without a reference to this object, which could not be sent to another process.
        price_part = partial(_priced_rows, price, rows, cols, potentials)
        parts = map_row_blocks(
            price_part,
            len(rows),
            n_cols,
            self.pricing.threads,
            check=self.check,
            entries=max(BLOCK_ENTRIES, self.pricing.min_block_rows * n_cols),
            picklable=True,
        )
        slack = np.concatenate([part.slack for part in parts]) - rounding
        self.slack[rows] = np.minimum(self.slack[rows], slack)
        return [(part.rows, part.cols, part.cost) for part in parts]

    def _set_candidates(self, parts: list[Candidates]) -> None:
        """Concatenate the candidates, without duplicates."""
        i, j, cost = (np.concatenate(list(part)) for part in zip(*parts, strict=True))
        if self.complete:
            self.rows, self.cols, self.cost = i, j, cost
            return
        _, first = np.unique(i * len(self.pricing.ground.y) + j, return_index=True)
        self.rows, self.cols, self.cost = i[first], j[first], cost[first]

    def _most_violated(self, u: Floats, v: Floats, count: int) -> Violations:
        """The candidates of negative reduced cost."""
        reduced_cost = self.cost - u[self.rows] - v[self.cols]
        negative: Indices = np.flatnonzero(reduced_cost < 0)
        i, j, reduced_cost = self.rows[negative], self.cols[negative], reduced_cost[negative]
        by_row, by_col = np.zeros(len(u)), np.zeros(len(v))
        np.minimum.at(by_row, i, reduced_cost)
        np.minimum.at(by_col, j, reduced_cost)
        kept = _lowest_by_row_and_col(i, j, reduced_cost, count)
        return Violations(i[kept], j[kept], self.cost[negative][kept], by_row, by_col)


def _priced_rows(
    price: BlockPricer, rows: Indices, cols: Rows, potentials: tuple[Floats, Floats], part: slice
) -> PricedBlock:
    """A part of the rows, priced; of too many candidates, those of lowest reduced cost."""
    sources = rows[part]
    block = price(sources, cols)
    if len(block.rows) <= MAX_CANDIDATES_PER_ROW * len(sources):
        return block
    i, j, cost, slack = block
    # They suffice for `by_row` and `by_col`.
    reduced_cost = cost - potentials[0][i] - potentials[1][j]
    by_row = lowest_per_group(i, reduced_cost, MAX_CANDIDATES_PER_ROW // 2)
    kept = np.union1d(by_row, lowest_per_group(j, reduced_cost, 1))
    return PricedBlock(i[kept], j[kept], cost[kept], np.full_like(slack, -np.inf))


def _lowest_by_row_and_col(
    rows: Indices, cols: Indices, reduced_cost: Floats, count: int
) -> Indices:
    """Indices of the ``count`` pairs of lowest reduced cost of each row and of each column."""
    by_row = lowest_per_group(rows, reduced_cost, count)
    return np.union1d(by_row, lowest_per_group(cols, reduced_cost, count))
