"""Residual players for images, after the ResNets of WGAN-GP, small enough for a CPU."""

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from gan.networks.convolutional import Norm, Shape, convolution, normalised, quarter
from gan.networks.mlp import linear
from gan.networks.modules import Critic, Generator


class UpBlock(nn.Module):
    """Twice the height and width: two 3x3 convolutions beside the repeated pixels.

    Attributes:
        convolutions: Each behind a ReLU, the first on the repeated pixels.
    """

    def __init__(self, channels: int, rng: torch.Generator, /) -> None:
        super().__init__()
        first, second = (convolution(channels, channels, 3, rng) for _ in range(2))
        self.convolutions = nn.Sequential(nn.ReLU(), first, nn.ReLU(), second)

    def forward(self, values: Tensor) -> Tensor:
        """From ``(n, c, h, w)`` to ``(n, c, 2 h, 2 w)``."""
        repeated = interpolate(values, scale_factor=2)
        return repeated + self.convolutions(repeated)


class DownBlock(nn.Module):
    """Half the height and width: two 3x3 convolutions, then means of 2x2, beside the means alone.

    Attributes:
        convolutions: Each behind a ReLU, with the norm before it.
    """

    def __init__(self, channels: int, norm: Norm, rng: torch.Generator, /) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(2):
            layers += [*normalised(channels, norm, rng), nn.ReLU()]
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
    """Noise to images with pixels in [0, 1]: a linear layer, two residual blocks, a convolution.

    Args:
        rng: Source of the initial weights; the network is made on its device.
        shape: Channels, height and width of the images; height and width are multiples of 4.
        noise_size: Dimension of the noise.
        channels: Of every block.

    Returns:
        A generator of points of shape ``(n, *shape)``.

    Raises:
        ValueError: If the height or the width is no multiple of 4.

    Source:
        Gulrajani et al. 2017, appendix C, without batch norm.
    """
    height, width = quarter(shape)
    body = nn.Sequential(
        linear(noise_size, channels * height * width, rng),
        nn.Unflatten(1, (channels, height, width)),
        *(UpBlock(channels, rng), UpBlock(channels, rng)),
        *(nn.ReLU(), convolution(channels, shape[0], 3, rng), nn.Sigmoid()),
    )
    return Generator(noise_size, body)


def residual_critic(
    rng: torch.Generator, shape: Shape, /, *, channels: int = 32, norm: Norm = "none"
) -> Critic:
    """Images to scores: a convolution to half the size, a residual block, a linear layer.

    Args:
        rng: Source of the initial weights; the network is made on its device.
        shape: Channels, height and width of the images; height and width are multiples of 4.
        channels: From the first convolution on.
        norm: "layer" puts layer norm over channels, height and width before each of its ReLU.

    Returns:
        A critic of points of shape ``(n, *shape)``, which scores each by itself.

    Raises:
        ValueError: If the height or the width is no multiple of 4, or there is no such norm.

    Source:
        Gulrajani et al. 2017, appendix C.
    """
    height, width = quarter(shape)
    body = nn.Sequential(
        convolution(shape[0], channels, 4, rng, stride=2),
        *(DownBlock(channels, norm, rng), nn.ReLU()),
        *(nn.Flatten(), linear(channels * height * width, 1, rng)),
    )
    return Critic(body)
