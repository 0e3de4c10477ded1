"""Generators and critics of small digits, after the architectures of the WGAN-GP paper.

The paper varies a convolutional pair: a generator of linear layers, no normalisation, gated or
tanh activations, many residual blocks. Here the same variations are of networks that a CPU trains
in a minute; none has a normalisation.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from gan.networks import Critic, Generator
from gan.networks.convolutional import convolutional_critic, convolutional_generator
from gan.networks.mlp import linear

SHAPE = (1, 16, 16)
NOISE_SIZE = 32
WIDTH = 128


@dataclass(frozen=True, slots=True)
class Architecture:
    """A generator and a critic of digits of 16 x 16 pixels.

    Attributes:
        generator: Builds the generator from a source of initial weights.
        critic: Builds the critic, alike.
    """

    generator: Callable[[torch.Generator], Generator]
    critic: Callable[[torch.Generator], Critic]


class Gate(nn.Module):
    """Gated multiplicative activation: tanh of half of the features times sigmoid of the others.

    Source:
        van den Oord et al. 2016, "Conditional image generation with PixelCNN decoders", eq. 2.
    """

    def forward(self, features: Tensor) -> Tensor:
        """From ``(n, 2 k)`` to ``(n, k)``."""
        values, gates = features.chunk(2, dim=1)
        return values.tanh() * gates.sigmoid()


class ResidualBlock(nn.Module):
    """Sum of the features and of two linear layers, each after a ReLU.

    Attributes:
        layers: The residual branch.
    """

    def __init__(self, width: int, rng: torch.Generator, /) -> None:
        super().__init__()
        first, second = (linear(width, width, rng) for _ in range(2))
        with torch.no_grad():
            second.weight.zero_()  # the block is the identity at first, up to a bias
        self.layers = nn.Sequential(nn.ReLU(), first, nn.ReLU(), second)

    def forward(self, features: Tensor) -> Tensor:
        """From ``(n, width)`` to ``(n, width)``."""
        return features + self.layers(features)


def _perceptron(
    depth: int, activation: type[nn.Module], n_in: int, n_out: int, rng: torch.Generator
) -> nn.Sequential:
    """Linear layers with an activation after each of ``depth`` hidden ones."""
    factor = 2 if activation is Gate else 1  # a gate halves the features
    layers: list[nn.Module] = []
    for _ in range(depth):
        layers += [linear(n_in, factor * WIDTH, rng), activation()]
        n_in = WIDTH
    return nn.Sequential(*layers, linear(n_in, n_out, rng))


def _residual(blocks: int, width: int, n_in: int, n_out: int, rng: torch.Generator) -> nn.Module:
    """A linear layer, residual blocks, and a linear layer after a ReLU."""
    hidden = [ResidualBlock(width, rng) for _ in range(blocks)]
    ends = linear(n_in, width, rng), linear(width, n_out, rng)
    return nn.Sequential(ends[0], *hidden, nn.ReLU(), ends[1])


Body = Callable[[int, int, torch.Generator], nn.Module]


def _generator(body: Body, rng: torch.Generator) -> Generator:
    """Generator of digits with a given body from noise to pixels before the sigmoid."""
    layers = body(NOISE_SIZE, math.prod(SHAPE), rng)
    return Generator(NOISE_SIZE, nn.Sequential(layers, nn.Sigmoid(), nn.Unflatten(1, SHAPE)))


def _critic(body: Body, rng: torch.Generator) -> Critic:
    """Critic of digits with a given body from pixels to the score."""
    return Critic(nn.Sequential(nn.Flatten(), body(math.prod(SHAPE), 1, rng)))


def _pair(generator: Body, critic: Body) -> Architecture:
    """Generator and critic of given bodies."""
    return Architecture(partial(_generator, generator), partial(_critic, critic))


def _perceptrons(
    depth: int, activation: type[nn.Module] = nn.ReLU, *, critic_depth: int | None = None
) -> Architecture:
    """Perceptrons of a depth in generator and critic."""
    return _pair(
        partial(_perceptron, depth, activation),
        partial(_perceptron, critic_depth or depth, activation),
    )


def _residual_perceptrons(blocks: int) -> Architecture:
    """Residual perceptrons of 64 features."""
    return _pair(*[partial(_residual, blocks, WIDTH // 2)] * 2)


def _convolutional() -> Architecture:
    """Convolutions without normalisation."""
    channels, width = 4, WIDTH // 2
    return Architecture(
        lambda rng: convolutional_generator(
            rng, SHAPE, noise_size=NOISE_SIZE, channels=channels, width=width
        ),
        lambda rng: convolutional_critic(rng, SHAPE, channels=channels, width=width),
    )


ARCHITECTURES = {
    "MLP, 2 x 128": _perceptrons(2),
    "MLP, 4 x 128": _perceptrons(4),
    "tanh MLP, 2 x 128": _perceptrons(2, nn.Tanh),
    "gated MLP, 2 x 128": _perceptrons(2, Gate),
    "residual MLP, 4 blocks": _residual_perceptrons(4),
    "convolutional": _convolutional(),
}
