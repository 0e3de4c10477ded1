"""Validated weighted point clouds, alone and in pairs, and the exact transport between them."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import array_api_compat
import numpy as np

from divergences import _checks
from divergences._checks.images import refuse_images
from divergences._transport.aggregation import optimum_within
from divergences._transport.circular_distance import CircularDistance
from divergences._transport.gradients import cost_with_gradient, numpy_scalar
from divergences._transport.ground import GroundCost
from divergences._transport.metrics import BlockMetric, Metric, arc_lengths
from divergences._transport.one_dimensional import closed_form_cost
from divergences._transport.result import Optimum
from divergences._transport.solve import SolverOptions, solve
from divergences._typing import Array, ArrayLike, Floats, Indices
from divergences.errors import DistributionError


@dataclass(frozen=True, slots=True)
class PointCloud:
    """A validated set of points with their weights.

    Attributes:
        points: Finite coordinates, shape ``(n, d)``, float64 or float32.
        weights: Masses, at least 0, shape ``(n,)``, of any total; None for equal ones.
    """

    points: Array
    weights: Array | None = None

    @classmethod
    def of(
        cls,
        points: ArrayLike,
        weights: ArrayLike | None = None,
        *,
        name: str = "points",
        weights_name: str = "weights",
    ) -> PointCloud:
        """Validate a sample.

        Args:
            points: Points, shape ``(n, d)``, or ``(n,)`` on the line.
            weights: Masses, shape ``(n,)``; None for equal ones.
            name: Name of the points in messages.
            weights_name: Name of the weights in messages.

        Returns:
            The cloud.

        Raises:
            DistributionError: If points or weights are not finite, or their shapes do not match.
        """
        xp = _checks.namespace(**{name: points, weights_name: weights})
        like = _checks.first_array(points, weights)
        coordinates = _checks.points(name, points, xp, like=like)
        n = coordinates.shape[0]
        return cls(coordinates, _checks.weights(weights_name, weights, n, xp, like=coordinates))

    @property
    def n(self) -> int:
        """Number of points."""
        return self.points.shape[0]

    @property
    def d(self) -> int:
        """Dimension of the points."""
        return self.points.shape[1]

    @property
    def coordinates(self) -> Floats:
        """The points as a float64 numpy array, shape ``(n, d)``."""
        return _checks.numpy_values(self.points).astype(np.float64, copy=False)

    @property
    def masses(self) -> Floats | None:
        """Weights divided by their sum, as a numpy array, shape ``(n,)``; None for equal ones."""
        return None if self.weights is None else _checks.normalised(self.weights)

    def in_numpy(self) -> PointCloud:
        """The cloud as numpy arrays of the same precision, without gradients."""
        weights = None if self.weights is None else _checks.numpy_values(self.weights)
        return PointCloud(_checks.numpy_values(self.points), weights)

    def with_positive_weight(self) -> PointCloud:
        """The points of weight above 0, with their weights."""
        if self.weights is None:
            return self
        xp = _checks.namespace(points=self.points)
        kept = xp.asarray(
            np.flatnonzero(_checks.numpy_values(self.weights) > 0),
            device=array_api_compat.device(self.points),
        )
        return PointCloud(xp.take(self.points, kept, axis=0), xp.take(self.weights, kept))

    def subset(self, indices: Indices) -> PointCloud:
        """The points at these indices and their masses, as numpy arrays."""
        masses = self.masses
        return PointCloud(self.coordinates[indices], None if masses is None else masses[indices])


@dataclass(frozen=True, slots=True)
class PointCloudPair:
    """Two validated point clouds of the same dimension and array namespace.

    Attributes:
        x: Sources.
        y: Targets.
    """

    x: PointCloud
    y: PointCloud

    @classmethod
    def of(
        cls,
        x: ArrayLike,
        y: ArrayLike,
        x_weights: ArrayLike | None = None,
        y_weights: ArrayLike | None = None,
    ) -> PointCloudPair:
        """Validate the samples that a caller passed.

        Args:
            x: Points, shape ``(n, d)``, or ``(n,)`` on the line; times count in seconds.
            y: Points, shape ``(m, d)``.
            x_weights: Masses of the points of ``x``, shape ``(n,)``; None for equal ones.
            y_weights: Masses of the points of ``y``, shape ``(m,)``; None for equal ones.

        Returns:
            Both clouds.

        Raises:
            DistributionError: If points or weights are not finite, or their shapes do not match.
        """
        x_sample, y_sample = x, y
        p_values = _checks.aligned_weights(x, x_weights, names=("x", "x_weights"))
        q_values = _checks.aligned_weights(y, y_weights, names=("y", "y_weights"))
        x, y, _ = _checks.aligned_columns(x, y)
        x, y = _checks.in_seconds(x, y)
        _checks.refuse_categories(x, y)
        xp = _checks.namespace(x=x, y=y, x_weights=p_values, y_weights=q_values)
        like = _checks.first_array(x, y, p_values, q_values)
        sources = _checks.points("x", x, xp, like=like, sample=x_sample)
        targets = _checks.points("y", y, xp, like=like, sample=y_sample)
        _require_same_dimension(sources.shape[1], targets.shape[1])
        if p_values is None and q_values is None:
            refuse_images(sources, targets, xp)
        p = _checks.weights("x_weights", p_values, sources.shape[0], xp, like=sources)
        q = _checks.weights("y_weights", q_values, targets.shape[0], xp, like=targets)
        return cls(PointCloud(sources, p), PointCloud(targets, q))

    @classmethod
    def of_clouds(cls, x: PointCloud, y: PointCloud) -> PointCloudPair:
        """Pair clouds of one array namespace that were validated one by one.

        Returns:
            The pair.

        Raises:
            DistributionError: If the dimensions differ.
        """
        _require_same_dimension(x.d, y.d)
        return cls(x, y)

    @property
    def xp(self) -> ModuleType:
        """Array namespace of the points."""
        return _checks.namespace(x=self.x.points, y=self.y.points)

    @property
    def like(self) -> Array:
        """The points whose type and device a result takes."""
        x, y = self.x.points, self.y.points
        return x if x.dtype == self.xp.result_type(x, y) else y

    @property
    def device(self) -> Array | None:
        """Array on the GPU that computes reduced costs; None for the CPU."""
        points = self.x.points
        return points if array_api_compat.is_torch_array(points) and points.is_cuda else None

    @property
    def sizes(self) -> tuple[int, int]:
        """Numbers of points n and m."""
        return self.x.n, self.y.n

    @property
    def masses(self) -> tuple[Floats | None, Floats | None]:
        """Masses of both sides as numpy arrays, each summing to 1; None for equal ones."""
        return self.x.masses, self.y.masses

    def with_positive_weight(self) -> PointCloudPair:
        """Both clouds without their points of weight 0."""
        return PointCloudPair(self.x.with_positive_weight(), self.y.with_positive_weight())

    def subset(self, rows: Indices, cols: Indices) -> PointCloudPair:
        """The points of x at ``rows`` and of y at ``cols``, with their masses, as numpy arrays."""
        return PointCloudPair(self.x.subset(rows), self.y.subset(cols))

    def ground_cost(self, metric: Metric | BlockMetric, order: float) -> GroundCost:
        """Ground cost ``metric**order`` between the points, in a unit without overflow.

        Args:
            metric: Name of a distance, or a function of two blocks of points.
            order: Power of the distance, at least 1.

        Returns:
            The costs of all pairs, computed in blocks.

        Raises:
            DistributionError: If the metric or the order is not valid, or the points require a
                gradient and the metric is a function.
        """
        x, y = self.x.points, self.y.points
        differentiable = not callable(metric) or isinstance(metric, CircularDistance)
        if not differentiable and any(getattr(a, "requires_grad", False) for a in (x, y)):
            raise DistributionError(
                "`metric` is a function, through which no gradient passes: give points that "
                "require none, x.detach(), or the name of a metric"
            )
        x, y = self.x.coordinates, self.y.coordinates
        if callable(metric):
            # Later reads must not see changes of the caller's; named metrics scale, which copies.
            x, y = np.array(x), np.array(y)
        return GroundCost.of(x, y, metric=metric, order=order)

    def solve(self, ground: GroundCost, options: SolverOptions) -> Optimum:
        """Certified optimal plan, in the scaled unit of the ground cost."""
        optimum = solve(ground, *self.masses, options, device=self.device)
        ground.require_no_underflow(optimum.cost, optimum.arcs.rows, optimum.arcs.cols)
        return optimum

    def solve_within(
        self, ground: GroundCost, options: SolverOptions, tolerance: float
    ) -> Optimum:
        """Plan of a cost proved to be within a tolerance of the optimum, in the scaled unit."""
        optimum = optimum_within(
            ground, *self.masses, options, tolerance=tolerance, device=self.device
        )
        ground.require_no_underflow(optimum.cost, optimum.arcs.rows, optimum.arcs.cols)
        return optimum

    def closed_form_distance(
        self, ground: GroundCost, masses: tuple[Floats | None, Floats | None]
    ) -> Any | None:
        """Wasserstein distance in closed form, without a plan.

        Args:
            ground: The costs.
            masses: Masses of both sides, each summing to 1; None for equal ones.

        Returns:
            A scalar of numpy, in the unit of the points; None if there is no closed form, or the
            points are of another library, whose result carries gradients.

        Raises:
            DistributionError: If the distance overflows the dtype of the points.
        """
        if not array_api_compat.is_numpy_namespace(self.xp):
            return None
        cost = closed_form_cost(ground, *masses)
        return None if cost is None else numpy_scalar(cost, self.like, self.xp, ground=ground)

    def distance(self, optimum: Optimum, ground: GroundCost) -> Array:
        """Wasserstein distance in the points' array library, differentiable in points and weights.

        Args:
            optimum: The plan, in the scaled unit of the ground cost.
            ground: The costs.

        Returns:
            The optimal cost to the power ``1 / order``, for "sqeuclidean" the cost itself: a
            scalar in the unit of the points, or in its square.

        Raises:
            DistributionError: If the distance overflows the dtype of the points.
        """
        xp = self.xp

        def arc_costs(rows: Array, cols: Array) -> Array:
            x, y = (_scaled(cloud.points, ground, xp) for cloud in (self.x, self.y))
            lengths = arc_lengths(x[rows, :], y[cols, :], ground.metric, xp)
            if isinstance(
                ground.metric, CircularDistance
            ):  # whose points have no unit of their own
                lengths = lengths * 2.0**-ground.length_exponent
            return lengths if ground.order == 1 else ground.factor * lengths**ground.order

        weights = self.x.weights, self.y.weights
        return cost_with_gradient(optimum, arc_costs, weights, self.like, xp, ground=ground)


def _require_same_dimension(x_dimension: int, y_dimension: int) -> None:
    """Refuse points of different dimensions."""
    if x_dimension != y_dimension:
        raise DistributionError(
            "`x` and `y` must have points of the same dimension, "
            f"but have {x_dimension} and {y_dimension} coordinates"
        )


def _scaled(points: Array, ground: GroundCost, xp: ModuleType) -> Array:
    """Points in the unit of the ground cost, in float64."""
    return _in_unit(xp.astype(points, xp.float64), ground.point_exponent)


def _in_unit(values: Array, exponent: int) -> Array:
    """Values divided by a power of two."""
    half = exponent // 2  # 2.0**exponent itself may overflow
    return (values * 2.0**-half) * 2.0 ** (half - exponent)
