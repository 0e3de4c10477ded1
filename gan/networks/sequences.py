"""Residual generator and critic of sequences, with 1-D convolutions over the positions."""

import math

import torch
from torch import Tensor, nn

from gan.networks.mlp import linear
from gan.networks.modules import Critic, Generator, Shape

RESIDUAL_SCALE = 0.3
KERNEL_SIZE = 5


class Transpose(nn.Module):
    """Exchanges positions and channels of sequences: ``(n, a, b)`` becomes ``(n, b, a)``."""

    def forward(self, values: Tensor) -> Tensor:
        """``values``, shape ``(n, a, b)``, with its last two axes exchanged."""
        return values.transpose(1, 2)


class SequenceBlock(nn.Module):
    """Residual block of sequences: two convolutions, each after a ReLU, scaled by 0.3.

    Attributes:
        convolutions: The residual branch.
        scale: Factor of the residual branch.
    """

    def __init__(self, channels: int, rng: torch.Generator, /) -> None:
        super().__init__()
        first, second = (convolution_1d(channels, channels, KERNEL_SIZE, rng) for _ in range(2))
        self.convolutions = nn.Sequential(nn.ReLU(), first, nn.ReLU(), second)
        self.scale = RESIDUAL_SCALE

    def forward(self, values: Tensor) -> Tensor:
        """Values, shape ``(n, channels, length)``, plus the scaled residual branch."""
        return values + self.scale * self.convolutions(values)


def convolution_1d(n_in: int, n_out: int, size: int, rng: torch.Generator, /) -> nn.Conv1d:
    """A convolution over positions that keeps their number.

    Args:
        n_in: Channels of the input.
        n_out: Channels of the output.
        size: Length of the kernel; odd.
        rng: Source of the initial weights, in torch's default distribution.

    Returns:
        The layer, on the device of ``rng``.
    """
    layer = nn.utils.skip_init(nn.Conv1d, n_in, n_out, size, 1, size // 2, device=rng.device)
    bound = 1 / math.sqrt(n_in * size)
    for weight in layer.parameters():
        nn.init.uniform_(weight, -bound, bound, generator=rng)
    return layer


def sequence_generator(
    rng: torch.Generator,
    shape: Shape,
    /,
    *,
    noise_size: int = 64,
    channels: int = 64,
    blocks: int = 2,
) -> Generator:
    """Generator of sequences of vectors of unbounded numbers.

    Args:
        rng: Source of the initial weights, which determines the device.
        shape: Positions, and number of numbers at each.
        noise_size: Dimension of the noise.
        channels: Channels of every block.
        blocks: Number of residual blocks.

    Returns:
        A generator of points of shape ``(n, *shape)``.

    Source:
        Gulrajani et al. 2017, appendix C, "language model", without its softmax.
    """
    length, k = shape
    body = nn.Sequential(
        linear(noise_size, channels * length, rng),
        nn.Unflatten(1, (channels, length)),
        *(SequenceBlock(channels, rng) for _ in range(blocks)),
        convolution_1d(channels, k, 1, rng),
        Transpose(),
    )
    return Generator(noise_size, body)


def sequence_critic(
    rng: torch.Generator, shape: Shape, /, *, channels: int = 64, blocks: int = 2
) -> Critic:
    """Critic of sequences of vectors.

    Args:
        rng: Source of the initial weights, which determines the device.
        shape: Positions, and number of numbers at each.
        channels: Channels of every block.
        blocks: Number of residual blocks.

    Returns:
        A critic of points of shape ``(n, *shape)``, independent per point.

    Source:
        Gulrajani et al. 2017, appendix C, "language model".
    """
    length, k = shape
    body = nn.Sequential(
        Transpose(),
        convolution_1d(k, channels, 1, rng),
        *(SequenceBlock(channels, rng) for _ in range(blocks)),
        nn.Flatten(),
        linear(channels * length, 1, rng),
    )
    return Critic(body)
