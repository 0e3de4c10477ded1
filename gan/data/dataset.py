"""Interface of a data set: a sampler, the shape of its points, and evaluation metrics."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan.data.finite_sample import FiniteSample
from gan.data.image_folder import read_image_folder
from gan.data.labels import (
    LabelCode,
    label_indices,
    label_measures,
    labels_of_folders,
    real_agreement,
)
from gan.data.own_points import OwnPoints, own_images, own_points
from gan.data.units import Range

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


DEFAULT_HELD_OUT = 0.2
MAX_EVALUATION_SIZE = 1000
IMAGE_REFINEMENT = RefinementSettings(steps=100, learning_rate=0.0, correction_rate=0.3)


@dataclass(frozen=True, slots=True)
class DataSet:
    """A distribution to learn.

    Attributes:
        shape: Shape of one point: ``(d,)``, ``(channels, rows, columns)`` of an image, or
            ``(length, channels)`` of a sequence.
        sample: Draws real points, with replacement from a finite data set: ``sample(n, rng)``, of
            shape ``(n, *shape)``.
        networks: Name of its default networks in `gan.NETWORKS`.
        unit: Size of its points; networks are rescaled by it. For images, the length of the range
            of pixels: 255 for 0..255, 2 for [-1, 1].
        offset: Coordinates that correspond to a 0 of the networks: for images the lowest pixel,
            for vectors a number or one for each coordinate.
        bounded: Whether generators of images and sequences end in a sigmoid over that range; False
            for a linear end.
        measure: Metrics of generated points ``(n, *shape)`` other than the EMD, by name; None if
            there are none.
        measure_size: Number of generated points that ``measure`` takes.
        evaluation_size: Points on each side of an evaluation.
        refinement: Settings of the refined critic of an evaluation.
        log_density: Log density of points ``(n, *shape)``, in nats; None if unknown.
        sample_without_replacement: As ``sample``, but without replacement, for a finite data set;
            None for a continuous distribution.
        held_out: Draws points that ``sample`` never does, without replacement; evaluations are of
            these. None if no points are held out.
        labels: Code of labels that the points have behind them; None without labels.
        columns: Names of the columns of vectors, for figures; empty if they have none.
        description: Size, shape and unit of the points of a file, in one line for the user.
        decode: Texts of points that are sequences of characters; None for other points.
    """

    shape: tuple[int, ...]
    sample: Sampler
    networks: str = "mlp"
    unit: float = 1.0
    offset: float | tuple[float, ...] = 0.0
    bounded: bool = True
    measure: Callable[[Tensor], Measures] | None = None
    measure_size: int = 2000
    evaluation_size: int = 1000
    refinement: RefinementSettings = RefinementSettings()
    log_density: Callable[[Tensor], Tensor] | None = None
    sample_without_replacement: Sampler | None = None
    held_out: Sampler | None = None
    labels: LabelCode | None = None
    columns: tuple[str, ...] = ()
    description: str = ""
    decode: Callable[[Tensor], list[str]] | None = None

    @classmethod
    def of_points(
        cls,
        points: Any,
        /,
        *,
        standardize: bool = False,
        held_out: float = DEFAULT_HELD_OUT,
        labels: Any = None,
        name: str = "points",
        column_names: Sequence[str] | None = None,
    ) -> "DataSet":
        """The data set of an array of points, drawn with replacement in training.

        Unit and center of the points, or the range of pixels, are measured, so that the networks
        fit them.

        Args:
            points: Vectors, shape ``(n, d)`` or ``(n,)``; images, shape ``(n, channels, height,
                width)`` or ``(n, side, side)``; or sequences, shape ``(n, length, channels)``. An
                array, a tensor, a frame or nested lists.
            standardize: Divide each column of vectors by its standard deviation.
            held_out: Share of the points that evaluations are of and training does not see, in
                [0, 0.5].
            labels: A word or number for each point: the generator is then conditional, and the
                points have the code of their labels behind them (`gan.data.labels`).
            name: Name of the data in messages.
            column_names: Names of the columns of vectors, for messages.

        Returns:
            The data set.

        Raises:
            DistributionError: If they are not finite numbers, are fewer than four, or are all
                equal; with the rows. If other points than vectors are to be standardized.
        """
        own = own_points(points, standardize=standardize, name=name, column_names=column_names)
        return cls._of_own(own, held_out, labels, name)

    @classmethod
    def of_images(
        cls,
        folder: Path | str,
        /,
        *,
        size: int | None = None,
        held_out: float = DEFAULT_HELD_OUT,
        labels: bool = False,
    ) -> "DataSet":
        """The data set of the images in a folder, with pixels in [0, 1].

        Args:
            folder: A folder of images, grey or in color.
            size: Side in pixels that images are resized to; None to take them as they are.
            held_out: Share of the images that evaluations are of and training does not see, in
                [0, 0.5].
            labels: Take the folders in it as labels of the images in them.

        Returns:
            The data set.

        Raises:
            DistributionError: If there are no images, one cannot be read, or they differ in size.
        """
        paths, array = read_image_folder(Path(folder), size)
        words = labels_of_folders(paths, Path(folder)) if labels else None
        unit_range = Range(1.0, 0.0, bounded=True)
        images = own_images(torch.from_numpy(array), str(folder), unit_range)
        return cls._of_own(images, held_out, words, str(folder))

    @classmethod
    def _of_own(cls, own: OwnPoints, held_out: float, labels: Any, name: str) -> "DataSet":
        """The data set of finitely many points, some of which are held out."""
        values, size, notes = own.values, own.range, [own.description]
        code, measure, offset = None, None, size.offset
        if labels is not None:
            names, indices = label_indices(labels, len(values), name)
            code = LabelCode.of(names, indices, size, tuple(values.shape[1:]))
            values = code.join(FiniteSample(values).all(), indices)
            measure = label_measures(code, values)
            notes.append(code.description(real_agreement(code, values)))
            if isinstance(offset, tuple):
                offset = (*offset, *(0.0 for _ in names))
        training, other = FiniteSample(values).split(held_out)
        n = len(training.points) // 2
        if other is not None:
            n = min(len(training.points), len(other.points))
            notes.append(f"{len(other.points)} held out for evaluation")
        return cls(
            tuple(values.shape[1:]),
            training.sample,
            networks=own.networks,
            unit=size.unit,
            offset=offset,
            bounded=size.bounded,
            measure=measure,
            evaluation_size=min(MAX_EVALUATION_SIZE, n),
            refinement=IMAGE_REFINEMENT if values.ndim == 4 else RefinementSettings(),
            sample_without_replacement=training.sample_without_replacement,
            held_out=None if other is None else other.sample_without_replacement,
            labels=code,
            columns=own.columns,
            description=f"{name}: " + "; ".join(notes),
        )

    def fresh_sample(self, n: int, rng: torch.Generator, /) -> Tensor:
        """``n`` real points for an evaluation: those held out from training, if there are any."""
        return (self.held_out or self.sample)(n, rng)

    def two_samples(self, n: int, rng: torch.Generator, /) -> tuple[Tensor, Tensor]:
        """Two samples of n real points each, with no point in common; the first is held out.

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
        if self.held_out is not None:
            return self.held_out(n, rng), self.sample_without_replacement(n, rng)
        first, second = self.sample_without_replacement(2 * n, rng).split(n)
        return first, second


Loader = Callable[[Path | None], DataSet]
