"""Mixtures of Gaussians: samplers and exact densities."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True, slots=True)
class GaussianMixture:
    """Mixture of isotropic Gaussians with equal weights.

    Attributes:
        centers: Means of the components, shape ``(k, d)``.
        sigma: Standard deviation of every component, in the unit of the centers.
    """

    centers: Float[Tensor, " k d"]
    sigma: float

    def __post_init__(self) -> None:
        """Refuse a standard deviation or centers that define no mixture."""
        if not (math.isfinite(self.sigma) and self.sigma > 0):
            raise ValueError(f"`sigma` must be a positive number, but is {self.sigma}")
        if self.centers.ndim != 2 or 0 in self.centers.shape or not self.centers.isfinite().all():
            raise ValueError(
                f"`centers` must be finite and of shape (k, d), but are {self.centers}"
            )

    def sample(self, n: int, rng: torch.Generator) -> Float[Tensor, " n d"]:
        """``n`` independent points, on the device of ``rng``."""
        k, d = self.centers.shape
        component = torch.randint(k, (n,), generator=rng, device=rng.device)
        noise = torch.randn(n, d, generator=rng, device=rng.device)
        return self.centers.to(rng.device)[component] + self.sigma * noise

    def log_density(self, points: Float[Tensor, " n d"]) -> Float[Tensor, " n"]:
        """Log density in nats, in the precision of ``points``; finite at every finite point."""
        k, d = self.centers.shape
        squares = (points[:, None] - self.centers.to(points)).square().sum(dim=2) / (
            2 * self.sigma**2
        )
        return (
            torch.logsumexp(-squares, dim=1)
            - math.log(k)
            - d / 2 * math.log(2 * math.pi * self.sigma**2)
        )

    def nearest(
        self, points: Float[Tensor, " n d"]
    ) -> tuple[Int[Tensor, " n"], Float[Tensor, " n"]]:
        """Index of the nearest center, and the Euclidean distance to it in units of ``sigma``."""
        # By matrix products, as cdist does for many centers, distances cancel far from the origin.
        distances = torch.cdist(
            points, self.centers.to(points), compute_mode="donot_use_mm_for_euclid_dist"
        )
        distance, index = distances.min(dim=1)
        return index, distance / self.sigma


def eight_gaussians(*, radius: float = 2.0, sigma: float = 0.02) -> GaussianMixture:
    """Ring of eight Gaussians, evenly spaced on a circle around the origin.

    Args:
        radius: Radius of the circle.
        sigma: Standard deviation of each Gaussian.

    Returns:
        The mixture, with centers of shape ``(8, 2)``.

    Raises:
        ValueError: If ``radius`` or ``sigma`` is not a positive number.
    """
    if not (math.isfinite(radius) and radius > 0):
        raise ValueError(f"`radius` must be a positive number, but is {radius}")
    angles = torch.arange(8, dtype=torch.float64) * (2 * math.pi / 8)
    return GaussianMixture(
        (radius * torch.stack([angles.cos(), angles.sin()], dim=1)).float(), sigma
    )


def twenty_five_gaussians(*, step: float = 2.0, sigma: float = 0.05) -> GaussianMixture:
    """Grid of 5 x 5 Gaussians around the origin.

    Args:
        step: Distance between adjacent centers.
        sigma: Standard deviation of each Gaussian.

    Returns:
        The mixture, with centers of shape ``(25, 2)``.

    Raises:
        ValueError: If ``step`` or ``sigma`` is not a positive number.
    """
    if not (math.isfinite(step) and step > 0):
        raise ValueError(f"`step` must be a positive number, but is {step}")
    coordinates = step * torch.arange(-2.0, 3.0)
    return GaussianMixture(torch.cartesian_prod(coordinates, coordinates), sigma)
