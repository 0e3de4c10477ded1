"""Critics by stochastic descent on batches: penalised, clipped, or 1-Lipschitz by construction."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial

import torch

from gan.critics.fit_loop import stepped
from gan.critics.problem import Budget, Fit, Maker, Problem
from gan.networks.rescaling import rescaled_critic
from gan.recipes.recipe import Recipe
from gan.training.devices import Devices, Precision
from gan.training.steps import CriticBatch, critic_batch, critic_step, set_learning_rate

MEMORY = 0.02  # share of the last gap in its running mean
LEAST = 0.05  # of the unit, that the running mean counts as


@dataclass(frozen=True, slots=True)
class DescentCritic:
    """Fits a critic as training does, with the generator held.

    Attributes:
        recipe: The critic's side of it: loss, constraint, batches and optimiser.
        network: A fresh critic of points of size 1: ``network(rng, shape)``.
        lipschitz: Whether its slopes are at most 1 by construction.
        precision: 32, or bf16-mixed: matrix products in bfloat16, weights in float32.
        relative: Whether the penalty's weight is in units of the gap. The best penalised critic
            has slopes of ``1 + W1 / (2 lambda)`` where mass moves, so a fixed lambda makes the
            relative error of the gap depend on the unit of length; this one does not.
        penalised: At how many places of a batch slopes are penalised, at most; None for all.
    """

    recipe: Recipe
    network: Maker
    lipschitz: bool = False
    precision: Precision = "32"
    relative: bool = False
    penalised: int | None = None

    def fit(self, problem: Problem, /, *, budget: Budget, rng: torch.Generator) -> Iterator[Fit]:
        """Descend; see `Estimator.fit`."""
        begun = time.monotonic()
        critic = rescaled_critic(self.network(rng, problem.shape), problem.unit)
        optimizer = self.recipe.make_optimizer(critic)
        devices = Devices(rng.device, autocast=_autocast(self.precision, rng.device))
        size = problem.unit  # of the gap, as far as is known

        def step(used: float) -> None:
            nonlocal size
            recipe = self._recipe(max(size, LEAST * problem.unit))
            set_learning_rate(optimizer, recipe.learning_rate_at(used))
            batch = self._batch(problem, rng, devices)
            gap, _ = critic_step(critic, optimizer, recipe, batch, devices)
            size += MEMORY * (gap - size)

        yield from stepped(step, critic, budget, begun=begun, lipschitz=self.lipschitz)

    def _recipe(self, size: float) -> Recipe:
        """The recipe for a gap of this size."""
        if not self.relative:
            return self.recipe
        return replace(self.recipe, penalty_weight=self.recipe.penalty_weight * size)

    def _batch(self, problem: Problem, rng: torch.Generator, devices: Devices) -> CriticBatch:
        """Points of one step."""
        n = self.recipe.batch_size
        points = problem.real(n, rng), problem.generated(n, rng)
        batch = critic_batch(self.recipe, *points, noise=0.0, rng=rng, devices=devices)
        if batch.mix is None or self.penalised is None:
            return batch
        return replace(batch, mix=batch.mix[..., : self.penalised])


def _autocast(
    precision: Precision, device: torch.device
) -> Callable[[], AbstractContextManager[object]]:
    """The context in which the network computes."""
    if precision == "32":
        return nullcontext
    return partial(torch.autocast, device.type, dtype=torch.bfloat16)
