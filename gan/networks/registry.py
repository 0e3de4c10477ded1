"""Pairs of networks by name: a new pair is one more entry of `NETWORKS`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch

from gan.networks.convolutional import convolutional_critic, convolutional_generator
from gan.networks.fourier import fourier_critic
from gan.networks.mlp import mlp_critic, mlp_generator
from gan.networks.modules import Critic, Generator, Shape
from gan.networks.residual import residual_critic, residual_generator
from gan.networks.segment import segment_generator
from gan.networks.sequences import sequence_critic, sequence_generator
from gan.networks.text import ngram_critic, text_generator

Domain = Literal["any points", "points in the plane", "images", "images of 28 x 28", "sequences"]


@dataclass(frozen=True, slots=True)
class Networks:
    """A generator and a critic that belong together.

    Attributes:
        description: Architecture in one line.
        generator: Builds a generator of points of a shape: ``generator(rng, shape)``.
        critic: Builds a critic of points of a shape: ``critic(rng, shape)``.
        domain: Points that the pair is designed for.
    """

    description: str
    generator: Callable[[torch.Generator, Shape], Generator]
    critic: Callable[[torch.Generator, Shape], Critic]
    domain: Domain = "any points"

    def fits(self, shape: Shape, /) -> bool:
        """Whether the pair is designed for points of this shape."""
        if self.domain == "points in the plane":
            return shape == (2,)
        if self.domain == "images":  # halved twice
            return len(shape) == 3 and shape[1] % 4 == 0 and shape[2] % 4 == 0
        if self.domain == "images of 28 x 28":
            return len(shape) == 3 and shape[1:] == (28, 28)
        if self.domain == "sequences":
            return len(shape) == 2
        return True


def _default_generator(rng: torch.Generator, shape: Shape) -> Generator:
    """Hidden layers 3 x 128, noise of the dimension of vectors; 2 x 512, noise 64 for images."""
    if len(shape) == 1:
        return mlp_generator(rng, shape, hidden=[128] * 3, noise_size=shape[0])
    return mlp_generator(rng, shape, hidden=[512] * 2, noise_size=64)


def _default_critic(rng: torch.Generator, shape: Shape) -> Critic:
    """Hidden layers 3 x 128 for vectors, 2 x 512 for images."""
    return mlp_critic(rng, shape, hidden=[128] * 3 if len(shape) == 1 else [512] * 2)


NETWORKS: dict[str, Networks] = {
    "mlp": Networks("ReLU, 3 x 128; for images 2 x 512", _default_generator, _default_critic),
    "fourier-mlp": Networks(
        "ReLU, 3 x 128, generator with gain 8, critic with Fourier features",
        partial(mlp_generator, hidden=[128] * 3, noise_size=2, steepness=8.0),
        partial(fourier_critic, hidden=[128] * 3),
        "points in the plane",
    ),
    "wide-mlp": Networks(
        "ReLU, 3 x 512, noise 2 (toy experiment of Gulrajani et al. 2017)",
        partial(mlp_generator, hidden=[512] * 3, noise_size=2),
        partial(mlp_critic, hidden=[512] * 3),
        "points in the plane",
    ),
    "deep-mlp": Networks(
        "ReLU, generator 3 x 128, critic 12 x 128 (Gulrajani et al. 2017, section 3.1)",
        partial(mlp_generator, hidden=[128] * 3, noise_size=2),
        partial(mlp_critic, hidden=[128] * 12),
        "points in the plane",
    ),
    "segment": Networks(
        "one weight, the abscissa of a segment (Arjovsky et al. 2017, example 1)",
        segment_generator,
        partial(mlp_critic, hidden=[128] * 3),
        "points in the plane",
    ),
    "convolutional": Networks(
        "strided convolutions, leaky ReLU, critic without normalisation",
        convolutional_generator,
        convolutional_critic,
        "images",
    ),
    "convolutional-categorical": Networks(
        "convolutional, categorical latent code of 16 beside the noise",
        partial(convolutional_generator, categories=16),
        convolutional_critic,
        "images",
    ),
    "convolutional-norm": Networks(
        "convolutional, critic with layer norm",
        convolutional_generator,
        partial(convolutional_critic, norm="layer"),
        "images",
    ),
    "residual": Networks(
        "residual blocks, critic without normalisation",
        residual_generator,
        residual_critic,
        "images",
    ),
    "shallow-mlp": Networks(
        "ReLU 256, uniform noise 100; critic ReLU 256",
        partial(mlp_generator, hidden=[256], noise_size=100, noise="uniform"),
        partial(mlp_critic, hidden=[256]),
        "images of 28 x 28",
    ),
    "narrow-mlp": Networks(
        "ReLU 32, 128, noise 10; critic ReLU 128, 32",
        partial(mlp_generator, hidden=[32, 128], noise_size=10),
        partial(mlp_critic, hidden=[128, 32]),
        "images of 28 x 28",
    ),
    "sequence": Networks(
        "residual 1-D convolutions, softmax over the alphabet (Gulrajani et al. 2017); critic of "
        "7-grams",
        text_generator,
        ngram_critic,
        "sequences",
    ),
    "series": Networks(
        "residual 1-D convolutions over the positions, linear output",
        sequence_generator,
        sequence_critic,
        "sequences",
    ),
}
