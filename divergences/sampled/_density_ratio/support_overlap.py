"""Detect support mismatch: regions with points of one sample and no mass of the other."""

import math

import numpy as np
from scipy.spatial import cKDTree

from divergences._typing import Floats
from divergences.sampled._density_ratio.nearest_neighbours import robustly_scaled
from divergences.sampled._density_ratio.pooled_sample import PooledSample, subsample

MAX_FRACTION_OUTSIDE_SUPPORT = 0.02  # beyond which KL has no upper bound
MIN_CLUSTER = 10  # neighbours of an isolated point, for each expected point of the other sample
MAX_RELATIVE_CLUSTER_RADIUS = 0.2  # relative to the distance of the other sample
MAX_QUERIES = 5_000  # points whose neighbours are searched
MAX_SEARCH_DIMENSION = 50  # beyond which a neighbour search takes too long


def fraction_outside_support(
    samples: PooledSample, side: int, log_ratios: Floats | None, /
) -> float:
    """Weighted fraction of the points of a side that probably lie outside the other's support.

    Args:
        samples: The points.
        side: 0 for the points of p, 1 for those of q.
        log_ratios: ``log(p / q)`` at each point by a model, shape ``(n + m,)``; None without one.

    Returns:
        The larger of the fraction beyond the resolution of the other sample, by the model, and
        the fraction in isolated clusters, in [0, 1].
    """
    unresolved = 0.0 if log_ratios is None else _fraction_unresolved(samples, side, log_ratios)
    return max(unresolved, _fraction_in_isolated_clusters(samples, side))


def _fraction_unresolved(samples: PooledSample, side: int, log_ratios: Floats) -> float:
    """Fraction of a side at which the density ratio exceeds the size of the other sample."""
    # There, less than one point of the other sample is expected: no ratio is distinguishable from
    # infinity.
    own, size = samples.sides[side], (samples.m, samples.n)[side]
    is_unresolved = log_ratios[own] * (1 - 2 * side) > np.log(size)
    return float(np.average(is_unresolved, weights=samples.weights[own]))


def _fraction_in_isolated_clusters(samples: PooledSample, side: int) -> float:
    """Fraction of a side in clusters far from every point of the other sample.

    Such a point has ten neighbours of its own side, or ten times the ratio of the sample sizes,
    within a fifth of the distance to the nearest point of the other. If both densities were
    smooth there, ``log(p / q)`` would be above ``log(10 5**d)``, with d the dimension.

    Returns:
        The fraction, by weight; 0 in more than `MAX_SEARCH_DIMENSION` dimensions.
    """
    if samples.d > MAX_SEARCH_DIMENSION:
        return 0.0
    scaled = robustly_scaled(samples.points)
    own, other = scaled[samples.sides[side]], scaled[samples.sides[1 - side]]
    cluster_size = MIN_CLUSTER * math.ceil(len(own) / len(other))
    if len(own) <= cluster_size:
        return 0.0
    queries = subsample(np.arange(len(own)), MAX_QUERIES)
    cluster_radii = cKDTree(own).query(own[queries], [cluster_size + 1], workers=-1)[0]
    other_distances = cKDTree(other).query(own[queries], [1], workers=-1)[0]
    is_isolated = np.ravel(cluster_radii) < np.ravel(other_distances) * MAX_RELATIVE_CLUSTER_RADIUS
    return float(np.average(is_isolated, weights=samples.weights[samples.sides[side]][queries]))
