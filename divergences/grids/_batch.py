"""Distances of many pairs of small histograms on one grid, certified together."""

from __future__ import annotations

import numpy as np

from divergences._transport.metric_batch import MAX_NODES, metric_costs
from divergences._typing import Floats
from divergences.grids._lattice import Lattice
from divergences.grids._problem import GridCost

Masses = tuple[Floats, Floats]


def small_batch_costs(cost: GridCost, masses: list[Masses], /) -> Floats:
    """Optimal costs of a batch on a small grid.

    Args:
        cost: Ground cost between the pixels.
        masses: Normalized masses of sources and of targets, in the shape of the grid.

    Returns:
        Costs, shape ``(k,)``; NaN for problems to be solved one by one.
    """
    small = cost.lattice.size <= MAX_NODES and len(masses) > 1
    if not small or cost.squared or cost.positions is not None:
        return np.full(len(masses), np.nan)
    return metric_costs(np.array([(p - q).ravel() for p, q in masses]), _distances(cost.lattice))


def _distances(lattice: Lattice) -> Floats:
    """Distances between all pixels."""
    pixels = np.indices(lattice.shape).reshape(len(lattice.shape), -1).T
    steps = lattice.nearest(pixels[:, None] - pixels)
    lengths: Floats = lattice.lengths(steps.reshape(-1, steps.shape[-1]))
    return lengths.reshape(len(pixels), -1)
