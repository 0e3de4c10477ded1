"""The critic of exact transport: the 1-Lipschitz extension of its optimal potentials."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from divergences import LipschitzWitness, lipschitz_witness, sampled
from gan.critics.fit_loop import Budget, Fit
from gan.critics.problem import Problem


@dataclass(frozen=True, slots=True)
class WitnessCritic:
    """Estimator that solves exact transport between all points and extends its potentials.

    Of populations it takes a sample of each. The critic is 1-Lipschitz, so the expectation of its
    gap on fresh points is a lower bound of W1.

    Attributes:
        sample_size: Points of each population.
    """

    sample_size: int = 4096

    def fit(self, problem: Problem, /, *, budget: Budget, rng: torch.Generator) -> Iterator[Fit]:
        """Solve exact transport in one step, of any duration; see `Estimator.fit`."""
        del budget  # an exact solution has no intermediate results
        start = time.monotonic()
        x, y = (
            points.detach().flatten(start_dim=1).cpu().double().numpy()
            for points in problem.samples(self.sample_size, rng)
        )
        score = _FlatteningWitness(lipschitz_witness(sampled.transport(x, y), y))
        yield Fit(score, 1, time.monotonic() - start, finished=True, lipschitz=True)


@dataclass(frozen=True, slots=True)
class _FlatteningWitness:
    """A witness of flattened points, evaluated at points of any shape."""

    witness: LipschitzWitness

    def __call__(self, points: Tensor, /) -> Tensor:
        """Scores in float64, differentiable in the points."""
        return self.witness(points.flatten(start_dim=1).double())
