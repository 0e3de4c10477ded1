"""Refusal of histograms that would be taken as points."""

from __future__ import annotations

from typing import Any

import numpy as np

from divergences._checks.labels.axes import labelled_array
from divergences._pairwise.elements import Elements, is_weighted
from divergences.errors import DistributionError

MIN_IMAGE_SIDE = 3  # fewer rows or columns may be points whose coordinates happen to sum to 1


def refuse_histograms(sides: list[Elements], /) -> None:
    """Refuse vectors without a ground cost that look like histograms, not like points.

    These are rows of an array or a frame, mappings, vectors that all sum to 1, and images of
    total 1.

    Args:
        sides: The rows, and the columns if they are others.

    Raises:
        DistributionError: With a ground cost, another distance, and points on the line.
    """
    for side in sides:
        if any(kind == "mapping" for kind in side.kinds):
            raise DistributionError(
                f"`{side.name}` hold masses by label, and their exact EMD needs a ground cost: "
                "pass `cost`, a function of two labels such as lambda a, b: float(a != b), or "
                'another distance, such as distance="js"'
            )
        arrays = [_numbers(value) for value in side.values]
        if side.is_matrix or all(_is_histogram(array) for array in arrays):
            k = len(side.values[0])
            raise DistributionError(
                f"`{side.name}` must be point clouds where there is no `cost`, but holds "
                f"{len(arrays)} vectors of {k} numbers. If they are histograms, pass a ground "
                "cost, such as cost=numpy.abs(numpy.subtract.outer(numpy.arange"
                f"({k}), numpy.arange({k}))) for bins on the line, or another distance, such as "
                'distance="js"; if each is a sample on the line, pass '
                "distance=divergences.sampled.emd"
            )
        if all(_is_image(array) for array in arrays):
            raise DistributionError(
                f"`{side.name}` must be point clouds where there is no `cost`, but holds images "
                f"of total 1, of shape {arrays[0].shape}. Pass their cells as points, and the "
                "pixels as weights: [(numpy.argwhere(numpy.ones_like(image)), "
                f"numpy.ravel(image)) for image in {side.name}]"
            )


def _numbers(element: Any) -> Any:
    """Numbers of an element as an array; None if it has weights, or is no array of numbers."""
    if is_weighted(element):
        return None
    labelled = labelled_array(element)
    try:
        array = np.asarray(element if labelled is None else labelled.values)
    except (TypeError, ValueError):
        return None
    return array if array.dtype.kind in "biuf" else None


def _is_histogram(array: Any) -> bool:
    """Whether an array is a vector of at least two probabilities that sum to 1."""
    return array is not None and array.ndim == 1 and array.size > 1 and _sums_to_1(array)


def _is_image(array: Any) -> bool:
    """Whether an array has two axes, and entries of at least 0 that sum to 1."""
    return (
        array is not None
        and array.ndim == 2
        and min(array.shape) >= MIN_IMAGE_SIDE
        and _sums_to_1(array)
    )


def _sums_to_1(array: Any) -> bool:
    """Whether entries are at least 0, and their sum is 1 up to rounding."""
    tolerance = 1e-5 if array.dtype == np.float32 else 1e-9
    return bool(array.min() >= 0 and abs(float(array.sum(dtype=np.float64)) - 1) <= tolerance)
