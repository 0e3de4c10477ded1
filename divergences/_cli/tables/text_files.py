"""Reader of text tables: comma-, tab- or blank-separated, with or without a header."""

import csv
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np

from divergences._cli.tables.table import MAX_QUOTED_CHARACTERS, Table
from divergences.errors import DistributionError

MISSING_VALUES = frozenset({"", "na", "n/a", "nan", "null", "none", "-"})
SEPARATOR_NAMES = {".csv": "commas", ".tsv": "tabs", ".txt": "blanks"}
Row = tuple[int, list[str]]  # line number and fields


def read_text(path: Path, /, *, header: bool | None = None) -> Table:
    """Read a text file with fields between commas (.csv), tabs (.tsv) or blanks (.txt).

    Empty lines and lines that begin with # are skipped. The first line is a header if all its
    fields are text, if a field is text above a number, or if it counts 0, 1, 2, ... above
    fractions, as pandas writes. Other text is recorded, and refused only in a column that is used.

    Args:
        path: The file, in UTF-8.
        header: Whether the first line is a header; None to infer it.

    Returns:
        The table.

    Raises:
        DistributionError: If the file holds no table, or rows of different lengths, or it is
            ambiguous whether the first line is a header.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _table(path, _rows(path, file), header)
    except UnicodeDecodeError as error:
        raise DistributionError(
            f"{path}: is no text in UTF-8 ({error.reason}); if it is a table, save it as UTF-8"
        ) from None
    except csv.Error as error:
        raise DistributionError(f"{path}: does not parse as a table: {error}") from None


def _rows(path: Path, file: Iterable[str]) -> Iterator[Row]:
    """Line numbers and fields of the rows."""
    suffix = path.suffix.lower()
    if suffix == ".txt":
        for number, line in enumerate(file, 1):
            if line.strip() and not line.startswith("#"):
                yield number, line.split()
        return
    reader = csv.reader(file, delimiter="\t" if suffix == ".tsv" else ",", strict=True)
    for fields in reader:
        if fields and fields != [""] and not fields[0].startswith("#"):
            yield reader.line_num, fields


def _table(path: Path, rows: Iterator[Row], header: bool | None) -> Table:
    """The table of rows, the first of which may be its header."""
    head = [row for row in (next(rows, None), next(rows, None)) if row is not None]
    if not head:
        raise DistributionError(f"{path}: is empty; it needs a row per point")
    _require_separator(path, *head[0])
    if header is None:
        header = _is_header(path, *(fields for _, fields in head))
    names = tuple(name.strip() for name in head[0][1]) if header else None
    parser = _RowParser(path, len(head[0][1]))
    for line, fields in chain(head[header:], rows):
        parser.add(line, fields)
    if not parser.lines:
        raise DistributionError(f"{path}: holds a header and no rows; it needs a row per point")
    values = np.frombuffer(parser.values).reshape(-1, parser.n_columns)
    lines = np.frombuffer(parser.lines, np.int64)
    return Table(path, values, names, lines, parser.non_numeric)


@dataclass(slots=True)
class _RowParser:
    """Accumulator of parsed rows.

    Attributes:
        path: The file.
        n_columns: Number of fields of every row.
        values: All numbers so far, row by row.
        lines: Line number of each row.
        non_numeric: Line number and text of the first non-numeric entry of each column with one.
    """

    path: Path
    n_columns: int
    values: "array[float]" = field(default_factory=lambda: array("d"))
    lines: "array[int]" = field(default_factory=lambda: array("q"))
    non_numeric: dict[int, tuple[int, str]] = field(default_factory=dict)

    def add(self, line: int, fields: list[str]) -> None:
        """Parse and append a row."""
        if len(fields) != self.n_columns:
            raise DistributionError(
                f"{self.path}, line {line}: has {len(fields)} fields, but the first row has "
                f"{self.n_columns}; all rows need the same number"
            )
        self.lines.append(line)
        try:
            self.values.extend(map(float, fields))
        except ValueError:  # the fields before the first text were appended
            del self.values[(len(self.lines) - 1) * self.n_columns :]
            self.values.extend(self._number(line, *entry) for entry in enumerate(fields))

    def _number(self, line: int, column: int, text: str) -> float:
        """Number in a field, NaN if it is missing or text; records the first text of a column."""
        if _is_text(text):
            self.non_numeric.setdefault(column, (line, text))
            return float("nan")
        return float("nan") if text.strip().lower() in MISSING_VALUES else float(text)


def _is_text(field: str) -> bool:
    """Whether a field is neither a number nor missing."""
    try:
        float(field)
    except ValueError:
        return field.strip().lower() not in MISSING_VALUES
    return False


def _is_header(path: Path, first: list[str], second: Sequence[str] = (), /) -> bool:
    """Whether the first row is a header."""
    is_text = [_is_text(field) for field in first]
    if all(is_text) or not any(is_text):
        # pandas names columns 0, 1, 2, ...
        return all(is_text) or (
            _is_enumeration(first) and not all(field.isdecimal() for field in second)
        )
    if any(text and not _is_text(below) for text, below in zip(is_text, second, strict=False)):
        return True
    raise DistributionError(
        f"{path}: it is ambiguous whether the first row, "
        f"{','.join(first)[:MAX_QUOTED_CHARACTERS]!r}, is a header; pass --header or --no-header"
    )


def _is_enumeration(fields: list[str]) -> bool:
    """Whether fields are 0, 1, 2, ...; an empty first field, the head of an index, is skipped."""
    numbers = fields[fields[0] == "" :]
    return len(numbers) > 1 and numbers == [str(i) for i in range(len(numbers))]


def _require_separator(path: Path, line: int, fields: list[str]) -> None:
    """Refuse a line of one field that contains the separator of another file type."""
    for separator, name in ((";", "semicolons"), ("\t", "tabs"), (",", "commas")):
        if len(fields) == 1 and separator in fields[0]:
            raise DistributionError(
                f"{path}, line {line}: has {name} between its fields, but {path.suffix} needs "
                f"{SEPARATOR_NAMES[path.suffix.lower()]}; rename it or save it so: .csv for "
                "commas, .tsv for tabs, .txt for blanks"
            )
