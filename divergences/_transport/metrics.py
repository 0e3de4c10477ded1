"""Distances between two sets of points, and norms of differences of points."""

import math
from collections.abc import Callable
from types import ModuleType
from typing import Literal, cast, get_args

import numpy as np
from scipy.spatial.distance import cdist

from divergences import _checks
from divergences._transport.circular_distance import CircularDistance
from divergences._transport.great_circle import (
    coordinates,
    great_circle,
    great_circle_block,
    great_circle_rows,
)
from divergences._typing import Array, Floats
from divergences.errors import DistributionError

Metric = Literal["euclidean", "cityblock", "sqeuclidean", "chebyshev", "haversine"]
BlockMetric = Callable[[Floats, Floats], Floats]
MAX_FACTOR_EXPONENT = 1000  # whose power of two is a float
OVERFLOW_MESSAGE = (
    "`x` and `y` are so large that their {} distances, or powers of these, exceed 1.8e308; divide "
    "both by a constant"
)


def distances(x: Floats, y: Floats, /, *, metric: Metric = "euclidean") -> Floats:
    """Distance of every pair, to the last digits in any unit of length.

    Points are divided by a power of two before anything is squared: squares of lengths of 1e-200
    and of 1e200 neither underflow nor overflow. Differences are taken before they are squared, so
    distances of close points keep their digits.

    Args:
        x: Shape ``(n, d)``.
        y: Shape ``(m, d)``.
        metric: "euclidean"; "cityblock", the sum of absolute differences; "chebyshev", the largest
            of them; "sqeuclidean", the Euclidean distance squared; or "haversine", the
            great-circle distance of points (latitude, longitude) in degrees.

    Returns:
        Shape ``(n, m)``, in the unit of the points, for "sqeuclidean" in its square, for
        "haversine" in units of the radius.

    Raises:
        DistributionError: If the metric is unknown, or a distance is too large for a float.
    """
    require_metric(metric)
    if metric == "haversine":
        return block_distances(coordinates("x", x), coordinates("y", y), metric)
    exponent = common_exponent(x, y)
    power = 2 if metric == "sqeuclidean" else 1
    scaled = block_distances(np.ldexp(x, -exponent), np.ldexp(y, -exponent), metric)
    with np.errstate(over="ignore"):
        result = np.ldexp(scaled, power * exponent)
    require_representable(result, metric)
    return result


def common_exponent(*arrays: Floats) -> int:
    """Exponent of the smallest power of two above the absolute value of every entry."""
    return math.frexp(max(max(float(a.max()), -float(a.min())) for a in arrays))[1]


def divided_by_power(values: Floats, exponent: int, /) -> Floats:
    """``values / 2**exponent``, a new array; a product is much faster than `numpy.ldexp`."""
    if abs(exponent) > MAX_FACTOR_EXPONENT:
        return np.ldexp(values, -exponent)
    return values * 2.0**-exponent


def require_metric(metric: Metric | BlockMetric, /) -> None:
    """Refuse an unknown metric.

    Raises:
        DistributionError: If so; the message lists the metrics.
    """
    if not callable(metric):
        otherwise = ", or a function of two blocks of points"
        _checks.choice("metric", metric, get_args(Metric), otherwise=otherwise)


def require_representable(values: Floats | np.float64, metric: str, /) -> None:
    """Refuse distances that have overflowed.

    Raises:
        DistributionError: If a value is infinite.
    """
    if not np.isfinite(values).all():
        raise DistributionError(OVERFLOW_MESSAGE.format(metric))


def checked_distances(values: object, n: int, m: int, /) -> Floats:
    """Distances returned by a callable metric for blocks of n and m points.

    Returns:
        Shape ``(n, m)``, float64, at least 0.

    Raises:
        DistributionError: If shape or type do not fit, or a distance is negative, infinite or NaN.
    """
    block = np.asarray(values)
    if block.shape != (n, m):
        raise DistributionError(
            f"`metric` must return one distance for each pair, shape {(n, m)} for blocks of {n} "
            f"and {m} points, but returned shape {block.shape}; a function of two points is "
            "passed as lambda x, y: scipy.spatial.distance.cdist(x, y, metric)"
        )
    if block.dtype.kind not in "fiub":
        raise DistributionError(f"`metric` must return real numbers, but returned {block.dtype}")
    block = block.astype(np.float64, copy=False)
    invalid = ~(np.isfinite(block) & (block >= 0))
    if invalid.any():
        i, j = np.argwhere(invalid)[0]
        raise DistributionError(
            "`metric` must return finite distances of at least 0, but returned "
            f"{block[i, j]} for the pair ({i}, {j}) of a block; for pairs that must not be "
            "matched, return a finite distance larger than the others"
        )
    return block


def arc_lengths(x: Array, y: Array, metric: Metric | BlockMetric, xp: ModuleType, /) -> Array:
    """Distance of each row of two arrays, differentiable, with gradient 0 where it is 0."""
    if metric == "haversine":
        return great_circle(x, y, xp)
    if isinstance(metric, CircularDistance):
        return metric.of_rows(x, y, xp)
    return norms(x - y, metric, xp)


def norms(differences: Array, metric: Metric | BlockMetric, xp: ModuleType, /) -> Array:
    """Norm of each row, differentiable, with gradient 0 where it is 0."""
    if metric == "cityblock":
        return xp.sum(xp.abs(differences), axis=-1)
    if metric == "chebyshev":
        return xp.max(xp.abs(differences), axis=-1)
    if metric == "sqeuclidean":
        return xp.sum(differences * differences, axis=-1)
    unit = 2.0 ** (
        common_exponent(_checks.numpy_values(differences)) - 1
    )  # in it, no square overflows
    squares = xp.sum((differences / unit) ** 2, axis=-1)
    return unit * xp.where(squares > 0, xp.sqrt(xp.where(squares > 0, squares, 1.0)), 0.0)


def block_distances(x: Floats, y: Floats, metric: Metric, /) -> Floats:
    """Distance of every pair of points that are scaled so that no square overflows.

    Returns:
        Shape ``(n, m)``.
    """
    return great_circle_block(x, y) if metric == "haversine" else cdist(x, y, metric)


def row_distances(x: Floats, y: Floats, metric: Metric, /) -> Floats:
    """Distance of each row of two arrays of points that are scaled so that no square overflows.

    Returns:
        Shape ``(k,)``.
    """
    if metric == "haversine":
        return great_circle_rows(x, y)
    differences = x - y
    if metric == "cityblock":
        return cast(Floats, np.abs(differences).sum(axis=1))
    if metric == "chebyshev":
        return cast(Floats, np.abs(differences).max(axis=1))
    squares: Floats = np.einsum("ij,ij->i", differences, differences)
    return squares if metric == "sqeuclidean" else np.sqrt(squares)
