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
    for part in rows.split(max(1, BLOCK_DISTANCES // len(distances.columns))):
        filtered = None
        if distances.filter is not None:
            filtered = _filtered_block(distances, distances.filter, part, potentials)
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
) -> Minimizers | None:
    """Minimizers by lower bounds of all and distances of few pairs; None if they are not few."""
    lower = bounds.lower_bounds(part.numpy())
    picked, lengths = [], []
    for potential in potentials:
        pairs = _candidates(distances, lower, part, potential)
        if pairs is None:
            return None
        j, i = pairs
        length = distances.of_pairs(part[j], i)
        values = (length - potential[i]).numpy()
        order = np.lexsort((values, j.numpy()))
        first = np.searchsorted(j.numpy()[order], np.arange(len(part)))
        best = torch.from_numpy(order[first])
        picked.append(i[best])
        lengths.append(length[best])
    return part, torch.stack(picked), torch.stack(lengths)


def _candidates(
    distances: PairDistances, lower: np.ndarray, part: Tensor, potential: Tensor
) -> tuple[Tensor, Tensor] | None:
    """Pairs that may be minimizers, at least one in each row; None if they are not few.

    Args:
        distances: All distances.
        lower: Lower bounds of the distances of the block, float32.
        part: Rows of the block.
        potential: Of the columns.

    Returns:
        Positions in the block, in order, and columns.
    """
    values = lower - potential.numpy().astype(np.float32)
    guess = torch.from_numpy(values.argmin(axis=1))
    attained = distances.of_pairs(part, guess) - potential[guess]
    # The lower bounds, the potential and their difference are rounded to float32.
    rounding = 8 * FLOAT32_EPS * (float(lower.max()) + float(potential.abs().max()))
    limits = (attained + rounding).numpy()[:, None]
    indices = np.flatnonzero(values <= limits.astype(np.float32))
    if len(indices) > MAX_CANDIDATE_SHARE * values.size:
        return None
    j, i = np.divmod(indices, values.shape[1])
    return torch.from_numpy(j), torch.from_numpy(i)
