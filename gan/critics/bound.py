"""Critics by ascent on the certified bound."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from gan.critics.fit_loop import Budget, Fit, run_updates
from gan.critics.problem import CriticFactory, Problem
from gan.evaluation.semi_dual_ascent import ADAM_BETAS, BoundAscent, pairwise_distances
from gan.networks import Critic
from gan.networks.rescaling import rescaled_critic
from gan.recipes.losses import certified_critic_loss
from gan.training.devices import Devices
from gan.training.steps import set_learning_rate, update_weights

CORRECTION_START = 0.5  # share of the budget, before which the network alone is fitted


@dataclass(frozen=True, slots=True)
class BoundCritic:
    """Estimator that maximizes the certified bound of all points at once.

    Of populations it takes fresh batches (Mallasto et al. 2019, "(q, p)-Wasserstein GANs"). The
    critic is then the network itself, whose bound converges to the mean exact EMD of batches,
    above the W1 of the populations.

    Attributes:
        network: Makes a critic of points of size 1: ``network(rng, shape)``.
        learning_rate: Of Adam, at the first step.
        correction_rate: Of the corrections of single points, per unit of the points; 0 for none.
        batch_size: Points of a fresh batch.
    """

    network: CriticFactory
    learning_rate: float = 2e-3
    correction_rate: float = 0.0
    batch_size: int = 1024

    def fit(self, problem: Problem, /, *, budget: Budget, rng: torch.Generator) -> Iterator[Fit]:
        """Ascend on the bound; see `Estimator.fit`."""
        start = time.monotonic()
        critic = rescaled_critic(self.network(rng, problem.shape), problem.unit)
        if problem.points is None:
            batch_update = self._batch_update(critic, problem, rng)
            yield from run_updates(batch_update, critic, budget, start=start)
            return
        ascent = BoundAscent(
            critic,
            *problem.points,
            learning_rate=self.learning_rate,
            correction_rate=self.correction_rate * problem.unit,
            correction_start=CORRECTION_START,
        )
        score = ascent.c_transform()
        yield from run_updates(ascent.step, score, budget, start=start, lipschitz=True)

    def _batch_update(
        self, critic: Critic, problem: Problem, rng: torch.Generator
    ) -> Callable[[float], None]:
        """Update on a fresh batch, of the bounds of both sides: the critic is fitted to both."""
        optimizer = torch.optim.Adam(critic.parameters(), betas=ADAM_BETAS, fused=True)

        def batch_update(progress: float) -> None:
            x, y = problem.samples(self.batch_size, rng)
            cost = pairwise_distances(x, y)
            loss, _ = certified_critic_loss(critic(x), critic(y), cost)
            set_learning_rate(optimizer, self.learning_rate * (1 - progress))
            update_weights(optimizer, loss, "critic", Devices(rng.device), statistic=loss)

        return batch_update
