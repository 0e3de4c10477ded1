"""Distances of many pairs of small histograms on one grid, certified together."""

from __future__ import annotations

import math

import numpy as np

from divergences._transport.metric_batch import MAX_NODES, metric_costs
from divergences._typing import Floats
from divergences.grids._arguments import GridArguments
from divergences.grids._lattice import Lattice
from divergences.grids._masses import small_excesses

MAX_BLOCK_ENTRIES = 1 << 18  # masses whose excess is computed at once


def small_batch_costs(arguments: GridArguments, /) -> Floats:
    """Optimal costs of a batch on a small grid.

    Args:
        arguments: Checked arguments in numpy.

    Returns:
        Costs, shape ``(k,)``; NaN for problems to be checked and solved one by one.
    """
    cost, k = arguments.cost, math.prod(arguments.batch)
    costs = np.full(k, np.nan)
    if cost.lattice.size > MAX_NODES or k < 2 or cost.squared or cost.positions is not None:
        return costs
    distances = _distances(cost.lattice)
    rows = max(1, MAX_BLOCK_ENTRIES // cost.lattice.size)
    for start in range(0, k, rows):
        block = np.arange(start, min(start + rows, k))
        chosen = np.unravel_index(block, arguments.batch)
        excess = small_excesses(arguments.p[chosen], arguments.q[chosen], arguments.xp)
        if excess is not None:
            costs[block] = metric_costs(excess, distances)
    return costs


def _distances(lattice: Lattice) -> Floats:
    """Distances between all pixels."""
    pixels = np.indices(lattice.shape).reshape(len(lattice.shape), -1).T
    steps = lattice.nearest(pixels[:, None] - pixels)
    lengths: Floats = lattice.lengths(steps.reshape(-1, steps.shape[-1]))
    return lengths.reshape(len(pixels), -1)
