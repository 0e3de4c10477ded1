"""One loop for every recipe: a generator that yields after each generator step.

The caller decides how long to go on, what to measure and when to save:

    training = Training.start(generator, critic, WGAN_GP, steps=3000, rng=rng)
    for step in train(training, real=eight_gaussians().sample):
        ...
"""

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gan.networks import Critic, Generator
from gan.penalties import clip_weights, gradient_penalty, one_sided_penalty, slopes_between
from gan.recipes import LOSSES, Recipe
from gan.rollback import Rollback

Sampler = Callable[[int, torch.Generator], Tensor]

PENALTIES = {"gradient-penalty": gradient_penalty, "one-sided-penalty": one_sided_penalty}


class TrainingError(RuntimeError):
    """Training cannot go on; the run is as it was after the last finite step."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one generator step saw.

    Attributes:
        number: How many generator steps are done, from 1.
        gap: Mean score of the real points minus mean score of the generated ones, on the last
            critic batch.
        critic_loss: The critic's loss with its penalty, on the same batch.
        generator_loss: The generator's loss.
    """

    number: int
    gap: float
    critic_loss: float
    generator_loss: float


@dataclass(slots=True)
class Training:
    """All that a training run changes, so that saving it and going on later continues exactly.

    Attributes:
        generator: The network that is trained.
        critic: Its opponent.
        average: Exponential moving average of the generator; samples come from it.
        recipe: The method and its settings.
        steps: How many generator steps there will be in all: the learning rate's schedule ends
            there.
        rng: The one source of randomness of real batches, noise and penalty points; its device is
            the run's.
        generator_optimizer: Optimiser of ``generator``.
        critic_optimizer: Optimiser of ``critic``.
        step: How many generator steps are done.
    """

    generator: Generator
    critic: Critic
    average: Generator
    recipe: Recipe
    steps: int
    rng: torch.Generator
    generator_optimizer: torch.optim.Optimizer
    critic_optimizer: torch.optim.Optimizer
    step: int = 0

    @classmethod
    def start(
        cls,
        generator: Generator,
        critic: Critic,
        recipe: Recipe,
        /,
        *,
        steps: int,
        rng: torch.Generator,
    ) -> "Training":
        """A run of ``steps`` generator steps that has not begun."""
        average = copy.deepcopy(generator).requires_grad_(requires_grad=False)
        optimizers = recipe.make_optimizer(generator), recipe.make_optimizer(critic)
        return cls(generator, critic, average, recipe, steps, rng, *optimizers)

    def state_dict(self) -> dict[str, Any]:
        """The run's state in tensors and plain Python values, to be saved with ``torch.save``."""
        parts = {name: getattr(self, name).state_dict() for name in _STATEFUL}
        return {**parts, "rng": self.rng.get_state(), "step": self.step}

    def load_state_dict(self, state: dict[str, Any], /) -> None:
        """Go back to a state that ``state_dict`` gave."""
        for name in _STATEFUL:
            getattr(self, name).load_state_dict(state[name])
        self.rng.set_state(state["rng"].cpu())
        self.step = state["step"]


_STATEFUL = ("generator", "critic", "average", "generator_optimizer", "critic_optimizer")


def train(training: Training, /, *, real: Sampler) -> Iterator[Step]:
    """Train until ``training.steps`` generator steps are done, yielding after each.

    Args:
        training: The run; changed in place.
        real: Draws real points: ``real(n, rng)`` of shape ``(n, d)``.

    Yields:
        What the step saw. The caller may stop at any yield, save ``training.state_dict()`` and go
        on from there.

    Raises:
        TrainingError: If a loss or a gradient is not finite. The run is then as it was after the
            last step.
    """
    rollback = Rollback(
        (training.generator, training.critic),
        (training.generator_optimizer, training.critic_optimizer),
        training.rng,
    )
    while training.step < training.steps:
        rollback.keep()
        try:
            step = _step(training, real)
        except TrainingError:
            rollback.undo()
            raise
        yield step


def _step(training: Training, real: Sampler) -> Step:
    """One generator step, with the critic steps before it."""
    recipe = training.recipe
    _set_learning_rates(training)
    for _ in range(recipe.critic_steps):
        points = real(recipe.batch_size, training.rng)
        with torch.no_grad():
            generated = training.generator.sample(recipe.batch_size, training.rng)
        gap, critic_loss = _critic_step(
            training.critic, training.critic_optimizer, recipe, points, generated, training.rng
        )
    generator_loss = _generator_step(training)
    training.step += 1
    _update_average(training)
    return Step(training.step, gap, critic_loss, generator_loss)


def caught_up_critic(
    training: Training, real: Tensor, generated: Tensor, /, *, steps: int, rng: torch.Generator
) -> Critic:
    """A copy of the critic, trained further between two fixed sets of points by the same recipe.

    In training the critic plays a generator that never stands still, and is always a little
    behind. The copy has had time to know what it is asked about. The run itself is not changed.

    Args:
        training: The run.
        real: Real points, shape ``(n, d)``.
        generated: Generated points, shape ``(m, d)``.
        steps: How many steps to give it, at a learning rate that goes to 0 along half a cosine.
        rng: Source of randomness, not the run's own.

    Returns:
        The copy.

    Raises:
        TrainingError: If a loss or a gradient is not finite.
    """
    critic = copy.deepcopy(training.critic)
    optimizer = training.recipe.make_optimizer(critic)
    for step in range(steps):
        _set_learning_rate(optimizer, _cosine(training.recipe.learning_rate, step / steps))
        n = training.recipe.batch_size
        _critic_step(
            critic,
            optimizer,
            training.recipe,
            _drawn(real, n, rng),
            _drawn(generated, n, rng),
            rng,
        )
    return critic


def _drawn(points: Tensor, n: int, rng: torch.Generator) -> Tensor:
    """``n`` of the points, with replacement."""
    return points[torch.randint(len(points), (n,), generator=rng, device=rng.device)]


def _critic_step(
    critic: Critic,
    optimizer: torch.optim.Optimizer,
    recipe: Recipe,
    real: Tensor,
    generated: Tensor,
    rng: torch.Generator,
) -> tuple[float, float]:
    """One update of the critic on one batch of each side; the gap and the loss before it."""
    n = len(real)
    scores, generated_scores = critic(torch.cat([real, generated])).split(n)
    loss = LOSSES[recipe.loss][0](scores, generated_scores)
    if recipe.constraint in PENALTIES:
        mix = torch.rand(n, generator=rng, device=rng.device)
        slopes = slopes_between(critic, real, generated, mix)
        loss = loss + recipe.penalty_weight * PENALTIES[recipe.constraint](slopes)
    value = _update(critic, optimizer, loss, "critic")
    if recipe.constraint == "clip":
        clip_weights(critic, recipe.clip)
    return (scores.mean() - generated_scores.mean()).item(), value


def _generator_step(training: Training) -> float:
    """One update of the generator; the loss before it."""
    generated = training.generator.sample(training.recipe.batch_size, training.rng)
    loss = LOSSES[training.recipe.loss][1](training.critic(generated))
    return _update(training.generator, training.generator_optimizer, loss, "generator")


def _update(
    module: torch.nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor, who: str
) -> float:
    """Apply one optimiser step, unless it would not be finite."""
    optimizer.zero_grad()
    gradients = torch.autograd.grad(loss, list(module.parameters()))
    value = loss.item()
    size = torch.nn.utils.get_total_norm(gradients).item()
    if not (math.isfinite(value) and math.isfinite(size)):
        raise TrainingError(
            f"the {who}'s loss is {value} and the norm of its gradient is {size}; both must be "
            "finite. The update was not applied. Lower `learning_rate`, or look for non-finite "
            "values in the data."
        )
    for weight, gradient in zip(module.parameters(), gradients, strict=True):
        weight.grad = gradient
    optimizer.step()
    return value


def _set_learning_rates(training: Training) -> None:
    """The rate of the step to come: constant, or half a cosine that ends at 0."""
    recipe = training.recipe
    done = training.step / training.steps if recipe.schedule == "cosine" else 0.0
    for optimizer in (training.generator_optimizer, training.critic_optimizer):
        _set_learning_rate(optimizer, _cosine(recipe.learning_rate, done))


def _cosine(rate: float, done: float) -> float:
    """From ``rate`` to 0 along half a cosine, as ``done`` goes from 0 to 1."""
    return rate * (1 + math.cos(math.pi * done)) / 2


def _set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Of all its weights."""
    for group in optimizer.param_groups:
        group["lr"] = rate


@torch.no_grad()
def _update_average(training: Training) -> None:
    """Move the average towards the generator; in the first steps it is close to a plain mean."""
    rate = max(training.recipe.average_rate, 1 / training.step)
    torch._foreach_lerp_(
        list(training.average.parameters()), list(training.generator.parameters()), rate
    )
    for mine, theirs in zip(training.average.buffers(), training.generator.buffers(), strict=True):
        mine.copy_(theirs)
