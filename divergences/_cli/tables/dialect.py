"""Delimiter and decimal sign of a text table, given or inferred from its first rows."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from divergences._cli.tables.columns import MISSING_NUMBERS
from divergences._cli.tables.table import COMMA_NUMBER
from divergences.errors import DistributionError

BLANKS = " "  # any number of blanks or tabs
DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": BLANKS}
INFERRED_DELIMITERS = (",", ";", "\t", "|", BLANKS)
DELIMITER_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", BLANKS: "blanks"}
SPELLINGS = {"tab": "\t", "\\t": "\t", "blank": BLANKS, "blanks": BLANKS}
INFERENCE_ROWS = 100
_THOUSANDS = re.compile(r"\s*[+-]?[1-9]\d{0,2},\d{3}\s*")
Row = list[str]


@dataclass(frozen=True, slots=True)
class Dialect:
    """Signs between the parts of a text table.

    Attributes:
        delimiter: Sign between fields, one character; a blank stands for any number of them.
        decimal: Sign before the decimals, "." or ",".
    """

    delimiter: str = ","
    decimal: str = "."

    def rows(self, lines: Iterator[str]) -> Iterator[tuple[int, Row]]:
        """Line number and fields of each row; no fields for a blank line."""
        if self.delimiter == BLANKS:
            for number, line in enumerate(lines, 1):
                yield number, line.split()
            return
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        for fields in reader:
            yield reader.line_num, fields

    def number(self, text: str) -> float | None:
        """Number that a field holds, NaN if it stands for a missing entry; None for any other."""
        if text.strip().lower() in MISSING_NUMBERS:
            return float("nan")
        if "_" in text or (self.decimal == "," and "." in text):
            return None
        try:
            return float(text.replace(self.decimal, "."))
        except ValueError:
            return None

    @property
    def options(self) -> str:
        """Options of the command that state the dialect."""
        delimiter = {"\t": "tab", BLANKS: "blanks"}.get(self.delimiter, self.delimiter)
        shown = f"'{delimiter}'" if delimiter in ";|" else delimiter
        return f"--delimiter {shown}{' --decimal ,' if self.decimal == ',' else ''}"

    @property
    def description(self) -> str:
        """Both signs in words, with the options that state them."""
        name = DELIMITER_NAMES.get(self.delimiter, repr(self.delimiter))
        decimals = " and decimal commas" if self.decimal == "," else ""
        return f"{name} between its fields{decimals} ({self.options})"


def delimiter_of(text: str, /) -> str:
    """Delimiter that an option names.

    Args:
        text: One character, or "tab" or "blanks".

    Returns:
        The character.

    Raises:
        DistributionError: If it is more than one character, or a sign that numbers or quotes have.
    """
    delimiter = SPELLINGS.get(text, text)
    if len(delimiter) != 1 or delimiter in '"\r\n.+-_' or delimiter.isalnum():
        raise DistributionError(
            f"--delimiter must be one character between fields, tab or blanks, but is {text!r}; "
            "as --delimiter ';'"
        )
    return delimiter


def infer_dialect(
    path: Path,
    lines: Sequence[str],
    /,
    *,
    default: str,
    delimiter: str | None = None,
    decimal: str | None = None,
) -> Dialect:
    """Dialect of a text table from its first lines.

    The default delimiter is kept where it gives rows of one length; another one replaces it where
    it does so and more of its fields are numbers. Decimal commas are inferred where there are
    numbers with one, no number has a point, and not all of them could be thousands.

    Args:
        path: The file, for messages.
        lines: Its first lines, without comments.
        default: Delimiter that belongs to the ending of the file.
        delimiter: Delimiter that is given.
        decimal: Decimal sign that is given.

    Returns:
        The dialect.

    Raises:
        DistributionError: If two delimiters fit equally well.
    """
    if delimiter is None:
        delimiter = _best_delimiter(path, lines, default, decimal)
    return Dialect(delimiter, decimal or _decimal_of(delimiter, lines))


def _best_delimiter(path: Path, lines: Sequence[str], default: str, decimal: str | None) -> str:
    """The delimiter that gives rows of one length and most numbers."""
    quoted = any('"' in line for line in lines)  # as decimal commas between commas must be
    candidates = [d for d in INFERRED_DELIMITERS if d != "," or decimal != "," or quoted]
    if default == ",":
        candidates.remove(BLANKS)  # words have blanks
    if default not in candidates:
        default = ";"
    scores = {d: _share_of_numbers(d, lines) for d in candidates}
    fitting = {d: score for d, score in scores.items() if score is not None}
    if not fitting:
        return default
    best = max(fitting.values())
    if fitting.get(default) == best:
        return default
    leaders = [d for d, score in fitting.items() if score == best]
    if len(leaders) > 1:
        choices = " or ".join(Dialect(d).options for d in leaders)
        raise DistributionError(
            f"{path}: it is ambiguous what is between its fields; pass {choices}"
        )
    return leaders[0]


def _share_of_numbers(delimiter: str, lines: Sequence[str]) -> float | None:
    """Share of numbers below the first row; None unless all rows have several fields, as many."""
    try:
        rows = _first_rows(delimiter, lines)
    except csv.Error:
        return None
    if len({len(row) for row in rows}) != 1 or len(rows[0]) == 1:
        return None
    dialect = Dialect(delimiter, _decimal_of(delimiter, lines))
    fields = [field for row in rows[1:] or rows for field in row]
    return sum(dialect.number(field) is not None for field in fields) / len(fields)


def _decimal_of(delimiter: str, lines: Sequence[str]) -> str:
    """Decimal sign of the numbers in the first rows."""
    try:
        fields = [field for row in _first_rows(delimiter, lines) for field in row]
    except csv.Error:
        return "."
    with_comma = [field for field in fields if COMMA_NUMBER.fullmatch(field)]
    with_point = any("." in field and Dialect().number(field) is not None for field in fields)
    if with_point or all(_THOUSANDS.fullmatch(field) for field in with_comma):
        return "."
    return ","


def _first_rows(delimiter: str, lines: Sequence[str]) -> list[Row]:
    """The first rows that are not blank."""
    rows = (row for _, row in Dialect(delimiter).rows(iter(lines)) if any(f.strip() for f in row))
    return list(islice(rows, INFERENCE_ROWS))
