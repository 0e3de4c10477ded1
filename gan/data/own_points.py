"""Points of the user's own: their kind, their range, and the networks that fit them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from divergences import DistributionError
from gan.data.units import (
    Range,
    dominant_column,
    float32_points,
    range_of_pixels,
    range_of_vectors,
)

MIN_IMAGES = 4


@dataclass(frozen=True, slots=True)
class OwnPoints:
    """Points of one kind, with what was found of them.

    Attributes:
        values: The points, shape ``(n, *shape)``.
        range: Unit and offset of their coordinates.
        networks: Name of the networks that fit them.
        description: Number, shape and unit, in a line for the user.
        columns: Names of the columns of vectors; empty for others.
    """

    values: Tensor
    range: Range
    networks: str
    description: str
    columns: tuple[str, ...] = ()


def own_points(
    points: Any, /, *, standardize: bool, name: str, column_names: Sequence[str] | None
) -> OwnPoints:
    """Points of an array: vectors, sequences or images by the number of its axes.

    Args:
        points: An array, a tensor, a frame or nested lists.
        standardize: Divide each column of vectors by its standard deviation.
        name: Name of the data in messages.
        column_names: Names of the columns of vectors; by default their numbers.

    Returns:
        The points in float32.

    Raises:
        DistributionError: If they are not finite numbers, are fewer than four, or are all equal.
            If other points than vectors are to be standardized.
    """
    values = float32_points(points, name)
    if values.ndim == 3 and values.shape[1] == values.shape[2]:
        values = values[:, None]
    if standardize and values.ndim != 2:
        raise DistributionError(
            f"{name}: only columns of vectors can be standardized, but the shape is "
            f"{tuple(values.shape)}; leave `standardize` out"
        )
    if values.ndim == 2:
        return _vectors(values, standardize, column_names)
    if values.ndim == 3:
        return _sequences(values)
    if values.ndim != 4:
        raise DistributionError(
            f"{name}: points must be vectors, sequences or images, arrays of 2 to 4 axes, but "
            f"the shape is {tuple(values.shape)}; flatten each: x.reshape(len(x), -1)"
        )
    return own_images(values, name, range_of_pixels(values))


def own_images(values: Tensor, name: str, pixels: Range, /) -> OwnPoints:
    """Images whose range of pixels is known.

    Args:
        values: The images, shape ``(n, channels, height, width)``.
        name: Name of the data in messages.
        pixels: Range of the pixels.

    Returns:
        The images.

    Raises:
        DistributionError: If they are too few or all equal.
    """
    n, channels, height, width = values.shape
    if n < MIN_IMAGES:
        raise DistributionError(
            f"{name}: there must be at least {MIN_IMAGES} images, but there are {n}"
        )
    if bool((values == values[:1]).all()):
        raise DistributionError(f"{name}: all {n} images are equal")
    color = {1: "grey", 3: "color"}.get(channels, f"{channels}-channel")
    text = f"{n} {color} images of {height} x {width} pixels, {_output(pixels)}"
    networks = "mlp" if height % 4 or width % 4 else "convolutional"
    return OwnPoints(values, pixels, networks, text)


def _output(pixels: Range) -> str:
    """Range of pixels and the output of the generator, for the user."""
    if not (pixels.bounded and isinstance(pixels.offset, float)):
        return "linear output"
    low, high = pixels.offset, pixels.offset + pixels.unit
    end = "tanh output" if (low, high) == (-1, 1) else "sigmoid output"
    return f"pixels in [{low:g}, {high:g}], {end}"


def _vectors(values: Tensor, standardize: bool, column_names: Sequence[str] | None) -> OwnPoints:
    """Vectors, shape ``(n, d)``."""
    n, d = values.shape
    names = column_names or [str(k) for k in range(d)]
    note = dominant_column(values, names)
    if standardize:
        deviations = values.double().std(dim=0, correction=0)
        values = (values / torch.where(deviations > 0, deviations, 1.0)).float()
        note = "each divided by its standard deviation"
    size = range_of_vectors(values)
    listed = ", ".join(names[:6]) + (", ..." if d > 6 else "")
    plural = "s" if d > 1 else ""
    text = f"{n} points of {d} column{plural} ({listed}), of size {size.unit:.4g}, with "
    text = "; ".join([text + "linear output", *filter(None, [note])])
    return OwnPoints(values, size, "mlp", text, tuple(names))


def _sequences(values: Tensor) -> OwnPoints:
    """Sequences, shape ``(n, length, channels)``."""
    n, length, channels = values.shape
    size = range_of_vectors(values)
    text = (
        f"{n} sequences of length {length} with {channels} channels, of size {size.unit:.4g}, "
        f"with linear output (images have the shape ({n}, 1, {length}, {channels}))"
    )
    return OwnPoints(values, size, "series", text)
