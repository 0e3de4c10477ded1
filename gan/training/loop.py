"""The training loop of every recipe: a generator that yields after each generator step.

The caller decides how long to train, what to measure and when to save:

    training = Training.start(generator, critic, WGAN_GP, steps=3000, rng=rng)
    for step in train(training, real=eight_gaussians().sample):
        ...
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gan.data.dataset import Sampler
from gan.errors import TrainingError
from gan.networks import Critic
from gan.training.devices import Devices
from gan.training.global_sources import seeded_global_sources
from gan.training.rollback import Rollback
from gan.training.state import Training
from gan.training.steps import critic_batch, critic_step, generator_step, set_learning_rate

AVERAGING_EXPONENT = 4  # weights grow with this power of the step


@dataclass(frozen=True, slots=True)
class Step:
    """Losses and settings of one generator step.

    Attributes:
        number: Generator steps done, from 1.
        gap: Mean score of the real points minus mean score of the generated ones, on the last
            critic batch.
        critic_loss: Loss of the critic on the same batch, including its penalty.
        generator_loss: Loss of the generator.
        critic_gradient_norm: Norm of the gradient of the critic's loss on the same batch.
        generator_gradient_norm: Norm of the gradient of the generator's loss.
        learning_rate: Learning rate of the critic in this step.
        generator_learning_rate: Learning rate of the generator in this step.
        noise: Standard deviation of the noise on the critic's points in this step.
    """

    number: int
    gap: float
    critic_loss: float
    generator_loss: float
    critic_gradient_norm: float
    generator_gradient_norm: float
    learning_rate: float
    generator_learning_rate: float
    noise: float


def train(training: Training, /, *, real: Sampler) -> Iterator[Step]:
    """Train until ``training.steps`` generator steps are done, yielding after each.

    Args:
        training: The run; changed in place.
        real: Sampler of real points: ``real(n, rng)`` of shape ``(n, *shape)``.

    Yields:
        Losses and settings of the step. The caller may stop at any yield, save
        ``training.state_dict()`` and resume from there.

    Raises:
        TrainingError: If a loss or a gradient is not finite. The run is then in its state after
            the last complete step.
        LostProcessError: If another process of the run has ended; the run is in the same state.
    """
    rollback = Rollback(
        (training.generator, training.critic),
        (training.generator_optimizer, training.critic_optimizer),
        training.rng,
    )
    while training.step < training.steps:
        rollback.save()
        try:
            with seeded_global_sources(training.rng):
                step = _train_step(training, real)
        except Exception:
            rollback.restore()
            raise
        yield step


def _train_step(training: Training, real: Sampler) -> Step:
    """Update the critic ``critic_steps`` times, then the generator once."""
    recipe, devices, rng = training.recipe, training.devices, training.rng
    progress = training.progress
    rate, noise = recipe.learning_rate_at(progress), recipe.noise_at(progress)
    generator_rate = recipe.generator_rate_at(progress)
    set_learning_rate(training.critic_optimizer, rate)
    set_learning_rate(training.generator_optimizer, generator_rate)
    n = recipe.batch_size
    for _ in range(recipe.critic_steps):
        points = real(n, rng)
        with torch.no_grad(), devices.autocast():
            generated = training.generator(devices.shard(training.generator.noise(n, rng)))
        batch = critic_batch(
            recipe, points, generated.float(), noise=noise, rng=rng, devices=devices
        )
        critic = critic_step(training.critic, training.critic_optimizer, recipe, batch, devices)
    generator = generator_step(training)
    training.step += 1
    _update_average(training)
    return Step(
        number=training.step,
        gap=critic.statistic,
        critic_loss=critic.loss,
        generator_loss=generator.loss,
        critic_gradient_norm=critic.gradient_norm,
        generator_gradient_norm=generator.gradient_norm,
        learning_rate=rate,
        generator_learning_rate=generator_rate,
        noise=noise,
    )


def fine_tuned_critic(
    training: Training, real: Tensor, generated: Tensor, /, *, steps: int, rng: torch.Generator
) -> Critic:
    """A copy of the critic, trained further by its recipe between two fixed sets of points.

    In training the generator is updated after every few critic steps, so that the critic is not
    optimal for it; the copy is trained against a fixed generator. The run itself is not changed.

    Args:
        training: The run.
        real: Real points, shape ``(n, *shape)``.
        generated: Generated points, shape ``(m, *shape)``.
        steps: Critic steps, at a learning rate that falls to 0 along half a cosine.
        rng: Source of randomness other than the run's own.

    Returns:
        The trained copy.

    Raises:
        TrainingError: If a loss or a gradient is not finite.
    """
    critic = copy.deepcopy(training.critic)
    recipe = replace(training.recipe, schedule="cosine")
    # One process: the others do not evaluate.
    devices = Devices(training.devices.device, autocast=training.devices.autocast)
    optimizer = recipe.make_optimizer(critic)
    n, noise = recipe.batch_size, recipe.noise_at(training.progress)
    for step in range(steps):
        set_learning_rate(optimizer, recipe.learning_rate_at(step / steps))
        minibatch = _minibatch(real, n, rng), _minibatch(generated, n, rng)
        batch = critic_batch(recipe, *minibatch, noise=noise, rng=rng, devices=devices)
        critic_step(critic, optimizer, recipe, batch, devices)
    return critic


def _minibatch(points: Tensor, n: int, rng: torch.Generator) -> Tensor:
    """``n`` of the points, drawn with replacement."""
    return points[torch.randint(len(points), (n,), generator=rng, device=rng.device)]


@torch.no_grad()
def _update_average(training: Training) -> None:
    """Update the moving average of the generator; at first it is of the last fifth of all steps.

    The rate (4 + 1) / (t + 4) is polynomial-decay averaging (Shamir and Zhang 2013): unlike the
    plain mean it forgets the first generators, which are far from the data.
    """
    decay = AVERAGING_EXPONENT
    rate = max(training.recipe.average_rate, (decay + 1) / (training.step + decay))
    torch._foreach_lerp_(
        list(training.average.parameters()), list(training.generator.parameters()), rate
    )
    for averaged, current in zip(
        training.average.buffers(), training.generator.buffers(), strict=True
    ):
        averaged.copy_(current)


__all__ = ["Sampler", "Step", "Training", "TrainingError", "fine_tuned_critic", "train"]
