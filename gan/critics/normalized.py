"""Critics divided by a slope that is measured."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from gan.critics.fit_loop import CHECKPOINT_STEPS, Budget, Estimator, Fit
from gan.critics.problem import Problem
from gan.evaluation.point_pair import ScoreFunction


@dataclass(frozen=True, slots=True)
class MeasuredSlope:
    """Slope of a critic between two distributions, with its standard error.

    Attributes:
        value: ``1 + mean(max(0, slope - 1))``, at least 1.
        standard_error: Its standard error over the points at which it is measured.
    """

    value: float
    standard_error: float

    @classmethod
    def of(
        cls,
        score: ScoreFunction,
        real: Float[Tensor, " n *shape"],
        generated: Float[Tensor, " n *shape"],
        rng: torch.Generator,
        /,
    ) -> "MeasuredSlope":
        """``1 + mean(max(0, slope - 1))`` at random points between pairs of points.

        A penalised critic exceeds slope 1 by about the same amount along all displacements of an
        optimal plan. Where its slopes are below 1 it has not learned the displacement, and that is
        no reason to scale it up.

        Args:
            score: The critic.
            real: Real points.
            generated: As many generated points.
            rng: Source of the positions between the points.

        Returns:
            The slope.
        """
        mix = torch.rand(len(real), generator=rng, device=rng.device)
        mix = mix.reshape(-1, *[1] * (real.ndim - 1)).to(real)
        points = torch.lerp(generated, real, mix).detach().requires_grad_()
        with torch.enable_grad():
            (gradient,) = torch.autograd.grad(score(points).sum(), points)
        excess = (gradient.flatten(start_dim=1).double().norm(dim=1) - 1).clamp_min(0)
        error = float(excess.std(correction=0)) / math.sqrt(len(excess))
        return cls(1 + float(excess.mean()), error)


@dataclass(frozen=True, slots=True)
class NormalizedScore:
    """A critic divided by its measured slope.

    Attributes:
        score: The critic.
        slope: Its slope.
    """

    score: ScoreFunction
    slope: MeasuredSlope

    def __call__(self, points: Tensor, /) -> Tensor:
        """Scores, in the unit of the points."""
        return self.score(points) / self.slope.value


@dataclass(frozen=True, slots=True)
class NormalizedCritic:
    """Estimator whose scores are those of another, divided by their measured slope.

    The slack of a gradient penalty raises the gap by the same factor as the slopes, so the error
    of the gap falls by it. The slope is measured at the checkpoints of an `Experiment` and at the
    end, on points of the two distributions that are drawn once.

    Attributes:
        estimator: The other estimator.
        sample_size: Points of each distribution at which the slope is measured.
    """

    estimator: Estimator
    sample_size: int = 4096

    def fit(self, problem: Problem, /, *, budget: Budget, rng: torch.Generator) -> Iterator[Fit]:
        """Fit the other estimator, normalizing each critic; see `Estimator.fit`."""
        real, generated = (
            sampler(self.sample_size, rng) for sampler in (problem.real, problem.generated)
        )
        slope = MeasuredSlope(1.0, 0.0)
        for fit in self.estimator.fit(problem, budget=budget, rng=rng):
            if fit.finished or fit.step in CHECKPOINT_STEPS:
                slope = MeasuredSlope.of(fit.score, real, generated, rng)
            yield replace(fit, score=NormalizedScore(fit.score, slope))
