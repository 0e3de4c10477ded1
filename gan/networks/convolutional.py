"""Convolutional generator and critic of images, after DCGAN, without batch norm."""

import math
from itertools import pairwise
from typing import Literal

import torch
from torch import nn

from gan.networks.categorical_latent import CategoricalLatent
from gan.networks.mlp import linear
from gan.networks.modules import Critic, Generator, Shape
from gan.networks.upsampling import MAX_CHANNELS, Upsampling

Norm = Literal["none", "layer"]

MAX_SMALLEST_SIZE = 8  # pixels, after all halvings


def convolution(
    n_in: int, n_out: int, size: int, rng: torch.Generator, /, *, stride: int = 1
) -> nn.Conv2d:
    """A convolution that divides height and width by ``stride``.

    Args:
        n_in: Channels of the input.
        n_out: Channels of the output.
        size: Height and width of the kernel; odd at stride 1.
        rng: Source of the initial weights, in torch's default distribution.
        stride: Stride in pixels.

    Returns:
        The layer, on the device of ``rng``.
    """
    layer = nn.utils.skip_init(
        nn.Conv2d, n_in, n_out, size, stride, (size - stride + 1) // 2, device=rng.device
    )
    _initialize(layer, n_in * size**2, rng)
    return layer


def transposed_convolution(
    n_in: int, n_out: int, size: int, rng: torch.Generator, /
) -> nn.ConvTranspose2d | Upsampling:
    """A transposed convolution that doubles height and width.

    Args:
        n_in: Channels of the input.
        n_out: Channels of the output.
        size: Height and width of the kernel; even, so that every output pixel is a sum of the same
            number of terms, ``size**2 / 4`` per input channel.
        rng: Source of the initial weights, uniform with the bound for that fan-in.

    Returns:
        The layer, on the device of ``rng``.
    """
    layer: nn.ConvTranspose2d | Upsampling
    if n_out <= MAX_CHANNELS:
        layer = Upsampling(n_in, n_out, size, rng.device)
    else:
        layer = nn.utils.skip_init(
            nn.ConvTranspose2d, n_in, n_out, size, 2, size // 2 - 1, device=rng.device
        )
    _initialize(layer, n_in * size**2 // 4, rng)
    return layer


def convolutional_generator(
    rng: torch.Generator,
    shape: Shape,
    /,
    *,
    noise_size: int = 64,
    channels: int = 16,
    width: int = 512,
    categories: int = 0,
) -> Generator:
    """Generator of images: two linear layers, then a transposed convolution for each halving.

    Args:
        rng: Source of the initial weights, which determines the device.
        shape: Channels, height and width of the images; height and width are multiples of 4.
        noise_size: Dimension of the noise.
        channels: Channels at half the height and width; twice as many at each further halving.
        width: Width of the hidden linear layer.
        categories: Size of the categorical code that replaces as many coordinates of the noise
            (`CategoricalLatent`); 0 for none.

    Returns:
        A generator of points of shape ``(n, *shape)``, pixels in [0, 1].

    Raises:
        ValueError: If the height or the width is not a multiple of 4, or there are more categories
            than coordinates of the noise.

    Source:
        Radford, Metz and Chintala 2016, "DCGAN", section 3.
    """
    widths = _widths(shape, channels)
    rows, columns = smallest_size(shape)
    if categories > noise_size:
        raise ValueError(
            f"`categories` must be at most `noise_size`, {noise_size}, but is {categories}"
        )
    body = nn.Sequential(
        *([CategoricalLatent(categories)] if categories else []),
        *(linear(noise_size, width, rng), nn.ReLU()),
        *(linear(width, widths[-1] * rows * columns, rng), nn.ReLU()),
        nn.Unflatten(1, (widths[-1], rows, columns)),
    )
    for n_in, n_out in pairwise([*widths[::-1], shape[0]]):
        body.extend([transposed_convolution(n_in, n_out, 4, rng), nn.ReLU()])
    body[-1] = nn.Sigmoid()
    return Generator(noise_size, body)


def convolutional_critic(
    rng: torch.Generator,
    shape: Shape,
    /,
    *,
    channels: int = 16,
    width: int = 512,
    norm: Norm = "none",
) -> Critic:
    """Critic of images: a strided convolution for each halving, then two linear layers.

    Args:
        rng: Source of the initial weights, which determines the device.
        shape: Channels, height and width of the images; height and width are multiples of 4.
        channels: Channels at half the height and width; twice as many at each further halving.
        width: Width of the hidden linear layer. Without this layer the score is a sum over
            positions and ignores interactions of distant parts of the image.
        norm: "layer" for layer norm over channels, height and width before the activations; "none"
            is supported by `gan.recipes.input_gradient`.

    Returns:
        A critic of points of shape ``(n, *shape)``, independent per point.

    Raises:
        ValueError: If the height or the width is not a multiple of 4, or the norm is unknown.

    Source:
        Gulrajani et al. 2017, section 4, "No critic batch normalization".
    """
    widths = _widths(shape, channels)
    rows, columns = smallest_size(shape)
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise([shape[0], *widths]):
        layers += [convolution(n_in, n_out, 4, rng, stride=2)]
        layers += [*normalization_layers(n_out, norm, rng), nn.LeakyReLU(0.2)]
    layers += [nn.Flatten(), linear(widths[-1] * rows * columns, width, rng), nn.LeakyReLU(0.2)]
    layers += [linear(width, 1, rng)]
    return Critic(nn.Sequential(*layers))


def normalization_layers(channels: int, norm: Norm, rng: torch.Generator, /) -> list[nn.Module]:
    """Layer norm over channels, height and width, as a list of one layer; empty for "none"."""
    if norm not in {"none", "layer"}:
        raise ValueError(f"`norm` must be one of none, layer, but is {norm!r}")
    return [nn.GroupNorm(1, channels, device=rng.device)] if norm == "layer" else []


def halvings(shape: Shape, /) -> int:
    """Number of times that height and width of an image are halved: two, or more while above 8.

    Args:
        shape: Channels, height and width of the image.

    Returns:
        The number: 2 for 16, 28 and 32 pixels, 3 for 64.

    Raises:
        ValueError: If the height or the width is not a multiple of 4, or the shape is not that of
            an image.
    """
    if len(shape) != 3 or min(shape) < 1 or shape[1] % 4 or shape[2] % 4:
        raise ValueError(
            "`shape` must be (channels, height, width), height and width multiples of 4, but is "
            f"{tuple(shape)}"
        )
    count, side = 2, math.gcd(shape[1], shape[2]) // 4
    while min(shape[1:]) >> count > MAX_SMALLEST_SIZE and side % 2 == 0:
        count, side = count + 1, side // 2
    return count


def smallest_size(shape: Shape, /) -> tuple[int, int]:
    """Height and width of an image after all halvings, in pixels."""
    return shape[1] >> halvings(shape), shape[2] >> halvings(shape)


def _widths(shape: Shape, channels: int) -> list[int]:
    """Channels after each halving of an image."""
    return [channels << level for level in range(halvings(shape))]


def _initialize(layer: nn.Module, fan_in: int, rng: torch.Generator) -> None:
    """Draw weights and biases, uniform in +-1 / sqrt(fan_in), torch's default."""
    bound = 1 / math.sqrt(fan_in)
    for weight in layer.parameters():
        nn.init.uniform_(weight, -bound, bound, generator=rng)
