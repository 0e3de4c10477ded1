"""Convolutional players for images, after DCGAN, without batch norm."""

import math
from typing import Literal

import torch
from torch import nn

from gan.networks.categorical_latent import CategoricalLatent
from gan.networks.mlp import linear
from gan.networks.modules import Critic, Generator

Norm = Literal["none", "layer"]
Shape = tuple[int, ...]


def convolution(
    n_in: int, n_out: int, size: int, rng: torch.Generator, /, *, stride: int = 1
) -> nn.Conv2d:
    """A convolution to ``1 / stride`` of the height and width, initial weights from ``rng``.

    Args:
        n_in: Channels of the input.
        n_out: Channels of the output.
        size: Height and width of the kernel; odd at stride 1.
        rng: Source of the initial weights; torch's default distribution.
        stride: By how many pixels the kernel moves.

    Returns:
        The layer, on the device of ``rng``.
    """
    layer = nn.utils.skip_init(
        nn.Conv2d, n_in, n_out, size, stride, (size - stride + 1) // 2, device=rng.device
    )
    _draw(layer, n_in * size**2, rng)
    return layer


def transposed_convolution(
    n_in: int, n_out: int, size: int, rng: torch.Generator, /
) -> nn.ConvTranspose2d:
    """A transposed convolution to twice the height and width, initial weights from ``rng``.

    Args:
        n_in: Channels of the input.
        n_out: Channels of the output.
        size: Height and width of the kernel, even, so that every pixel gets as many terms.
        rng: Source of the initial weights, uniform as torch's, for ``size**2 / 4`` terms a pixel
            and channel.

    Returns:
        The layer, on the device of ``rng``.
    """
    layer = nn.utils.skip_init(
        nn.ConvTranspose2d, n_in, n_out, size, 2, size // 2 - 1, device=rng.device
    )
    _draw(layer, n_in * size**2 // 4, rng)
    return layer


def convolutional_generator(
    rng: torch.Generator,
    shape: Shape,
    /,
    *,
    noise_size: int = 64,
    channels: int = 16,
    width: int = 512,
    choices: int = 0,
) -> Generator:
    """Noise to images with pixels in [0, 1]: two linear layers, height and width doubled twice.

    Args:
        rng: Source of the initial weights; the network is made on its device.
        shape: Channels, height and width of the images; height and width are multiples of 4.
        noise_size: Dimension of the noise.
        channels: At half the height and width; twice as many at a quarter.
        width: Of the hidden linear layer, which decides on the image as a whole.
        choices: So many of the noise's numbers are a choice of one of so many (`CategoricalLatent`).

    Returns:
        A generator of points of shape ``(n, *shape)``.

    Raises:
        ValueError: If the height or the width is no multiple of 4, or the noise has not as many
            numbers as there are choices.

    Source:
        Radford, Metz and Chintala 2016, "DCGAN", section 3.
    """
    rows, columns = quarter(shape)
    if choices > noise_size:
        raise ValueError(
            f"`choices` must be at most the {noise_size} numbers of the noise, but is {choices}"
        )
    body = nn.Sequential(
        *([CategoricalLatent(choices)] if choices else []),
        *(linear(noise_size, width, rng), nn.ReLU()),
        *(linear(width, 2 * channels * rows * columns, rng), nn.ReLU()),
        nn.Unflatten(1, (2 * channels, rows, columns)),
        transposed_convolution(2 * channels, channels, 4, rng),
        nn.ReLU(),
        transposed_convolution(channels, shape[0], 4, rng),
        nn.Sigmoid(),
    )
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
    """Images to scores: two convolutions that halve height and width, then two linear layers.

    Args:
        rng: Source of the initial weights; the network is made on its device.
        shape: Channels, height and width of the images; height and width are multiples of 4.
        channels: At half the height and width; twice as many at a quarter.
        width: Of the hidden linear layer: without it a score is a sum over places, and the critic
            does not see whether the parts of a digit fit.
        norm: "layer" puts layer norm over channels, height and width before the activations; with
            "none", `gan.slopes.input_gradient` knows the critic.

    Returns:
        A critic of points of shape ``(n, *shape)``, which scores each by itself.

    Raises:
        ValueError: If the height or the width is no multiple of 4, or there is no such norm.

    Source:
        Gulrajani et al. 2017, section 4, "No critic batch normalization".
    """
    rows, columns = quarter(shape)
    layers: list[nn.Module] = []
    for n_in, n_out in ((shape[0], channels), (channels, 2 * channels)):
        layers += [convolution(n_in, n_out, 4, rng, stride=2)]
        layers += [*normalised(n_out, norm, rng), nn.LeakyReLU(0.2)]
    layers += [nn.Flatten(), linear(2 * channels * rows * columns, width, rng), nn.LeakyReLU(0.2)]
    layers += [linear(width, 1, rng)]
    return Critic(nn.Sequential(*layers))


def normalised(channels: int, norm: Norm, rng: torch.Generator, /) -> list[nn.Module]:
    """Layer norm of images, as a group norm with one group; nothing for "none"."""
    if norm not in {"none", "layer"}:
        raise ValueError(f"`norm` must be one of none, layer, but is {norm!r}")
    return [nn.GroupNorm(1, channels, device=rng.device)] if norm == "layer" else []


def quarter(shape: Shape, /) -> tuple[int, int]:
    """A quarter of the height and of the width.

    Args:
        shape: Channels, height and width of images.

    Returns:
        Height and width where both have been halved twice.

    Raises:
        ValueError: If that is no whole number, or the shape is not that of an image.
    """
    if len(shape) != 3 or min(shape) < 1 or shape[1] % 4 or shape[2] % 4:
        raise ValueError(
            "`shape` must be (channels, height, width), height and width multiples of 4, but is "
            f"{tuple(shape)}"
        )
    return shape[1] // 4, shape[2] // 4


def _draw(layer: nn.Conv2d | nn.ConvTranspose2d, terms: int, rng: torch.Generator) -> None:
    """Weights and biases uniform; a sum of ``terms`` products has a third of their mean square."""
    bound = 1 / math.sqrt(terms)
    for weight in layer.parameters():
        nn.init.uniform_(weight, -bound, bound, generator=rng)
