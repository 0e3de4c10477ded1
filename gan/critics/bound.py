"""A critic by ascent on the certified bound."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from gan.critics.fit_loop import stepped
from gan.critics.problem import Budget, Fit, Maker, Problem
from gan.evaluation.semi_dual_ascent import BETAS, BoundAscent, pairwise_distances
from gan.networks import Critic
from gan.networks.rescaling import rescaled_critic
from gan.recipes.losses import certified_critic_loss
from gan.training.devices import Devices
from gan.training.steps import set_learning_rate, update

CORRECTED_FROM = 0.5  # the share of the budget after which single points are corrected


@dataclass(frozen=True, slots=True)
class BoundCritic:
    """Fits a network to the bound on all points at once.

    Populations, which have no last point, give fresh batches instead (Mallasto et al. 2019,
    "(q, p)-Wasserstein GANs"): the critic is then the network itself, which comes to the exact
    EMD of batches, above that of the populations.

    Attributes:
        network: A fresh critic of points of size 1: ``network(rng, shape)``.
        learning_rate: Of Adam, at the first step.
        correction_rate: Of the corrections of single points, per unit of the points; 0 for none.
        batch_size: Points of a fresh batch.
    """

    network: Maker
    learning_rate: float = 2e-3
    correction_rate: float = 0.0
    batch_size: int = 1024

    def fit(self, problem: Problem, /, *, budget: Budget, rng: torch.Generator) -> Iterator[Fit]:
        """Climb; see `Estimator.fit`."""
        begun = time.monotonic()
        critic = rescaled_critic(self.network(rng, problem.shape), problem.unit)
        if problem.points is None:
            step = self._step_on_batches(critic, problem, rng)
            yield from stepped(step, critic, budget, begun=begun)
            return
        ascent = BoundAscent(
            critic,
            *problem.points,
            learning_rate=self.learning_rate,
            correction_rate=self.correction_rate * problem.unit,
            corrected_from=CORRECTED_FROM,
        )
        yield from stepped(ascent.step, ascent.extended(), budget, begun=begun, lipschitz=True)

    def _step_on_batches(
        self, critic: Critic, problem: Problem, rng: torch.Generator
    ) -> Callable[[float], None]:
        """Climb both bounds of a fresh batch, so that the critic is fitted on both sides."""
        optimizer = torch.optim.Adam(critic.parameters(), betas=BETAS, fused=True)

        def step(used: float) -> None:
            x, y = problem.fixed(self.batch_size, rng)
            cost = pairwise_distances(x, y)
            loss, _ = certified_critic_loss(critic(x), critic(y), cost)
            set_learning_rate(optimizer, self.learning_rate * (1 - used))
            update(optimizer, loss, "critic", Devices(rng.device), beside=loss)

        return step
