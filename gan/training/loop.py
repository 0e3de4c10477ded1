"""One loop for every recipe: a generator that yields after each generator step.

The caller decides how long to go on, what to measure and when to save:

    training = Training.start(generator, critic, WGAN_GP, steps=3000, rng=rng)
    for step in train(training, real=eight_gaussians().sample):
        ...
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gan.errors import LostProcessError, TrainingError
from gan.networks import Critic
from gan.training.devices import Devices
from gan.training.rollback import Rollback
from gan.training.state import Training
from gan.training.steps import critic_batch, critic_step, generator_step, set_learning_rate

Sampler = Callable[[int, torch.Generator], Tensor]


@dataclass(frozen=True, slots=True)
class Step:
    """What one generator step saw.

    Attributes:
        number: How many generator steps are done, from 1.
        gap: Mean score of the real points minus mean score of the generated ones, on the last
            critic batch.
        critic_loss: The critic's loss with its penalty, on the same batch.
        generator_loss: The generator's loss.
        learning_rate: Of the critic's optimiser in this step.
        noise: Standard deviation of the noise on the critic's points in this step.
    """

    number: int
    gap: float
    critic_loss: float
    generator_loss: float
    learning_rate: float
    noise: float


def train(training: Training, /, *, real: Sampler) -> Iterator[Step]:
    """Train until ``training.steps`` generator steps are done, yielding after each.

    Args:
        training: The run; changed in place.
        real: Draws real points: ``real(n, rng)`` of shape ``(n, *shape)``.

    Yields:
        What the step saw. The caller may stop at any yield, save ``training.state_dict()`` and go
        on from there.

    Raises:
        TrainingError: If a loss or a gradient is not finite. The run is then as it was after the
            last step.
        LostProcessError: If another process of the run is gone; likewise.
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
        except (TrainingError, LostProcessError):
            rollback.undo()
            raise
        yield step


def _step(training: Training, real: Sampler) -> Step:
    """One generator step, with the critic steps before it."""
    recipe, devices, rng = training.recipe, training.devices, training.rng
    rate, noise = recipe.learning_rate_at(training.done), recipe.noise_at(training.done)
    set_learning_rate(training.critic_optimizer, rate)
    set_learning_rate(training.generator_optimizer, recipe.generator_rate_at(training.done))
    n = recipe.batch_size
    for _ in range(recipe.critic_steps):
        points = real(n, rng)
        with torch.no_grad(), devices.autocast():
            generated = training.generator(devices.share(training.generator.noise(n, rng)))
        batch = critic_batch(
            recipe, points, generated.float(), noise=noise, rng=rng, devices=devices
        )
        gap, loss = critic_step(training.critic, training.critic_optimizer, recipe, batch, devices)
    generator_loss = generator_step(training)
    training.step += 1
    _update_average(training)
    return Step(training.step, gap, loss, generator_loss, rate, noise)


def caught_up_critic(
    training: Training, real: Tensor, generated: Tensor, /, *, steps: int, rng: torch.Generator
) -> Critic:
    """A copy of the critic, trained further between two fixed sets of points by the same recipe.

    In training the critic plays a generator that never stands still, and is always a little
    behind. The copy has had time to know what it is asked about. The run itself is not changed.

    Args:
        training: The run.
        real: Real points, shape ``(n, *shape)``.
        generated: Generated points, shape ``(m, *shape)``.
        steps: How many steps to give it, at a learning rate that goes to 0 along half a cosine.
        rng: Source of randomness, not the run's own.

    Returns:
        The copy.

    Raises:
        TrainingError: If a loss or a gradient is not finite.
    """
    critic = copy.deepcopy(training.critic)
    recipe = replace(training.recipe, schedule="cosine")
    alone = Devices(training.devices.device, autocast=training.devices.autocast)
    optimizer = recipe.make_optimizer(critic)
    n, noise = recipe.batch_size, recipe.noise_at(training.done)
    for step in range(steps):
        set_learning_rate(optimizer, recipe.learning_rate_at(step / steps))
        drawn = _drawn(real, n, rng), _drawn(generated, n, rng)
        batch = critic_batch(recipe, *drawn, noise=noise, rng=rng, devices=alone)
        critic_step(critic, optimizer, recipe, batch, alone)
    return critic


def _drawn(points: Tensor, n: int, rng: torch.Generator) -> Tensor:
    """``n`` of the points, with replacement."""
    return points[torch.randint(len(points), (n,), generator=rng, device=rng.device)]


@torch.no_grad()
def _update_average(training: Training) -> None:
    """Move the average towards the generator; in the first steps it is close to a plain mean."""
    rate = max(training.recipe.average_rate, 1 / training.step)
    torch._foreach_lerp_(
        list(training.average.parameters()), list(training.generator.parameters()), rate
    )
    for mine, theirs in zip(training.average.buffers(), training.generator.buffers(), strict=True):
        mine.copy_(theirs)


__all__ = ["Sampler", "Step", "Training", "TrainingError", "caught_up_critic", "train"]
