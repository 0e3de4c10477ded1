"""A table of numbers that was read from a file, and the columns that are asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from divergences._typing import Floats, Indices
from divergences.errors import DistributionError

SHOWN = 5  # rows or names that a message lists
LONG = 40  # characters of a text that a message shows


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of a file, a row per point.

    Attributes:
        path: The file.
        values: Shape ``(rows, columns)``; NaN where the file has no number.
        names: Of the columns, if the file has a header.
        lines: The line of each row, if the file is text.
        words: First line and text that is no number, of each column that has one.
    """

    path: Path
    values: Floats
    names: tuple[str, ...] | None = None
    lines: Indices | None = None
    words: Mapping[int, tuple[int, str]] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """How many columns there are."""
        return int(self.values.shape[1])

    def name(self, place: int) -> str:
        """A column as a person calls it."""
        return str(place) if self.names is None else self.names[place]

    def place(self, column: str) -> int:
        """Where a column is.

        Args:
            column: Its name in the header, or its number from 0.

        Returns:
            Its number.

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
        if column.isdecimal() and int(column) < self.width:
            return int(column)
        raise DistributionError(f"{self.path}: there is no column {column!r}; {self._known()}")

    def numbers(self, places: Sequence[int]) -> Floats:
        """Some of the columns, all of whose entries are finite numbers.

        Args:
            places: Numbers of the columns, from 0.

        Returns:
            Shape ``(rows, len(places))``.

        Raises:
            DistributionError: If an entry is text, or a row has an entry that is missing or
                infinite.
        """
        for place in places:
            if place in self.words:
                self._refuse_words(place)
        values = self.values[:, list(places)]
        bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
        if len(bad):
            raise DistributionError(
                f"{self.path}: {len(bad)} of {len(values)} rows hold NaN, infinity or nothing: "
                f"{self._rows(bad)}; leave them out, or fill them in"
            )
        return values

    def _refuse_words(self, place: int) -> None:
        """Say which text is no number, and which columns are."""
        line, text = self.words[place]
        text = text if len(text) <= LONG else text[:LONG] + "..."
        good = [self.name(i) for i in range(self.width) if i not in self.words]
        mend = f"; choose columns of numbers: --columns {listed(good, ',')}" if good else ""
        raise DistributionError(
            f"{self.path}, line {line}: {text!r} in column {self.name(place)!r} is no number{mend}"
        )

    def _rows(self, bad: Indices) -> str:
        """The first rows of some, counted from 0, and their lines."""
        rows = f"rows {listed(bad)} counted from 0"
        return rows if self.lines is None else f"{rows} (lines {listed(self.lines[bad])})"

    def _known(self) -> str:
        """The columns that there are."""
        numbers = f"0 to {self.width - 1}" if self.width > 1 else "0"
        if self.names is None:
            return f"it has no header, and columns are called by their numbers: {numbers}"
        return f"there are {listed(self.names, many=20)}, or numbers {numbers}"


def listed(things: Sequence[object] | Indices, comma: str = ", ", *, many: int = SHOWN) -> str:
    """The first of some things, and how many more there are."""
    text = comma.join(str(thing) for thing in things[:many])
    return text if len(things) <= many else f"{text}{comma}... ({len(things) - many} more)"
