"""Types of columns: numbers, times, durations, truth values or text."""

import datetime
import numbers
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import numpy as np

from divergences._typing import Floats

Type = Literal[
    "numbers",
    "truth values",
    "times",
    "durations",
    "text",
    "values of another type",
    "mixed",
    "empty",
]
TYPES: dict[str, Type] = {  # of numpy dtype kinds
    "b": "truth values",
    "i": "numbers",
    "u": "numbers",
    "f": "numbers",
    "M": "times",
    "m": "durations",
    "U": "text",
    "T": "text",
}
MISSING_TYPES = {"NoneType", "NAType", "NaTType"}
DAY, SECOND = 86_400e6, 1e6  # in microseconds


@dataclass(frozen=True, slots=True)
class TypedColumn:
    """A column and the type of its values.

    Attributes:
        type: Type of the values that are not missing; "empty" if all are.
        array: The column, of the frame's.
    """

    type: Type
    array: Any

    def numbers(self) -> Floats:
        """Values as float64, NaN for missing ones: times in days since 1970, durations in s."""
        kind = self.array.dtype.kind
        if self.type == "empty":
            return np.full(len(self.array), np.nan)
        if self.type in ("times", "durations"):
            return self._ticks()
        if kind != "O":
            return self.array.astype(np.float64)
        return np.array([np.nan if is_missing(v) else float(v) for v in self.array.tolist()])

    def _ticks(self) -> Floats:
        """Days since 1970-01-01 of times, or seconds of durations."""
        code, unit = ("datetime64", DAY) if self.type == "times" else ("timedelta64", SECOND)
        array = self.array
        if array.dtype.kind == "O":
            values = [np.datetime64("NaT") if is_missing(v) else _utc(v) for v in array.tolist()]
            array = np.array(values, dtype=f"{code}[us]")
        ticks = array.astype(f"{code}[us]")
        return np.where(np.isnat(ticks), np.nan, ticks.astype(np.int64) / unit)


def typed_column(array: Any, /) -> TypedColumn:
    """Infer the type of a column's values.

    Returns:
        The column and its type, "mixed" for values of several types.
    """
    kind = array.dtype.kind
    if kind == "O":
        return TypedColumn(_type_of_objects(array.tolist()), array)
    if kind == "f" and np.isnan(array).all():
        return TypedColumn("empty", array)
    if kind in "mM" and np.isnat(array).all():
        return TypedColumn("empty", array)
    return TypedColumn(TYPES.get(kind, "values of another type"), array)


def is_missing(value: Any, /) -> bool:
    """Whether a value is None, NaN, NaT or NA."""
    if type(value).__name__ in MISSING_TYPES:
        return True
    if isinstance(value, Decimal):
        return value.is_nan()  # a signaling NaN refuses to be compared
    return isinstance(value, float | np.floating) and bool(value != value)


def _type_of_objects(values: list[Any]) -> Type:
    """Type of the values of a column of Python objects."""
    classes = {c for c in set(map(type, values)) if c.__name__ not in MISSING_TYPES}
    for c in [c for c in classes if issubclass(c, float | Decimal | np.floating)]:
        if all(is_missing(value) for value in values if type(value) is c):
            classes.remove(c)  # NaN stands for what is missing in a column of any type
    types = {_type_of_class(c) for c in classes}
    if types == {"numbers", "truth values"}:
        return "numbers"
    if len(types) > 1:
        return "mixed"
    return types.pop() if types else "empty"


def _type_of_class(c: type) -> Type:
    """Type of the values of a class."""
    if issubclass(c, bool | np.bool_):
        return "truth values"
    if issubclass(c, str):
        return "text"
    if issubclass(c, numbers.Real | Decimal | np.floating | np.integer):
        return "numbers"
    if issubclass(c, datetime.timedelta | np.timedelta64):
        return "durations"
    if issubclass(c, datetime.date | np.datetime64):
        return "times"
    return "values of another type"


def _utc(value: Any) -> Any:
    """A time in UTC, without its zone; any other value unchanged."""
    if getattr(value, "tzinfo", None) is None:
        return value
    return value.astimezone(datetime.UTC).replace(tzinfo=None)
