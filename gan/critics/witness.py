"""Critics of exact transport: 1-Lipschitz extensions of optimal potentials, and their mean."""

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

    Of populations it takes samples. The critic is 1-Lipschitz, and so is the mean over several
    samples, which varies less from the populations; so the expectation of its gap on fresh points
    is a lower bound of W1.

    Attributes:
        sample_size: Points of each population in a sample.
        sample_count: Number of samples of populations.
    """

    sample_size: int = 4096
    sample_count: int = 1

    def fit(self, problem: Problem, /, *, budget: Budget, rng: torch.Generator) -> Iterator[Fit]:
        """Solve exact transport in one step, of any duration; see `Estimator.fit`."""
        del budget  # an exact solution has no intermediate results
        start = time.monotonic()
        count = self.sample_count if problem.points is None else 1
        score = _MeanWitness(
            tuple(_witness(*problem.samples(self.sample_size, rng)) for _ in range(count))
        )
        yield Fit(score, 1, time.monotonic() - start, finished=True, lipschitz=True)


@dataclass(frozen=True, slots=True)
class _MeanWitness:
    """The mean of witnesses of flattened points, evaluated at points of any shape."""

    witnesses: tuple[LipschitzWitness, ...]

    def __call__(self, points: Tensor, /) -> Tensor:
        """Scores in float64, differentiable in the points."""
        flat = points.flatten(start_dim=1).double()
        return torch.stack([witness(flat) for witness in self.witnesses]).mean(dim=0)


def _witness(real: Tensor, generated: Tensor) -> LipschitzWitness:
    """The witness of exact transport between two samples."""
    x, y = (
        points.detach().flatten(start_dim=1).cpu().double().numpy() for points in (real, generated)
    )
    return lipschitz_witness(sampled.transport(x, y), y)
