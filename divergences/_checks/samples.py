"""Validation of samples, and scaling of their coordinates against overflow."""

from typing import Any

import numpy as np

from divergences._typing import Floats
from divergences.errors import DistributionError

MIN_RELATIVE_DEVIATION = 1e-100  # median absolute deviation, relative to the largest coordinate


def require_no_gradient(name: str, sample: Any) -> None:
    """Refuse a tensor that requires a gradient, since estimates from samples have none.

    Raises:
        DistributionError: If it requires a gradient.
    """
    if getattr(sample, "requires_grad", False):
        raise DistributionError(
            f"`{name}` requires a gradient, and estimates from samples have none: pass "
            f"{name}.detach()"
        )


def require_sample(name: str, sample: Any) -> None:
    """Refuse a missing sample, and a tensor that requires a gradient.

    Raises:
        DistributionError: If the sample is refused.
    """
    if sample is None:
        raise DistributionError(f"`{name}` must be a sample, shape (n, d), but is None")
    require_no_gradient(name, sample)


def scale_coordinates(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Scale each coordinate by a power of 2 to at most 1, and drop constant coordinates.

    Returns:
        Both samples, shapes ``(n, d)`` and ``(m, d)``, with d at least 1.

    Raises:
        DistributionError: If the other points coincide in floats when the farthest is scaled to 1.
    """
    points = np.concatenate([x, y])
    is_constant = points.min(axis=0) == points.max(axis=0)
    if is_constant.all():
        return np.zeros((len(x), 1)), np.zeros((len(y), 1))
    points = points[:, ~is_constant]
    exponents = np.frexp(np.abs(points).max(axis=0))[1]
    scaled = np.ldexp(points, -exponents)
    deviations = np.median(np.abs(scaled - np.median(scaled, axis=0)), axis=0)
    too_small = (deviations > 0) & (deviations < MIN_RELATIVE_DEVIATION)
    if too_small.any() or np.count_nonzero(points) > np.count_nonzero(scaled):
        index = int(np.argmax(np.abs(scaled).max(axis=1)))
        name, row = ("x", index) if index < len(x) else ("y", index - len(x))
        raise DistributionError(
            f"`{name}`[{row}] is more than 1e100 times as far out as other points, which floats "
            "cannot distinguish at this scale; drop it, or pass the logarithms of all values"
        )
    return scaled[: len(x)], scaled[len(x) :]
