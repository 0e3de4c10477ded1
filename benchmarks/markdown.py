"""Markdown of tables and paragraphs."""

import textwrap
from collections.abc import Iterable, Sequence

LINE_LENGTH = 100


def table(head: Sequence[str], rows: Iterable[Sequence[str]], /) -> str:
    """Markdown table of texts.

    Args:
        head: Titles of the columns.
        rows: Cells of every row.

    Returns:
        The table, a line per row.

    Raises:
        ValueError: If a row has another number of cells than the head.
    """
    lines = [_line(head), "|" + "---|" * len(head)]
    for row in rows:
        if len(row) != len(head):
            raise ValueError(f"the head has {len(head)} cells, a row {len(row)}: {list(row)}")
        lines.append(_line(row))
    return "\n".join(lines)


def wrapped(text: str, /) -> list[str]:
    """Lines of at most 100 characters."""
    return textwrap.wrap(text, LINE_LENGTH, break_long_words=False, break_on_hyphens=False)


def milliseconds(seconds: float, /) -> str:
    """A time in three digits, in milliseconds below 1 s."""
    return f"{seconds:.3g} s" if seconds >= 1 else f"{1e3 * seconds:.3g} ms"


def _line(cells: Sequence[str]) -> str:
    """Line of a table."""
    return f"| {' | '.join(cells)} |"
