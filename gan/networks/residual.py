"""Residual generator and critic of images, after the ResNets of WGAN-GP, sized for a CPU."""

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from gan.networks.convolutional import (
    Norm,
    convolution,
    halvings,
    normalization_layers,
    smallest_size,
)
from gan.networks.mlp import linear
from gan.networks.modules import Critic, Generator, Shape


class UpBlock(nn.Module):
    """Residual block that doubles height and width: upsampling, then two 3x3 convolutions.

    Attributes:
        convolutions: The residual branch; each convolution follows a ReLU.
    """

    def __init__(self, channels: int, rng: torch.Generator, /) -> None:
        super().__init__()
        first, second = (convolution(channels, channels, 3, rng) for _ in range(2))
        self.convolutions = nn.Sequential(nn.ReLU(), first, nn.ReLU(), second)

    def forward(self, values: Tensor) -> Tensor:
        """From ``(n, c, h, w)`` to ``(n, c, 2 h, 2 w)``."""
        upsampled = interpolate(values, scale_factor=2.0)
        return upsampled + self.convolutions(upsampled)


class DownBlock(nn.Module):
    """Residual block that halves height and width: two 3x3 convolutions, then 2x2 mean pooling.

    Attributes:
        convolutions: The residual branch; each convolution follows a norm, if any, and a ReLU.
    """

    def __init__(self, channels: int, norm: Norm, rng: torch.Generator, /) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(2):
            layers += [*normalization_layers(channels, norm, rng), nn.ReLU()]
            layers += [convolution(channels, channels, 3, rng)]
        self.convolutions = nn.Sequential(*layers)

    def forward(self, values: Tensor) -> Tensor:
        """From ``(n, c, h, w)`` to ``(n, c, h / 2, w / 2)``."""
        return avg_pool2d(values + self.convolutions(values), 2)


def residual_generator(
    rng: torch.Generator,
    shape: Shape,
    /,
    *,
    noise_size: int = 64,
    channels: int = 32,
) -> Generator:
    """Generator of images: a linear layer, a residual block for each halving, a convolution.

    Args:
        rng: Source of the initial weights, which determines the device.
        shape: Channels, height and width of the images; height and width are multiples of 4.
        noise_size: Dimension of the noise.
        channels: Channels of every block.

    Returns:
        A generator of points of shape ``(n, *shape)``, pixels in [0, 1].

    Raises:
        ValueError: If the height or the width is not a multiple of 4.

    Source:
        Gulrajani et al. 2017, appendix C, without batch norm.
    """
    height, width = smallest_size(shape)
    body = nn.Sequential(
        linear(noise_size, channels * height * width, rng),
        nn.Unflatten(1, (channels, height, width)),
        *(UpBlock(channels, rng) for _ in range(halvings(shape))),
        *(nn.ReLU(), convolution(channels, shape[0], 3, rng), nn.Sigmoid()),
    )
    return Generator(noise_size, body)


def residual_critic(
    rng: torch.Generator, shape: Shape, /, *, channels: int = 32, norm: Norm = "none"
) -> Critic:
    """Critic of images: a strided convolution, residual blocks, a linear layer.

    Args:
        rng: Source of the initial weights, which determines the device.
        shape: Channels, height and width of the images; height and width are multiples of 4.
        channels: Channels of all hidden layers.
        norm: "layer" for layer norm over channels, height and width before each ReLU of the block.

    Returns:
        A critic of points of shape ``(n, *shape)``, independent per point.

    Raises:
        ValueError: If the height or the width is not a multiple of 4, or the norm is unknown.

    Source:
        Gulrajani et al. 2017, appendix C.
    """
    height, width = smallest_size(shape)
    body = nn.Sequential(
        convolution(shape[0], channels, 4, rng, stride=2),
        *(DownBlock(channels, norm, rng) for _ in range(halvings(shape) - 1)),
        nn.ReLU(),
        *(nn.Flatten(), linear(channels * height * width, 1, rng)),
    )
    return Critic(body)
