"""How points spread over the parts of a mixture."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gan.data.mixtures import GaussianMixture


@dataclass(frozen=True, slots=True)
class Modes:
    """How points spread over the parts of a mixture.

    Attributes:
        covered: Parts that have at min_share a given share of all points within 3 sigma.
        shares: Of all points, by the nearest centre; sums to 1.
        within_3_sigma: Share of points at a Euclidean distance of at most 3 sigma from the nearest
            centre.
    """

    covered: int
    shares: list[float]
    within_3_sigma: float

    @property
    def reverse_kl(self) -> float:
        """KL of the shares from equal ones, in nats, in [0, log k]."""
        return sum(share * math.log(share * len(self.shares)) for share in self.shares if share)


def modes(
    mixture: GaussianMixture, points: Float[Tensor, " n d"], /, *, min_share: float = 0.01
) -> Modes:
    """How the points spread over the parts of the mixture.

    Args:
        mixture: What they should be drawn from.
        points: Generated points.
        min_share: Share of all points that a part must have within 3 sigma to be found; with 0, one
            point is enough (the protocol of Lin et al. 2018, "PacGAN").

    Returns:
        Parts found, shares, and the share of points within 3 sigma.
    """
    k, n = len(mixture.centers), len(points)
    part, distance = mixture.nearest(points)
    close = distance <= 3
    found = torch.bincount(part[close], minlength=k) >= max(1, min_share * n)
    shares = torch.bincount(part, minlength=k) / n
    return Modes(int(found.sum()), shares.tolist(), float(close.float().mean()))
