"""The two players: a generator of points from noise, and a critic that scores points."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Generator(nn.Module):
    """A network that turns Gaussian noise into points.

    Attributes:
        noise_size: Dimension of the noise.
        body: Maps noise ``(n, noise_size)`` to points ``(n, *shape)``.
    """

    def __init__(self, noise_size: int, body: nn.Module) -> None:
        super().__init__()
        self.noise_size = noise_size
        self.body = body

    def forward(self, noise: Float[Tensor, " n z"]) -> Float[Tensor, " n *shape"]:
        """Points, one per row of ``noise``."""
        return self.body(noise)

    def sample(self, n: int, rng: torch.Generator) -> Float[Tensor, " n *shape"]:
        """``n`` points from fresh standard normal noise, on the device of ``rng``."""
        return self(torch.randn(n, self.noise_size, generator=rng, device=rng.device))


class Critic(nn.Module):
    """A network that gives each point one score.

    Attributes:
        body: Maps points ``(n, *shape)`` to scores ``(n, 1)``.
    """

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, points: Float[Tensor, " n *shape"]) -> Float[Tensor, " n"]:
        """Scores, one per row of ``points``."""
        return self.body(points).squeeze(1)
