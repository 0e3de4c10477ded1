"""Confidence interval for the Wasserstein distance of two populations."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special

from divergences import _checks
from divergences._transport.ground import GroundCost, rescaled
from divergences._transport.metrics import BlockMetric, Metric
from divergences._transport.result import Optimum
from divergences._transport.solve import SolverOptions, solve
from divergences._transport.witness import lipschitz_witness
from divergences._typing import Floats
from divergences.sampled._point_clouds import PointCloud, PointCloudPair

MIN_POINTS_TO_SPLIT = 4


@dataclass(frozen=True, repr=False)
class PopulationInterval:
    """Interval for the distance of two populations; each endpoint is computed on first access.

    The lower endpoint evaluates a 1-Lipschitz function, fitted on one half of the points, on the
    other half: by Kantorovich-Rubinstein duality its mean gap is at most W_1, which is at most
    W_p. The upper endpoint is the exact EMD of all points, whose mean is at least W_1. A normal
    quantile of standard errors is subtracted from the first and added to the second.

    Attributes:
        masses: Masses of both samples, each summing to 1; None for equal ones.
        ground: Ground cost, with its own copy of the points.
        solution: Optimal plan, in the scaled unit of the cost; None to solve on first access.
        options: Solver options of the plan, used for the halves, too.
        confidence: Nominal coverage.
        seed: Seed of the generator that splits the samples.
    """

    masses: tuple[Floats | None, Floats | None]
    ground: GroundCost
    solution: Optimum | None
    options: SolverOptions
    confidence: float
    seed: int = 0

    @cached_property
    def optimum(self) -> Optimum:
        """Optimal plan, in the scaled unit of the cost."""
        if self.solution is not None:
            return self.solution
        return solve(self.ground, *self.masses, self.options)

    @cached_property
    def low(self) -> float:
        """Lower endpoint: mean held-out gap of two witnesses minus its margin of error, or 0."""
        clouds = self._clouds
        if min(clouds.sizes) < MIN_POINTS_TO_SPLIT:
            return 0.0
        rng = np.random.default_rng(self.seed)
        splits = [np.array_split(rng.permutation(n), 2) for n in clouds.sizes]
        halves = [clouds.subset(rows, cols) for rows, cols in zip(*splits, strict=True)]
        gaps = [self._held_out_gap(*halves), self._held_out_gap(*halves[::-1])]
        mean = sum(gap for gap, _ in gaps) / 2
        # The gaps of close populations are strongly dependent: their errors do not average out.
        error = sum(error for _, error in gaps) / 2
        low = rescaled(max(0.0, mean - self._quantile * error), self.ground.point_exponent)
        return low**2 if self.ground.metric == "sqeuclidean" else low

    @cached_property
    def high(self) -> float:
        """Upper endpoint: exact EMD plus its margin of error; infinite if n or m is 1."""
        if min(self._clouds.sizes) < 2:
            return math.inf
        potentials = self.optimum.source_potential, self.optimum.target_potential
        errors = (
            _mean_and_error(potential, masses)[1]
            for potential, masses in zip(potentials, self.masses, strict=True)
        )
        cost = self.optimum.cost + self._quantile * math.hypot(*errors)
        return self.ground.distance(cost)

    @property
    def _clouds(self) -> PointCloudPair:
        """The points of positive mass, in the unit of the ground cost."""
        x, y = (
            PointCloud(points, masses).with_positive_weight()
            for points, masses in zip((self.ground.x, self.ground.y), self.masses, strict=True)
        )
        return PointCloudPair(x, y)

    @property
    def _quantile(self) -> float:
        """Normal quantile of a two-sided interval of this confidence."""
        return float(-special.ndtri((1 - self.confidence) / 2))

    def _held_out_gap(
        self, fitted: PointCloudPair, held_out: PointCloudPair
    ) -> tuple[float, float]:
        """Mean over x minus mean over y of the fitted points' witness, and its standard error."""
        metric: Metric | BlockMetric = self.ground.metric
        if metric == "sqeuclidean":
            metric = "euclidean"
        ground = fitted.ground_cost(metric, 1.0)
        optimum = fitted.solve(ground, self.options).scaled(ground.exponent)
        witness = lipschitz_witness(optimum.transport(), fitted.y.points, metric=metric)
        x, y = (
            _mean_and_error(_checks.numpy_values(witness(cloud.points)), cloud.masses)
            for cloud in (held_out.x, held_out.y)
        )
        return x[0] - y[0], math.hypot(x[1], y[1])

    @property
    def is_low_known(self) -> bool:
        """Whether the lower endpoint was computed, for which two problems are solved."""
        return "low" in self.__dict__

    def __repr__(self) -> str:
        """The endpoints, without computing the lower one."""
        low = f"from {self.low:.6g} " if self.is_low_known else ""
        return f"<PopulationInterval {low}up to {self.high:.6g}>"


def _mean_and_error(values: Floats, weights: Floats | None) -> tuple[float, float]:
    """Weighted mean of values, and its standard error."""
    n = len(values)
    weights = np.full(n, 1 / n) if weights is None else _checks.normalised(weights)
    mean = float(weights @ values)
    bias_correction = max(1.0 - float(weights @ weights), 1 / n)
    return mean, math.sqrt(float(weights**2 @ (values - mean) ** 2) / bias_correction)
