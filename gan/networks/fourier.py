"""Fourier features: a critic of points in the plane that sees detail from its first step."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gan.networks.mlp import mlp_critic
from gan.networks.modules import Critic

Shape = tuple[int, ...]

BANDS = (1.0, 4.0, 16.0, 64.0)  # radians per unit of length: details of sizes from 1 to 1/64


class FourierFeatures(nn.Module):
    """Appends to each point the sine and cosine of its products with fixed random wave vectors.

    Attributes:
        waves: Of shape ``(d, n)``, in radians per unit of length; not learned.
    """

    waves: Tensor

    def __init__(self, waves: Float[Tensor, " d n"]) -> None:
        super().__init__()
        self.register_buffer("waves", waves)

    def phases(self, points: Float[Tensor, " k d"]) -> Float[Tensor, " k n"]:
        """In radians; never in bfloat16, which is wrong by half a radian at 128."""
        with torch.autocast(points.device.type, enabled=False):
            return points.to(self.waves.dtype) @ self.waves

    def forward(self, points: Float[Tensor, " k d"]) -> Float[Tensor, " k features"]:
        """``d + 2 n`` numbers for each of ``points``."""
        phases = self.phases(points)
        return torch.cat([points, phases.sin(), phases.cos()], dim=1)


def fourier_critic(
    rng: torch.Generator,
    shape: Shape,
    /,
    *,
    hidden: Sequence[int],
    waves: int = 64,
    bands: Sequence[float] = BANDS,
) -> Critic:
    """Points, with their Fourier features, to scores by hidden layers.

    An MLP learns the coarse shape of a function long before its detail. Beside a generator that
    moves, its critic never comes to see the inside of a mode of width 1 % of the whole: it is a
    peak there, where exact prices have a dent as long as the mode is too narrow, and the generator
    stays too narrow. The features let it see both at once.

    Args:
        rng: Source of the weights and of the wave vectors.
        shape: Of one point.
        hidden: Widths of the hidden layers.
        waves: Wave vectors in all, as many for each of the bands.
        bands: Standard deviations of the coordinates of wave vectors, in radians per unit.

    Returns:
        The critic.

    Raises:
        ValueError: If the wave vectors are not a multiple of the bands.

    Source:
        Tancik et al. 2020, "Fourier features let networks learn high frequency functions in low
        dimensional domains"; Rahimi and Recht 2007.
    """
    if waves < 1 or waves % len(bands):
        raise ValueError(f"`waves` must be a multiple of the {len(bands)} bands, but is {waves}")
    d = math.prod(shape)
    drawn = torch.randn(d, waves, generator=rng, device=rng.device)
    scales = torch.tensor(bands, device=rng.device).repeat_interleave(waves // len(bands))
    body = mlp_critic(rng, (d + 2 * waves,), hidden=hidden).body
    before: list[nn.Module] = [nn.Flatten()] if len(shape) > 1 else []
    return Critic(nn.Sequential(*before, FourierFeatures(drawn * scales), body))
