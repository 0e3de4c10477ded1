"""Ground costs between two sets of points."""

import math
from collections.abc import Callable
from types import ModuleType
from typing import Literal, cast, get_args

import numpy as np
from scipy.spatial.distance import cdist

from divergences._checks import numpy_values
from divergences._typing import Array, Floats
from divergences.errors import DistributionError

Metric = Literal["euclidean", "cityblock", "sqeuclidean", "chebyshev"]
OVERFLOW = (
    "`x` and `y` are so large that their {} distances, or the powers of these that are asked for, "
    "exceed 1.8e308; divide both by a constant"
)
BlockMetric = Callable[[Floats, Floats], Floats]


def distances(x: Floats, y: Floats, /, *, metric: Metric = "euclidean") -> Floats:
    """Distance of every pair, right to the last digits at any unit of length.

    Points are divided by a power of two before anything is squared: lengths of 1e-200 and of 1e200
    neither vanish nor overflow. Differences are taken before they are squared, so close points
    keep their digits.

    Args:
        x: Shape ``(n, d)``.
        y: Shape ``(m, d)``.
        metric: "euclidean"; "cityblock", the sum of absolute differences; "chebyshev", the largest
            of them; or "sqeuclidean", the Euclidean distance squared.

    Returns:
        Shape ``(n, m)``, in the unit of the points, for "sqeuclidean" in its square.

    Raises:
        DistributionError: If the metric is unknown, or a distance is too large for a float.
    """
    require_metric(metric)
    exponent = exponent_of(x, y)
    power = 2 if metric == "sqeuclidean" else 1
    with np.errstate(over="ignore"):
        result = np.ldexp(
            cdist(np.ldexp(x, -exponent), np.ldexp(y, -exponent), metric), power * exponent
        )
    require_representable(result, metric)
    return result


def exponent_of(*arrays: Floats) -> int:
    """The power of two by which all entries are divided to lie in [-1, 1]; exact both ways."""
    return math.frexp(max(float(np.abs(array).max()) for array in arrays))[1]


def require_metric(metric: Metric | BlockMetric, /) -> None:
    """Refuse a metric that there is not.

    Raises:
        DistributionError: With the list of those that there are.
    """
    if not (callable(metric) or (isinstance(metric, str) and metric in get_args(Metric))):
        raise DistributionError(
            f"`metric` must be one of {', '.join(get_args(Metric))}, or a function of two blocks "
            f"of points, but is {metric!r}"
        )


def require_representable(lengths: Floats | np.float64, metric: str, /) -> None:
    """Refuse distances that have overflowed.

    Raises:
        DistributionError: If one is infinite.
    """
    if not np.isfinite(lengths).all():
        raise DistributionError(OVERFLOW.format(metric))


def block_of_distances(lengths: object, n: int, m: int, /) -> Floats:
    """What a callable metric returned for two blocks of points.

    Returns:
        Shape ``(n, m)``, float64.

    Raises:
        DistributionError: If it is no block of distances.
    """
    block = np.asarray(lengths)
    if block.shape != (n, m):
        raise DistributionError(
            f"`metric` must return one distance for each pair, shape {(n, m)} for blocks of {n} "
            f"and {m} points, but returned shape {block.shape}"
        )
    if block.dtype.kind not in "fiub":
        raise DistributionError(f"`metric` must return real numbers, but returned {block.dtype}")
    block = block.astype(np.float64, copy=False)
    wrong = ~(np.isfinite(block) & (block >= 0))
    if wrong.any():
        i, j = np.argwhere(wrong)[0]
        raise DistributionError(
            "`metric` must return finite distances of at least 0, but returned "
            f"{block[i, j]} for the pair ({i}, {j}) of a block"
        )
    return block


def lengths(steps: Array, metric: Metric | BlockMetric, xp: ModuleType, /) -> Array:
    """Length of each row of ``steps``, with gradient 0 where it is 0."""
    if metric == "cityblock":
        return xp.sum(xp.abs(steps), axis=-1)
    if metric == "chebyshev":
        return xp.max(xp.abs(steps), axis=-1)
    if metric == "sqeuclidean":
        return xp.sum(steps * steps, axis=-1)
    unit = 2.0 ** (exponent_of(numpy_values(steps)) - 1)  # in it, no square overflows
    squares = xp.sum((steps / unit) ** 2, axis=-1)
    return unit * xp.where(squares > 0, xp.sqrt(xp.where(squares > 0, squares, 1.0)), 0.0)


def scaled_lengths(steps: Floats, metric: Metric, /) -> Floats:
    """Length of each row in numpy, of steps scaled so that no square overflows: the fast one."""
    if metric == "cityblock":
        return cast(Floats, np.abs(steps).sum(axis=1))
    if metric == "chebyshev":
        return cast(Floats, np.abs(steps).max(axis=1))
    squares: Floats = np.einsum("ij,ij->i", steps, steps)
    return squares if metric == "sqeuclidean" else np.sqrt(squares)
