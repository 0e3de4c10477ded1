"""Pairs whose populations are known by their samples only."""

from pathlib import Path

import torch
from torch import Tensor

from gan.critics.pairs.distribution_pair import Pair
from gan.data import mnist
from gan.data.mixtures import eight_gaussians
from gan.runs.measures import averaged_samples
from gan.runs.run import restored

DIRECTIONS = 64  # of the Gaussian that is fitted to the digits


def ring_normal_pair() -> Pair:
    """Eight Gaussians, radius 2, sigma 0.02, and N(0, I)."""

    def normal(n: int, rng: torch.Generator) -> Tensor:
        return torch.randn(n, 2, generator=rng)

    return Pair((2,), eight_gaussians().sample, normal)


def digits_normal_pair(data_dir: Path | None = None) -> Pair:
    """MNIST digits, and the Gaussian of their 64 main directions."""
    digits = mnist.digits(data_dir=data_dir)
    pixels = digits.pixels.double() / 255
    mean = pixels.mean(dim=0)
    values, vectors = torch.linalg.eigh((pixels - mean).T.cov())
    root = (vectors * values.clamp_min(0).sqrt())[:, -DIRECTIONS:].T.float()
    centre = mean.float()

    def normal(n: int, rng: torch.Generator) -> Tensor:
        drawn = torch.randn(n, DIRECTIONS, generator=rng) @ root + centre
        return drawn.unflatten(1, (1, 28, 28))

    return Pair((1, 28, 28), digits.sample_images, normal)


def run_pair(path: Path, data_dir: Path | None = None) -> Pair:
    """What a run learned from, and what its averaged generator draws."""
    outcome = restored(path, data_dir=data_dir)

    def generated(n: int, rng: torch.Generator) -> Tensor:
        return averaged_samples(outcome.training, n, rng)

    data = outcome.data
    return Pair(data.shape, data.sample, generated, unit=data.unit)
