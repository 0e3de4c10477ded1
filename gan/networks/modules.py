"""Base modules: a generator of points from noise, and a critic that scores points.

The forward methods of generators have plain types, which ``torch.jit.script`` can read.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

Shape = tuple[int, ...]
Noise = Literal["normal", "uniform"]


class Generator(nn.Module):
    """A network from noise to points.

    Attributes:
        noise_size: Dimension of the noise.
        body: Maps noise ``(n, noise_size)`` to points ``(n, *shape)``.
        distribution: Of each coordinate of the noise: standard normal, or uniform on [-1, 1].
    """

    def __init__(self, noise_size: int, body: nn.Module, distribution: Noise = "normal") -> None:
        super().__init__()
        self.noise_size = noise_size
        self.body = body
        self.distribution = distribution

    def forward(self, noise: Tensor) -> Tensor:
        """Points, shape ``(n, *shape)``, one per row of ``noise``, shape ``(n, z)``."""
        return self.body(noise)

    def noise(self, n: int, rng: torch.Generator) -> Float[Tensor, " n z"]:
        """Noise of ``n`` independent points, on the device of ``rng``."""
        if self.distribution == "uniform":
            return 2 * torch.rand(n, self.noise_size, generator=rng, device=rng.device) - 1
        return torch.randn(n, self.noise_size, generator=rng, device=rng.device)

    def sample(self, n: int, rng: torch.Generator) -> Float[Tensor, " n *shape"]:
        """``n`` independent points, on the device of ``rng``."""
        return self(self.noise(n, rng))


class Critic(nn.Module):
    """A network from points to scores, one per point.

    Attributes:
        body: Maps points ``(n, *shape)`` to scores ``(n, 1)``.
        has_batch_norm: Whether the score of a point depends on the rest of its batch.
    """

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body
        self.has_batch_norm = any(
            isinstance(part, nn.modules.batchnorm._BatchNorm) for part in body.modules()
        )

    def forward(self, points: Float[Tensor, " n *shape"]) -> Float[Tensor, " n"]:
        """Scores, one per row of ``points``."""
        return self.body(points).squeeze(1)
