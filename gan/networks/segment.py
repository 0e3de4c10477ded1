"""Generator of a vertical segment whose only weight is its horizontal position."""

import torch
from torch import Tensor, nn

from gan.networks.modules import Generator, Shape


class VerticalSegment(nn.Module):
    """Maps z in [-1, 1] to (theta, (z + 1) / 2), a segment of length 1 at the abscissa theta.

    Attributes:
        theta: Abscissa of the segment, the only weight.
    """

    def __init__(self, theta: float, device: torch.device) -> None:
        super().__init__()
        self.theta = nn.Parameter(torch.tensor(theta, device=device))

    def forward(self, z: Tensor) -> Tensor:
        """Points ``(n, 2)`` for noise ``(n, 1)``."""
        return torch.cat([self.theta.expand_as(z), (z + 1) / 2], dim=1)


def segment_generator(rng: torch.Generator, shape: Shape, /, *, theta: float = 1.0) -> Generator:
    """Generator of a vertical segment, initially at the abscissa ``theta``.

    Args:
        rng: Determines the device; nothing is drawn from it.
        shape: Of one point: (2,).
        theta: Initial abscissa.

    Returns:
        The generator, with one weight.

    Source:
        Arjovsky, Chintala and Bottou 2017, example 1.
    """
    del shape
    return Generator(1, VerticalSegment(theta, rng.device), "uniform")
