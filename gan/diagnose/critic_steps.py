"""Critic steps against a fixed generator, one after the other."""

from collections.abc import Iterator

import numpy as np
import torch
from tqdm import tqdm

from gan.data.dataset import Sampler
from gan.networks import Critic
from gan.recipes.recipe import Recipe
from gan.training.devices import Devices
from gan.training.steps import critic_batch, critic_step, set_learning_rate

# Discriminators that are trained to the end: large batches, Adam on a cosine to 0.
DISCRIMINATOR_RECIPE = Recipe(
    loss="non-saturating",
    constraint="none",
    critic_steps=1,
    batch_size=512,
    optimizer="adam",
    learning_rate=3e-3,
    schedule="cosine",
)


def critic_steps(
    critic: Critic,
    real: Sampler,
    generated: Sampler,
    recipe: Recipe,
    /,
    *,
    steps: int,
    rng: torch.Generator,
    name: str = "discriminator",
) -> Iterator[int]:
    """Train a critic by a recipe between two samplers that stay the same.

    Args:
        critic: The critic; changed in place.
        real: Sampler of real points.
        generated: Sampler of generated points.
        recipe: Loss, constraint, batches and optimiser.
        steps: Critic steps in all.
        rng: Source of batches.
        name: Name beside the progress bar.

    Yields:
        Number of steps done: 0 before the first one, at last ``steps``.

    Raises:
        TrainingError: If a loss or a gradient is not finite.
    """
    optimizer, devices = recipe.make_optimizer(critic), Devices(rng.device)
    yield 0
    for step in tqdm(range(steps), desc=name, unit="step", leave=False, disable=None):
        set_learning_rate(optimizer, recipe.learning_rate_at(step / steps))
        points = real(recipe.batch_size, rng), generated(recipe.batch_size, rng)
        batch = critic_batch(recipe, *points, noise=0.0, rng=rng, devices=devices)
        critic_step(critic, optimizer, recipe, batch, devices)
        yield step + 1


def logarithmic_marks(steps: int, /, *, count: int = 13) -> tuple[int, ...]:
    """Steps to measure at: 0, and about ``count`` from 1 to ``steps``, on a logarithmic axis."""
    return (0, *(int(step) for step in np.unique(np.geomspace(1, steps, count).round())))
