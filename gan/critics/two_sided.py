"""Critics by the witnesses of both sides, weighted by the probability of each side."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gan.critics.fit_loop import Budget, Fit, run_updates
from gan.critics.problem import Problem
from gan.critics.taught import BETAS, ScoredPoints
from gan.evaluation.semi_dual_ascent import pairwise_distances
from gan.networks import Critic
from gan.networks.principal import principal_critic
from gan.recipes.losses import discriminator_loss
from gan.training.devices import Devices
from gan.training.steps import update_weights


@dataclass(frozen=True, slots=True)
class TwoSidedWitnessCritic:
    r"""Estimator of the mean potential of a further sample, given the point.

    For a further real point z the exact potential is near ``h(z) = min_j [d(z, y_j) + g_j]``, for
    a further generated point near ``l(z) = max_i [f_i - d(x_i, z)]``, with the scores f and g of
    the exact potentials of a sample. Each is 1-Lipschitz, and where the distributions do not
    overlap neither is near the potential of the other side. The critic is

    .. math:: p(z) \, [\overline h(z) + a] + (1 - p(z)) \, [\overline l(z) + b]

    with means over several samples, the probability p(z) that z is real, by logistic regression of
    a network, and the mean errors a and b on one more sample. Its slopes are not bounded by 1.

    Attributes:
        sample_size: Points of each distribution in a sample.
        sample_count: Number of samples of populations.
        hidden: Widths of the hidden layers of the classifier.
        batch_size: Real and generated points of a batch of the classifier.
        learning_rate: Of Adam.
    """

    sample_size: int = 2048
    sample_count: int = 32
    hidden: tuple[int, ...] = (64, 64)
    batch_size: int = 512
    learning_rate: float = 2e-3

    def fit(self, problem: Problem, /, *, budget: Budget, rng: torch.Generator) -> Iterator[Fit]:
        """Solve exact transport, then fit the classifier; see `Estimator.fit`."""
        start = time.monotonic()
        count = self.sample_count if problem.points is None else 1
        samples = [self._sample(problem, rng) for _ in range(count)]
        further = self._sample(problem, rng) if problem.points is None else samples[0]
        points = torch.cat([further.real, further.generated])
        classifier = principal_critic(rng, points, hidden=self.hidden)
        optimizer = torch.optim.Adam(
            classifier.parameters(), lr=self.learning_rate, betas=BETAS, fused=True
        )

        def update(progress: float) -> None:
            del progress
            sample = samples[int(torch.randint(count, (), generator=rng, device=rng.device))]
            real, _, generated, _ = sample.batch((self.batch_size, self.batch_size), rng)
            loss = discriminator_loss(classifier(real), classifier(generated))
            update_weights(optimizer, loss, "critic", Devices(rng.device), statistic=loss)

        score = TwoSidedWitness.calibrated(samples, classifier, further)
        yield from run_updates(update, score, budget, start=start)

    def _sample(self, problem: Problem, rng: torch.Generator) -> ScoredPoints:
        """A sample with its exact potentials; all points of fixed sets."""
        return ScoredPoints.of_sample(*problem.samples(self.sample_size, rng))


@dataclass(frozen=True, slots=True)
class TwoSidedWitness:
    """Mean witnesses of both sides, weighted by the probability of each side.

    Attributes:
        samples: Samples with their exact potentials.
        classifier: Logits of the probability that a point is real.
        offsets: Summands of the witnesses of real and of generated points, in the unit of the
            points.
    """

    samples: Sequence[ScoredPoints]
    classifier: Critic
    offsets: tuple[float, float] = (0.0, 0.0)

    @classmethod
    def calibrated(
        cls, samples: Sequence[ScoredPoints], classifier: Critic, further: ScoredPoints, /
    ) -> "TwoSidedWitness":
        """The critic without mean error on each side of a further sample."""
        critic = cls(samples, classifier)
        errors = (
            further.real_scores - critic.upper(further.real),
            further.generated_scores - critic.lower(further.generated),
        )
        return cls(samples, classifier, (float(errors[0].mean()), float(errors[1].mean())))

    def __call__(self, points: Float[Tensor, " n *shape"], /) -> Float[Tensor, " n"]:
        """Scores, differentiable in the points."""
        points = points.to(self.samples[0].real)
        upper, lower = self.upper(points) + self.offsets[0], self.lower(points) + self.offsets[1]
        return torch.lerp(lower, upper, torch.sigmoid(self.classifier(points)))

    def upper(self, points: Tensor) -> Tensor:
        """Mean over the samples of the largest 1-Lipschitz extension of generated scores."""
        values = [
            (pairwise_distances(points, part.generated) + part.generated_scores).amin(dim=1)
            for part in self.samples
        ]
        return torch.stack(values).mean(dim=0)

    def lower(self, points: Tensor) -> Tensor:
        """Mean over the samples of the smallest 1-Lipschitz extension of real scores."""
        values = [
            (part.real_scores - pairwise_distances(points, part.real)).amax(dim=1)
            for part in self.samples
        ]
        return torch.stack(values).mean(dim=0)
