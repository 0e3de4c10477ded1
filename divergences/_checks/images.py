"""Refusal of images where points are needed."""

from types import ModuleType

from divergences._checks.arrays import holds
from divergences._typing import Array
from divergences.errors import DistributionError

MIN_IMAGE_SIDE = 8  # the coordinates of fewer points may happen to sum to 1


def refuse_images(x: Array, y: Array, xp: ModuleType, /) -> None:
    """Refuse two images of total 1 on one grid, whose rows would be taken as points.

    Points in as many dimensions, all of whose coordinates are at least 0 and sum to 1 on both
    sides, do not occur. Images of other totals cannot be told from points.

    Args:
        x: Points of the first sample, shape ``(n, d)``.
        y: Points of the second sample.
        xp: The namespace of both.

    Raises:
        DistributionError: With the exact EMD of the two images.
    """
    if x.shape != y.shape or min(x.shape) < MIN_IMAGE_SIDE:
        return
    if not all(_has_total_1(name, array, xp) for name, array in (("x", x), ("y", y))):
        return
    n, d = x.shape
    raise DistributionError(
        f"`x` and `y` must be points, but each has {n} rows of {d} numbers of at least 0 that "
        "together sum to 1, like an image; the exact EMD of two images is "
        "divergences.grids.emd(x, y)"
    )


def _has_total_1(name: str, array: Array, xp: ModuleType) -> bool:
    """Whether all entries are at least 0 and sum to 1 up to rounding."""
    tolerance = 1e-5 if array.dtype == xp.float32 else 1e-9
    return holds(name, (xp.min(array) >= 0) & (xp.abs(xp.sum(array) - 1) <= tolerance))
