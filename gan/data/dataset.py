"""Interface of a data set: a sampler, the shape of its points, and evaluation metrics."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from divergences import DistributionError
from gan.data.finite_sample import (
    FiniteSample,
    dominant_column,
    float32_points,
    unit_of_pixels,
    unit_of_vectors,
)
from gan.data.image_folder import read_image_folder

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


IMAGE_REFINEMENT = RefinementSettings(steps=100, learning_rate=0.0, correction_rate=0.3)


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
        offset: Coordinates that correspond to a 0 of the networks: for images the lowest pixel,
            for vectors a number or one for each coordinate.
        measure: Metrics of generated points ``(n, *shape)`` other than the EMD, by name; None if
            there are none.
        measure_size: Number of generated points that ``measure`` takes.
        evaluation_size: Points on each side of an evaluation.
        refinement: Settings of the refined critic of an evaluation.
        log_density: Log density of points ``(n, *shape)``, in nats; None if unknown.
        sample_without_replacement: As ``sample``, but without replacement, for a finite data set;
            None for a continuous distribution.
        description: Size, shape and unit of the points of a file, in one line for the user.
        decode: Texts of points that are sequences of characters; None for other points.
    """

    shape: tuple[int, ...]
    sample: Sampler
    networks: str = "mlp"
    unit: float = 1.0
    offset: float | tuple[float, ...] = 0.0
    measure: Callable[[Tensor], Measures] | None = None
    measure_size: int = 2000
    evaluation_size: int = 1000
    refinement: RefinementSettings = RefinementSettings()
    log_density: Callable[[Tensor], Tensor] | None = None
    sample_without_replacement: Sampler | None = None
    description: str = ""
    decode: Callable[[Tensor], list[str]] | None = None

    @classmethod
    def of_points(
        cls,
        points: Any,
        /,
        *,
        standardize: bool = False,
        name: str = "points",
        column_names: Sequence[str] | None = None,
    ) -> "DataSet":
        """The data set of an array of points, drawn with replacement in training.

        Unit and center of the points, or the range of pixels, are measured, so that the networks
        fit them.

        Args:
            points: Vectors, shape ``(n, d)`` or ``(n,)``, or images, shape ``(n, channels, height,
                width)`` or ``(n, height, width)``; an array, a tensor, a frame or nested lists.
            standardize: Divide each column of vectors by its standard deviation.
            name: Name of the data in messages.
            column_names: Names of the columns of vectors, for messages.

        Returns:
            The data set; an evaluation takes at most half of the points.

        Raises:
            DistributionError: If they are not finite numbers, are fewer than four, or are all
                equal; with the rows.
        """
        values = float32_points(points, name)
        if values.ndim == 3:
            values = values[:, None]
        if values.ndim == 2:
            return cls._of_vectors(values, standardize, name, column_names)
        unit, offset = unit_of_pixels(values)
        return cls._of_images(FiniteSample(values), name, unit, offset)

    @classmethod
    def of_images(cls, folder: Path | str, /, *, size: int | None = None) -> "DataSet":
        """The data set of the images in a folder, with pixels in [0, 1].

        Args:
            folder: A folder of images, grey or in color.
            size: Side in pixels that images are resized to; None to take them as they are.

        Returns:
            The data set.

        Raises:
            DistributionError: If there are no images, one cannot be read, or they differ in size.
        """
        pixels = torch.from_numpy(read_image_folder(Path(folder), size))
        if len(pixels) < 4:
            raise DistributionError(
                f"{folder}: there must be at least 4 images, but there are {len(pixels)}"
            )
        return cls._of_images(FiniteSample(pixels), str(folder), 1.0, 0.0)

    @classmethod
    def _of_vectors(
        cls, values: Tensor, standardize: bool, name: str, column_names: Sequence[str] | None
    ) -> "DataSet":
        """The data set of vectors, shape ``(n, d)``."""
        n, d = values.shape
        names = column_names or [str(k) for k in range(d)]
        notes = [dominant_column(values, names)]
        if standardize:
            deviations = values.double().std(dim=0, correction=0)
            values = (values / torch.where(deviations > 0, deviations, 1.0)).float()
            notes = ["each divided by its standard deviation"]
        unit, offset = unit_of_vectors(values)
        listed = ", ".join(names[:6]) + (", ..." if d > 6 else "")
        text = f"{name}: {n} points of {d} columns ({listed}), of size {unit:.4g}"
        return cls(
            (d,),
            FiniteSample(values).sample,
            unit=unit,
            offset=offset,
            evaluation_size=min(1000, n // 2),
            sample_without_replacement=FiniteSample(values).sample_without_replacement,
            description="; ".join([text, *filter(None, notes)]),
        )

    @classmethod
    def _of_images(cls, sample: FiniteSample, name: str, unit: float, offset: float) -> "DataSet":
        """The data set of images, shape ``(n, channels, height, width)``."""
        n, channels, height, width = sample.points.shape
        color = {1: "grey", 3: "color"}.get(channels, f"{channels}-channel")
        return cls(
            (channels, height, width),
            sample.sample,
            networks="mlp" if height % 4 or width % 4 else "convolutional",
            unit=unit,
            offset=offset,
            evaluation_size=min(1000, n // 2),
            refinement=IMAGE_REFINEMENT,
            sample_without_replacement=sample.sample_without_replacement,
            description=(
                f"{name}: {n} {color} images of {height} x {width} pixels, in [{offset:g}, "
                f"{offset + unit:g}]"
            ),
        )

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
