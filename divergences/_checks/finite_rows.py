"""Rows of samples that are not finite: one message, with the code that drops them."""

import math
from types import ModuleType
from typing import Any

import array_api_compat
import numpy as np

from divergences._checks.arrays import finite, holds, is_finite_numpy, numpy_values
from divergences._typing import Array, Indices
from divergences.errors import DistributionError

MAX_ROWS_SHOWN = 3


def require_finite_rows(
    name: str, array: Array, xp: ModuleType, /, *, sample: Any | None = None
) -> None:
    """Refuse points that are none, or have an infinite or NaN coordinate.

    Args:
        name: Name of the argument in messages.
        array: The points, shape ``(n, d)`` or ``(n,)``.
        xp: The namespace of the array.
        sample: The object that the caller passed, for the remedy; None if it is the array.

    Raises:
        DistributionError: With the number of such rows, the first of them, and code that drops
            them.
    """
    if math.prod(array.shape) and is_finite_numpy(array):
        return
    good = xp.isfinite(array)
    if array.shape[0] == 0 or holds(name, xp.all(good)):
        finite(name, array, xp)  # also refuses what is empty
        return
    is_finite = numpy_values(good)
    rows = np.flatnonzero(~(is_finite if is_finite.ndim == 1 else is_finite.all(axis=1)))
    has_infinity = holds(name, xp.any(xp.isinf(array)))
    sample = array if sample is None else sample
    raise DistributionError(
        f"`{name}` must be finite, but {_rows_in_words(rows, len(is_finite))}; "
        + (
            "no row is finite: fill in these entries, or leave out their columns"
            if len(rows) == len(is_finite)
            else f"drop them: {_finite_rows(name, sample, array.ndim, has_infinity)}"
        )
    )


def _rows_in_words(rows: Indices, count: int) -> str:
    """Number of rows with NaN or infinity, and the first of them."""
    shown = ", ".join(map(str, rows[:MAX_ROWS_SHOWN]))
    more = f" and {len(rows) - MAX_ROWS_SHOWN} more" if len(rows) > MAX_ROWS_SHOWN else ""
    one = len(rows) == 1
    return (
        f"{len(rows)} of its {count} rows {'has' if one else 'have'} NaN or infinite entries: "
        f"{'row' if one else 'rows'} {shown}{more}"
    )


def _finite_rows(name: str, sample: Any, ndim: int, has_infinity: bool) -> str:
    """Expression for the finite rows of a sample, in its own library."""
    library = type(sample).__module__.partition(".")[0]
    every = ".all(axis=1)" if ndim == 2 else ""
    if library == "pandas":
        no_infinity = ".replace([numpy.inf, -numpy.inf], numpy.nan)" if has_infinity else ""
        return f"{name}{no_infinity}.dropna()"
    if library == "polars":
        return f"{name}.{_polars_filter(name, sample, ndim)}"
    if array_api_compat.is_torch_array(sample):
        return f"{name}[{name}.isfinite(){every.replace('axis', 'dim')}]"
    if library == "xarray":
        return f"{name}[numpy.isfinite({name}.values){every}]"
    if array_api_compat.is_jax_array(sample):
        return f"{name}[jax.numpy.isfinite({name}){every}]"
    rows = name if isinstance(sample, np.ndarray) else f"numpy.asarray({name})"
    return f"{rows}[numpy.isfinite({name}){every}]"


def _polars_filter(name: str, sample: Any, ndim: int) -> str:
    """Method of a polars Series or DataFrame that drops rows which are not finite."""
    if ndim == 2:
        return "filter(polars.all_horizontal(polars.all().is_finite()))"
    is_number = sample.dtype.is_numeric()
    return f"filter({name}.is_finite())" if is_number else "drop_nulls()"
