"""Critic of principal coordinates: an MLP whose inputs are fitted to the points."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gan.networks.mlp import mlp
from gan.networks.modules import Critic
from gan.networks.rescaling import Scale

MAX_COMPONENTS = 64
MAX_FITTED_POINTS = 2048  # of which the directions are computed
MIN_RELATIVE_DEVIATION = 1e-4  # of the largest: directions of less deviation are left out
NORM_OFFSET = 1e-12  # relative to the mean square, so that norms are smooth at 0


class PrincipalFeatures(nn.Module):
    """Coordinates of flattened points along their principal directions, and two norms.

    Each coordinate has mean 0 and variance 1. The norms are the distance from the mean, and the
    distance from the affine subspace of the directions, standardized; the second is left out if
    the directions span the space. A ReLU network of a few hundred units does not approximate these
    norms in high dimension.

    Attributes:
        mean: Mean of the points, shape ``(d,)``.
        directions: Orthonormal directions, shape ``(d, k)``.
        deviations: Standard deviation of the points along them, shape ``(k,)``.
        norm_means: Means of the norms, shape ``(1,)`` or ``(2,)``.
        norm_deviations: Standard deviations of the norms.
    """

    mean: Tensor
    directions: Tensor
    deviations: Tensor
    norm_means: Tensor
    norm_deviations: Tensor

    def __init__(
        self, points: Float[Tensor, " n *shape"], max_components: int = MAX_COMPONENTS
    ) -> None:
        super().__init__()
        flat = points.flatten(start_dim=1)
        subset = flat[:: math.ceil(len(flat) / MAX_FITTED_POINTS)]
        mean = subset.mean(dim=0)
        _, singular, directions = torch.linalg.svd(subset - mean, full_matrices=False)
        deviations = singular[:max_components] / math.sqrt(len(subset))
        k = int((deviations > MIN_RELATIVE_DEVIATION * deviations[0]).sum())
        tiny = torch.finfo(flat.dtype).tiny
        self._offset = max(NORM_OFFSET * float((subset - mean).square().mean()), tiny)
        self.register_buffer("mean", mean)
        self.register_buffer("directions", directions[:k].T.contiguous())
        self.register_buffer("deviations", deviations[:k])
        norms = self._norms(subset - mean, (subset - mean) @ self.directions)
        self.register_buffer("norm_means", norms.mean(dim=0))
        least = (MIN_RELATIVE_DEVIATION * self.norm_means).clamp_min(tiny)
        self.register_buffer(
            "norm_deviations", torch.maximum(norms.std(dim=0, correction=0), least)
        )

    @property
    def size(self) -> int:
        """Number of features."""
        return len(self.deviations) + len(self.norm_means)

    def forward(self, points: Float[Tensor, " n *shape"]) -> Float[Tensor, " n k"]:
        """Features of each point, of mean 0 and variance 1 over the points of the fit."""
        centered = points.flatten(start_dim=1) - self.mean
        coordinates = centered @ self.directions
        norms = self._norms(centered, coordinates)
        return torch.cat(
            [coordinates / self.deviations, (norms - self.norm_means) / self.norm_deviations],
            dim=1,
        )

    def _norms(self, centered: Tensor, coordinates: Tensor) -> Tensor:
        """Norm of each centered point, and that of its part outside of the directions."""
        parts = [centered]
        if self.directions.shape[1] < self.directions.shape[0]:
            parts.append(centered - coordinates @ self.directions.T)
        return torch.stack(
            [(part.square().sum(dim=1) + self._offset).sqrt() for part in parts], dim=1
        )


def principal_critic(
    rng: torch.Generator,
    points: Float[Tensor, " n *shape"],
    /,
    *,
    hidden: Sequence[int],
    scale: float = 1.0,
) -> Critic:
    """MLP critic of the principal features of some points.

    Args:
        rng: Source of the initial weights.
        points: Points of both distributions, to which the features are fitted.
        hidden: Widths of the hidden layers.
        scale: Factor of the scores: typical size of their variation.

    Returns:
        A critic of points of the same shape.
    """
    features = PrincipalFeatures(points)
    return Critic(nn.Sequential(features, mlp([features.size, *hidden, 1], rng), Scale(scale)))
