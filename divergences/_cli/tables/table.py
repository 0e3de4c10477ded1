"""Numeric tables, and the selection of their columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from divergences._typing import Floats, Indices
from divergences.errors import DistributionError

MAX_LISTED_ITEMS = 5  # of a message
MAX_QUOTED_CHARACTERS = 40  # of a message


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers in a file, a row per point.

    Attributes:
        path: The file.
        values: Shape ``(rows, columns)``; NaN for missing and non-numeric entries.
        names: Names of the columns, if the file has a header.
        lines: Line number of each row, if the file is text.
        non_numeric: Line number and text of the first non-numeric entry of each column with one.
    """

    path: Path
    values: Floats
    names: tuple[str, ...] | None = None
    lines: Indices | None = None
    non_numeric: Mapping[int, tuple[int, str]] = field(default_factory=dict)

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return int(self.values.shape[1])

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
                f"{self.path}: {names.count(column)} columns are called {column!r}; "
                "choose by numbers, from 0"
            )
        if column in names:
            return names.index(column)
        if column.isdecimal() and int(column) < self.n_columns:
            return int(column)
        raise DistributionError(
            f"{self.path}: there is no column {column!r}; {self._available_columns()}"
        )

    def finite_columns(self, indices: Sequence[int]) -> Floats:
        """Values of some columns, which must all be finite numbers.

        Args:
            indices: Indices of the columns, from 0.

        Returns:
            Values, shape ``(rows, len(indices))``.

        Raises:
            DistributionError: If an entry is text, missing or infinite.
        """
        for index in indices:
            if index in self.non_numeric:
                self._refuse_text(index)
        values = self.values[:, list(indices)]
        bad_rows = np.flatnonzero(~np.isfinite(values).all(axis=1))
        if len(bad_rows):
            raise DistributionError(
                f"{self.path}: {len(bad_rows)} of {len(values)} rows have NaN, infinite or "
                f"missing entries: {self._row_list(bad_rows)}; leave them out, or fill them in"
            )
        return values

    def _refuse_text(self, index: int) -> None:
        """Refuse a column with text, and name the numeric columns."""
        line, text = self.non_numeric[index]
        if len(text) > MAX_QUOTED_CHARACTERS:
            text = text[:MAX_QUOTED_CHARACTERS] + "..."
        numeric = [self.column_name(i) for i in range(self.n_columns) if i not in self.non_numeric]
        remedy = f"; choose numeric columns: --columns {truncated_list(numeric, ',')}"
        raise DistributionError(
            f"{self.path}, line {line}: {text!r} in column {self.column_name(index)!r} is no "
            f"number{remedy if numeric else ''}"
        )

    def _row_list(self, rows: Indices) -> str:
        """The first of some rows, counted from 0, and their lines."""
        text = f"rows {truncated_list(rows)} counted from 0"
        return text if self.lines is None else f"{text} (lines {truncated_list(self.lines[rows])})"

    def _available_columns(self) -> str:
        """Names and numbers of the columns, for a message."""
        numbers = f"0 to {self.n_columns - 1}" if self.n_columns > 1 else "0"
        if self.names is None:
            return f"it has no header; choose columns by number: {numbers}"
        return f"there are {truncated_list(self.names, max_items=20)}, or numbers {numbers}"


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
