"""Cells of neighbouring points on the line, which stand for many points in the fits of models.

Models are smooth over a cell, or constant on bins of many cells, so that the fits change by much
less than their standard errors, and take a fraction of the time.
"""

from dataclasses import dataclass

import numpy as np

from divergences._typing import Floats, Indices
from divergences.sampled._density_ratio.pooled_sample import PooledSample

MIN_LINE_POINTS = 40_000  # of both samples; fewer are fitted one by one
UNIFORM_CELLS = 1024  # of equal counts
TAIL_CELLS = 1024  # finer towards both ends, where they become single points


@dataclass(frozen=True, slots=True)
class LineCells:
    """A partition of the line into cells that are short compared to the features of any model.

    Attributes:
        cell: Cell of each point, shape ``(n + m,)``.
        means: Mean of the points of each cell, shape ``(k, 1)``.
    """

    cell: Indices
    means: Floats

    @classmethod
    def of(cls, samples: PooledSample, /) -> "LineCells | None":
        """Cells of many points on the line; None in other dimensions, or for few points."""
        count = len(samples.points)
        if samples.d != 1 or count < MIN_LINE_POINTS:
            return None
        values = samples.points[:, 0]
        order = np.argsort(values)
        log_odds = np.linspace(-np.log(count), np.log(count), TAIL_CELLS)
        levels = np.concatenate([
            np.arange(UNIFORM_CELLS) / UNIFORM_CELLS,
            1 / (1 + np.exp(-log_odds)),
        ])
        starts = np.unique(np.append((levels * count).astype(np.intp), 0))
        sizes = np.diff(starts, append=count)
        cell = np.empty(count, np.intp)
        cell[order] = np.repeat(np.arange(len(starts)), sizes)
        means = np.add.reduceat(values[order], starts) / sizes
        return cls(cell, means[:, None])

    def merged(
        self, samples: PooledSample, train: Indices, /
    ) -> tuple[PooledSample, Indices, Indices]:
        """Training points merged by cell and side, and the means of all cells to predict at.

        Args:
            samples: All points.
            train: Indices of the training points.

        Returns:
            The merged points, whose weights have mean 1, followed by the means, of weight 0, and
            the indices of both parts.
        """
        count = len(self.means)
        keys = self.cell[train] + count * (train >= samples.n)
        masses = np.bincount(keys, samples.weights[train], 2 * count)
        rows = np.flatnonzero(masses)
        points = np.concatenate([self.means[rows % count], self.means])
        weights = np.zeros(len(points))
        weights[: len(rows)] = masses[rows] * (len(rows) / masses.sum())
        merged = PooledSample(points, int(np.count_nonzero(rows < count)), weights)
        parts = np.split(np.arange(len(points)), [len(rows)])
        return merged, parts[0], parts[1]
