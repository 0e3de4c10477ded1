"""Fourier features for critics of low-dimensional points, against spectral bias."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gan.networks.mlp import mlp_critic
from gan.networks.modules import Critic, Shape

FREQUENCY_BANDS = (1.0, 4.0, 16.0, 64.0)  # radians per unit of length: length scales 1 to 1/64


class FourierFeatures(nn.Module):
    """Appends to each point the sines and cosines of its products with fixed wave vectors.

    Attributes:
        waves: Wave vectors, shape ``(d, n)``, in radians per unit of length; not learned.
    """

    waves: Tensor

    def __init__(self, waves: Float[Tensor, " d n"]) -> None:
        super().__init__()
        self.register_buffer("waves", waves)

    def phases(self, points: Float[Tensor, " k d"]) -> Float[Tensor, " k n"]:
        """Phases in radians; never in bfloat16, whose spacing at 128 is 1 radian."""
        with torch.autocast(points.device.type, enabled=False):
            return points.to(self.waves.dtype) @ self.waves

    def forward(self, points: Float[Tensor, " k d"]) -> Float[Tensor, " k features"]:
        """Points, sines and cosines: ``d + 2 n`` features for each of ``points``."""
        phases = self.phases(points)
        return torch.cat([points, phases.sin(), phases.cos()], dim=1)


def fourier_critic(
    rng: torch.Generator,
    shape: Shape,
    /,
    *,
    hidden: Sequence[int],
    waves: int = 64,
    bands: Sequence[float] = FREQUENCY_BANDS,
) -> Critic:
    """MLP critic of points and their Fourier features.

    An MLP fits low frequencies long before high ones (spectral bias). Against a moving generator
    it never resolves a mode of width 1 % of the support: the critic has a peak there, although
    the exact potential has a local minimum while the generated mode is too narrow, and the
    generated mode stays too narrow. With the features all frequencies are fitted at once.

    Args:
        rng: Source of the initial weights and of the wave vectors.
        shape: Of one point.
        hidden: Widths of the hidden layers.
        waves: Number of wave vectors, divided equally among the bands.
        bands: Standard deviations of the wave vectors' coordinates, in radians per unit of length.

    Returns:
        The critic.

    Raises:
        ValueError: If the number of wave vectors is not a multiple of the number of bands.

    Source:
        Tancik et al. 2020, "Fourier features let networks learn high frequency functions in low
        dimensional domains"; Rahimi and Recht 2007.
    """
    if waves < 1 or waves % len(bands):
        raise ValueError(f"`waves` must be a multiple of the {len(bands)} bands, but is {waves}")
    d = math.prod(shape)
    directions = torch.randn(d, waves, generator=rng, device=rng.device)
    scales = torch.tensor(bands, device=rng.device).repeat_interleave(waves // len(bands))
    body = mlp_critic(rng, (d + 2 * waves,), hidden=hidden).body
    flatten: list[nn.Module] = [nn.Flatten()] if len(shape) > 1 else []
    return Critic(nn.Sequential(*flatten, FourierFeatures(directions * scales), body))
