"""Interface of a data set: a sampler, the shape of its points, and evaluation metrics."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

Sampler = Callable[[int, torch.Generator], Tensor]
Measures = dict[str, int | float | list[float]]


@dataclass(frozen=True, slots=True)
class RefinementSettings:
    """Ascent of a copy of the critic on the certified bound of an evaluation's points.

    Attributes:
        steps: Full-batch updates.
        learning_rate: Initial learning rate of the copy's weights; 0 keeps them fixed.
        correction_rate: Initial learning rate of the corrections per point, in the unit of the
            points.
    """

    steps: int = 90
    learning_rate: float = 3e-3
    correction_rate: float = 0.01


@dataclass(frozen=True, slots=True)
class DataSet:
    """A distribution to learn.

    Attributes:
        shape: Shape of one point: ``(d,)``, or ``(channels, rows, columns)`` of an image.
        sample: Draws real points, with replacement from a finite data set: ``sample(n, rng)``, of
            shape ``(n, *shape)``.
        networks: Name of its default networks in `gan.NETWORKS`.
        unit: Size of its points; networks are rescaled by it. For images, the length of the range
            of pixels: 255 for 0..255, 2 for [-1, 1].
        offset: Coordinate that corresponds to a 0 of the networks: for images the lowest pixel.
        measure: Metrics of generated points ``(n, *shape)`` other than the EMD, by name; None if
            there are none.
        measure_size: Number of generated points that ``measure`` takes.
        evaluation_size: Points on each side of an evaluation.
        refinement: Settings of the refined critic of an evaluation.
        log_density: Log density of points ``(n, *shape)``, in nats; None if unknown.
        sample_without_replacement: As ``sample``, but without replacement, for a finite data set;
            None for a continuous distribution.
    """

    shape: tuple[int, ...]
    sample: Sampler
    networks: str = "mlp"
    unit: float = 1.0
    offset: float = 0.0
    measure: Callable[[Tensor], Measures] | None = None
    measure_size: int = 2000
    evaluation_size: int = 1000
    refinement: RefinementSettings = RefinementSettings()
    log_density: Callable[[Tensor], Tensor] | None = None
    sample_without_replacement: Sampler | None = None

    def two_samples(self, n: int, rng: torch.Generator, /) -> tuple[Tensor, Tensor]:
        """Two samples of n real points each, with no point in common.

        Two samples of 2000 of 60,000 digits with replacement share 67 points on average. Shared
        points are transported at cost 0, so that the EMD of these samples is 3 % lower than that
        of samples without shared points, such as real and generated ones.

        Args:
            n: Points in each sample.
            rng: Source of randomness.

        Returns:
            The samples, each of shape ``(n, *shape)``.

        Raises:
            DistributionError: If a finite data set has fewer than 2 n points.
        """
        if self.sample_without_replacement is None:
            return self.sample(n, rng), self.sample(n, rng)
        first, second = self.sample_without_replacement(2 * n, rng).split(n)
        return first, second


Loader = Callable[[Path | None], DataSet]
