"""Cells of about equal numbers of points, in which both samples are counted."""

import numpy as np
from numpy.typing import NDArray

from divergences._typing import Floats, Indices, Rows
from divergences.sampled._density_ratio.pooled_sample import PooledSample, folds

CELLS = (2, 4, 8, 16, 32, 64, 128, 256)
FOLDS = 5
FEWEST = 4  # points in a cell on average, of both sides


def histogram_cells(samples: PooledSample, rng: np.random.Generator, /) -> Indices:
    """The cell of each point, of a number of cells that predicts held-out points best.

    Cells are made by halving all points at the median of the coordinate that is spread most, in
    standard deviations of all points.

    Args:
        samples: The points.
        rng: What divides them into parts that are held out.

    Returns:
        Shape ``(n + m,)``.
    """
    scale = samples.z.std(axis=0)
    z = samples.z / np.where(scale > 0, scale, 1.0)
    parts = folds(samples, FOLDS, rng)
    sizes = [size for size in CELLS if size * FEWEST <= len(z)] or [CELLS[0]]
    cell, best, least = np.zeros(len(z), np.intp), np.zeros(len(z), np.intp), np.inf
    for _ in sizes:
        cell = _halved(z, cell)
        loss = _held_out_loss(samples, cell, parts)
        if loss < least:
            best, least = cell, loss
    return best


def _halved(z: Floats, cell: Indices) -> Indices:
    """Every cell divided in two at a median; where all points of one are equal, it stays."""
    found = 2 * cell
    order = np.argsort(cell, kind="stable")
    for places in np.split(order, np.flatnonzero(np.diff(cell[order])) + 1):
        found[places] += _upper(z, places)
    return np.unique(found, return_inverse=True)[1]


def _upper(z: Floats, places: Rows) -> NDArray[np.bool_]:
    """Which of some points are above the median of their widest coordinate."""
    part = z[places]
    values = part[:, np.argmax(part.max(axis=0) - part.min(axis=0))]
    middle = np.median(values)
    return values > middle if middle < values.max() else values >= middle


def _held_out_loss(samples: PooledSample, cell: Indices, parts: Indices) -> float:
    """Logistic loss of shares of p in each cell, each point's by the other parts."""
    label, count = samples.label, cell.max() + 1
    total = np.bincount(cell, minlength=count)
    mine = np.bincount(cell, label, count)
    loss = 0.0
    for part in range(FOLDS):
        held = parts == part
        rest = total - np.bincount(cell[held], minlength=count)
        chance = (mine - np.bincount(cell[held], label[held], count) + 0.5) / (rest + 1)
        at = chance[cell[held]]
        loss -= float(np.log(np.where(label[held] == 1, at, 1 - at)).sum())
    return loss
