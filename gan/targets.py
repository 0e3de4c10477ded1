"""What there is to learn: each data set with its sampler, and the networks that fit its points."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from gan import networks
from gan.data import mnist
from gan.data.mixtures import GaussianMixture, eight_gaussians
from gan.networks import Critic, Generator

Sampler = Callable[[int, torch.Generator], Tensor]


@dataclass(frozen=True, slots=True)
class Target:
    """A distribution to learn.

    Attributes:
        sample: Draws real points: ``sample(n, rng)``, of shape ``(n, d)``.
        make_generator: A fresh generator of such points, its weights drawn from the given source.
        make_critic: A fresh critic of such points, likewise.
        evaluation_size: Points on each side of an evaluation.
        mixture: The exact mixture, where the points are drawn from one.
    """

    sample: Sampler
    make_generator: Callable[[torch.Generator], Generator]
    make_critic: Callable[[torch.Generator], Critic]
    evaluation_size: int
    mixture: GaussianMixture | None = None


def eight_gaussians_target(data_dir: Path | None) -> Target:
    """The ring of eight Gaussians; ``data_dir`` is not needed."""
    del data_dir
    mixture = eight_gaussians()
    return Target(mixture.sample, networks.plane_generator, networks.plane_critic, 2000, mixture)


def mnist_target(data_dir: Path | None) -> Target:
    """The 60,000 training digits, drawn with replacement."""
    return Target(
        mnist.digits(data_dir=data_dir).sample,
        networks.digit_generator,
        networks.digit_critic,
        2000,
    )


TARGETS: dict[str, Callable[[Path | None], Target]] = {
    "eight-gaussians": eight_gaussians_target,
    "mnist": mnist_target,
}
