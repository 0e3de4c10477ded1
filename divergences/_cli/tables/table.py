"""Tables by column: numbers, text and times, and the selection of numeric columns."""

import csv
import io
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divergences._typing import Floats, Indices
from divergences.errors import DistributionError

MAX_LISTED_ITEMS = 5  # of a message
MAX_QUOTED_CHARACTERS = 40  # of a message
COMMA_NUMBER = re.compile(r"\s*[+-]?\d*,\d+([eE][+-]?\d+)?\s*")


@dataclass(frozen=True, slots=True)
class Table:
    """The columns in a file.

    Attributes:
        path: The file; ``-`` for standard input.
        columns: A vector for each column, all of one length: float64 with NaN for missing entries,
            datetime64 or timedelta64 with NaT, or objects of type str with None.
        names: Names of the columns, if the file has a header.
        lines: Line number of each row, if the file is text.
        text: Line number and text of the first entry of each column of words that is no number,
            if the file is text.
        notes: Inferred signs between fields and before decimals, with the options that state them.
    """

    path: Path
    columns: tuple[NDArray[Any], ...]
    names: tuple[str, ...] | None = None
    lines: Indices | None = None
    text: Mapping[int, tuple[int, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.columns[0])

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return len(self.columns)

    def column_name(self, index: int) -> str:
        """Name of a column in the header, or its number."""
        return str(index) if self.names is None else self.names[index]

    def column_index(self, column: str) -> int:
        """Index of a column.

        Args:
            column: Its name in the header, or its number from 0.

        Returns:
            The index, from 0.

        Raises:
            DistributionError: If there is no such column, or two have the name.
        """
        names = self.names or ()
        if names.count(column) > 1:
            raise DistributionError(
                f"{self.path}: {names.count(column)} columns are called {column!r}; choose one "
                f"by its number: {' or '.join(str(k) for k, n in enumerate(names) if n == column)}"
            )
        if column in names:
            return names.index(column)
        if column.isdecimal() and int(column) < self.n_columns:
            return int(column)
        raise DistributionError(
            f"{self.path}: there is no column {column!r}; {self._available_columns()}"
        )

    def is_numeric(self, index: int) -> bool:
        """Whether a column holds numbers."""
        return self.columns[index].dtype == np.float64

    def numbers(self, indices: Sequence[int]) -> Floats:
        """Values of some numeric columns.

        Args:
            indices: Indices of the columns.

        Returns:
            Values, shape ``(rows, len(indices))``, with NaN for missing entries.

        Raises:
            DistributionError: If a column is not numeric; with the columns that are.
        """
        for index in indices:
            if not self.is_numeric(index):
                self._refuse_non_numeric(index)
        return np.column_stack([self.columns[index] for index in indices])

    def row_list(self, rows: Indices) -> str:
        """The first of some rows, counted from 0, and their lines."""
        plural = "s" * (len(rows) > 1)
        text = f"row{plural} {truncated_list(rows)} counted from 0"
        if self.lines is None:
            return text
        return f"{text} (line{plural} {truncated_list(self.lines[rows])})"

    def _refuse_non_numeric(self, index: int) -> None:
        """Refuse a column of words or times, and name the numeric columns."""
        names = [self.column_name(i) for i in range(self.n_columns) if self.is_numeric(i)]
        remedy = f"; choose numeric columns: {columns_option(names)}, or" if names else "; compare"
        remedy += " each column by itself: --by-column"
        column = f"column {self.column_name(index)!r}"
        if index in self.text:
            line, text = self.text[index]
            if COMMA_NUMBER.fullmatch(text):
                remedy = f"; if the comma is its decimal sign: --decimal ,{remedy}"
            raise DistributionError(
                f"{self.path}, line {line}: {shortened(text)!r} in {column} is no number"
                f"{_reason(text)}{remedy}"
            )
        kind = "words" if self.columns[index].dtype == object else "times"
        raise DistributionError(f"{self.path}: {column} holds {kind}, not numbers{remedy}")

    def _available_columns(self) -> str:
        """Names and numbers of the columns, for a message."""
        numbers = f"0 to {self.n_columns - 1}" if self.n_columns > 1 else "0"
        if self.names is None:
            return f"it has no header; choose columns by number: {numbers}"
        return f"there are {truncated_list(self.names, max_items=20)}, or numbers {numbers}"


def _reason(text: str) -> str:
    """Reason why digits are no number."""
    digits = text.strip().lstrip("+-")
    return " that float64 has: it has more than 15 digits" if digits.isdecimal() else ""


def columns_option(names: Sequence[str], /) -> str:
    """Option of the command that chooses columns, quoted as a shell needs it."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(names)
    return f"--columns {shlex.quote(text.getvalue())}"


def column_list(text: str, /) -> list[str]:
    """Columns that the option names, between commas; a name that has one is quoted."""
    return [name.strip() for name in next(csv.reader([text], skipinitialspace=True), [])]


def shortened(text: str, /) -> str:
    """The first characters of a text, for a message."""
    return text if len(text) <= MAX_QUOTED_CHARACTERS else f"{text[:MAX_QUOTED_CHARACTERS]}..."


def truncated_list(
    items: Sequence[object] | Indices,
    separator: str = ", ",
    *,
    max_items: int = MAX_LISTED_ITEMS,
) -> str:
    """The first items, and the number of those left out."""
    text = separator.join(str(item) for item in items[:max_items])
    if len(items) <= max_items:
        return text
    return f"{text}{separator}... ({len(items) - max_items} more)"
