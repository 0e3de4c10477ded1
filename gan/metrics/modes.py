"""Mode coverage of generated points for a mixture of Gaussians."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gan.data.mixtures import GaussianMixture


@dataclass(frozen=True, slots=True)
class Modes:
    """Distribution of points over the components of a mixture.

    Attributes:
        covered: Number of components with at least a given share of all points within 3 sigma.
        shares: Share of all points per component, by the nearest center; sums to 1.
        within_3_sigma: Share of all points at a Euclidean distance of at most 3 sigma from the
            nearest center, in [0, 1].
    """

    covered: int
    shares: list[float]
    within_3_sigma: float

    @property
    def reverse_kl(self) -> float:
        """KL(shares || uniform), in nats, in [0, log k]."""
        return sum(share * math.log(share * len(self.shares)) for share in self.shares if share)


def modes(
    mixture: GaussianMixture, points: Float[Tensor, " n d"], /, *, min_share: float = 0.01
) -> Modes:
    """Distribution of points over the components of a mixture.

    Args:
        mixture: Target distribution.
        points: Generated points.
        min_share: Share of all points that a covered component has within 3 sigma, at least one
            point; 0 is the protocol of Lin et al. 2018, "PacGAN".

    Returns:
        Number of covered components, shares, and the share of points within 3 sigma.
    """
    k, n = len(mixture.centers), len(points)
    component, distance = mixture.nearest(points)
    is_close = distance <= 3
    covered = torch.bincount(component[is_close], minlength=k) >= max(1, min_share * n)
    shares = torch.bincount(component, minlength=k) / n
    return Modes(int(covered.sum()), shares.tolist(), float(is_close.float().mean()))
