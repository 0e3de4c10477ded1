"""Tables in text: commas, tabs or blanks between the fields, a header or none."""

import csv
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np

from divergences._cli.tables.table import LONG, Table
from divergences.errors import DistributionError

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-"})
SEPARATORS = {".csv": "commas", ".tsv": "tabs", ".txt": "blanks"}
Row = tuple[int, list[str]]  # its line in the file, its fields


def read_text(path: Path, /, *, header: bool | None = None) -> Table:
    """The table in a text file: fields between commas (.csv), tabs (.tsv) or blanks (.txt).

    Lines that are empty or begin with # are left out. The first line is a header if all of it is
    text, if some of it is text above a number, or if it counts 0, 1, 2, ... above fractions, as
    pandas does. What is neither a number nor missing is kept as a word, for which a column is
    refused if it is asked for.

    Args:
        path: The file, in UTF-8.
        header: Whether the first line is a header; None for what it looks like.

    Returns:
        The table.

    Raises:
        DistributionError: If it holds no table, or rows of different lengths, or the first line
            may as well be a header as not.
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
    """The lines that hold something, as fields."""
    kind = path.suffix.lower()
    if kind == ".txt":
        for number, line in enumerate(file, 1):
            if line.strip() and not line.startswith("#"):
                yield number, line.split()
        return
    reader = csv.reader(file, delimiter="\t" if kind == ".tsv" else ",", strict=True)
    for fields in reader:
        if fields and fields != [""] and not fields[0].startswith("#"):
            yield reader.line_num, fields


def _table(path: Path, rows: Iterator[Row], header: bool | None) -> Table:
    """The table of some rows, the first of which may be its header."""
    head = [row for row in (next(rows, None), next(rows, None)) if row is not None]
    if not head:
        raise DistributionError(f"{path}: is empty; it needs a row per point")
    _refuse_other_separators(path, *head[0])
    if header is None:
        header = _is_header(path, *(fields for _, fields in head))
    names = tuple(name.strip() for name in head[0][1]) if header else None
    block = _Block(path, len(head[0][1]))
    for line, fields in chain(head[header:], rows):
        block.add(line, fields)
    if not block.lines:
        raise DistributionError(f"{path}: holds a header and no rows; it needs a row per point")
    values = np.frombuffer(block.values).reshape(-1, block.width)
    return Table(path, values, names, np.frombuffer(block.lines, np.int64), block.words)


@dataclass(slots=True)
class _Block:
    """Rows as they are read."""

    path: Path
    width: int
    values: "array[float]" = field(default_factory=lambda: array("d"))
    lines: "array[int]" = field(default_factory=lambda: array("q"))
    words: dict[int, tuple[int, str]] = field(default_factory=dict)

    def add(self, line: int, fields: list[str]) -> None:
        """Take one more row."""
        if len(fields) != self.width:
            raise DistributionError(
                f"{self.path}, line {line}: has {len(fields)} fields, but the first row has "
                f"{self.width}; every row needs as many"
            )
        self.lines.append(line)
        try:
            self.values.extend(map(float, fields))
        except ValueError:  # the row up to there has been taken
            del self.values[(len(self.lines) - 1) * self.width :]
            self.values.extend(self._number(line, *placed) for placed in enumerate(fields))

    def _number(self, line: int, place: int, text: str) -> float:
        """A field's number, NaN for a word, which is kept if it is the first of its column."""
        if _is_word(text):
            self.words.setdefault(place, (line, text))
            return float("nan")
        return float("nan") if text.strip().lower() in MISSING else float(text)


def _is_word(text: str) -> bool:
    """Whether a field is neither a number nor missing."""
    try:
        float(text)
    except ValueError:
        return text.strip().lower() not in MISSING
    return False


def _is_header(path: Path, first: list[str], second: Sequence[str] = (), /) -> bool:
    """Whether the first row is one of names."""
    words = [_is_word(text) for text in first]
    if all(words) or not any(words):
        # pandas names columns 0, 1, 2, ...
        return all(words) or (_counts(first) and not all(text.isdecimal() for text in second))
    if any(word and not _is_word(text) for word, text in zip(words, second, strict=False)):
        return True
    raise DistributionError(
        f"{path}: the first row, {','.join(first)[:LONG]!r}, may be a header or a row; say which: "
        "--header or --no-header"
    )


def _counts(fields: list[str]) -> bool:
    """Whether fields count 0, 1, 2, ...; behind nothing, which is above an index."""
    counted = fields[fields[0] == "" :]
    return len(counted) > 1 and counted == [str(i) for i in range(len(counted))]


def _refuse_other_separators(path: Path, line: int, fields: list[str]) -> None:
    """Refuse a line that would be several fields if another character parted them."""
    for mark, called in ((";", "semicolons"), ("\t", "tabs"), (",", "commas")):
        if len(fields) == 1 and mark in fields[0]:
            raise DistributionError(
                f"{path}, line {line}: has {called} between its fields, but {path.suffix} needs "
                f"{SEPARATORS[path.suffix.lower()]}; rename it or save it so: .csv for commas, "
                ".tsv for tabs, .txt for blanks"
            )
