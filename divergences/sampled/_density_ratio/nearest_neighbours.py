"""Log density ratios from the nearest neighbours of each point."""

import numpy as np
from scipy import special
from scipy.spatial import cKDTree

from divergences._typing import Floats, Indices
from divergences.sampled._density_ratio.pooled_sample import PooledSample

RELATIVE_RADIUS = 1 + 1e-12  # rounding: a closed ball must hold the neighbours on its surface


def neighbour_log_ratios(samples: PooledSample, k: int, /) -> tuple[Floats, Floats]:
    """Log-ratio ``log(p / q)`` at each point, from the counts of both samples in a ball around it.

    The radius is the distance of the k-th neighbour in the sample where that is farther, so that
    both counts are at least k, even where points coincide. Digamma functions of the counts correct
    the bias of their logarithms.

    Args:
        samples: The points.
        k: Least number of neighbours in each sample.

    Returns:
        The log-ratios and their variances, each of shape ``(n + m,)``.

    Source:
        Wang, Kulkarni and Verdu 2009, "Divergence estimation for multidimensional densities via
        k-nearest-neighbor distances", section IV (bias reduction).
    """
    scaled = robustly_scaled(samples.points)
    trees = [cKDTree(scaled[side]) for side in samples.sides]
    log_ratios, variances = np.empty(len(scaled)), np.empty(len(scaled))
    for side, own, other, sign in zip(samples.sides, trees, trees[::-1], (1, -1), strict=True):
        own_counts, other_counts = _neighbour_counts(scaled[side], own, other, k)
        log_counts = special.digamma(own_counts) - special.digamma(other_counts)
        log_ratios[side] = sign * (log_counts + np.log(other.n / (own.n - 1)))
        variances[side] = special.polygamma(1, own_counts) + special.polygamma(1, other_counts)
    return log_ratios, variances


def robustly_scaled(points: Floats, /) -> Floats:
    """Coordinates over their interquartile range, or their standard deviation where that is 0."""
    low, high = np.quantile(points, [0.25, 0.75], axis=0)
    deviation = points.std(axis=0)
    scale = np.where(high > low, high - low, np.where(deviation > 0, deviation, 1.0))
    return np.asarray(points / scale)


def _neighbour_counts(
    points: Floats, own: cKDTree, other: cKDTree, k: int
) -> tuple[Indices, Indices]:
    """Neighbours of each point in its own and in the other sample, within a common radius."""
    # k + 1 and - 1: each point is in its own sample, at distance 0.
    own_radius, other_radius = _kth_distances(own, points, k + 1), _kth_distances(other, points, k)
    radius = np.maximum(own_radius, other_radius) * RELATIVE_RADIUS
    own_counts, other_counts = (
        np.asarray(tree.query_ball_point(points, radius, return_length=True, workers=-1))
        for tree in (own, other)
    )
    return own_counts - 1, other_counts


def _kth_distances(tree: cKDTree, points: Floats, k: int) -> Floats:
    """Distance from each point to its k-th nearest in a tree."""
    return np.asarray(tree.query(points, [k], workers=-1)[0])[:, 0]
