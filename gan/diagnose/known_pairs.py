"""Pairs of known densities, P of the data and G normal, with their masses on fine cells."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan.data.dataset import Sampler
from gan.data.mixtures import GaussianMixture
from gan.datasets import DATA, load_data_set
from gan.errors import ConfigError

Floats = NDArray[np.float64]
TWO_BUMPS = "two-bumps"
SCORED_AT_ONCE = 65_536  # cells, by a critic
REACH = {1: 10.0, 2: 6.0}  # units from the origin, beyond which no mass counts, by dimension
CELLS_PER_UNIT = {
    1: 200,
    2: 50,
}  # by dimension; 50: the modes of eight-gaussians are one cell wide


@dataclass(frozen=True, slots=True)
class KnownPair:
    """Data with a known density, and a normal generator that is moved along the first axis.

    Attributes:
        name: Name of the data.
        log_density: Log density of P at points ``(n, d)``, in nats.
        sample: Sampler of P.
        dimension: d, 1 or 2.
        unit: Size of the points; the standard deviation of G.
    """

    name: str
    log_density: Callable[[Tensor], Tensor]
    sample: Sampler
    dimension: int
    unit: float

    def generator(self, theta: float) -> GaussianMixture:
        """The normal distribution around theta on the first axis."""
        center = torch.zeros(1, self.dimension, dtype=torch.float64)
        center[0, 0] = theta
        return GaussianMixture(center, self.unit)

    def generated(self, theta: float) -> Sampler:
        """Sampler of G around theta, in float32."""
        generator = self.generator(theta)
        return lambda n, rng: generator.sample(n, rng).float()

    def cells(self) -> Tensor:
        """Midpoints of the cells, shape ``(k, d)``, in float64."""
        n = 2 * round(REACH[self.dimension] * CELLS_PER_UNIT[self.dimension])
        axis = (torch.arange(n, dtype=torch.float64) + 0.5 - n / 2) * self.unit
        axis = axis / CELLS_PER_UNIT[self.dimension]
        return torch.cartesian_prod(*[axis] * self.dimension).reshape(-1, self.dimension)

    def log_masses(self, cells: Tensor) -> Floats:
        """Log masses of P on the cells, shape ``(k,)``."""
        return log_cell_masses(self.log_density(cells))

    def generated_log_masses(self, cells: Tensor, theta: float) -> Floats:
        """Log masses of G on the cells, shape ``(k,)``."""
        return log_cell_masses(self.generator(theta).log_density(cells))

    def optimal_logits(self, points: Tensor, theta: float) -> Tensor:
        """Logits of the optimal discriminator, log p - log g, shape ``(n,)``."""
        return self.log_density(points) - self.generator(theta).log_density(points)


def log_cell_masses(log_density: Tensor) -> Floats:
    """Log masses of cells of one size, in proportion to the density at their midpoints."""
    return torch.log_softmax(log_density, dim=0).numpy()


def known_pair(name: str, /) -> KnownPair:
    """The pair of a data set.

    Args:
        name: "two-bumps", on the line, or a data set of the plane with a known density.

    Returns:
        The pair.

    Raises:
        ConfigError: If the data set has no density, or is unknown; the message lists those that
            have one.
    """
    if name == TWO_BUMPS:
        bumps = GaussianMixture(torch.tensor([[-2.0], [2.0]]), 0.5)
        return KnownPair(name, bumps.log_density, bumps.sample, 1, 1.5)
    if name in DATA and name.endswith("mnist"):  # would be loaded to no purpose
        raise ConfigError(_without_density(name))
    data = load_data_set(name, None)
    if data.log_density is None or data.shape != (2,):
        raise ConfigError(_without_density(name))
    return KnownPair(name, data.log_density, data.sample, 2, data.unit)


def _without_density(name: str) -> str:
    """Message about a data set without a density."""
    return (
        f"`data` must have a known density in the plane, for the optimal discriminator is made of "
        f"it, but {name} has none; take two-bumps, eight-gaussians, pacgan-ring, "
        "twenty-five-gaussians or swiss-roll"
    )
