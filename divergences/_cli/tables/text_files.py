"""Reader of text tables: delimited fields, with or without a header, in pieces of many rows."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np

from divergences._cli.tables.column_parser import ColumnParser
from divergences._cli.tables.columns import as_times
from divergences._cli.tables.dialect import (
    DELIMITERS,
    INFERENCE_ROWS,
    Dialect,
    Row,
    infer_dialect,
)
from divergences._cli.tables.memory import require_memory
from divergences._cli.tables.table import Table, shortened
from divergences.errors import DistributionError

PIECE = 8192  # rows parsed at once
MAX_LINE = 10**7  # characters


@dataclass(frozen=True, slots=True)
class TextOptions:
    """Options of text tables, each None if it is to be inferred.

    Attributes:
        header: Whether the first row is a header.
        delimiter: Sign between fields.
        decimal: Sign before decimals, "." or ",".
    """

    header: bool | None = None
    delimiter: str | None = None
    decimal: str | None = None


INFER_ALL = TextOptions()


def read_text(path: Path, file: BinaryIO, options: TextOptions = INFER_ALL, /) -> Table:
    """Read a text table.

    Comments, lines that begin with #, are skipped before the first row; later where they do not
    have the fields of a row. Blank lines are skipped; in a table of one column they are missing
    entries. The first row is a header if all its fields are text, if a field is text above a
    number, or if it counts 0, 1, 2, ... above fractions, as pandas writes.

    Args:
        path: The file, for messages; its ending tells the delimiter to expect.
        file: Its bytes, in UTF-8.
        options: What is given, instead of inferred.

    Returns:
        The table, whose notes state an inferred dialect.

    Raises:
        DistributionError: If the file holds no table, or rows of different lengths, or the
            delimiter is ambiguous, or whether the first row is a header.
    """
    try:
        return _Reader.of(path, file, options).table()
    except UnicodeDecodeError as error:
        raise DistributionError(
            f"{path}: is no text in UTF-8 ({error.reason}); if it is a table, save it as UTF-8"
        ) from None
    except csv.Error as error:
        raise DistributionError(f"{path}: does not parse as a table: {error}") from None


@dataclass(frozen=True, slots=True)
class _Reader:
    """A text table whose dialect, width and header are known.

    Attributes:
        path: The file, for messages.
        file: Its bytes.
        dialect: Its delimiter and decimal sign.
        first: The first row.
        has_header: Whether that is a header.
        notes: The dialect in words, if it was inferred.
    """

    path: Path
    file: BinaryIO
    dialect: Dialect
    first: Row
    has_header: bool
    notes: tuple[str, ...]

    @classmethod
    def of(cls, path: Path, file: BinaryIO, options: TextOptions) -> "_Reader":
        """Infer what the options do not state."""
        default = DELIMITERS.get(path.suffix.lower(), ",")
        head = list(islice(_table_lines(path, file), 2 * INFERENCE_ROWS))
        dialect = infer_dialect(
            path, head, default=default, delimiter=options.delimiter, decimal=options.decimal
        )
        rows = [row for _, row in dialect.rows(iter(head)) if row][:2]
        if not rows:
            raise DistributionError(f"{path}: is empty; it needs a row per point")
        is_default = dialect == Dialect(default)
        given = Dialect(options.delimiter or default, options.decimal or ".")
        notes = () if is_default or dialect == given else (dialect.description,)
        header = options.header
        if header is None:
            header = is_header(path, dialect, *rows)
        return cls(path, file, dialect, rows[0], header, notes)

    def table(self) -> Table:
        """Parse the rows, and once more the columns whose first word comes late."""
        parser = ColumnParser.of(self.dialect, len(self.first))
        lines = self._parse(parser)
        if not len(lines):
            raise DistributionError(
                f"{self.path}: holds a header and no rows; it needs a row per point"
            )
        late = parser.late_words()
        if late:
            words = ColumnParser.of(self.dialect, len(self.first), only=late, as_words=True)
            self._parse(words)
            parser.replace(words)
        columns = []
        for column in parser.columns():
            times = as_times(column) if column.dtype == object else None
            columns.append(column if times is None else times)
        names = tuple(name.strip() for name in self.first) if self.has_header else None
        return Table(self.path, tuple(columns), names, lines, parser.text, self.notes)

    def _parse(self, parser: ColumnParser) -> np.ndarray:
        """Parse all rows, piece by piece, and return their line numbers."""
        size = self.file.seek(0, 2)
        rows = self._rows()
        lines: list[np.ndarray] = []
        while piece := list(islice(rows, PIECE)):
            numbers = np.array([line for line, _ in piece], np.int64)
            parser.add(numbers, [row for _, row in piece])
            lines.append(numbers)
            if len(lines) == 1:
                n_bytes = 8 * len(piece) * (parser.n_parsed + 1)
                require_memory(self.path, n_bytes * size // max(self.file.tell(), 1))
        return np.concatenate(lines) if lines else np.empty(0, np.int64)

    def _rows(self) -> Iterator[tuple[int, Row]]:
        """Line number and fields of each row below the header."""
        width, began = len(self.first), False
        skip_header = self.has_header
        for line, fields in self.dialect.rows(_lines(self.path, self.file)):
            if not began and (not fields or fields[0].startswith("#")):
                continue
            began = True
            if len(fields) != width:
                if _is_blank(fields) and width == 1:
                    fields = [""]
                elif _is_blank(fields) or fields[0].startswith("#"):
                    continue
                else:
                    self._refuse_width(line, len(fields))
            if skip_header:
                skip_header = False
                continue
            yield line, fields

    def _refuse_width(self, line: int, width: int) -> None:
        """Refuse a row of another length than the first."""
        raise DistributionError(
            f"{self.path}, line {line}: has {width} fields, but the first row has "
            f"{len(self.first)}; all rows need the same number"
        )


def _is_blank(fields: Row) -> bool:
    """Whether a line has nothing in it."""
    return not fields or (len(fields) == 1 and not fields[0].strip())


def _lines(path: Path, file: BinaryIO) -> Iterator[str]:
    """Lines of a text from its beginning, none of unbounded length."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        number = 0
        while line := text.readline(MAX_LINE):
            number += 1
            if len(line) == MAX_LINE:
                raise DistributionError(
                    f"{path}, line {number}: is longer than {MAX_LINE:,} characters; "
                    "it needs a line per point"
                )
            yield line
    finally:
        if not file.closed:  # as it is when an abandoned generator is collected
            text.detach()  # which would close the file


def _table_lines(path: Path, file: BinaryIO) -> Iterator[str]:
    """Lines without the comments and blank lines before the first row."""
    began = False
    for line in _lines(path, file):
        began = began or not (not line.strip() or line.startswith("#"))
        if began:
            yield line


def is_header(path: Path, dialect: Dialect, first: Row, second: Sequence[str] = (), /) -> bool:
    """Whether the first row is a header.

    Args:
        path: The file, for messages.
        dialect: Its signs.
        first: The first row.
        second: The second row, if there is one.

    Returns:
        Whether it is one.

    Raises:
        DistributionError: If that is ambiguous.
    """
    is_text = [dialect.number(field) is None for field in first]
    if all(is_text) or not any(is_text):
        # pandas names columns 0, 1, 2, ...
        return all(is_text) or (
            _is_enumeration(first) and not all(field.isdecimal() for field in second)
        )
    below = [dialect.number(field) is None for field in second]
    if any(text and not other for text, other in zip(is_text, below, strict=False)):
        return True
    raise DistributionError(
        f"{path}: it is ambiguous whether the first row, "
        f"{shortened(dialect.delimiter.join(first))!r}, is a header; pass --header or --no-header"
    )


def _is_enumeration(fields: list[str]) -> bool:
    """Whether fields are 0, 1, 2, ...; an empty first field, the head of an index, is skipped."""
    numbers = fields[fields[0] == "" :]
    return len(numbers) > 1 and numbers == [str(i) for i in range(len(numbers))]
