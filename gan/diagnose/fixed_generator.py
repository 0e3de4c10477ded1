"""Critics trained against a fixed generator, such as real points with unit noise added."""

import math

import torch
from torch import Tensor, nn

from gan.critics.pairs import DistributionPair
from gan.critics.problem import CriticFactory
from gan.data.dataset import DataSet, Sampler
from gan.datasets import load_data_set
from gan.diagnose.critic_steps import critic_steps
from gan.errors import ConfigError
from gan.networks import Critic, Generator
from gan.networks.rescaling import rescaled_critic
from gan.recipes.recipe import Recipe


def data_with_unit_noise(name: str, /) -> DistributionPair:
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

    return DistributionPair(data.shape, data.sample, generated, data.unit)


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


def sampler_of(generator: Generator, /) -> Sampler:
    """Sampler of the current points of a generator, without gradients."""

    @torch.no_grad()
    def sample(n: int, rng: torch.Generator) -> Tensor:
        return generator.sample(n, rng)

    return sample


@torch.no_grad()
def with_he_weights(critic: Critic, /) -> Critic:
    """A critic of linear layers and ReLU with its initial weights scaled to He's variance.

    torch's default has a sixth of it, by which the slope of a deep critic is near 0 at first.

    Args:
        critic: A critic with torch's default weights; changed in place.

    Returns:
        The critic.

    Source:
        He et al. 2015, eq. 10; the code of Gulrajani et al. 2017.
    """
    *hidden, last = (layer for layer in critic.modules() if isinstance(layer, nn.Linear))
    for layer in hidden:
        layer.weight.mul_(math.sqrt(6))
    last.weight.mul_(math.sqrt(3))  # no ReLU follows
    return critic


def trained_critic(
    pair: DistributionPair,
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
    critic = rescaled_critic(network(rng, pair.shape), pair.unit)
    for _ in critic_steps(
        critic, pair.real, pair.generated, recipe, steps=steps, rng=rng, name=name
    ):
        pass
    return critic
