"""Columns of a table: numbers, words and times, and what stands for a missing entry in a file."""

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST_EXACT_INTEGER = 2**53  # float64 has every whole number up to it
# As pandas reads them; in a column of numbers in any case, and a lone dash as well.
MISSING_WORDS = frozenset((
    "",
    "#N/A",
    "#NA",
    "-NaN",
    "-nan",
    "<NA>",
    "N/A",
    "NA",
    "NULL",
    "NaN",
    "NaT",
    "None",
)) | frozenset(("n/a", "nan", "null"))
MISSING_NUMBERS = frozenset(word.lower() for word in MISSING_WORDS) | {"-"}
_DAY = r"\d{4}-\d\d-\d\d"
_TIME = re.compile(_DAY + r"([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?")
Column = NDArray[Any]


def column_of(array: Any, /) -> Column | None:
    """Column of a table from a vector of numpy.

    Integers that float64 would round are labels in practice, and become words.

    Returns:
        The column; None if the vector is of no type that a column has.
    """
    if array.dtype.kind in "mM":
        return array
    if array.dtype.kind in "US":
        text = array.astype(str) if array.dtype.kind == "U" else np.char.decode(array, "latin-1")
        return words(text.tolist())
    if array.dtype.kind not in "biuf":
        return None
    numbers = array.astype(np.float64, copy=False)
    if array.dtype.kind in "iu":
        large = np.abs(numbers) >= LARGEST_EXACT_INTEGER
        if any(int(a) != int(b) for a, b in zip(numbers[large], array[large], strict=True)):
            return words(map(str, array.tolist()))
    return numbers


def words(texts: Iterable[str | None], /) -> Column:
    """Column of words, equal ones shared, with None where one stands for a missing entry."""
    shared: dict[str | None, str | None] = dict.fromkeys(MISSING_WORDS)
    shared[None] = None
    values = [shared[text] if text in shared else shared.setdefault(text, text) for text in texts]
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def as_times(column: Column, /) -> Column | None:
    """A column of words that are all dates and times as ISO 8601 writes them, in microseconds.

    Args:
        column: Words, with None for missing entries.

    Returns:
        The times, datetime64 in microseconds with NaT; None if a word is no time, or none is.
    """
    distinct = {word for word in column.tolist() if word is not None}
    zones = {word.endswith("Z") for word in distinct}
    if len(zones) != 1 or not all(_TIME.fullmatch(word.removesuffix("Z")) for word in distinct):
        return None
    try:
        times = {word: np.datetime64(word.removesuffix("Z"), "us") for word in distinct}
    except ValueError:  # a 13th month
        return None
    nothing = np.datetime64("NaT", "us")
    return np.array(
        [nothing if word is None else times[word] for word in column.tolist()], "datetime64[us]"
    )
