"""The critic that exact potentials extend to: what every other one approaches on the same points."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from divergences import LipschitzWitness, lipschitz_witness, sampled
from gan.critics.problem import Budget, Fit, Problem


@dataclass(frozen=True, slots=True)
class WitnessCritic:
    """Solves exact transport between all points, and extends its potentials.

    On populations, which have no last point, between samples: the critic is 1-Lipschitz, so its
    gap on fresh points is a lower bound in expectation.

    Attributes:
        sample_size: Points of each population.
    """

    sample_size: int = 4096

    def fit(self, problem: Problem, /, *, budget: Budget, rng: torch.Generator) -> Iterator[Fit]:
        """Solve; one step, however long. See `Estimator.fit`."""
        del budget  # an exact solution cannot be had in part
        begun = time.monotonic()
        x, y = (
            points.detach().flatten(start_dim=1).cpu().double().numpy()
            for points in problem.fixed(self.sample_size, rng)
        )
        score = _Flattened(lipschitz_witness(sampled.transport(x, y), y))
        yield Fit(score, 1, time.monotonic() - begun, finished=True, lipschitz=True)


@dataclass(frozen=True, slots=True)
class _Flattened:
    """A witness of points of any shape."""

    witness: LipschitzWitness

    def __call__(self, points: Tensor, /) -> Tensor:
        """Scores in float64; the gradient passes."""
        scores: Tensor = self.witness(points.flatten(start_dim=1).double())
        return scores
