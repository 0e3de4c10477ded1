r"""Values of ``f(z) = min_j (d(z, y_j) - v_j)`` at many points, without most of the distances.

For points within r of a centre c, the minimum is not attained at a target whose
``d(c, y_j) - v_j`` exceeds the least one by more than 2 r. So targets are discarded for whole
blocks of points, which are divided until few targets or few points are left: branch and bound.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy.spatial.distance import cdist

from divergences._transport.certificate import EPS
from divergences._typing import Floats, Indices

Norm = Literal["euclidean", "cityblock", "chebyshev"]
MAX_LEAF_POINTS = 64
MAX_LEAF_PAIRS = 1 << 16  # of points and targets, all of which are evaluated
SUBDIVISIONS = 8
MAX_BLOCK_PAIRS = 1 << 20  # in memory at once


def lipschitz_extension(
    points: Floats,
    order: Indices,
    targets: Floats,
    potential: Floats,
    /,
    *,
    metric: Norm,
    check: Callable[[], None],
) -> Floats:
    """Minimum of ``d(z, y_j) - v_j`` over the targets, at each point.

    Args:
        points: Shape ``(n, d)``.
        order: Indices of the points, close ones next to each other, shape ``(n,)``.
        targets: Shape ``(k, d)``.
        potential: Potential of each target, shape ``(k,)``.
        metric: Name of a distance that satisfies the triangle inequality.
        check: Called several times a second; it may raise an error.

    Returns:
        Shape ``(n,)``, up to the rounding of a distance.
    """
    values = np.empty(len(points))
    blocks = [(order, np.arange(len(targets)))]
    while blocks:
        block, candidates = blocks.pop()
        few_pairs = len(block) * len(candidates) <= MAX_LEAF_PAIRS
        if len(block) <= MAX_LEAF_POINTS or few_pairs:
            chosen = targets[candidates], potential[candidates]
            values[block] = _minimum(points[block], *chosen, metric)
            continue
        check()
        parts = np.array_split(block, SUBDIVISIONS)
        kept = _possible_minimizers(
            [points[part] for part in parts], targets[candidates], potential[candidates], metric
        )
        blocks += [(part, candidates[mask]) for part, mask in zip(parts, kept, strict=True)]
    return values


def _possible_minimizers(
    parts: list[Floats], targets: Floats, potential: Floats, metric: Norm
) -> Floats:
    """Mask of the targets at which a point of each part may attain the minimum."""
    centres = np.array([part.mean(axis=0) for part in parts])
    radii = [
        cdist(centre[None], part, metric).max()
        for centre, part in zip(centres, parts, strict=True)
    ]
    difference = cdist(centres, targets, metric) - potential
    limits = difference.min(axis=1) + 2 * np.array(radii)
    rounding = 16 * (targets.shape[1] + 2) * EPS * (np.abs(difference).max() + np.abs(limits))
    mask: Floats = difference <= (limits + rounding)[:, None]
    return mask


def _minimum(points: Floats, targets: Floats, potential: Floats, metric: Norm) -> Floats:
    """Minimum of ``d(z, y_j) - v_j`` from all pairs."""
    values = np.empty(len(points))
    size = max(1, MAX_BLOCK_PAIRS // len(targets))
    for start in range(0, len(points), size):
        part = slice(start, start + size)
        values[part] = (cdist(points[part], targets, metric) - potential).min(axis=1)
    return values
