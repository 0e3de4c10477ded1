r"""The function that exact potentials extend to: the critic that a Wasserstein GAN is looking for.

.. math:: f(z) = \min_j \big( d(z, y_j) - v_j \big)

A minimum of 1-Lipschitz functions, thus 1-Lipschitz, whatever the potentials; with optimal ones, the
mean over the sources less the mean over the targets is the exact EMD.
"""

from dataclasses import dataclass

import array_api_compat
import numpy as np
from numpy.typing import ArrayLike

from divergences import _checks
from divergences._transport.certificate import EPS
from divergences._transport.ground import GroundCost
from divergences._transport.metrics import BlockMetric, Metric, lengths, require_metric
from divergences._transport.result import Transport
from divergences._typing import Array, Floats, Indices
from divergences.errors import DistributionError

ENTRIES = 1 << 21  # distances that are held at a time
TRIED = 12  # points whose distances are looked at before a function is taken for a metric


def lipschitz_witness(
    solved: Transport, y: ArrayLike, /, *, metric: Metric | BlockMetric = "euclidean"
) -> "LipschitzWitness":
    r"""The 1-Lipschitz function that attains an exact EMD: the ideal critic, anywhere.

    .. math:: f(z) = \min_j \big( d(z, y_j) - v_j \big)

    with the potentials v of the targets. On the points of the problem,
    ``f(x) @ p - f(y) @ q`` is the exact EMD; on any others it is a lower bound of theirs.

    Args:
        solved: A transport between points, of order 1, under the same metric:
            `sampled.transport(x, y)`.
        y: Its targets, shape ``(m, d)``, or ``(m,)`` on the line.
        metric: The distance: "euclidean", "cityblock", "chebyshev", or a function of two blocks
            of points that is a metric.

    Returns:
        The function, of points of shape ``(..., d)``.

    Raises:
        DistributionError: If the points are not as many as the potentials, or the distance is no
            metric: not symmetric, above 0 from a point to itself, or longer than a detour; or if
            the potentials rise faster than the distance. Potentials of another order that happen not to
            are not seen: their function is 1-Lipschitz all the same, and attains less.

    Source:
        Villani 2009, "Optimal transport", theorem 5.10 and particular case 5.16.

    >>> from divergences import sampled
    >>> x, y = [[0.0], [1.0]], [[2.0], [4.0]]
    >>> f = lipschitz_witness(sampled.transport(x, y), y)
    >>> float(f(x).mean() - f(y).mean())
    2.5
    """
    require_metric(metric)
    array = _checks.points("y", y, _checks.namespace(y=y))
    points = _checks.numpy_values(array).astype(np.float64, copy=False)
    if len(points) != len(solved.target_potential):
        raise DistributionError(
            f"`y` must be the {len(solved.target_potential)} targets of `solved`, "
            f"but has {len(points)} points"
        )
    if isinstance(metric, str) and metric == "sqeuclidean":
        raise DistributionError(
            '`metric` "sqeuclidean" is no metric, and no function is Lipschitz for it; '
            'solve with "euclidean"'
        )
    places = np.unique(np.linspace(0, len(points) - 1, TRIED).astype(np.intp))
    ground = GroundCost.of(points[places], points[places], metric=metric)
    among = np.ldexp(ground.block(slice(None), slice(None)), ground.exponent)
    if callable(metric):
        _require_metric_axioms(among, places)
    _require_slopes(solved, among, places)
    return LipschitzWitness(points, solved.target_potential, metric)


@dataclass(frozen=True, slots=True)
class LipschitzWitness:
    """A 1-Lipschitz function of points, in the unit of length.

    Attributes:
        y: Points, shape ``(m, d)``.
        potential: Of each, shape ``(m,)``.
        metric: The distance for which it is 1-Lipschitz.
    """

    y: Floats
    potential: Floats
    metric: Metric | BlockMetric

    def __call__(self, z: ArrayLike, /) -> Array:
        """Its values, in the library and on the device of ``z``.

        Args:
            z: Points, shape ``(..., d)``.

        Returns:
            Shape ``(...)``. In torch with its gradient, of length 1 under the Euclidean metric,
            and 0 at a point of ``y`` that is its own minimum.

        Raises:
            DistributionError: If the points are not finite, or of another dimension, or a gradient
                would have to pass through a function.
        """
        xp = _checks.namespace(z=z)
        array = _checks.real_array("z", z, xp)
        d = self.y.shape[1]
        if array.ndim == 0 or array.shape[-1] != d:
            raise DistributionError(
                f"`z` must be points of {d} coordinates, shape (..., {d}), "
                f"but has shape {tuple(array.shape)}"
            )
        _checks.finite("z", array, xp)
        flat = xp.reshape(xp.astype(array, xp.float64), (-1, d))
        nearest, values = self._minimum(_checks.numpy_values(flat))
        if callable(self.metric) and getattr(flat, "requires_grad", False):
            raise DistributionError(
                "`metric` is a function, through which no gradient passes: give points that "
                "require none, z.detach(), or the name of a metric"
            )
        if not callable(self.metric) and not array_api_compat.is_numpy_namespace(xp):
            device = array_api_compat.device(array)
            y = xp.asarray(self.y[nearest], device=device)
            potential = xp.asarray(self.potential[nearest], device=device)
            result = lengths(flat - y, self.metric, xp) - potential
        else:
            result = xp.asarray(values)
        return _checks.scalar(xp.reshape(result, tuple(array.shape[:-1])), array.dtype, xp)

    def _minimum(self, z: Floats) -> tuple[Indices, Floats]:
        """Which potential is the minimum at each point, and the value there."""
        ground = GroundCost.of(z, self.y, metric=self.metric)
        potential = np.ldexp(self.potential, -ground.exponent)
        nearest, values = np.empty(len(z), np.intp), np.empty(len(z))
        size = max(1, ENTRIES // len(self.y))
        for start in range(0, len(z), size):
            part = slice(start, start + size)
            above = ground.block(part, slice(None)) - potential
            nearest[part] = above.argmin(axis=1)
            values[part] = above[np.arange(len(above)), nearest[part]]
        return nearest, np.ldexp(values, ground.exponent)


def _require_slopes(solved: Transport, d: Floats, places: Indices) -> None:
    """Refuse potentials of some of the targets that rise faster than the distances between these.

    Optimal potentials of order 1 do not, but for what the gap leaves open.

    Raises:
        DistributionError: Naming targets that show it.
    """
    received = np.bincount(solved.plan.coords[1], solved.plan.data, len(solved.target_potential))
    mass, potential = received[places], solved.target_potential[places]
    left_open = solved.gap / np.where(mass > 0, np.maximum(mass, EPS), np.inf)
    rounding = 1e-6 * d.max() + 16 * EPS * np.abs(potential).max()
    above = potential - potential[:, None] - d - left_open[:, None]
    if above.max() > rounding:
        i, j = np.unravel_index(above.argmax(), d.shape)
        raise DistributionError(
            "`solved` must be a transport to `y` under `metric`, of order 1, but its potentials of "
            f"`y`[{places[i]}] and `y`[{places[j]}] differ by {potential[j] - potential[i]:.6g}, and "
            f"their distance is {d[i, j]:.6g}"
        )


def _require_metric_axioms(d: Floats, places: Indices) -> None:
    """Refuse a function that is no metric on some of the points.

    Raises:
        DistributionError: Naming points that show it.
    """
    rounding = 1e-9 * d.max()
    if d.diagonal().max() > rounding:
        j = places[d.diagonal().argmax()]
        raise DistributionError(
            f"`metric` must be 0 from a point to itself, but is {d.diagonal().max()} at `y`[{j}]"
        )
    skew = np.abs(d - d.T)
    if skew.max() > rounding:
        i, j = np.unravel_index(skew.argmax(), d.shape)
        raise DistributionError(
            f"`metric` must be symmetric, but from `y`[{places[i]}] to `y`[{places[j]}] it is "
            f"{d[i, j]}, and back {d[j, i]}"
        )
    detour = d[:, :, None] + d[None] - d[:, None, :]
    if detour.min() < -rounding:
        i, k, j = np.unravel_index(detour.argmin(), detour.shape)
        raise DistributionError(
            f"`metric` must not be longer than a detour, but from `y`[{places[i]}] to "
            f"`y`[{places[j]}] it is {d[i, j]}, and by `y`[{places[k]}] {d[i, k] + d[k, j]}"
        )
