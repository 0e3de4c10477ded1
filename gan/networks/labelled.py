"""Conditional generator: the label is read from one more coordinate of the noise."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from gan.networks.modules import Generator

LABEL_SPREAD = 3.0  # initial standard deviation of the shift of the noise by a label


class LabelledBody(nn.Module):
    """Body of a conditional generator: points with the code of their labels behind them.

    The last coordinate of the noise determines the label, with the frequencies of the data; the
    other coordinates are shifted by a vector of that label, which is learned.

    Attributes:
        body: Maps noise to points.
        shifts: Shift of the noise at each label, shape ``(k, z)``.

    Source:
        Mirza and Osindero 2014, "Conditional generative adversarial nets", section 3.2, for labels
        as input to both networks.
    """

    thresholds: Tensor

    def __init__(
        self, body: nn.Module, thresholds: Tensor, shifts: Tensor, code: tuple[float, float, int]
    ) -> None:
        super().__init__()
        self.body = body
        self.low, self.high, self.axis = code
        self.shifts = nn.Parameter(shifts)
        self.register_buffer("thresholds", thresholds, persistent=False)

    def forward(self, noise: Tensor) -> Tensor:
        """Points with the code of their labels, one per row of ``noise``."""
        labels = (noise[:, -1:] > self.thresholds).sum(dim=1)
        points = self.body(noise[:, :-1] + self.shifts[labels])
        k = len(self.shifts)
        code = self.low + (self.high - self.low) * one_hot(labels, k).to(points)
        extent = list(points.shape)
        ones = [1] * points.ndim
        extent[self.axis], ones[self.axis], ones[0] = k, k, len(points)
        return torch.cat([points, code.reshape(ones).expand(extent)], dim=self.axis)


def labelled_generator(
    generator: Generator,
    rng: torch.Generator,
    /,
    *,
    shares: Sequence[float],
    code: tuple[float, float, int],
) -> Generator:
    """A conditional generator of points with labels.

    Args:
        generator: Generator of points, in the unit of the data.
        rng: Source of the initial shifts.
        shares: Frequency of each label, in [0, 1].
        code: Values of the labels' code, at other labels and at the label, and its axis in a batch
            of points.

    Returns:
        A generator whose noise has one more coordinate.
    """
    bounds = torch.tensor(shares, dtype=torch.float64).cumsum(0)[:-1]
    is_uniform = generator.distribution == "uniform"
    thresholds = 2 * bounds - 1 if is_uniform else torch.special.ndtri(bounds)
    shifts = torch.randn(len(shares), generator.noise_size, generator=rng, device=rng.device)
    body = LabelledBody(
        generator.body,
        thresholds.float().to(rng.device),
        shifts * (1.0 if is_uniform else LABEL_SPREAD),
        code,
    )
    return Generator(generator.noise_size + 1, body, generator.distribution)


def noise_of_label(generator: Generator, noise: Tensor, index: int, /) -> Tensor:
    """Noise whose last coordinate gives the label of this index.

    Args:
        generator: A `labelled_generator`.
        noise: Noise of the generator.
        index: Index of the label.

    Returns:
        The noise, with the last coordinate replaced.
    """
    thresholds = generator.body.get_buffer("thresholds")
    edges = torch.cat([thresholds[:1] - 1, thresholds, thresholds[-1:] + 1])
    replaced = noise.clone()
    replaced[:, -1] = (edges[index] + edges[index + 1]) / 2
    return replaced
