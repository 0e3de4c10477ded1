"""Parser of the columns of a text table, piece by piece: numbers until a word appears."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from divergences._cli.tables.columns import LARGEST_EXACT_INTEGER, Column, words
from divergences._cli.tables.dialect import Dialect, Row
from divergences._typing import Floats, Indices


@dataclass(slots=True)
class ColumnParser:
    """Accumulator of the columns of a text table.

    Attributes:
        dialect: Signs of the table.
        parsed: Indices of the columns that are parsed.
        numbers: Pieces of each column of numbers.
        texts: Fields of each column of words, from its first row on.
        text: Line number and text of the first entry of each column that is no number.
    """

    dialect: Dialect
    parsed: tuple[int, ...]
    numbers: dict[int, list[Floats]] = field(default_factory=dict)
    texts: dict[int, list[str | None]] = field(default_factory=dict)
    text: dict[int, tuple[int, str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        dialect: Dialect,
        width: int,
        /,
        *,
        only: Collection[int] | None = None,
        as_words: bool = False,
    ) -> "ColumnParser":
        """A parser of a table of some width, of all its columns or only some."""
        parsed = tuple(range(width) if only is None else sorted(only))
        parser = cls(dialect, parsed)
        for index in parsed:
            if as_words:
                parser.texts[index] = []
            else:
                parser.numbers[index] = []
        return parser

    @property
    def n_parsed(self) -> int:
        """Number of columns that are parsed."""
        return len(self.parsed)

    def add(self, lines: Indices, rows: Sequence[Row]) -> None:
        """Parse and append rows, all of the width of the table."""
        fields = list(zip(*rows, strict=True))
        for index in self.parsed:
            if index in self.texts:
                self.texts[index].extend(fields[index])
            elif index not in self.text:
                self._add_numbers(index, lines, fields[index])

    def _add_numbers(self, index: int, lines: Indices, fields: Sequence[str]) -> None:
        """Append a piece of a column of numbers; a word in it makes it a column of words."""
        values = self._values(fields)
        if isinstance(values, int):
            self.text[index] = int(lines[values]), fields[values]
            if not self.numbers.pop(index):
                self.texts[index] = list(fields)
            return
        self.numbers[index].append(values)

    def _values(self, fields: Sequence[str]) -> Floats | int:
        """Numbers of fields, or the position of the first that is none."""
        joined = "".join(fields)
        plain = self.dialect.decimal == "." and "_" not in joined
        if plain:
            try:
                values = np.fromiter(map(float, fields), np.float64, len(fields))
            except ValueError:
                plain = False
        if not plain:
            entries = list(map(self.dialect.number, fields))
            if None in entries:
                return entries.index(None)
            values = np.array(entries, dtype=np.float64)
        if np.any(np.abs(values) >= LARGEST_EXACT_INTEGER):
            return next((k for k, text in enumerate(fields) if _is_rounded(text)), values)
        return values

    def late_words(self) -> tuple[int, ...]:
        """Columns whose first word came after numbers had been parsed."""
        return tuple(index for index in self.text if index not in self.texts)

    def replace(self, other: "ColumnParser") -> None:
        """Take over the words of another parser."""
        self.texts.update(other.texts)

    def columns(self) -> list[Column]:
        """All columns; the pieces are given up."""
        columns = []
        for index in self.parsed:
            if index in self.texts:
                columns.append(words(self.texts.pop(index)))
            else:
                columns.append(np.concatenate(self.numbers.pop(index)))
        return columns


def _is_rounded(text: str) -> bool:
    """Whether a field is an integer that float64 does not have."""
    digits = text.strip().lstrip("+-")
    return digits.isdecimal() and int(digits) != int(float(digits))
