"""Log density ratios from the nearest neighbours of each point."""

import numpy as np
from scipy import special
from scipy.spatial import cKDTree

from divergences._typing import Floats, Indices
from divergences.sampled._density_ratio.pooled_sample import PooledSample

CLOSED = 1 + 1e-12  # a ball holds the points on its surface, rounding or not


def neighbour_ratios(samples: PooledSample, k: int, /) -> tuple[Floats, Floats]:
    """Logarithm of p / q at each point, from the points within the same distance on both sides.

    The distance is that of the k-th neighbour on the side where it is farther, so that both have
    k or more; logarithms of the numbers are corrected for chance by the digamma function. Points
    at the same place are counted, whatever their distance, 0, is.

    Args:
        samples: The points.
        k: Neighbours on each side at least.

    Returns:
        The log-ratios and their variances, each of shape ``(n + m,)``.

    Source:
        Wang, Kulkarni and Verdu 2009, "Divergence estimation for multidimensional densities via
        k-nearest-neighbor distances", section IV (bias reduction).
    """
    z = comparable(samples.z)
    sides = (z[: samples.n], z[samples.n :])
    trees = [cKDTree(points) for points in sides]
    ratios, noise = np.empty(len(z)), np.empty(len(z))
    for own, (points, start) in enumerate(zip(sides, (0, samples.n), strict=True)):
        place = slice(start, start + len(points))
        mine, other = _counts(points, trees[own], trees[1 - own], k)
        sign = 1 if own == 0 else -1
        found = special.digamma(mine) - special.digamma(other)
        ratios[place] = sign * (found + np.log(trees[1 - own].n / (trees[own].n - 1)))
        noise[place] = special.polygamma(1, mine) + special.polygamma(1, other)
    return ratios, noise


def comparable(z: Floats, /) -> Floats:
    """Coordinates in units of their quartiles, or, if those are equal, of their deviation."""
    low, high = np.quantile(z, [0.25, 0.75], axis=0)
    deviation = z.std(axis=0)
    scale = np.where(high > low, high - low, np.where(deviation > 0, deviation, 1.0))
    return np.asarray(z / scale)


def _counts(points: Floats, own: cKDTree, other: cKDTree, k: int) -> tuple[Indices, Indices]:
    """Points on either side within the distance of the k-th one where it is farther."""
    near, far = (
        _distance(own, points, k + 1),
        _distance(other, points, k),
    )  # one is the point itself
    radius = np.maximum(near, far) * CLOSED
    mine, theirs = (
        np.asarray(tree.query_ball_point(points, radius, return_length=True, workers=-1))
        for tree in (own, other)
    )
    return mine - 1, theirs


def _distance(tree: cKDTree, points: Floats, k: int) -> Floats:
    """To the k-th point of a tree from each of some points."""
    return np.asarray(tree.query(points, [k], workers=-1)[0])[:, 0]
