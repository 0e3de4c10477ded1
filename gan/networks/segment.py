"""The generator of two parallel lines: one weight, the place of a vertical segment."""

import torch
from torch import Tensor, nn

from gan.networks.modules import Generator


class VerticalSegment(nn.Module):
    """Maps z in [-1, 1] to (theta, (z + 1) / 2): a segment of length 1 at the place theta.

    Attributes:
        theta: The place, the only weight.
    """

    def __init__(self, theta: float, device: torch.device) -> None:
        super().__init__()
        self.theta = nn.Parameter(torch.tensor(theta, device=device))

    def forward(self, z: Tensor) -> Tensor:
        """Points ``(n, 2)`` for noise ``(n, 1)``."""
        return torch.cat([self.theta.expand_as(z), (z + 1) / 2], dim=1)


def segment_generator(
    rng: torch.Generator, shape: tuple[int, ...], /, *, theta: float = 1.0
) -> Generator:
    """A segment that starts at ``theta`` (Arjovsky, Chintala and Bottou 2017, example 1).

    Args:
        rng: Its device is the generator's; no weight is drawn.
        shape: Of one point: (2,).
        theta: The place at the start.

    Returns:
        The generator, with one weight.
    """
    del shape
    return Generator(1, VerticalSegment(theta, rng.device), "uniform")
