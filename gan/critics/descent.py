"""Critics by stochastic descent on batches: penalised, clipped, or 1-Lipschitz by construction."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial

import torch

from gan.critics.fit_loop import Budget, Fit, run_updates
from gan.critics.problem import CriticFactory, Problem
from gan.networks.rescaling import rescaled_critic
from gan.recipes.recipe import Recipe
from gan.training.devices import Devices, Precision
from gan.training.steps import CriticBatch, critic_batch, critic_step, set_learning_rate

GAP_AVERAGE_RATE = 0.02  # weight of the newest gap in the running mean
MIN_GAP_IN_UNITS = 0.05  # below it a relative penalty would vanish with the gap


@dataclass(frozen=True, slots=True)
class DescentCritic:
    """Estimator that fits a critic as training does, with the generator held fixed.

    Attributes:
        recipe: Loss, constraint, batches and optimiser of the critic.
        network: Makes a critic of points of size 1: ``network(rng, shape)``.
        lipschitz: Whether its slopes are at most 1 by construction.
        precision: 32, or bf16-mixed: matrix products in bfloat16, weights in float32.
        relative_penalty: Whether the penalty's weight is in units of the gap. The best penalised
            critic has slopes of ``1 + W1 / (2 lambda)`` along an optimal plan, so at a fixed
            lambda the relative error of the gap depends on the unit of length; at a relative
            lambda it does not.
        max_penalty_points: Largest number of points of a batch at which slopes are penalised;
            None for all.
    """

    recipe: Recipe
    network: CriticFactory
    lipschitz: bool = False
    precision: Precision = "32"
    relative_penalty: bool = False
    max_penalty_points: int | None = None

    def fit(self, problem: Problem, /, *, budget: Budget, rng: torch.Generator) -> Iterator[Fit]:
        """Descend on random batches; see `Estimator.fit`."""
        start = time.monotonic()
        critic = rescaled_critic(self.network(rng, problem.shape), problem.unit)
        optimizer = self.recipe.make_optimizer(critic)
        devices = Devices(rng.device, autocast=_autocast(self.precision, rng.device))
        mean_gap = problem.unit

        def update(progress: float) -> None:
            nonlocal mean_gap
            recipe = self._recipe(max(mean_gap, MIN_GAP_IN_UNITS * problem.unit))
            set_learning_rate(optimizer, recipe.learning_rate_at(progress))
            batch = self._batch(problem, rng, devices)
            gap, *_ = critic_step(critic, optimizer, recipe, batch, devices)
            mean_gap += GAP_AVERAGE_RATE * (gap - mean_gap)

        yield from run_updates(update, critic, budget, start=start, lipschitz=self.lipschitz)

    def _recipe(self, gap: float) -> Recipe:
        """The recipe, its penalty in units of this gap if it is relative."""
        if not self.relative_penalty:
            return self.recipe
        return replace(self.recipe, penalty_weight=self.recipe.penalty_weight * gap)

    def _batch(self, problem: Problem, rng: torch.Generator, devices: Devices) -> CriticBatch:
        """Points of one step."""
        n = self.recipe.batch_size
        points = problem.real(n, rng), problem.generated(n, rng)
        batch = critic_batch(self.recipe, *points, noise=0.0, rng=rng, devices=devices)
        if batch.mix is None or self.max_penalty_points is None:
            return batch
        return replace(batch, mix=batch.mix[..., : self.max_penalty_points])


def _autocast(
    precision: Precision, device: torch.device
) -> Callable[[], AbstractContextManager[object]]:
    """Factory of the context in which the network is evaluated."""
    if precision == "32":
        return nullcontext
    return partial(torch.autocast, device.type, dtype=torch.bfloat16)
