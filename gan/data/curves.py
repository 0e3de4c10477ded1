"""Targets along curves of the plane: the Swiss roll, and vertical segments."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

FROM, TO = 1.5 * math.pi, 4.5 * math.pi  # angles of the roll
SCALE = 7.5  # the roll of radius 14 is divided by it
PANELS, NODES = 256, 16  # of the quadrature along the curve
BATCH = 1000  # points whose density is computed at a time


@dataclass(frozen=True, slots=True)
class SwissRoll:
    """The spiral (t cos t, t sin t) / 7.5, t uniform on [1.5 pi, 4.5 pi], with normal noise.

    Attributes:
        sigma: Standard deviation of the noise; the toy script has 0.25 before the division.

    Source:
        Gulrajani et al. 2017, toy script; `sklearn.datasets.make_swiss_roll`, first and third
        coordinate.
    """

    sigma: float = 0.25 / SCALE

    def __post_init__(self) -> None:
        """Refuse what is no roll; a thinner one would need a finer quadrature."""
        if not 0.01 <= self.sigma < math.inf:
            raise ValueError(f"`sigma` must be at least 0.01, but is {self.sigma}")

    def sample(self, n: int, rng: torch.Generator) -> Float[Tensor, " n 2"]:
        """``n`` independent points, on the device of ``rng``."""
        share = torch.rand(n, generator=rng, device=rng.device)
        noise = torch.randn(n, 2, generator=rng, device=rng.device)
        return _spiral(FROM + (TO - FROM) * share) + self.sigma * noise

    def log_density(self, points: Float[Tensor, " n 2"]) -> Float[Tensor, " n"]:
        """Log density per unit of area, in nats, by Gauss-Legendre quadrature along the curve."""
        angles, log_weights = (part.to(points) for part in _quadrature())
        curve = _spiral(angles)
        found = []
        for batch in points.split(BATCH):
            squares = (batch[:, None] - curve).square().sum(dim=2) / (2 * self.sigma**2)
            found.append(torch.logsumexp(log_weights - squares, dim=1))
        return torch.cat(found) - math.log(2 * math.pi * self.sigma**2)


@cache
def _quadrature() -> tuple[Tensor, Tensor]:
    """Angles along the roll and the logarithms of their weights, which sum to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    share = (np.arange(PANELS)[:, None] + (nodes + 1) / 2).ravel() / PANELS
    weights = np.tile(weights / (2 * PANELS), PANELS)
    return torch.from_numpy(FROM + (TO - FROM) * share), torch.from_numpy(np.log(weights))


def _spiral(angle: Tensor) -> Tensor:
    """The curve's point at each angle."""
    return torch.stack([angle * angle.cos(), angle * angle.sin()], dim=1) / SCALE


@dataclass(frozen=True, slots=True)
class VerticalSegments:
    """Equal parts of vertical segments of length 1, from height 0 to 1: they have no density.

    Attributes:
        places: Where they stand on the horizontal axis.

    Source:
        Arjovsky, Chintala and Bottou 2017, example 1.
    """

    places: tuple[float, ...] = (0.0, 1.0)

    def __post_init__(self) -> None:
        """Refuse what is no segment."""
        if not self.places or not all(map(math.isfinite, self.places)):
            raise ValueError(f"`places` must be finite, one or more, but are {self.places}")

    def sample(self, n: int, rng: torch.Generator) -> Float[Tensor, " n 2"]:
        """``n`` independent points, on the device of ``rng``; every segment is equally likely."""
        part = torch.randint(len(self.places), (n,), generator=rng, device=rng.device)
        height = torch.rand(n, generator=rng, device=rng.device)
        return torch.stack([torch.tensor(self.places, device=rng.device)[part], height], dim=1)

    def nearest(
        self, points: Float[Tensor, " n 2"]
    ) -> tuple[Int[Tensor, " n"], Float[Tensor, " n"]]:
        """Index of the nearest segment, and the distance to it."""
        x, y = points[:, :1], points[:, 1]
        aside = (x - torch.tensor(self.places).to(points)).abs()
        beyond = (y - y.clamp(0, 1)).abs()
        distance, part = torch.hypot(aside, beyond[:, None]).min(dim=1)
        return part, distance
