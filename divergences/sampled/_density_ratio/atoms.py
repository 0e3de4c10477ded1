"""Atoms: values at which a distribution has positive probability, found by their repetition."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divergences._typing import Floats, Indices
from divergences.sampled._density_ratio.pooled_sample import PooledSample

MIN_RELATIVE_ATOM_COUNT = 10  # of one side, relative to the median count of a value
MIN_MEAN_COUNT_OF_DISCRETE_DATA = 5
MIN_POINTS_FOR_DENSITY = 10  # on each side


@dataclass(frozen=True, slots=True)
class Atoms:
    """Counts of both samples at the atoms, and perhaps in one cell of all remaining points.

    Attributes:
        cell_indices: Cell of each point, shape ``(n + m,)``; -1 in the continuous part.
        x_counts: Points of the first sample in each cell, shape ``(k,)``.
        y_counts: Points of the second sample in each cell, shape ``(k,)``.
        cell_values: Value of each cell, shape ``(k, d)``; NaN in the remainder cell.
    """

    cell_indices: Indices
    x_counts: Indices
    y_counts: Indices
    cell_values: Floats

    @property
    def is_remainder(self) -> NDArray[np.bool_]:
        """Mask of the cell of all remaining points, shape ``(k,)``; False if there is none."""
        return np.asarray(np.isnan(self.cell_values).any(axis=1))

    @property
    def continuous_indices(self) -> Indices:
        """Indices of the points in the continuous part of the distributions."""
        return np.flatnonzero(self.cell_indices < 0)


def find_atoms(samples: PooledSample, /, *, categorical: bool = False) -> Atoms:
    """Divide the points into atoms and a continuous part.

    A value is an atom if its count on one side is at least ten times the median count of a value.
    If the other values have at least five points each on average, the data are discrete and every
    value is an atom; otherwise they are points of a density, rounded or repeated as they may be.

    Args:
        samples: The points.
        categorical: Whether the points are codes of categories, all of which are atoms.

    Returns:
        The atoms, with no cell if there are none.
    """
    values, inverse, counts = np.unique(
        samples.points + 0.0,  # -0.0 becomes 0.0
        axis=0,
        return_inverse=True,
        return_counts=True,
    )
    inverse = np.ravel(inverse)
    x_counts, y_counts = (
        np.bincount(inverse[side], minlength=len(values)) for side in samples.sides
    )
    is_atom = np.maximum(x_counts, y_counts) >= MIN_RELATIVE_ATOM_COUNT * np.median(counts)
    is_discrete = (
        categorical or (~is_atom).sum() * MIN_MEAN_COUNT_OF_DISCRETE_DATA <= counts[~is_atom].sum()
    )
    if is_discrete:
        return Atoms(inverse, x_counts, y_counts, values)
    cell_indices = np.where(is_atom, np.cumsum(is_atom) - 1, -1)[inverse]
    atoms = Atoms(cell_indices, x_counts[is_atom], y_counts[is_atom], values[is_atom])
    return atoms if is_atom.sum() == 0 else _with_remainder_cell(samples, atoms)


def _with_remainder_cell(samples: PooledSample, atoms: Atoms) -> Atoms:
    """The atoms, with the other points in one more cell if they are too few for a density."""
    remainder = atoms.continuous_indices
    x_count = int((remainder < samples.n).sum())
    y_count = len(remainder) - x_count
    if len(remainder) == 0 or min(x_count, y_count) >= MIN_POINTS_FOR_DENSITY:
        return atoms
    return Atoms(
        np.where(atoms.cell_indices < 0, len(atoms.x_counts), atoms.cell_indices),
        np.append(atoms.x_counts, x_count),
        np.append(atoms.y_counts, y_count),
        np.vstack([atoms.cell_values, np.full((1, samples.d), np.nan)]),
    )
