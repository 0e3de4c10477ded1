r"""Lipschitz extension of exact potentials: the optimal critic of a Wasserstein GAN.

.. math:: f(z) = \min_j \big( d(z, y_j) - v_j \big)

A minimum of 1-Lipschitz functions, thus 1-Lipschitz for any potentials; with optimal ones, the
mean over the sources minus the mean over the targets is the exact EMD.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import array_api_compat
import numpy as np

from divergences import _checks
from divergences._results import counted, html_table
from divergences._transport.certificate import EPS
from divergences._transport.column_generation import extension_by_products
from divergences._transport.ground import GroundCost
from divergences._transport.metrics import (
    BlockMetric,
    Metric,
    arc_lengths,
    require_metric,
    require_representable,
)
from divergences._transport.one_dimensional import closed_form_extension
from divergences._transport.result import Transport
from divergences._typing import ArrayLike, Floats, Indices
from divergences.errors import DistributionError

if TYPE_CHECKING:
    from torch import Tensor

MAX_BLOCK_DISTANCES = 1 << 21  # distances in memory at once
MAX_CHECKED_TARGETS = 12  # whose distances are tested for the axioms of a metric


def lipschitz_witness(
    solution: Transport, y: ArrayLike, /, *, metric: Metric | BlockMetric = "euclidean"
) -> LipschitzWitness:
    r"""1-Lipschitz function that attains an exact EMD: the optimal critic, defined everywhere.

    .. math:: f(z) = \min_j \big( d(z, y_j) - v_j \big)

    with the potentials v of the targets. On the points of the problem,
    ``f(x) @ p - f(y) @ q`` is the exact EMD; on other points it is a lower bound of their EMD.

    Args:
        solution: A transport between points, of order 1, under the same metric:
            `sampled.transport(x, y)`.
        y: The targets of the transport, shape ``(m, d)``, or ``(m,)`` on the line.
        metric: The distance: "euclidean", "cityblock", "chebyshev", "haversine", or a function of
            two blocks of points that is a metric.

    Returns:
        The function, of points of shape ``(..., d)``.

    Raises:
        DistributionError: If ``solution`` is not a transport, if the numbers of points and
            potentials differ, if the distance is not a metric (not symmetric, above 0 from a point
            to itself, or against the triangle inequality), or if differences of potentials exceed
            the distance. The last two are tested on 12 points. A violation elsewhere is not
            detected; with a metric, the function is then still 1-Lipschitz, but attains less than
            the EMD.

    Source:
        Villani 2009, "Optimal transport", theorem 5.10 and particular case 5.16.

    >>> from divergences import sampled
    >>> x, y = [[0.0], [1.0]], [[2.0], [4.0]]
    >>> f = lipschitz_witness(sampled.transport(x, y), y)
    >>> float(f(x).mean() - f(y).mean())
    2.5
    """
    if not isinstance(solution, Transport):
        raise DistributionError(
            "`solution` must be a Transport, from divergences.sampled.transport(x, y), but is a "
            f"{type(solution).__name__}"
        )
    require_metric(metric)
    array = _checks.points("y", y, _checks.namespace(y=y))
    targets = _checks.numpy_values(array).astype(np.float64, copy=False)
    if len(targets) != len(solution.target_potential):
        raise DistributionError(
            f"`y` must be the {len(solution.target_potential)} targets of `solution`, "
            f"but has {len(targets)} points"
        )
    if isinstance(metric, str) and metric == "sqeuclidean":
        raise DistributionError(
            '`metric` "sqeuclidean" is no metric, and no function is Lipschitz for it; '
            'solve with "euclidean"'
        )
    checked = np.unique(np.linspace(0, len(targets) - 1, MAX_CHECKED_TARGETS).astype(np.intp))
    ground = GroundCost.of(targets[checked], targets[checked], metric=metric, names=("y", "y"))
    with np.errstate(over="ignore"):
        distances = np.ldexp(ground.block(slice(None), slice(None)), ground.exponent)
    require_representable(distances, "ground")
    if callable(metric):
        _require_metric_axioms(distances, checked)
    _require_lipschitz(solution, distances, checked)
    return LipschitzWitness(targets, solution.target_potential, metric)


@dataclass(frozen=True, slots=True)
class LipschitzWitness:
    """1-Lipschitz function of points, in their unit of length.

    Attributes:
        y: Targets, shape ``(m, d)``.
        potential: Potential of each target, shape ``(m,)``.
        metric: The distance for which the function is 1-Lipschitz.
    """

    y: Floats
    potential: Floats
    metric: Metric | BlockMetric

    def __str__(self) -> str:
        """Dimension, metric and number of targets in one line."""
        m, d = self.y.shape
        metric = (
            getattr(self.metric, "__name__", "given") if callable(self.metric) else self.metric
        )
        return (
            f"1-Lipschitz function of points in {counted(d, 'dimension')}, {metric} metric, from "
            f"the potentials of {counted(m, 'target')}"
        )

    def __repr__(self) -> str:
        """The line that `str` gives, with the name of the class."""
        return f"<LipschitzWitness {self}>"

    def _repr_html_(self) -> str:
        """A table for a notebook."""
        rows = [("potential", f"{self.potential.min():.6g} to {self.potential.max():.6g}")]
        return html_table(str(self), rows)

    @overload
    def __call__(self, z: Tensor, /) -> Tensor: ...
    @overload
    def __call__(self, z: ArrayLike, /) -> Any: ...
    def __call__(self, z: Any, /) -> Any:
        """Values at points, in the library and on the device of ``z``.

        Args:
            z: Points, shape ``(..., d)``.

        Returns:
            Values, shape ``(...)``. In torch they carry the gradient, of length 1 under the
            Euclidean metric, and 0 at a target that attains its own minimum.

        Raises:
            DistributionError: If the points are not finite, or of another dimension, or require a
                gradient through a metric that is a function.
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
        minimizer, values = self._minimum(_checks.numpy_values(flat))
        if callable(self.metric) and getattr(flat, "requires_grad", False):
            raise DistributionError(
                "`metric` is a function, through which no gradient passes: give points that "
                "require none, z.detach(), or the name of a metric"
            )
        if not callable(self.metric) and not array_api_compat.is_numpy_namespace(xp):
            device = array_api_compat.device(array)
            y = xp.asarray(self.y[minimizer], device=device)
            potential = xp.asarray(self.potential[minimizer], device=device)
            result = arc_lengths(flat, y, self.metric, xp) - potential
        else:
            result = xp.asarray(values)
        return _checks.scalar(xp.reshape(result, tuple(array.shape[:-1])), array.dtype, xp)

    def _minimum(self, z: Floats) -> tuple[Indices, Floats]:
        """Index of the target that attains the minimum at each point, and the minimum."""
        ground = GroundCost.of(z, self.y, metric=self.metric, names=("z", "y"))
        potential = np.ldexp(self.potential, -ground.exponent)
        minimizer, minimum = _extension(ground, potential)
        with np.errstate(over="ignore"):
            values = np.ldexp(minimum, ground.exponent)
        if not np.isfinite(values).all():
            raise DistributionError(
                "`z` is so far from `y` that a value exceeds 1.8e308, the largest float; divide "
                "all points by a constant"
            )
        return minimizer, values


def _extension(ground: GroundCost, potential: Floats) -> tuple[Indices, Floats]:
    """Target that attains the minimum of cost minus potential for each source, and the minimum."""
    on_line = closed_form_extension(ground, potential)
    if on_line is not None:
        return on_line
    by_products = extension_by_products(ground, potential)
    if by_products is not None:
        return by_products
    n, m = ground.shape
    minimizer, minimum = np.empty(n, np.intp), np.empty(n)
    size = max(1, MAX_BLOCK_DISTANCES // m)
    for start in range(0, n, size):
        part = slice(start, start + size)
        differences = ground.block(part, slice(None)) - potential
        minimizer[part] = differences.argmin(axis=1)
        minimum[part] = differences[np.arange(len(differences)), minimizer[part]]
    return minimizer, minimum


def _require_lipschitz(solution: Transport, d: Floats, checked: Indices) -> None:
    """Refuse a potential that is not 1-Lipschitz on the checked targets.

    Optimal potentials of order 1 are 1-Lipschitz. If the duality gap is positive, a difference of
    potentials may exceed the distance by at most the gap divided by the mass of the target.

    Raises:
        DistributionError: If a difference is larger; the message names the pair of targets.
    """
    received = np.bincount(
        solution.plan.coords[1], solution.plan.data, len(solution.target_potential)
    )
    mass, potential = received[checked], solution.target_potential[checked]
    tolerance = solution.gap / np.where(mass > 0, np.maximum(mass, EPS), np.inf)
    rounding = 1e-6 * d.max() + 16 * EPS * np.abs(potential).max()
    violations = potential - potential[:, None] - d - tolerance[:, None]
    if violations.max() > rounding:
        i, j = np.unravel_index(violations.argmax(), d.shape)
        raise DistributionError(
            "`solution` must be a transport to `y` under `metric`, of order 1, but its potentials "
            f"of `y`[{checked[i]}] and `y`[{checked[j]}] differ by "
            f"{potential[j] - potential[i]:.6g}, and their distance is {d[i, j]:.6g}"
        )


def _require_metric_axioms(d: Floats, checked: Indices) -> None:
    """Refuse a function that violates an axiom of a metric on the checked targets.

    Raises:
        DistributionError: If so; the message names the targets.
    """
    rounding = 1e-9 * d.max()
    if d.diagonal().max() > rounding:
        j = checked[d.diagonal().argmax()]
        raise DistributionError(
            f"`metric` must be 0 from a point to itself, but is {d.diagonal().max()} at `y`[{j}]"
        )
    asymmetry = np.abs(d - d.T)
    if asymmetry.max() > rounding:
        i, j = np.unravel_index(asymmetry.argmax(), d.shape)
        raise DistributionError(
            f"`metric` must be symmetric, but is {d[i, j]} from `y`[{checked[i]}] to "
            f"`y`[{checked[j]}], and {d[j, i]} back"
        )
    detour_excess = d[:, :, None] + d[None] - d[:, None, :]
    if detour_excess.min() < -rounding:
        i, k, j = np.unravel_index(detour_excess.argmin(), detour_excess.shape)
        raise DistributionError(
            f"`metric` must satisfy the triangle inequality, but is {d[i, j]} from "
            f"`y`[{checked[i]}] to `y`[{checked[j]}], and {d[i, k] + d[k, j]} by way of "
            f"`y`[{checked[k]}]"
        )
