"""Pricing: which of all pairs cost less than their two potentials, and which are the cheapest."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from divergences._transport.ground import GroundCost
from divergences._typing import Floats, Indices, Rows

Result = TypeVar("Result")
Seen = tuple[Indices, Indices, Floats, Floats]  # rows, columns and costs; room of each row beyond
Look = Callable[[Indices, Rows], Seen]
Known = Callable[[Indices, Indices], Floats]
ENTRIES = 1 << 19  # of a block: what two cores hold in their caches
GROUPS = 32
CROWD = 16  # pairs of a row, on average, above which those with slack are not counted


class Pricing(Protocol):
    """A way to look at all pairs of a ground cost."""

    @property
    def ground(self) -> GroundCost:
        """The costs."""

    @property
    def turned(self) -> "Pricing":
        """The same with sources and targets exchanged."""

    def subset(self, rows: Indices, cols: Indices, /) -> "Pricing":
        """The same of some of the points."""

    @property
    def threads(self) -> int:
        """How many blocks are looked at side by side."""

    def estimate(self, rows: slice, cols: slice | Indices, /) -> NDArray[np.floating]:
        """Costs of a block, roughly; shape ``(r, c)``."""

    def suspects(self, u: Floats, v: Floats, known: Known, width: float, /) -> Look:
        """A look at rows and columns, at these potentials.

        Args:
            u: Potentials of the sources.
            v: Potentials of the targets.
            known: The costs of pairs.
            width: How far above its potentials the cost of a pair may be to be seen, where that does
                not make too many.

        Returns:
            A function of rows and columns that tells every pair of them which may cost less than
            its potentials, and by how much at least the others of each row cost more.
        """


@dataclass(frozen=True)
class BlockPricing:
    """Every cost of every block, computed as it is."""

    ground: GroundCost

    @property
    def turned(self) -> "BlockPricing":
        """The same with sources and targets exchanged."""
        return BlockPricing(self.ground.turned)

    def subset(self, rows: Indices, cols: Indices, /) -> "BlockPricing":
        """The same of some of the points."""
        return BlockPricing(self.ground.subset(rows, cols))

    @property
    def threads(self) -> int:
        """One for a function of the caller's, which need not be safe in several."""
        return 1 if callable(self.ground.metric) else cores()

    def estimate(self, rows: slice, cols: slice | Indices, /) -> Floats:
        """Costs of a block."""
        return self.ground.block(rows, cols)

    def suspects(self, u: Floats, v: Floats, _known: Known, width: float, /) -> Look:
        """A look at rows and columns: the pairs that cost less than ``u + v``, or little more."""

        def look(rows: Indices, cols: Rows) -> Seen:
            cost = self.ground.block(rows, cols)
            return close_pairs(cost, cost - u[rows, None] - v[cols], rows, cols, width)

        return look


def close_pairs(cost: Floats, slack: Floats, rows: Indices, cols: Rows, width: float, /) -> Seen:
    """The pairs of a block with little slack, and the least slack of the others of each row."""
    close = slack < width
    if np.count_nonzero(close) > CROWD * len(rows):
        close = slack < 0
    i, j = np.nonzero(close)
    found = cost[i, j]
    slack[i, j] = np.inf
    return rows[i], j if isinstance(cols, slice) else cols[j], found, slack.min(axis=1)


def cheapest(
    pricing: Pricing, potential: Floats, count: int, /, *, among: Indices | None = None
) -> tuple[Indices, Floats]:
    """Targets with the lowest ``cost - potential`` for each source, and that lowest value.

    Args:
        pricing: The way to look at pairs; its estimates serve.
        potential: Of the targets, or of those among which to look.
        count: How many targets for each source.
        among: Targets among which to look; all by default.

    Returns:
        Rows in ``potential``, shape ``(n, count)``, and the lowest values, shape ``(n,)``.
    """
    cols: slice | Indices = slice(None) if among is None else among
    count = min(count, len(potential))

    def one(rows: slice) -> tuple[Indices, Floats]:
        above = pricing.estimate(rows, cols)
        above -= potential.astype(above.dtype)
        places = _smallest(above, count)
        return places, np.take_along_axis(above, places, axis=1).min(axis=1).astype(np.float64)

    parts = in_blocks(one, len(pricing.ground.x), len(potential), pricing.threads)
    places, lowest = zip(*parts, strict=True)
    return np.concatenate(places), np.concatenate(lowest)


def _smallest(values: NDArray[np.floating], count: int) -> Indices:
    """Rows of the smallest values of each row."""
    n, m = values.shape
    if count == 1:
        return np.argmin(values, axis=1)[:, None]
    if m < 2 * GROUPS * count:
        whole: Indices = np.argpartition(values, count - 1, axis=1)[:, :count]
        return whole
    # They lie in the groups of the smallest minima; strided groups are the fastest to reduce.
    size = m // GROUPS
    minima = values[:, : GROUPS * size].reshape(n, GROUPS, size).min(axis=1)
    groups = np.argpartition(minima, count - 1, axis=1)[:, :count]
    places = (groups[:, :, None] + size * np.arange(GROUPS)).reshape(n, -1)
    rest = np.broadcast_to(np.arange(GROUPS * size, m), (n, m - GROUPS * size))
    places = np.concatenate([places, rest], axis=1)
    near = np.argpartition(np.take_along_axis(values, places, axis=1), count - 1, axis=1)
    chosen: Indices = np.take_along_axis(places, near[:, :count], axis=1)
    return chosen


def in_blocks(one: Callable[[slice], Result], n: int, m: int, threads: int, /) -> list[Result]:
    """A function of rows, for all rows, in blocks that fit the caches, on several cores."""
    size = max(1, min(ENTRIES // m, -(-n // threads)))
    blocks = [slice(start, min(n, start + size)) for start in range(0, n, size)]
    if threads == 1:
        return [one(rows) for rows in blocks]
    with _pool(threads) as pool:
        return list(pool.map(one, blocks))


@contextmanager
def _pool(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that an interrupt does not leave at work, each of which multiplies for itself.

    Threads of the matrix products below them would wait for each other while others compute.
    """
    pool = ThreadPoolExecutor(threads)
    try:
        with _libraries().limit(limits=1, user_api="blas"):
            yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@cache
def _libraries() -> ThreadpoolController:
    """The libraries of this process that have threads of their own."""
    return ThreadpoolController()


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
