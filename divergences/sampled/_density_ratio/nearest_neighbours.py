"""Log density ratios from the nearest neighbours of each point.

The bias of the mean log-ratio is of order ``(k / n)**(2 / d)`` (Zhao and Lai 2020), so that two
numbers of neighbours give its limit at k = 0, as in the weighted estimators of Moon, Sricharan,
Greenewald and Hero 2018 and of Berrett, Samworth and Yuan 2019.
"""

import numpy as np
from scipy import special
from scipy.spatial import cKDTree

from divergences._typing import Floats, Indices
from divergences.sampled._density_ratio.pooled_sample import PooledSample

RELATIVE_RADIUS = 1 + 1e-12  # rounding: a closed ball must hold the neighbours on its surface
MIN_PARALLEL_QUERIES = 2000
MORE_NEIGHBOURS = 4  # factor between the two numbers of neighbours
MIN_DIMENSION, MAX_DIMENSION = 2, 8  # assumed in the order of the bias


def neighbour_counts(k: int, smaller: int, /) -> tuple[int, ...]:
    """One or two numbers of neighbours: k, and four times k as far as the sample sizes allow."""
    more = min(MORE_NEIGHBOURS * k, smaller - 1)
    return (k, more) if more > k else (k,)


def neighbour_log_ratios(
    samples: PooledSample, ks: tuple[int, ...], /
) -> tuple[Floats, Floats, float]:
    r"""Log-ratio ``log(p / q)`` at each point, from ranks of its k-th neighbours.

    With K points of both samples as near as the k-th nearest of p, k of them from p,
    :math:`\psi(k) - \psi(K)` is an unbiased estimate of the logarithm of the share of p among all
    points, if the ratio of the densities is constant that far, and likewise for q, within its own
    distance. The difference of both is the log-ratio. The estimate of Wang, Kulkarni and Verdu has
    the logarithms of the volumes of both balls in place of the digammas of K; counts measure the
    volumes by all points, so that only changes of the *ratio* of the densities bias the estimate.

    Args:
        samples: The points.
        ks: Numbers of neighbours in each sample; where points coincide, there are more.

    Returns:
        The log-ratios and their variances, each of shape ``(len(ks), n + m)``, and the intrinsic
        dimension of the points.

    Source:
        Wang, Kulkarni and Verdu 2009, "Divergence estimation for multidimensional densities via
        k-nearest-neighbor distances", eq. 5; Levina and Bickel 2004 for the dimension.
    """
    scaled = robustly_scaled(samples.points)
    trees = [cKDTree(scaled[side]) for side in samples.sides]
    log_ratios, variances = np.empty((2, len(ks), len(scaled)))
    log_growths = []
    for side, own, other, sign in zip(samples.sides, trees, trees[::-1], (1, -1), strict=True):
        points = scaled[side]
        own_radii = _kth_distances(own, points, np.array(ks) + 1)  # a point is its own nearest
        other_radii = _kth_distances(other, points, np.array(ks))
        log_growths.append(_log_growths(own_radii))
        for level in range(len(ks)):
            radii = own_radii[:, level], other_radii[:, level]
            values, variances[level, side] = _from_ranks(points, own, other, *radii)
            log_ratios[level, side] = sign * values
    return log_ratios, variances, _dimension(np.concatenate(log_growths), ks)


def bias_order(dimension: float, /) -> float:
    """Exponent of ``k / n`` in the bias of a mean log-ratio.

    Args:
        dimension: Intrinsic dimension of the points, clipped to 2 to 8: in one dimension, the ends
            of a support have a bias of the order of that in two; in many, the weights would be so
            large that the variance exceeds what they gain.

    Returns:
        The exponent, in [1/4, 1].
    """
    return float(2 / np.clip(dimension, MIN_DIMENSION, MAX_DIMENSION))


def level_weights(ks: tuple[int, ...], order: float, /) -> Floats:
    """Weights of estimates by one or two numbers of neighbours, which cancel their leading bias.

    Args:
        ks: The numbers of neighbours.
        order: Exponent of k in the bias.

    Returns:
        Weights of sum 1, shape ``(len(ks),)``.
    """
    if len(ks) == 1:
        return np.ones(1)
    excess = 1 / ((ks[1] / ks[0]) ** order - 1)
    return np.array([1 + excess, -excess])


def spatial_order(points: Floats, /) -> Indices:
    """Permutation of points in which close points follow each other, shape ``(n,)``."""
    return np.asarray(cKDTree(robustly_scaled(points)).indices)


def robustly_scaled(points: Floats, /) -> Floats:
    """Coordinates over their interquartile range, or their standard deviation where that is 0."""
    low, high = np.quantile(points, [0.25, 0.75], axis=0)
    deviation = points.std(axis=0)
    scale = np.where(high > low, high - low, np.where(deviation > 0, deviation, 1.0))
    return np.asarray(points / scale)


def _from_ranks(
    points: Floats, own: cKDTree, other: cKDTree, own_radii: Floats, other_radii: Floats
) -> tuple[Floats, Floats]:
    r"""Log-ratio of own to other density at each point, and its variance.

    Returns:
        Both, each of shape ``(points,)``, exact for a constant ratio: the variance of both
        log-volumes, :math:`\psi'(k) - \psi'(n)` and likewise for m, less that given the counts.
    """
    own_k, near = _counts(own, points, own_radii) - 1, _counts(other, points, own_radii)
    far, other_k = _counts(own, points, other_radii) - 1, _counts(other, points, other_radii)
    own_share = special.digamma(own_k) - special.digamma(own_k + near) - special.digamma(own.n)
    other_share = special.digamma(other_k) - special.digamma(other_k + far)
    other_share -= special.digamma(other.n + 1)
    of_volumes = special.polygamma(1, own_k) - special.polygamma(1, own.n)
    of_volumes += special.polygamma(1, other_k) - special.polygamma(1, other.n + 1)
    given_counts = special.polygamma(1, own_k + near) - special.polygamma(1, other_k + far)
    return np.asarray(own_share - other_share), np.asarray(of_volumes - np.abs(given_counts))


def _counts(tree: cKDTree, points: Floats, radii: Floats) -> Indices:
    """Number of points of a tree within a distance of each point."""
    radii = radii * RELATIVE_RADIUS
    return np.asarray(
        tree.query_ball_point(points, radii, return_length=True, workers=_workers(points))
    )


def _kth_distances(tree: cKDTree, points: Floats, ks: Indices) -> Floats:
    """Distances from each point to its k-th nearest in a tree, shape ``(points, len(ks))``."""
    return np.asarray(tree.query(points, ks, workers=_workers(points))[0])


def _workers(points: Floats) -> int:
    """Number of threads of a search: one for few points, all cores for many."""
    return 1 if len(points) < MIN_PARALLEL_QUERIES else -1


def _log_growths(radii: Floats) -> Floats:
    """Logarithm of the last over the first distance of each point, where that is not 0."""
    positive = radii[radii[:, 0] > 0]
    return np.log(positive[:, -1] / positive[:, 0])


def _dimension(log_growths: Floats, ks: tuple[int, ...]) -> float:
    """Dimension in which the distances grow as fast between the first and last neighbour."""
    growth = float(log_growths.mean()) if len(log_growths) else 0.0
    volume_growth = float(special.digamma(ks[-1]) - special.digamma(ks[0]))
    return volume_growth / growth if growth > 0 else MIN_DIMENSION
