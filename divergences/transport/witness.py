r"""The function that attains a Wasserstein-1 distance, from the prices that prove it.

.. math:: f(z) = \min_j \big( d(z, y_j) - v_j \big)

is 1-Lipschitz for any prices v, being a minimum of 1-Lipschitz functions. At a source x it is at
least the source's price, at a target y_j at most :math:`-v_j`. So the mean of f over the sources
less that over the targets is at least the value of the prices, and at most W_1 (Kantorovich and
Rubinstein): for optimal prices it is W_1.

Source: Villani 2009, "Optimal transport", theorem 5.10 and remark 6.5.
"""

from dataclasses import dataclass

import array_api_compat
import numpy as np
from numpy.typing import ArrayLike

from divergences import checks
from divergences.checks import Array
from divergences.errors import DistributionError
from divergences.transport.distances import (
    BlockMetric,
    Metric,
    block_of_distances,
    distances,
    require_metric,
    step_lengths,
)
from divergences.transport.proof import EPS, Floats
from divergences.transport.result import Transport

PAIRS = 1 << 20  # distances that are computed at a time
SAMPLE = 64  # points of which all triples are looked at


@dataclass(frozen=True, slots=True)
class LipschitzWitness:
    """A 1-Lipschitz function whose means over two sets of points differ by their W_1.

    Attributes:
        y: Targets, shape ``(m, d)``.
        target_price: Prices of the targets, shape ``(m,)``, in the unit of length.
        metric: The distance.
    """

    y: Floats
    target_price: Floats
    metric: Metric | BlockMetric

    def __call__(self, z: ArrayLike, /) -> Array:
        """The function at some points, in their unit of length.

        Args:
            z: Points, shape ``(..., d)``; on the line also ``(k,)``, which are k points.

        Returns:
            Shape ``(...)``, in the library of ``z``. Torch tensors carry a gradient of length at
            most 1 (in the dual norm), 0 at targets; where it has a kink, one of those beside it.

        Raises:
            DistributionError: If the points are not finite or of another dimension, or a gradient
                would have to pass through a function.
        """
        xp = checks.namespace(z=z)
        points = checks.real_array("z", z, xp)
        checks.finite("z", points, xp)
        d = self.y.shape[1]
        if d == 1 and points.ndim == 1:
            points = xp.reshape(points, (-1, 1))
        if points.ndim == 0 or points.shape[-1] != d:
            raise DistributionError(
                f"`z` must have points of {d} coordinates, as the targets, but has shape "
                f"{tuple(points.shape)}"
            )
        shape = tuple(points.shape[:-1])
        flat = xp.astype(xp.reshape(points, (-1, d)), xp.float64)
        return checks.scalar(xp.reshape(self._values(flat), shape), points.dtype, xp)

    def _values(self, z: Array) -> Array:
        """The function at points of shape ``(k, d)``."""
        xp, metric = array_api_compat.array_namespace(z), self.metric
        at = checks.numpy_values(z)
        values, nearest = np.empty(len(at)), np.empty(len(at), np.intp)
        size = max(1, PAIRS // len(self.y))
        for start in range(0, len(at), size):
            part = slice(start, start + size)
            above = _lengths(at[part], self.y, metric) - self.target_price
            nearest[part] = above.argmin(axis=1)
            values[part] = above.min(axis=1)
        device = array_api_compat.device(z)
        found = xp.asarray(values, device=device)
        if not getattr(z, "requires_grad", False):
            return found
        if callable(metric):
            raise DistributionError(
                "`metric` is a function, through which no gradient passes: call this with points "
                "that require none, z.detach(), or give the name of a metric"
            )
        lengths = step_lengths(z - xp.asarray(self.y[nearest], device=device), metric, xp)
        return found + (lengths - xp.asarray(checks.numpy_values(lengths), device=device))


def lipschitz_witness(
    solved: Transport, y: ArrayLike, /, *, metric: Metric | BlockMetric = "euclidean"
) -> LipschitzWitness:
    """The 1-Lipschitz function that attains the Wasserstein-1 distance of two sets of points.

    It is a perfect critic: the mean over the sources less the mean over the targets is the
    distance itself, and no 1-Lipschitz function has more. It is defined everywhere, so it can be
    held against other points, which bounds their distance from below.

    Args:
        solved: The optimal transport to ``y`` under that metric, of order 1:
            `sampled.transport(x, y)`. A price that cannot be of this is refused, but a transport
            of another order whose prices happen to rise no faster than the distance is not seen:
            its function is 1-Lipschitz all the same, and attains less.
        y: The targets, shape ``(m, d)``, or ``(m,)`` on the line.
        metric: The distance, as in `sampled.transport`; not "sqeuclidean", which is none. A
            function is checked on some of the targets.

    Returns:
        The function, of points of shape ``(..., d)``, in the unit of the points.

    Raises:
        DistributionError: If ``y`` are no points, or not the targets of ``solved``, or the metric
            is none.

    Source:
        Villani 2009, "Optimal transport", theorem 5.10 and remark 6.5.

    >>> from divergences import sampled
    >>> f = lipschitz_witness(sampled.transport([0.0, 1.0], [3.0]), [3.0])
    >>> (f([0.0, 1.0]).mean() - f([3.0]).mean()).item()
    2.5
    """
    require_metric(metric)
    if metric == "sqeuclidean":
        raise DistributionError(
            '`metric` must be a distance, but "sqeuclidean" breaks the triangle inequality: no '
            'function is 1-Lipschitz in it; take "euclidean"'
        )
    xp = checks.namespace(y=y)
    points = checks.points("y", y, xp)
    targets = checks.numpy_values(points).astype(np.float64)
    price = np.array(solved.target_price, np.float64)
    if len(targets) != len(price):
        raise DistributionError(
            f"`y` must be the targets of `solved`, which has {len(price)}, but has {len(targets)}"
        )
    some = np.unique(np.linspace(0, len(targets) - 1, SAMPLE).astype(np.intp))
    among = _lengths(targets[some], targets[some], metric)
    if callable(metric):
        _require_distances(among, some)
    _require_slopes(price[some], among, some, solved)
    return LipschitzWitness(targets, price, metric)


def _lengths(z: Floats, y: Floats, metric: Metric | BlockMetric) -> Floats:
    """Distances from points to targets, in the caller's unit."""
    if callable(metric):
        return block_of_distances(metric(z, y), len(z), len(y))
    return distances(z, y, metric=metric)


def _require_distances(among: Floats, some: np.ndarray) -> None:
    """Refuse a function that is no metric on these targets."""
    room = 16 * EPS * among.max()
    own = np.abs(np.diag(among))
    if own.max() > room:
        at = some[own.argmax()]
        raise DistributionError(
            f"`metric` must be 0 from a point to itself, but is {own.max():.6g} at `y`[{at}]"
        )
    odd = np.abs(among - among.T)
    if odd.max() > room:
        i, j = np.unravel_index(odd.argmax(), odd.shape)
        raise DistributionError(
            f"`metric` must be symmetric, but from `y`[{some[i]}] to `y`[{some[j]}] it is "
            f"{among[i, j]:.6g} and back {among[j, i]:.6g}"
        )
    for k in range(len(some)):
        longer = among - (among[:, k, None] + among[k])
        if longer.max() > room:
            i, j = np.unravel_index(longer.argmax(), longer.shape)
            raise DistributionError(
                "`metric` must hold the triangle inequality, but from "
                f"`y`[{some[i]}] to `y`[{some[j]}] it is {among[i, j]:.6g}, and by way of "
                f"`y`[{some[k]}] only {among[i, k] + among[k, j]:.6g}"
            )


def _require_slopes(price: Floats, among: Floats, some: np.ndarray, solved: Transport) -> None:
    """Refuse prices that rise faster than the distance: they prove another problem."""
    above = (price - price[:, None]) - among
    room = 1e-6 * among.max() + 16 * EPS * np.abs(price).max() + _open(solved, some)
    if (above > room).any():
        i, j = np.unravel_index((above - room).argmax(), above.shape)
        raise DistributionError(
            "`solved` must be a transport to `y` under `metric`, of order 1, but its prices at "
            f"`y`[{some[i]}] and `y`[{some[j]}] differ by {price[j] - price[i]:.6g}, their "
            f"distance is {among[i, j]:.6g}"
        )


def _open(solved: Transport, some: np.ndarray) -> Floats:
    """By how much a target's price may be too low for all that the gap says, shape ``(s, 1)``."""
    received = np.bincount(solved.plan.coords[1], solved.plan.data, len(solved.target_price))[some]
    some_mass = np.where(received > 0, received, np.inf)
    return (solved.gap / np.maximum(some_mass, EPS))[:, None]
