"""The c-transform of potentials: the targets of lowest reduced cost of each source."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from divergences._transport.column_generation.arcs import smallest_per_row
from divergences._transport.column_generation.block_pricing import Pricing
from divergences._transport.column_generation.near_pairs import NearPairPricing
from divergences._transport.row_blocks import BLOCK_ENTRIES, Check, map_row_blocks, no_check
from divergences._typing import Floats, Indices, Rows


def lowest_reduced_costs(
    pricing: Pricing,
    potential: Floats,
    count: int,
    /,
    *,
    among: Indices | None = None,
    check: Check = no_check,
) -> tuple[Indices, Floats]:
    """Targets of lowest ``cost - potential`` for each source, and the minimum.

    Args:
        pricing: Pricing method, whose approximate costs suffice here.
        potential: Potentials of the targets, or of those in ``among``, shape ``(m,)``.
        count: Number of targets for each source.
        among: Targets to choose from, in the order of all; all by default.
        check: Called after each block; it may raise an error.

    Returns:
        Indices in ``potential``, shape ``(n, count)``, and the minima, shape ``(n,)``.
    """
    count = min(count, len(potential))
    reduced_costs = _reduced_costs(pricing, potential, count, among)

    def select(rows: slice) -> tuple[Indices, Floats]:
        targets, reduced_cost = reduced_costs(rows)
        indices = smallest_per_row(reduced_cost, count)
        minimum = np.take_along_axis(reduced_cost, indices, axis=1).min(axis=1)
        return targets[indices], minimum.astype(np.float64)

    n, m = len(pricing.ground.x), len(potential)
    blocks = map_row_blocks(
        select,
        n,
        m,
        pricing.threads,
        check=check,
        entries=max(BLOCK_ENTRIES, pricing.min_block_rows * m),
        picklable=True,
    )
    indices, minima = zip(*blocks, strict=True)
    return np.concatenate(indices), np.concatenate(minima)


def _reduced_costs(
    pricing: Pricing, potential: Floats, count: int, among: Indices | None
) -> Callable[[slice], tuple[Indices, NDArray[np.floating]]]:
    """Function of a block of sources: targets, by their indices in the potentials, and costs."""
    if isinstance(pricing, NearPairPricing):
        return pricing.near_targets(potential, count, among).reduced_costs
    cols: Rows = slice(None) if among is None else among
    every = np.arange(len(potential))

    def reduced_costs(rows: slice) -> tuple[Indices, NDArray[np.floating]]:
        reduced_cost = pricing.approximate_cost(rows, cols)
        reduced_cost -= potential.astype(reduced_cost.dtype)
        return every, reduced_cost

    return reduced_costs
