"""Two Gaussian bumps on the line: density, moments and samples."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import ndtr

from gan.data.mixtures import GaussianMixture
from gan.errors import ConfigError

Floats = NDArray[np.float64]
GRID_MARGIN = 8.0  # standard deviations beyond the bumps, where the density is below 1e-13


def normal_log_density(x: Floats, mean: float, sigma: float) -> Floats:
    """Log density of a normal distribution on the line, in nats."""
    return -(((x - mean) / sigma) ** 2) / 2 - math.log(sigma * math.sqrt(2 * math.pi))


@dataclass(frozen=True, slots=True)
class TwoBumps:
    """Mixture of two Gaussians of equal weight, symmetric around 0.

    Attributes:
        distance: Distance between the centers.
        sigma: Standard deviation of each.
    """

    distance: float = 4.0
    sigma: float = 0.5

    def __post_init__(self) -> None:
        """Refuse parameters that define no mixture."""
        for name in ("distance", "sigma"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ConfigError(f"`{name}` must be a positive number, but is {value}")

    @property
    def center(self) -> float:
        """Center of the right bump; the left one is at its negative."""
        return self.distance / 2

    @property
    def mean(self) -> float:
        """Mean of the mixture."""
        return 0.0

    @property
    def standard_deviation(self) -> float:
        """Standard deviation of the mixture."""
        return math.hypot(self.center, self.sigma)

    def log_density(self, x: Floats) -> Floats:
        """Log density, in nats."""
        points = torch.as_tensor(x, dtype=torch.float64)
        return self._mixture().log_density(points.reshape(-1, 1)).reshape(points.shape).numpy()

    def sample(self, n: int, rng: torch.Generator) -> Floats:
        """``n`` independent points, shape ``(n,)``."""
        return self._mixture().sample(n, rng).squeeze(1).numpy()

    def _mixture(self) -> GaussianMixture:
        """The same mixture over points of shape ``(n, 1)``."""
        centers = torch.tensor([[-self.center], [self.center]], dtype=torch.float64)
        return GaussianMixture(centers, self.sigma)

    def grid(self, size: int) -> Floats:
        """Evenly spaced points that hold all of the mass up to 1e-13."""
        end = self.center + GRID_MARGIN * self.sigma
        return np.linspace(-end, end, size)

    def bump_masses(self, mean: float, sigma: float) -> tuple[float, float]:
        """Mass of a normal distribution within 2 ``sigma`` of the left and of the right center."""
        left, right = (
            float(
                ndtr((center + 2 * self.sigma - mean) / sigma)
                - ndtr((center - 2 * self.sigma - mean) / sigma)
            )
            for center in (-self.center, self.center)
        )
        return left, right
