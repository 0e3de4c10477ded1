"""Pairs without a known W1 of the populations."""

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from gan.critics.pairs.distribution_pair import DistributionPair
from gan.data import mnist
from gan.data.mixtures import eight_gaussians
from gan.runs.run import load_run
from gan.runs.run_metrics import ema_samples

DIGIT_COMPONENTS = 64


def ring_normal_pair() -> DistributionPair:
    """Eight Gaussians, radius 2, sigma 0.02, and N(0, I)."""

    def normal(n: int, rng: torch.Generator) -> Tensor:
        return torch.randn(n, 2, generator=rng)

    return DistributionPair((2,), eight_gaussians().sample, normal)


def digits_normal_pair(data_dir: Path | None = None) -> DistributionPair:
    """MNIST training digits, and the Gaussian of their 64 leading principal components."""
    digits = mnist.digits(data_dir=data_dir)
    mean, factor = principal_gaussian(digits.pixels.double() / 255, DIGIT_COMPONENTS)
    mean, factor = mean.float(), factor.float()

    def normal(n: int, rng: torch.Generator) -> Tensor:
        images = torch.randn(n, DIGIT_COMPONENTS, generator=rng) @ factor + mean
        return images.unflatten(1, (1, 28, 28))

    def unseen(n: int, rng: torch.Generator) -> Tensor:
        return mnist.digits("test", data_dir=data_dir).sample_images_without_replacement(n, rng)

    return DistributionPair((1, 28, 28), digits.sample_images, normal, unseen_real=unseen)


def principal_gaussian(
    points: Float[Tensor, " n d"], components: int, /
) -> tuple[Float[Tensor, " d"], Float[Tensor, " k d"]]:
    """Mean, and factor F of the covariance ``F.T @ F`` of the leading principal components.

    Args:
        points: The sample, in float64.
        components: Number of components, at most d.

    Returns:
        The mean of the points, and F.
    """
    mean = points.mean(dim=0)
    variances, directions = torch.linalg.eigh((points - mean).T.cov())
    root = directions * variances.clamp_min(0).sqrt()
    return mean, root[:, -components:].T


def run_pair(path: Path, data_dir: Path | None = None) -> DistributionPair:
    """The data of a run of `gan train`, and samples of its averaged generator."""
    outcome = load_run(path, data_dir=data_dir)

    def generated(n: int, rng: torch.Generator) -> Tensor:
        return ema_samples(outcome.training, n, rng)

    data = outcome.data
    return DistributionPair(data.shape, data.sample, generated, unit=data.unit)
