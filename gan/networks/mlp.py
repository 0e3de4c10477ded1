"""Multilayer perceptrons: linear layers with ReLU between them."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gan.networks.modules import Critic, Generator, Noise

Shape = tuple[int, ...]

ROUNDED = 1e-6  # added to squared distances, so that they have derivatives of all orders at 0


def linear(n_in: int, n_out: int, rng: torch.Generator, /) -> nn.Linear:
    """A linear layer with torch's default initial weights, drawn from ``rng``: no global state."""
    layer = nn.utils.skip_init(nn.Linear, n_in, n_out, device=rng.device)
    bound = 1 / math.sqrt(n_in)
    nn.init.uniform_(layer.weight, -bound, bound, generator=rng)
    nn.init.uniform_(layer.bias, -bound, bound, generator=rng)
    return layer


def mlp(sizes: Sequence[int], rng: torch.Generator, /) -> nn.Sequential:
    """Linear layers of the given sizes with ReLU between them.

    Args:
        sizes: Width of the input, of each hidden layer, and of the output.
        rng: Source of the initial weights; the network is made on its device.

    Returns:
        A network from ``(n, sizes[0])`` to ``(n, sizes[-1])``.
    """
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(sizes):
        layers += [linear(n_in, n_out, rng), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def mlp_generator(
    rng: torch.Generator,
    shape: Shape,
    /,
    *,
    hidden: Sequence[int],
    noise_size: int,
    noise: Noise = "normal",
    steepness: float = 1.0,
) -> Generator:
    """Noise to points by hidden layers; points that are images have pixels in [0, 1].

    Args:
        rng: Source of the initial weights.
        shape: Of one point: ``(d,)``, or ``(channels, rows, columns)`` of an image.
        hidden: Widths of the hidden layers.
        noise_size: Dimension of the noise.
        noise: Its distribution.
        steepness: What torch's initial weights of the first layer are multiplied with. The steeper
            the generator, the fewer of its points lie on the way from one mode to another.

    Returns:
        The generator.
    """
    body = mlp([noise_size, *hidden, math.prod(shape)], rng)
    with torch.no_grad():
        next(body.parameters()).mul_(steepness)
    if len(shape) > 1:
        body.extend([nn.Sigmoid(), nn.Unflatten(1, shape)])
    return Generator(noise_size, body, noise)


def mlp_critic(rng: torch.Generator, shape: Shape, /, *, hidden: Sequence[int]) -> Critic:
    """Points, flattened, to scores by hidden layers.

    Args:
        rng: Source of the initial weights.
        shape: Of one point.
        hidden: Widths of the hidden layers.

    Returns:
        The critic.
    """
    body = mlp([math.prod(shape), *hidden, 1], rng)
    return Critic(nn.Sequential(nn.Flatten(), *body) if len(shape) > 1 else body)


class Radius(nn.Module):
    """Appends to each point its distance from a centre, less what that is for points of size 1.

    Attributes:
        centre: Of ``d`` coordinates, at first the origin; it is learned.
    """

    def __init__(self, d: int, device: torch.device) -> None:
        super().__init__()
        self.centre = nn.Parameter(torch.zeros(d, device=device))

    def forward(self, points: Float[Tensor, " n d"]) -> Float[Tensor, " n d+1"]:
        """``d + 1`` numbers for each of ``points``."""
        squares = (points - self.centre).square().sum(dim=1, keepdim=True)
        distances = (squares + ROUNDED).sqrt()
        return torch.cat([points, distances - math.sqrt(points.shape[1])], dim=1)


def spread_mlp_critic(
    rng: torch.Generator,
    shape: Shape,
    /,
    *,
    hidden: Sequence[int],
    steepness: float = 2.0,
    radius: bool = False,
) -> Critic:
    """A critic whose first kinks lie all over points of size 1, and are steep.

    torch's initial weights put them near the origin, and leave it to the training to find detail.
    In many dimensions no few hundred ramps add up to a function that is round: with ``radius``,
    the first layer is told each point's distance from a centre.

    Args:
        rng: Source of the initial weights.
        shape: Of one point.
        hidden: Widths of the hidden layers.
        steepness: Length of each row of the first matrix; biases reach ``sqrt(3)`` times as far.
        radius: Whether it is.

    Returns:
        The critic.
    """
    d = math.prod(shape)
    critic = mlp_critic(rng, (d + radius,), hidden=hidden)
    first, *others = (layer for layer in critic.modules() if isinstance(layer, nn.Linear))
    with torch.no_grad():
        first.weight.normal_(generator=rng)
        first.weight *= steepness / torch.linalg.vector_norm(first.weight, dim=1, keepdim=True)
        first.bias.uniform_(-1, 1, generator=rng).mul_(math.sqrt(3) * steepness)
        for layer in others:
            gain = math.sqrt(2) if layer is not others[-1] else 1.0
            nn.init.orthogonal_(layer.weight, gain=gain, generator=rng)
            layer.bias.uniform_(-0.3, 0.3, generator=rng)
    before: list[nn.Module] = [nn.Flatten()] if len(shape) > 1 else []
    if radius:
        before.append(Radius(d, rng.device))
    return Critic(nn.Sequential(*before, critic.body)) if before else critic


def plane_generator(rng: torch.Generator, /, *, width: int = 128) -> Generator:
    """Noise of 2 numbers to points of the plane by 3 hidden layers (WGAN-GP toy script at 512)."""
    return mlp_generator(rng, (2,), hidden=[width] * 3, noise_size=2)


def plane_critic(rng: torch.Generator, /, *, width: int = 128) -> Critic:
    """Points of the plane to scores by 3 hidden layers (WGAN-GP toy script at 512)."""
    return mlp_critic(rng, (2,), hidden=[width] * 3)
