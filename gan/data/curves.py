"""Distributions along curves of the plane: the Swiss roll, and vertical segments."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

FIRST_ANGLE, LAST_ANGLE = 1.5 * math.pi, 4.5 * math.pi
ROLL_SCALE = 7.5  # divides the coordinates, which are up to 14
QUADRATURE_PANELS, NODES_PER_PANEL = 256, 16
DENSITY_BATCH_SIZE = 1000


@dataclass(frozen=True, slots=True)
class SwissRoll:
    """The spiral (t cos t, t sin t) / 7.5, t uniform on [1.5 pi, 4.5 pi], plus normal noise.

    Attributes:
        sigma: Standard deviation of the noise, at least 0.01: less needs a finer quadrature.

    Source:
        Gulrajani et al. 2017, toy experiment, with noise 0.25 before the division by 7.5;
        `sklearn.datasets.make_swiss_roll`, first and third coordinate.
    """

    sigma: float = 0.25 / ROLL_SCALE

    def __post_init__(self) -> None:
        """Refuse noise that the quadrature of the density does not resolve."""
        if not 0.01 <= self.sigma < math.inf:
            raise ValueError(f"`sigma` must be at least 0.01, but is {self.sigma}")

    def sample(self, n: int, rng: torch.Generator) -> Float[Tensor, " n 2"]:
        """``n`` independent points, on the device of ``rng``."""
        position = torch.rand(n, generator=rng, device=rng.device)
        noise = torch.randn(n, 2, generator=rng, device=rng.device)
        return _spiral(FIRST_ANGLE + (LAST_ANGLE - FIRST_ANGLE) * position) + self.sigma * noise

    def log_density(self, points: Float[Tensor, " n 2"]) -> Float[Tensor, " n"]:
        """Log density in nats, by Gauss-Legendre quadrature along the curve."""
        angles, log_weights = (values.to(points) for values in _quadrature())
        curve = _spiral(angles)
        log_integrals = []
        for batch in points.split(DENSITY_BATCH_SIZE):
            squares = (batch[:, None] - curve).square().sum(dim=2) / (2 * self.sigma**2)
            log_integrals.append(torch.logsumexp(log_weights - squares, dim=1))
        return torch.cat(log_integrals) - math.log(2 * math.pi * self.sigma**2)


@cache
def _quadrature() -> tuple[Tensor, Tensor]:
    """Angles of the quadrature nodes and the logarithms of their weights, which sum to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES_PER_PANEL)
    panels = np.arange(QUADRATURE_PANELS)[:, None]
    positions = (panels + (nodes + 1) / 2).ravel() / QUADRATURE_PANELS
    weights = np.tile(weights / (2 * QUADRATURE_PANELS), QUADRATURE_PANELS)
    return torch.from_numpy(
        FIRST_ANGLE + (LAST_ANGLE - FIRST_ANGLE) * positions
    ), torch.from_numpy(np.log(weights))


def _spiral(angle: Tensor) -> Tensor:
    """Points of the curve, shape ``(n, 2)``, at angles of shape ``(n,)``."""
    return torch.stack([angle * angle.cos(), angle * angle.sin()], dim=1) / ROLL_SCALE


@dataclass(frozen=True, slots=True)
class VerticalSegments:
    """Uniform distribution on vertical segments from height 0 to 1; it has no density.

    Attributes:
        positions: Abscissas of the segments.

    Source:
        Arjovsky, Chintala and Bottou 2017, example 1.
    """

    positions: tuple[float, ...] = (0.0, 1.0)

    def __post_init__(self) -> None:
        """Refuse an empty or infinite set of positions."""
        if not self.positions or not all(map(math.isfinite, self.positions)):
            raise ValueError(f"`positions` must be finite, one or more, but are {self.positions}")

    def sample(self, n: int, rng: torch.Generator) -> Float[Tensor, " n 2"]:
        """``n`` independent points, on the device of ``rng``."""
        index = torch.randint(len(self.positions), (n,), generator=rng, device=rng.device)
        height = torch.rand(n, generator=rng, device=rng.device)
        return torch.stack([torch.tensor(self.positions, device=rng.device)[index], height], dim=1)

    def nearest(
        self, points: Float[Tensor, " n 2"]
    ) -> tuple[Int[Tensor, " n"], Float[Tensor, " n"]]:
        """Index of the nearest segment, and the Euclidean distance to it."""
        x, y = points[:, :1], points[:, 1]
        horizontal = (x - torch.tensor(self.positions).to(points)).abs()
        vertical = (y - y.clamp(0, 1)).abs()
        distance, index = torch.hypot(horizontal, vertical[:, None]).min(dim=1)
        return index, distance
