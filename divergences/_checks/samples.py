"""Validation of samples, and scaling of their coordinates against overflow."""

from typing import Any

import array_api_compat
import numpy as np

from divergences import _checks
from divergences._typing import Floats, Indices
from divergences.errors import DistributionError

MAX_ROWS_SHOWN = 3
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
    """Refuse a missing sample, rows that are not finite, and tensors that require a gradient.

    Raises:
        DistributionError: If the sample is refused; the message names the rows.
    """
    if sample is None:
        raise DistributionError(f"`{name}` must be a sample, shape (n, d), but is None")
    require_no_gradient(name, sample)
    values = _checks.numpy_values(sample) if array_api_compat.is_array_api_obj(sample) else sample
    try:
        array = np.asarray(values)
    except ValueError:
        return  # refused by `PointCloudPair.of`
    if array.dtype.kind not in "biuf" or array.ndim not in (1, 2) or array.size == 0:
        return  # refused by `PointCloudPair.of`
    rows = np.flatnonzero(~np.isfinite(array.reshape(len(array), -1)).all(axis=1))
    if len(rows):
        raise DistributionError(_rows_that_are_not_finite(name, rows, array.ndim))


def _rows_that_are_not_finite(name: str, rows: Indices, ndim: int) -> str:
    """Message that names the first rows and the expression to drop them."""
    shown = ", ".join(map(str, rows[:MAX_ROWS_SHOWN]))
    more = f" and {len(rows) - MAX_ROWS_SHOWN} more" if len(rows) > MAX_ROWS_SHOWN else ""
    is_finite = f"np.isfinite({name}).all(axis=1)" if ndim == 2 else f"np.isfinite({name})"
    return (
        f"`{name}` must be finite, but has NaN or infinite entries in "
        f"{'row' if len(rows) == 1 else 'rows'} {shown}{more}; drop them: {name}[{is_finite}]"
    )


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
