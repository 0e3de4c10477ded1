"""Multilayer perceptrons: linear layers with ReLU between them."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gan.networks.modules import Critic, Generator, Noise, Shape

SQUARED_DISTANCE_OFFSET = 1e-6  # makes distances smooth at 0


def linear(n_in: int, n_out: int, rng: torch.Generator, /) -> nn.Linear:
    """A linear layer with torch's default initialisation, drawn from ``rng``."""
    layer = nn.utils.skip_init(nn.Linear, n_in, n_out, device=rng.device)
    bound = 1 / math.sqrt(n_in)
    nn.init.uniform_(layer.weight, -bound, bound, generator=rng)
    nn.init.uniform_(layer.bias, -bound, bound, generator=rng)
    return layer


def mlp(sizes: Sequence[int], rng: torch.Generator, /) -> nn.Sequential:
    """Linear layers of the given widths with ReLU between them.

    Args:
        sizes: Widths of the input, of each hidden layer, and of the output.
        rng: Source of the initial weights, which determines the device.

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
    """MLP from noise to points; images have pixels in [0, 1].

    Args:
        rng: Source of the initial weights.
        shape: Of one point: ``(d,)``, or ``(channels, rows, columns)`` of an image.
        hidden: Widths of the hidden layers.
        noise_size: Dimension of the noise.
        noise: Distribution of the noise.
        steepness: Factor of the initial weights of the first layer. A steeper generator has fewer
            points between modes.

    Returns:
        A generator of points of shape ``(n, *shape)``.
    """
    body = mlp([noise_size, *hidden, math.prod(shape)], rng)
    with torch.no_grad():
        next(body.parameters()).mul_(steepness)
    if len(shape) > 1:
        body.extend([nn.Sigmoid(), nn.Unflatten(1, shape)])
    return Generator(noise_size, body, noise)


def mlp_critic(rng: torch.Generator, shape: Shape, /, *, hidden: Sequence[int]) -> Critic:
    """MLP from flattened points to scores.

    Args:
        rng: Source of the initial weights.
        shape: Of one point.
        hidden: Widths of the hidden layers.

    Returns:
        A critic of points of shape ``(n, *shape)``.
    """
    body = mlp([math.prod(shape), *hidden, 1], rng)
    return Critic(nn.Sequential(nn.Flatten(), *body) if len(shape) > 1 else body)


class RadialFeature(nn.Module):
    """Appends to each point its distance to a learned center, minus ``sqrt(d)``.

    The offset is the root mean square of the distance for points of unit variance.

    Attributes:
        center: Coordinates of the center, shape ``(d,)``, initially 0.
    """

    def __init__(self, d: int, device: torch.device) -> None:
        super().__init__()
        self.center = nn.Parameter(torch.zeros(d, device=device))

    def forward(self, points: Float[Tensor, " n d"]) -> Float[Tensor, " n d+1"]:
        """Points and the radial feature: ``d + 1`` features for each of ``points``."""
        squares = (points - self.center).square().sum(dim=1, keepdim=True)
        distances = (squares + SQUARED_DISTANCE_OFFSET).sqrt()
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
    """MLP critic whose first layer is initialised with steep kinks spread over points of size 1.

    torch's default initialisation places the kinks near the origin. In high dimension a few
    hundred ReLU units do not approximate a radial function; ``radius`` adds a `RadialFeature`.

    Args:
        rng: Source of the initial weights.
        shape: Of one point.
        hidden: Widths of the hidden layers.
        steepness: Norm of each row of the first weight matrix; biases are uniform in ``sqrt(3)``
            times the range.
        radius: Whether the first layer has the radial feature as an input.

    Returns:
        A critic of points of shape ``(n, *shape)``.
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
    features: list[nn.Module] = [nn.Flatten()] if len(shape) > 1 else []
    if radius:
        features.append(RadialFeature(d, rng.device))
    return Critic(nn.Sequential(*features, critic.body)) if features else critic


def plane_generator(rng: torch.Generator, /, *, width: int = 128) -> Generator:
    """MLP generator of points in the plane, 3 hidden layers (512 wide in the WGAN-GP code)."""
    return mlp_generator(rng, (2,), hidden=[width] * 3, noise_size=2)


def plane_critic(rng: torch.Generator, /, *, width: int = 128) -> Critic:
    """MLP critic of points in the plane, 3 hidden layers (512 wide in the WGAN-GP code)."""
    return mlp_critic(rng, (2,), hidden=[width] * 3)
