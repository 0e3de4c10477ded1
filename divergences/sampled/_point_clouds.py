"""Two weighted sets of points, checked, and the gradient of what is computed of them."""

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import array_api_compat
import numpy as np

from divergences import _checks
from divergences._transport.gradients import cost_with_gradient
from divergences._transport.ground import GroundCost
from divergences._transport.metrics import BlockMetric, Metric, lengths
from divergences._transport.result import Optimum
from divergences._transport.solve import SolverOptions, solved
from divergences._typing import Array, Indices
from divergences.errors import DistributionError


@dataclass(frozen=True, slots=True)
class Points:
    """Two weighted sets of points of one dimension, checked.

    Attributes:
        xp: Their array namespace.
        x: Shape ``(n, d)``.
        y: Shape ``(m, d)``.
        p: Weights of x as passed, or None.
        q: Weights of y as passed, or None.
    """

    xp: ModuleType
    x: Array
    y: Array
    p: Array | None
    q: Array | None

    @classmethod
    def of(cls, x: Array, y: Array, p: Array | None, q: Array | None) -> "Points":
        """The arguments of `emd` and `transport`, checked."""
        xp = _checks.namespace(x=x, y=y, x_weights=p, y_weights=q)
        like = _checks.first_array(x, y, p, q)
        x, y = _checks.points("x", x, xp, like=like), _checks.points("y", y, xp, like=like)
        if x.shape[1] != y.shape[1]:
            raise DistributionError(
                "`x` and `y` must have points of the same dimension, "
                f"but have {x.shape[1]} and {y.shape[1]} coordinates"
            )
        p = _checks.weights("x_weights", p, x.shape[0], xp, like=x)
        q = _checks.weights("y_weights", q, y.shape[0], xp, like=y)
        return cls(xp, x, y, p, q)

    @property
    def sizes(self) -> tuple[int, int]:
        """How many points there are on each side."""
        return self.x.shape[0], self.y.shape[0]

    @property
    def masses(self) -> tuple[Any, Any]:
        """The weights of both sides in numpy, summing to 1; None for equal ones."""
        p, q = (None if w is None else _checks.normalised(w) for w in (self.p, self.q))
        return p, q

    @property
    def values(self) -> tuple[Any, Any]:
        """The points of both sides in numpy and float64."""
        x, y = (_checks.numpy_values(a).astype(np.float64, copy=False) for a in (self.x, self.y))
        return x, y

    def with_positive_weight(self) -> "Points":
        """Those that have a weight above 0, with their weights."""
        if self.p is None and self.q is None:
            return self
        kept = [
            np.arange(n) if w is None else np.flatnonzero(_checks.numpy_values(w) > 0)
            for n, w in zip(self.sizes, (self.p, self.q), strict=True)
        ]
        x, y = (
            self.xp.take(a, self.xp.asarray(k), axis=0)
            for a, k in zip((self.x, self.y), kept, strict=True)
        )
        p, q = (
            None if w is None else self.xp.take(w, self.xp.asarray(k))
            for w, k in zip((self.p, self.q), kept, strict=True)
        )
        return Points(self.xp, x, y, p, q)

    def subset(self, rows: Indices, cols: Indices) -> "Points":
        """Some of the points of each side, in numpy, with their weights."""
        x, y = self.values
        p, q = (
            None if w is None else w[places]
            for w, places in zip(self.masses, (rows, cols), strict=True)
        )
        return Points(_checks.NUMPY, x[rows], y[cols], p, q)

    def ground(self, metric: Metric | BlockMetric, order: float) -> GroundCost:
        """The cost between the points.

        Returns:
            It, with the unit that suits it.

        Raises:
            DistributionError: If there is no such metric or order, or a gradient would have to
                pass through a function.
        """
        if callable(metric) and any(getattr(a, "requires_grad", False) for a in (self.x, self.y)):
            raise DistributionError(
                "`metric` is a function, through which no gradient passes: give points that "
                "require none, x.detach(), or the name of a metric"
            )
        # Points of its own, which nobody else changes: of a named metric they are scaled ones.
        x, y = map(np.array, self.values) if callable(metric) else self.values
        return GroundCost.of(x, y, metric=metric, order=order)

    def solve(self, ground: GroundCost, effort: SolverOptions) -> Optimum:
        """The proved plan, in the scaled unit of the ground cost."""
        optimum = solved(ground, *self.masses, effort, device=_accelerator(self.x))
        ground.require_seen(optimum.cost, optimum.arcs.rows, optimum.arcs.cols)
        return optimum

    def value(self, optimum: Optimum, ground: GroundCost) -> Array:
        """The distance in the points' namespace, with its gradients in points and weights.

        Args:
            optimum: The plan, in the scaled unit of the ground cost.
            ground: The costs.

        Returns:
            The distance whose power the optimal cost is, a scalar.

        Raises:
            DistributionError: If the type of the points cannot hold it.
        """
        xp = self.xp

        def arc_costs(rows: Array, cols: Array) -> Array:
            x, y = (self._scaled(a, ground) for a in (self.x, self.y))
            far = lengths(x[rows, :] - y[cols, :], ground.metric, xp)
            return far if ground.order == 1 else ground.rest * far**ground.order

        like = self.x if self.x.dtype == xp.result_type(self.x, self.y) else self.y
        return cost_with_gradient(optimum, arc_costs, (self.p, self.q), like, xp, ground=ground)

    def _scaled(self, points: Array, ground: GroundCost) -> Array:
        """Points in the unit of the ground cost."""
        points = self.xp.astype(points, self.xp.float64)
        unit = ground.unit
        half = unit // 2  # the factor of the whole may not be a float
        return (points * 2.0**-half) * 2.0 ** (half - unit)


def _accelerator(points: Array) -> Array | None:
    """The points, if they are tensors on a GPU."""
    if not array_api_compat.is_torch_array(points) or not points.is_cuda:
        return None
    return points
