"""Points of a user: converted, checked, and measured for the networks."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from divergences import DistributionError

MAX_LISTED_ROWS = 5
MAX_COORDINATE = 1e15  # in float32 squares of distances are finite then, and their gradients
MIN_SHARE_AT_BOUND = 0.02  # of the pixels at the lowest value, where the range is a bound


class Range(NamedTuple):
    """Size and origin of points, and whether they are bounded.

    Attributes:
        unit: Size of the points; of bounded ones the length of their range.
        offset: Their center, one number or one for each coordinate or channel; of bounded ones
            the lower bound.
        bounded: Whether no point leaves ``offset`` to ``offset + unit``.
    """

    unit: float
    offset: float | tuple[float, ...]
    bounded: bool = False


def float32_points(points: Any, name: str, /) -> Tensor:
    """Points as a float32 tensor of shape ``(n, *shape)``; a vector becomes one column.

    Args:
        points: Array, tensor, frame or nested lists of numbers, a row per point.
        name: Name of the argument or file, for messages.

    Returns:
        The points.

    Raises:
        DistributionError: If they are not finite numbers, are fewer than four, or are all equal;
            with the rows.
    """
    try:
        with np.errstate(over="ignore"):  # infinite then, and refused
            array = np.asarray(points, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise DistributionError(
            f"{name}: points must be numbers, a row each, but {error}; select numeric columns"
        ) from None
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim == 0 or array.size == 0 or len(array) < 4:
        raise DistributionError(
            f"{name}: there must be at least 4 points, but the shape is {array.shape}; a row is "
            "one point"
        )
    with np.errstate(invalid="ignore"):
        is_valid = np.abs(array) < MAX_COORDINATE
    rows = np.flatnonzero(~is_valid.reshape(len(array), -1).all(axis=1))
    if len(rows):
        listed = ", ".join(str(row) for row in rows[:MAX_LISTED_ROWS])
        more = ", ..." if len(rows) > MAX_LISTED_ROWS else ""
        raise DistributionError(
            f"{name}: {len(rows)} of {len(array)} rows have missing or infinite entries, or "
            f"some above {MAX_COORDINATE:.0e} (rows {listed}{more} counted from 0); drop those "
            "rows, or give the points in another unit"
        )
    if (array == array[0]).all():
        raise DistributionError(f"{name}: all {len(array)} points are equal: nothing to learn")
    # A copy where it is mapped from a file, to which nothing may be written.
    return torch.from_numpy(np.require(array, requirements=["C", "W"]))


def range_of_vectors(points: Tensor, /) -> Range:
    """Root mean square of the standard deviations of the columns, and their means.

    Args:
        points: Vectors, shape ``(n, d)``, or sequences, shape ``(n, length, channels)``, whose
            columns are the channels at all positions.

    Returns:
        The range, unbounded.
    """
    columns = points.double().flatten(end_dim=-2)
    unit = float(columns.var(dim=0, correction=0).mean().sqrt())
    return Range(unit, tuple(columns.mean(dim=0).tolist()))


def range_of_pixels(points: Tensor, /) -> Range:
    """Range of the pixels of images.

    Args:
        points: Images.

    Returns:
        [0, 1], [-1, 1] or [0, 255] for pixels in them (in the last if one is above half of 255);
        their own range if 2 % are at its lower end, such as black; otherwise mean and standard
        deviation, unbounded.
    """
    low, high = float(points.min()), float(points.max())
    if 0 <= low and high <= 1:
        return Range(1.0, 0.0, bounded=True)
    if -1 <= low and high <= 1:
        return Range(2.0, -1.0, bounded=True)
    if 0 <= low and 127 < high <= 255:
        return Range(255.0, 0.0, bounded=True)
    if float((points == low).float().mean()) >= MIN_SHARE_AT_BOUND:
        return Range(high - low, low, bounded=True)
    return Range(float(points.double().std()), float(points.double().mean()))


def dominant_column(points: Tensor, names: Sequence[str], /) -> str:
    """Note on a column that makes up nearly all of the variance, or nothing.

    Args:
        points: Vectors, shape ``(n, d)``.
        names: Names of the columns.

    Returns:
        A sentence with the remedy, or an empty text.
    """
    variances = points.double().var(dim=0, correction=0)
    share, index = (variances / variances.sum()).max(dim=0)
    if len(names) == 1 or float(share) < 0.99:
        return ""
    return (
        f"column {names[int(index)]} makes up {float(share):.1%} of the variance, and so of the "
        "EMD; --standardize divides each column by its standard deviation"
    )
