"""Missing entries of samples: rows that have one are refused, or left out and counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import array_api_compat
import numpy as np
from numpy.typing import NDArray

from divergences import _checks
from divergences._checks.labels import plain
from divergences._checks.tables.types import is_missing
from divergences._typing import ArrayLike, Indices
from divergences.errors import DistributionError
from divergences.sampled._estimate import Estimate

Missing = Literal["refuse", "drop"]
MAX_ROWS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class CompleteRows:
    """Two samples and their weights, without the rows that have missing entries.

    Attributes:
        x: Points of the first sample, as passed but for the rows left out.
        y: Points of the second sample.
        x_weights: Weights of the points of x; None for equal ones.
        y_weights: Weights of the points of y; None for equal ones.
        notes: Number of rows left out of each sample; empty if there are none.
    """

    x: ArrayLike
    y: ArrayLike
    x_weights: ArrayLike | None
    y_weights: ArrayLike | None
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls,
        x: ArrayLike,
        y: ArrayLike,
        x_weights: ArrayLike | None,
        y_weights: ArrayLike | None,
        missing: Missing,
    ) -> CompleteRows:
        """Leave out rows with missing entries, or refuse them.

        Args:
            x: Points, with a row per point.
            y: Points likewise.
            x_weights: Masses of the points of x; a row without a mass is left out, too.
            y_weights: Masses of the points of y.
            missing: "refuse" or "drop".

        Returns:
            The complete rows.

        Raises:
            DistributionError: If ``missing`` is neither of these, an entry is missing and to be
                refused, or no row is complete.
        """
        _checks.choice("missing", missing, get_args(Missing))
        sides = []
        for name, sample, weights in (("x", x, x_weights), ("y", y, y_weights)):
            sample = list(sample) if isinstance(sample, Iterator) else sample
            sides.append(_complete(name, sample, weights, missing))
        (x, x_weights, *x_counts), (y, y_weights, *y_counts) = sides
        return cls(x, y, x_weights, y_weights, notes_on_dropped(*x_counts, *y_counts))

    @property
    def samples(self) -> tuple[Any, Any, Any, Any]:
        """Both samples, then both weights."""
        return self.x, self.y, self.x_weights, self.y_weights

    def noted(self, estimate: Estimate) -> Estimate:
        """The estimate with the notes on the rows left out."""
        return replace(estimate, notes=(*estimate.notes, *self.notes)) if self.notes else estimate


def notes_on_dropped(
    x_dropped: int, x_rows: int, y_dropped: int, y_rows: int, /
) -> tuple[str, ...]:
    """Note on the rows left out of two samples; empty if there are none."""
    if not x_dropped and not y_dropped:
        return ()
    return (
        f"{x_dropped:,} of {x_rows:,} rows of x and {y_dropped:,} of {y_rows:,} rows of y have "
        "missing entries and are left out.",
    )


def _complete(name: str, sample: Any, weights: Any, missing: Missing) -> tuple[Any, Any, int, int]:
    """Complete rows of a sample and their weights; numbers of rows left out, and of all."""
    incomplete = _incomplete_rows(sample)
    if weights is not None:
        weights = _checks.aligned_weights(sample, weights, names=(name, f"{name}_weights"))
        without_mass = _incomplete_rows(weights)
        if incomplete is not None and without_mass is not None:
            if len(incomplete) != len(without_mass):
                return sample, weights, 0, 0  # refused with their lengths
            if missing == "refuse":
                _refuse(f"{name}_weights", without_mass)
            incomplete = incomplete | without_mass
    if incomplete is None or not incomplete.any():
        return sample, weights, 0, 0 if incomplete is None else len(incomplete)
    if missing == "refuse":
        _refuse(name, incomplete)
    if incomplete.all():
        raise DistributionError(
            f"`{name}` has missing entries in each of its {len(incomplete)} rows; leave out the "
            "columns that are missing, or fill them in"
        )
    kept = np.flatnonzero(~incomplete)
    weights = None if weights is None else _rows(weights, kept)
    return _rows(sample, kept), weights, int(incomplete.sum()), len(incomplete)


def _refuse(name: str, incomplete: NDArray[np.bool_]) -> None:
    """Refuse rows with missing entries.

    Raises:
        DistributionError: If there are any; it names the first.
    """
    rows = np.flatnonzero(incomplete)
    if not len(rows):
        return
    shown = ", ".join(map(str, rows[:MAX_ROWS_SHOWN]))
    more = f" and {len(rows) - MAX_ROWS_SHOWN} more" if len(rows) > MAX_ROWS_SHOWN else ""
    one = len(rows) == 1
    raise DistributionError(
        f"`{name}` must be finite, but {len(rows)} of its {len(incomplete)} rows "
        f"{'has' if one else 'have'} missing entries (NaN): {'row' if one else 'rows'} "
        f'{shown}{more}; drop them: missing="drop"'
    )


def _incomplete_rows(sample: Any) -> NDArray[np.bool_] | None:
    """Rows with a missing entry; None for what has no rows of entries, refused later."""
    if isinstance(sample, np.ma.MaskedArray):
        masked, data = np.ma.getmaskarray(sample), _missing_entries(np.ma.getdata(sample))
        entries: Any = masked if data is None else masked | data
    else:
        entries = _missing_entries(plain(sample))
    if entries is None or entries.ndim not in (1, 2):
        return None
    return entries if entries.ndim == 1 else entries.any(axis=1)


def _missing_entries(values: Any) -> Any:
    """Whether each entry is missing; None if there are no entries to tell."""
    if array_api_compat.is_array_api_obj(values) and not isinstance(values, np.ndarray):
        return _missing_in_array(values)
    try:
        array = np.asarray(values)
    except (ValueError, TypeError):
        return None
    if array.dtype.kind == "f":
        return np.isnan(array)
    if array.dtype.kind in "mM":
        return np.isnat(array)
    if array.dtype.kind != "O":
        return np.zeros(array.shape, bool)
    flat = [is_missing(entry) for entry in array.reshape(-1).tolist()]
    return np.array(flat, bool).reshape(array.shape)


def _missing_in_array(values: Any) -> Any:
    """Missing entries of an array of another library than numpy."""
    if "sparse" in str(getattr(values, "layout", "")):
        return None
    xp = array_api_compat.array_namespace(values)
    if not xp.isdtype(values.dtype, "real floating"):
        return np.zeros(tuple(values.shape), bool)
    is_nan = xp.isnan(values)
    if not _checks.holds("x", xp.any(is_nan)):
        return np.zeros(tuple(values.shape), bool)
    return _checks.numpy_values(is_nan)


def _rows(sample: Any, kept: Indices) -> Any:
    """Some rows of a sample, in the container that it came in."""
    if isinstance(sample, list | tuple):
        return [sample[row] for row in kept]
    if hasattr(sample, "iloc"):
        return sample.iloc[kept]
    if array_api_compat.is_array_api_obj(sample) and not isinstance(sample, np.ndarray):
        xp = array_api_compat.array_namespace(sample)
        return xp.take(sample, xp.asarray(kept, device=array_api_compat.device(sample)), axis=0)
    return sample[kept]
