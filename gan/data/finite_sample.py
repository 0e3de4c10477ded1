"""A finite set of points: drawn with or without replacement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from divergences import DistributionError

MAX_LISTED_ROWS = 5


@dataclass(frozen=True, slots=True)
class FiniteSample:
    """Sampler of a finite set of points.

    Attributes:
        points: Shape ``(n, *shape)``; float32 in the unit of the points, or uint8 for pixels in
            [0, 1] that are stored as 0 to 255.
    """

    points: Tensor

    def sample(self, n: int, rng: torch.Generator) -> Tensor:
        """``n`` points drawn with replacement, on the device of ``rng``."""
        return self._at(torch.randint(len(self.points), (n,), generator=rng, device=rng.device))

    def sample_without_replacement(self, n: int, rng: torch.Generator) -> Tensor:
        """``n`` points drawn without replacement.

        Args:
            n: Number of points.
            rng: Source of randomness.

        Returns:
            Points, shape ``(n, *shape)``, on the device of ``rng``.

        Raises:
            DistributionError: If the set has fewer than ``n`` points.
        """
        if n > len(self.points):
            raise DistributionError(
                f"`n` must be at most {len(self.points)}, the number of points, without "
                f"replacement, but is {n}; compare fewer points: --evaluation-size "
                f"{len(self.points) // 2}"
            )
        return self._at(torch.randperm(len(self.points), generator=rng, device=rng.device)[:n])

    def _at(self, indices: Tensor) -> Tensor:
        """Points at some indices, as float32."""
        points = self.points[indices.to(self.points.device)].to(indices.device)
        return points.float() / 255 if points.dtype == torch.uint8 else points


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
    rows = np.flatnonzero(~np.isfinite(array).reshape(len(array), -1).all(axis=1))
    if len(rows):
        listed = ", ".join(str(row) for row in rows[:MAX_LISTED_ROWS])
        more = ", ..." if len(rows) > MAX_LISTED_ROWS else ""
        raise DistributionError(
            f"{name}: {len(rows)} of {len(array)} rows have missing or infinite entries (rows "
            f"{listed}{more} counted from 0); drop those rows"
        )
    if (array == array[0]).all():
        raise DistributionError(f"{name}: all {len(array)} points are equal: nothing to learn")
    return torch.from_numpy(np.ascontiguousarray(array))


def unit_of_vectors(points: Tensor, /) -> tuple[float, tuple[float, ...]]:
    """Size and center of vectors: root mean square of their standard deviations, and means."""
    exact = points.double()
    unit = float(exact.var(dim=0, correction=0).mean().sqrt())
    return unit, tuple(exact.mean(dim=0).tolist())


def unit_of_pixels(points: Tensor, /) -> tuple[float, float]:
    """Length and lower end of the range of pixels.

    Args:
        points: Images.

    Returns:
        (1, 0) for pixels in [0, 1], (2, -1) in [-1, 1], (255, 0) for those up to at least half of
        255; otherwise their own.
    """
    low, high = float(points.min()), float(points.max())
    if 0 <= low and high <= 1:
        return 1.0, 0.0
    if -1 <= low and high <= 1:
        return 2.0, -1.0
    if 0 <= low and 127 < high <= 255:
        return 255.0, 0.0
    return high - low, low


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
