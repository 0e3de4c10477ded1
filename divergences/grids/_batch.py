"""Distances of pairs of small histograms on one grid, certified together."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from divergences._transport.metric_batch import MAX_NODES, metric_costs
from divergences._typing import Floats
from divergences.grids._arguments import GridArguments
from divergences.grids._lattice import Lattice
from divergences.grids._masses import small_excesses

MAX_BLOCK_ENTRIES = 1 << 15  # masses whose excess is computed at once, in the cache


def small_costs(arguments: GridArguments, /) -> Floats:
    """Optimal costs on a small grid, of one problem or of a batch.

    Args:
        arguments: Checked arguments in numpy.

    Returns:
        Costs, shape ``(k,)``; NaN for problems to be checked and solved one by one.
    """
    cost, k = arguments.cost, math.prod(arguments.batch)
    costs = np.full(k, np.nan)
    is_line = k == 1 and len(cost.lattice.shape) == 1  # in closed form
    is_special = is_line or cost.squared or cost.positions is not None
    if cost.lattice.size > MAX_NODES or k == 0 or is_special:
        return costs
    distances = _distances(cost.lattice)
    rows = max(1, MAX_BLOCK_ENTRIES // cost.lattice.size)
    for start in range(0, k, rows):
        block = np.arange(start, min(start + rows, k))
        chosen = np.unravel_index(block, arguments.batch) if arguments.batch else (None,)
        excess = small_excesses(arguments.p[chosen], arguments.q[chosen], arguments.xp)
        if excess is not None:
            costs[block] = metric_costs(excess, distances)
    return costs


@lru_cache(maxsize=4)
def _distances(lattice: Lattice) -> Floats:
    """Distances between all pixels, read-only."""
    pixels = np.indices(lattice.shape).reshape(len(lattice.shape), -1).T
    steps = lattice.nearest(pixels[:, None] - pixels)
    lengths: Floats = lattice.lengths(steps.reshape(-1, steps.shape[-1]))
    lengths.flags.writeable = False
    return lengths.reshape(len(pixels), -1)
