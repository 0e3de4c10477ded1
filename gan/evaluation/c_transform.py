r"""Minimizers of c-transforms, ``min_i [d_ji - f_i]``, of several potentials in one pass."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from gan.evaluation.distance_filter import FLOAT32_EPS, DistanceFilter
from gan.evaluation.pair_distances import BLOCK_DISTANCES, PairDistances, row_argmin

MAX_CANDIDATE_SHARE = 1 / 50  # of a block; with more, its distances by products take less time

Minimizers = tuple[Int[Tensor, " b"], Int[Tensor, " p b"], Float[Tensor, " p b"]]


def c_transforms(
    distances: PairDistances,
    rows: Int[Tensor, " k"],
    potentials: Sequence[Float[Tensor, " m"]],
    /,
) -> Iterator[Minimizers]:
    """Minimizers of the c-transforms of some rows.

    Args:
        distances: Shape ``(n, m)``.
        rows: Indices of the rows.
        potentials: One or more potentials of the columns.

    Yields:
        Rows of a block, and for each potential their minimizers and the distances to them.
    """
    block_rows = min(len(rows), max(1, BLOCK_DISTANCES // len(distances.columns)))
    if distances.filter is not None:  # memory for all blocks
        values = np.empty((len(potentials), block_rows, len(distances.columns)), dtype=np.float32)
    for part in rows.split(block_rows):
        filtered = None
        if distances.filter is not None:
            filtered = _filtered_block(distances, distances.filter, part, potentials, values)
        yield filtered or _whole_block(distances, part, potentials)


def _whole_block(
    distances: PairDistances, part: Tensor, potentials: Sequence[Tensor]
) -> Minimizers:
    """Minimizers by all distances of some rows."""
    block = torch.cat([block for _, block in distances.blocks(part)])
    minimizers = torch.stack([row_argmin(block, potential) for potential in potentials])
    return part, minimizers, block.gather(1, minimizers.T).T


def _filtered_block(
    distances: PairDistances,
    bounds: DistanceFilter,
    part: Tensor,
    potentials: Sequence[Tensor],
    values: np.ndarray,
) -> Minimizers | None:
    """Minimizers by lower bounds of all and distances of few pairs; None if they are not few."""
    lower = bounds.lower_bounds(part.numpy())
    pairs = _BlockPairs(distances, part)
    values = values[:, : len(part)]
    for potential, value in zip(potentials, values, strict=True):
        np.subtract(lower, potential.numpy().astype(np.float32), out=value)
    guesses = [pairs.codes(value.argmin(axis=1)) for value in values]
    pairs.compute(guesses)
    # The lower bounds, the potential and their difference are rounded to float32.
    largest, candidates = float(lower.max()), []
    for potential, guess, value in zip(potentials, guesses, values, strict=True):
        rounding = 8 * FLOAT32_EPS * (largest + float(potential.abs().max()))
        limits = (pairs.values(guess, potential) + rounding).astype(np.float32)
        candidates.append(np.flatnonzero(value <= limits[:, None]))
        if len(candidates[-1]) > MAX_CANDIDATE_SHARE * lower.size:
            return None
    pairs.compute(candidates)
    minimizers = [
        pairs.minimizers(codes, potential)
        for codes, potential in zip(candidates, potentials, strict=True)
    ]
    picked, lengths = (torch.from_numpy(np.stack(part)) for part in zip(*minimizers, strict=True))
    return part, picked, lengths


class _BlockPairs:
    """Distances of single pairs of a block, each computed once; a pair is its index in the block.

    Potentials at several scales have most of their minimizers in common.
    """

    def __init__(self, distances: PairDistances, part: Tensor) -> None:
        self._distances = distances
        self._part = part
        self._columns = len(distances.columns)
        self._known = np.empty(0, dtype=np.int64)
        self._lengths = np.empty(0)

    def codes(self, columns: np.ndarray) -> np.ndarray:
        """The pairs of each row with one column."""
        return np.arange(len(self._part)) * self._columns + columns

    def compute(self, codes: Sequence[np.ndarray]) -> None:
        """Compute the distances of the pairs that have none yet."""
        added = np.setdiff1d(np.concatenate(codes), self._known)
        rows, columns = (torch.from_numpy(part) for part in np.divmod(added, self._columns))
        lengths = self._distances.of_pairs(self._part[rows], columns).numpy()
        places = np.searchsorted(self._known, added)
        self._known = np.insert(self._known, places, added)
        self._lengths = np.insert(self._lengths, places, lengths)

    def values(self, codes: np.ndarray, potential: Tensor) -> np.ndarray:
        """Distances less the potential."""
        lengths = self._lengths[np.searchsorted(self._known, codes)]
        return lengths - potential.numpy()[codes % self._columns]

    def minimizers(self, codes: np.ndarray, potential: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Column of the smallest value in each row, and its distance; every row has a pair."""
        rows, columns = np.divmod(codes, self._columns)
        order = np.lexsort((self.values(codes, potential), rows))
        best = order[np.searchsorted(rows[order], np.arange(len(self._part)))]
        return columns[best], self._lengths[np.searchsorted(self._known, codes[best])]
