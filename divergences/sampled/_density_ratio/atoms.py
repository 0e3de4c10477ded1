"""Values that are taken again and again: where a distribution has mass at single points."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divergences._typing import Floats, Indices
from divergences.sampled._density_ratio.pooled_sample import PooledSample

OFTEN = 10  # points of one side at a value, for it to be an atom, in typical numbers at a value
DISCRETE = 5  # points to each value, on average, where every value is an atom
FEWEST = 10  # points of each side that are needed for a density


@dataclass(frozen=True, slots=True)
class Atoms:
    """The cells in which points are counted: one for each atom, and perhaps one for all else.

    Attributes:
        cell: Of each point, shape ``(n + m,)``; -1 where there is a density.
        x: Points of the first sample in each cell, shape ``(cells,)``.
        y: Points of the second sample.
        value: Of each cell, shape ``(cells, d)``; NaN in a cell for all else.
    """

    cell: Indices
    x: Indices
    y: Indices
    value: Floats

    @property
    def mixed(self) -> NDArray[np.bool_]:
        """Which cells hold many values: the one for all else, if there is one."""
        return np.asarray(np.isnan(self.value).any(axis=1))

    @property
    def dense(self) -> Indices:
        """Places of the points where there is a density."""
        return np.flatnonzero(self.cell < 0)


def atoms(samples: PooledSample, /) -> Atoms:
    """The atoms of two samples.

    A value is an atom if it is taken ten times as often as is typical, and ten times at least. If
    the others have many points for each value, all of them are atoms: the data are discrete.
    Else, as in rounded or repeated measurements, they are points of a density.

    Args:
        samples: The points.

    Returns:
        The atoms; no cell if there are none.
    """
    values, of, count = np.unique(samples.z + 0.0, axis=0, return_inverse=True, return_counts=True)
    of = np.ravel(of)
    sides = [
        np.bincount(of[part], minlength=len(values))
        for part in (slice(0, samples.n), slice(samples.n, None))
    ]
    often = np.maximum(*sides) >= OFTEN * np.median(count)
    if (~often).sum() * DISCRETE <= count[~often].sum():
        return Atoms(of, sides[0], sides[1], values)
    cell = np.where(often, np.cumsum(often) - 1, -1)[of]
    found = Atoms(cell, sides[0][often], sides[1][often], values[often])
    return found if often.sum() == 0 else _with_the_rest(samples, found)


def _with_the_rest(samples: PooledSample, found: Atoms) -> Atoms:
    """What is no atom, as one more cell if it is too little for a density."""
    rest = found.dense
    x = int((rest < samples.n).sum())
    y = len(rest) - x
    if len(rest) == 0 or min(x, y) >= FEWEST:
        return found
    cell = np.where(found.cell < 0, len(found.x), found.cell)
    elsewhere = np.full((1, samples.d), np.nan)
    return Atoms(
        cell, np.append(found.x, x), np.append(found.y, y), np.vstack([found.value, elsewhere])
    )
