"""Times and durations as numbers: seconds, counted from the earliest time of two samples."""

import datetime
from typing import Any

import numpy as np

from divergences._checks.labels import plain
from divergences._typing import Floats
from divergences.errors import DistributionError

SECOND = np.timedelta64(1, "s")


def in_seconds(x: Any, y: Any, /, *, names: tuple[str, str] = ("x", "y")) -> tuple[Any, Any]:
    """Two samples of times, or two of durations, as numbers of seconds.

    Times count from the earliest of both samples, so that seconds keep their fractions. What is
    missing, NaT, becomes NaN.

    Args:
        x: Datetimes or timedeltas of numpy, pandas or the standard library, or anything else.
        y: Likewise.
        names: Names of the two arguments, for messages.

    Returns:
        Arrays of float64; samples of anything else unchanged.

    Raises:
        DistributionError: If only one holds times, or one times and the other durations.
    """
    if isinstance(x, np.ndarray) and x.dtype.kind == "f":
        return x, y
    a, b = _times(x), _times(y)
    if a is None and b is None:
        return x, y
    kinds = [None if one is None else one.dtype.kind for one in (a, b)]
    if a is None or b is None or kinds[0] != kinds[1]:
        words = {"M": "times", "m": "durations", None: "other values"}
        raise DistributionError(
            f"`{names[0]}` and `{names[1]}` must both hold times or both durations, but "
            f"`{names[0]}` holds {words[kinds[0]]} and `{names[1]}` {words[kinds[1]]}; convert one"
        )
    if kinds[0] == "m":
        return _seconds(a), _seconds(b)
    present = np.concatenate([one[~np.isnat(one)] for one in (a.reshape(-1), b.reshape(-1))])
    origin = present.min() if len(present) else np.datetime64(0, "s")
    return _seconds(a - origin), _seconds(b - origin)


def _seconds(durations: Any) -> Floats:
    """Seconds in timedelta64 durations."""
    return np.asarray(durations / SECOND, dtype=np.float64)


def _times(sample: Any) -> Any:
    """Times or durations of a sample as a numpy array; None for anything else."""
    array = plain(sample)
    if isinstance(array, list | tuple):
        first = array[0] if array else None
        if not isinstance(
            first, datetime.date | datetime.timedelta | np.datetime64 | np.timedelta64
        ):
            return None
        array = np.array(array, dtype=object)
    if not isinstance(array, np.ndarray):
        array = array.to_numpy() if type(array).__name__ == "DatetimeIndex" else None
    if array is None or array.dtype.kind in "mM":
        return array
    return _of_objects(array) if array.dtype.kind == "O" and array.size else None


def _of_objects(array: Any) -> Any:
    """Python datetimes, dates or timedeltas as a numpy array; None for other objects."""
    entries = array.reshape(-1).tolist()
    if all(isinstance(entry, datetime.timedelta) for entry in entries):
        return np.array(entries, dtype="timedelta64[us]").reshape(array.shape)
    if all(isinstance(entry, datetime.datetime) and entry.tzinfo for entry in entries):
        entries = [entry.astimezone(datetime.UTC).replace(tzinfo=None) for entry in entries]
    elif not all(isinstance(entry, datetime.date) for entry in entries):
        return None
    return np.array(entries, dtype="datetime64[us]").reshape(array.shape)
