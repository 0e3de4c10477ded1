"""Histogram of two samples in cells of about equal counts."""

import numpy as np
from numpy.typing import NDArray

from divergences._typing import Floats, Indices, Rows
from divergences.sampled._density_ratio.pooled_sample import (
    FOLD_COUNT,
    PooledSample,
    assign_folds,
)

CELL_COUNTS = (2, 4, 8, 16, 32, 64, 128, 256)
MIN_MEAN_POINTS_PER_CELL = 4  # of both samples together


def histogram_cells(samples: PooledSample, rng: np.random.Generator, /) -> Indices:
    """Cell of each point in the partition with the least held-out log loss.

    Partitions are refined by splitting every cell at the median of its widest coordinate, in
    standard deviations of all points.

    Args:
        samples: The points.
        rng: Generator that assigns the folds.

    Returns:
        Index of the cell of each point, shape ``(n + m,)``.
    """
    deviation = samples.points.std(axis=0)
    points = samples.points / np.where(deviation > 0, deviation, 1.0)
    folds = assign_folds(samples, rng)
    depth = max(1, sum(count * MIN_MEAN_POINTS_PER_CELL <= len(points) for count in CELL_COUNTS))
    cells = best_cells = np.zeros(len(points), np.intp)
    least_loss = np.inf
    for _ in range(depth):
        cells = _split(points, cells)
        loss = _held_out_loss(samples, cells, folds)
        if loss < least_loss:
            best_cells, least_loss = cells, loss
    return best_cells


def _split(points: Floats, cells: Indices) -> Indices:
    """Cells split in two at a median, except those of equal points."""
    halves = 2 * cells
    order = np.argsort(cells, kind="stable")
    for indices in np.split(order, np.flatnonzero(np.diff(cells[order])) + 1):
        halves[indices] += _is_in_upper_half(points, indices)
    return np.unique(halves, return_inverse=True)[1]


def _is_in_upper_half(points: Floats, indices: Rows) -> NDArray[np.bool_]:
    """Mask of the points of a cell above the median of its widest coordinate."""
    cell = points[indices]
    values = cell[:, np.argmax(cell.max(axis=0) - cell.min(axis=0))]
    median = np.median(values)
    return values > median if median < values.max() else values >= median


def _held_out_loss(samples: PooledSample, cells: Indices, folds: Indices) -> float:
    """Log loss of each cell's frequency of p, predicted from the other folds."""
    labels, count = samples.labels, cells.max() + 1
    totals, p_totals = np.bincount(cells, minlength=count), np.bincount(cells, labels, count)
    loss = 0.0
    for fold in range(FOLD_COUNT):
        held_out = folds == fold
        test_cells, test_labels = cells[held_out], labels[held_out]
        training_totals = totals - np.bincount(test_cells, minlength=count)
        training_p_totals = p_totals - np.bincount(test_cells, test_labels, count)
        probabilities = ((training_p_totals + 0.5) / (training_totals + 1))[test_cells]
        loss -= float(np.log(np.where(test_labels == 1, probabilities, 1 - probabilities)).sum())
    return loss
