"""The populations' Wasserstein distance: what two samples say of it."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special

from divergences import _checks
from divergences._transport.ground import GroundCost, in_unit
from divergences._transport.metrics import BlockMetric, Metric
from divergences._transport.result import Optimum
from divergences._transport.solve import SolverOptions
from divergences._transport.witness import lipschitz_witness
from divergences._typing import Floats
from divergences.sampled._point_clouds import Points

FEWEST = 4  # points of a sample that is divided in halves


@dataclass(frozen=True, repr=False)
class PopulationInterval:
    """An interval for the distance of two populations, each end computed when it is first read.

    Below stands what a 1-Lipschitz function, fitted on one half of the points, gains on the other
    half: its mean is at most W_1, whatever the function, and W_1 at most W_p. Above stands the
    exact EMD of all points, whose mean is at least that of the populations. From both ends a
    normal quantile of standard errors is taken off, or added.

    Attributes:
        masses: Of the points of both samples, summing to 1; None for equal ones.
        ground: Their cost, with points of its own.
        optimum: Their exact EMD, in the scaled unit of the cost.
        effort: How it was solved, and how the halves are to be.
        confidence: In what share of repetitions the distance is to be inside.
        seed: Of the generator that divides the samples.
    """

    masses: tuple[Floats | None, Floats | None]
    ground: GroundCost
    optimum: Optimum
    effort: SolverOptions
    confidence: float
    seed: int = 0

    @cached_property
    def low(self) -> float:
        """What a held-out 1-Lipschitz function certifies, at least 0."""
        points = self._points
        if min(points.sizes) < FEWEST:
            return 0.0
        rng = np.random.default_rng(self.seed)
        places = [np.array_split(rng.permutation(n), 2) for n in points.sizes]
        halves = [points.subset(x, y) for x, y in zip(*places, strict=True)]
        gains = [self._gain(*halves), self._gain(*halves[::-1])]
        mean = sum(gain for gain, _ in gains) / 2
        # The gains of close populations are as good as equal: their errors do not average out.
        error = sum(error for _, error in gains) / 2
        low = in_unit(max(0.0, mean - self._quantile * error), self.ground.unit)
        return low**2 if self.ground.metric == "sqeuclidean" else low

    @cached_property
    def high(self) -> float:
        """The exact EMD with its chance; infinite if a sample is a single point."""
        if min(self._points.sizes) < 2:
            return math.inf
        potentials = self.optimum.source_potential, self.optimum.target_potential
        errors = (
            _mean_and_error(potential, weights)[1]
            for potential, weights in zip(potentials, self.masses, strict=True)
        )
        cost = self.optimum.cost + self._quantile * math.hypot(*errors)
        return self.ground.length_of(cost)

    @property
    def _points(self) -> Points:
        """Those that have weight, in the unit of the ground cost."""
        return Points(
            _checks.NUMPY, self.ground.x, self.ground.y, *self.masses
        ).with_positive_weight()

    @property
    def _quantile(self) -> float:
        """Standard errors beyond each end: both together miss as often as is allowed."""
        return float(-special.ndtri((1 - self.confidence) / 2))

    def _gain(self, seen: Points, fresh: Points) -> tuple[float, float]:
        """Mean over x less mean over y, on fresh points, of the best function on seen ones."""
        metric: Metric | BlockMetric = self.ground.metric
        if metric == "sqeuclidean":
            metric = "euclidean"
        ground = seen.ground(metric, 1.0)
        solved = seen.solve(ground, self.effort).scaled(ground.exponent).transport()
        witness = lipschitz_witness(solved, seen.y, metric=metric)
        x, y = (
            _mean_and_error(witness(points), weights)
            for points, weights in zip((fresh.x, fresh.y), fresh.masses, strict=True)
        )
        return x[0] - y[0], math.hypot(x[1], y[1])

    def __repr__(self) -> str:
        """The ends that were computed so far."""
        known = self.__dict__
        ends = (f"{known[name]:.6g}" if name in known else "..." for name in ("low", "high"))
        return f"[{', '.join(ends)}]"


def _mean_and_error(values: Floats, weights: Floats | None) -> tuple[float, float]:
    """Weighted mean of values, and its standard error."""
    n = len(values)
    weights = np.full(n, 1 / n) if weights is None else _checks.normalised(weights)
    mean = float(weights @ values)
    others = max(1.0 - float(weights @ weights), 1 / n)
    return mean, math.sqrt(float(weights**2 @ (values - mean) ** 2) / others)
