"""Critics trained against a fixed generator: real points with unit noise added."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from gan.data.dataset import DataSet, Sampler
from gan.datasets import load_data_set
from gan.errors import ConfigError
from gan.networks import Critic
from gan.networks.rescaling import rescaled_critic
from gan.recipes.recipe import Recipe
from gan.training.devices import Devices
from gan.training.steps import critic_batch, critic_step, set_learning_rate

CriticFactory = Callable[[torch.Generator, tuple[int, ...]], Critic]


@dataclass(frozen=True, slots=True)
class FixedPair:
    """A data set and a generator that does not learn.

    Attributes:
        real: Sampler of the data.
        generated: Sampler of the generator.
        unit: Size of the points.
    """

    real: Sampler
    generated: Sampler
    unit: float = 1.0

    def samples(self, n: int, rng: torch.Generator, /) -> tuple[Tensor, Tensor]:
        """``n`` real and ``n`` generated points."""
        return self.real(n, rng), self.generated(n, rng)


def data_with_unit_noise(name: str, /) -> FixedPair:
    """A data set of the plane, and a generator that adds normal noise of its unit to the data.

    Args:
        name: Name of the data set.

    Returns:
        The pair.

    Raises:
        ConfigError: If its points are not of the plane.
    """
    data = plane_data(name)

    def generated(n: int, rng: torch.Generator) -> Tensor:
        noise = torch.randn(n, *data.shape, generator=rng, device=rng.device)
        return data.sample(n, rng) + data.unit * noise

    return FixedPair(data.sample, generated, data.unit)


def plane_data(name: str, /) -> DataSet:
    """The data set of a name.

    Args:
        name: Name of the data set.

    Returns:
        The data set.

    Raises:
        ConfigError: If its points are not of the plane.
    """
    data = load_data_set(name, None)
    if data.shape != (2,):
        raise ConfigError(
            f"`data` must be a data set of the plane, but the points of {name} have the shape "
            f"{data.shape}; take eight-gaussians, twenty-five-gaussians or swiss-roll"
        )
    return data


def trained_critic(
    pair: FixedPair,
    recipe: Recipe,
    network: CriticFactory,
    /,
    *,
    steps: int,
    rng: torch.Generator,
    name: str = "critic",
) -> Critic:
    """A critic trained by a recipe against a fixed generator.

    Args:
        pair: Data and generator.
        recipe: Loss, constraint, batches and optimiser.
        network: Makes the critic of points of size 1.
        steps: Critic steps.
        rng: Source of randomness.
        name: Name beside the progress bar.

    Returns:
        The critic.
    """
    shape = tuple(pair.real(1, rng).shape[1:])
    critic = rescaled_critic(network(rng, shape), pair.unit)
    optimizer, devices = recipe.make_optimizer(critic), Devices(rng.device)
    for step in tqdm(range(steps), desc=name, unit="step", leave=False, disable=None):
        set_learning_rate(optimizer, recipe.learning_rate_at(step / steps))
        points = pair.samples(recipe.batch_size, rng)
        batch = critic_batch(recipe, *points, noise=0.0, rng=rng, devices=devices)
        critic_step(critic, optimizer, recipe, batch, devices)
    return critic
