"""Multilayer perceptrons: linear layers with ReLU between them."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

from gan.networks.players import Critic, Generator


def linear(n_in: int, n_out: int, rng: torch.Generator, /) -> nn.Linear:
    """A linear layer with torch's default initial weights, drawn from ``rng``: no global state."""
    layer = nn.utils.skip_init(nn.Linear, n_in, n_out, device=rng.device)
    bound = 1 / math.sqrt(n_in)
    nn.init.uniform_(layer.weight, -bound, bound, generator=rng)
    nn.init.uniform_(layer.bias, -bound, bound, generator=rng)
    return layer


def mlp(
    sizes: Sequence[int], rng: torch.Generator, /, *, last: nn.Module | None = None
) -> nn.Sequential:
    """Linear layers of the given sizes with ReLU between them, and ``last`` at the end.

    Args:
        sizes: Width of the input, of each hidden layer, and of the output.
        rng: Source of the initial weights; the network is made on its device.
        last: What follows the last linear layer; nothing by default.

    Returns:
        A network from ``(n, sizes[0])`` to ``(n, sizes[-1])``.
    """
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(sizes):
        layers += [linear(n_in, n_out, rng), nn.ReLU()]
    layers[-1:] = [] if last is None else [last]
    return nn.Sequential(*layers)


def plane_generator(rng: torch.Generator, /, *, width: int = 128) -> Generator:
    """Noise of 2 numbers to points of the plane by 3 hidden layers (WGAN-GP toy script at 512)."""
    return Generator(2, mlp([2, width, width, width, 2], rng))


def plane_critic(rng: torch.Generator, /, *, width: int = 128) -> Critic:
    """Points of the plane to scores by 3 hidden layers (WGAN-GP toy script at 512)."""
    return Critic(mlp([2, width, width, width, 1], rng))


def digit_generator(
    rng: torch.Generator, /, *, noise_size: int = 64, width: int = 512
) -> Generator:
    """Noise to 784 pixels in [0, 1] by two hidden layers."""
    return Generator(noise_size, mlp([noise_size, width, width, 784], rng, last=nn.Sigmoid()))


def digit_critic(rng: torch.Generator, /, *, width: int = 512) -> Critic:
    """784 pixels to scores by two hidden layers."""
    return Critic(mlp([784, width, width, 1], rng))
