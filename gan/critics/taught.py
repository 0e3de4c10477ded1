"""Critics fitted to the exact potentials of samples."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gan.critics.fit_loop import CHECKPOINT_STEPS, Budget, Fit, run_updates
from gan.critics.problem import Problem
from gan.evaluation.certified_bound import certified_bound
from gan.evaluation.exact_potentials import exact_potentials
from gan.networks import Critic
from gan.networks.principal import principal_critic
from gan.training.devices import Devices
from gan.training.steps import set_learning_rate, update_weights

BETAS = (0.9, 0.999)
MIN_RELATIVE_SPREAD = 1e-3  # of the scores of one side, relative to all
MAX_SELECTION_POINTS = 2048  # of a sample that is not fitted


@dataclass(frozen=True, slots=True)
class ScoredPoints:
    """Points of both distributions with the scores of exact potentials.

    Attributes:
        real: Points of the first, shape ``(n, *shape)``.
        real_scores: Their optimal potential, shape ``(n,)``, in the unit of the points.
        generated: Points of the second, shape ``(m, *shape)``.
        generated_scores: Minus their optimal potential, shape ``(m,)``.
    """

    real: Float[Tensor, " n *shape"]
    real_scores: Float[Tensor, " n"]
    generated: Float[Tensor, " m *shape"]
    generated_scores: Float[Tensor, " m"]

    @classmethod
    def of_sample(
        cls, real: Float[Tensor, " n *shape"], generated: Float[Tensor, " m *shape"], /
    ) -> "ScoredPoints":
        """Points with the scores of `exact_potentials`."""
        scores = exact_potentials(real, generated)
        return cls(real, scores[0], generated, scores[1])

    @classmethod
    def pooled(cls, samples: "list[ScoredPoints]", /) -> "ScoredPoints":
        """The points of several samples together."""
        names = ("real", "real_scores", "generated", "generated_scores")
        return cls(*(torch.cat([getattr(part, name) for part in samples]) for name in names))

    @property
    def spread(self) -> float:
        """Standard deviation of the scores of real points, or of all where these are equal."""
        parts = self.real_scores, torch.cat([self.real_scores, self.generated_scores])
        deviations = [float(part.std(correction=0)) for part in parts]
        negligible = MIN_RELATIVE_SPREAD * deviations[1]
        deviation = deviations[0] if deviations[0] > negligible else deviations[1]
        return max(deviation, torch.finfo(torch.float32).tiny)

    def batch(
        self, sizes: tuple[int, int], rng: torch.Generator, /
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Random points of the first and of the second, each with its scores."""
        i, j = (
            torch.randint(len(part), (size,), generator=rng, device=rng.device)
            for part, size in zip((self.real, self.generated), sizes, strict=True)
        )
        return self.real[i], self.real_scores[i], self.generated[j], self.generated_scores[j]


class SelectedCritic(nn.Module):
    """One of several critics, of which the best on some points is selected.

    Attributes:
        candidates: The critics.
        selected: Index of the selected one.
    """

    def __init__(self, candidates: Sequence[Critic]) -> None:
        super().__init__()
        self.candidates = nn.ModuleList(candidates)
        self.selected = 0

    def forward(self, points: Float[Tensor, " n *shape"]) -> Float[Tensor, " n"]:
        """Scores of the selected critic."""
        return self.candidates[self.selected](points)

    def select(self, real: Tensor, generated: Tensor, /) -> None:
        """Select the candidate whose scores certify the largest bound of these points."""
        if len(self.candidates) > 1:
            bounds = [certified_bound(c, real, generated).certified for c in self.candidates]
            self.selected = bounds.index(max(bounds))


@dataclass(frozen=True, slots=True)
class TaughtCritic:
    """Estimator that fits a network to the exact potentials of samples by least squares.

    Of populations it solves exact transport between several samples. The potentials of one sample
    vary from those of the next; the network is fitted to their mean at each point, and so is a
    better critic of further samples than the potentials of any one of them. Of fixed points it
    fits the potentials of these points.

    The mean potential at real points is not that at generated points where the distributions
    overlap, since the exact EMD of finite samples is above that of the populations; and scores of
    one side suffice to certify a bound. So one network is fitted for each weight of the generated
    side, and the one that certifies most of a further sample is selected, at the checkpoints of an
    `Experiment` and at the end.

    Attributes:
        sample_size: Points of each distribution in a sample.
        sample_count: Number of samples of populations.
        hidden: Widths of the hidden layers of a network.
        generated_weights: Weights of the errors at generated points, relative to real ones.
        batch_size: Real points of a batch; half as many generated ones.
        learning_rate: Of AdamW, falling to 0 along half a cosine.
        weight_decay: Of AdamW.
    """

    sample_size: int = 2048
    sample_count: int = 16
    hidden: tuple[int, ...] = (256, 256, 256)
    generated_weights: tuple[float, ...] = (1.0, 0.05)
    batch_size: int = 512
    learning_rate: float = 2e-3
    weight_decay: float = 0.05

    def fit(self, problem: Problem, /, *, budget: Budget, rng: torch.Generator) -> Iterator[Fit]:
        """Solve exact transport, then descend on the squared error; see `Estimator.fit`."""
        start = time.monotonic()
        count = self.sample_count if problem.points is None else 1
        data = ScoredPoints.pooled([
            ScoredPoints.of_sample(*problem.samples(self.sample_size, rng)) for _ in range(count)
        ])
        spread = data.spread
        critic = SelectedCritic([self._network(data, spread, rng) for _ in self.generated_weights])
        optimizer = torch.optim.AdamW(
            critic.parameters(), betas=BETAS, weight_decay=self.weight_decay, fused=True
        )

        def update(progress: float) -> None:
            set_learning_rate(
                optimizer, self.learning_rate * (1 + math.cos(math.pi * progress)) / 2
            )
            loss = self._loss(critic, data, spread, rng)
            update_weights(optimizer, loss, "critic", Devices(rng.device), statistic=loss)

        selection_points = problem.samples(min(MAX_SELECTION_POINTS, self.sample_size), rng)
        for fit in run_updates(update, critic, budget, start=start):
            if fit.finished or fit.step in CHECKPOINT_STEPS:
                critic.select(*selection_points)
            yield fit

    def _network(self, data: ScoredPoints, spread: float, rng: torch.Generator) -> Critic:
        """A new network of principal coordinates of the points."""
        points = torch.cat([data.real, data.generated])
        return principal_critic(rng, points, hidden=self.hidden, scale=spread)

    def _loss(
        self, critic: SelectedCritic, data: ScoredPoints, spread: float, rng: torch.Generator
    ) -> Tensor:
        """Sum of the candidates' weighted mean squared errors at a random batch, relative."""
        sizes = self.batch_size, max(1, self.batch_size // 2)
        real, real_scores, generated, generated_scores = data.batch(sizes, rng)
        points, scores = (
            torch.cat(part) for part in ((real, generated), (real_scores, generated_scores))
        )
        losses = []
        for candidate, weight in zip(critic.candidates, self.generated_weights, strict=True):
            errors = ((candidate(points) - scores) / spread).square().split(sizes)
            losses.append(errors[0].mean() + weight * errors[1].mean())
        return torch.stack(losses).sum()
