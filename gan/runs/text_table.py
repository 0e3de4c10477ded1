"""Plain-text tables."""

import math
from collections.abc import Sequence


def text_table(heads: Sequence[str], rows: Sequence[Sequence[str]], /, *, left: int = 1) -> str:
    """A table in columns as wide as their longest cell, with a line under the heads.

    Args:
        heads: Heads of the columns.
        rows: Cells of each row, one per column.
        left: Number of leading columns that are aligned to the left.

    Returns:
        The lines of the table, without a newline at the end.
    """
    widths = [max(len(row[i]) for row in (heads, *rows)) for i in range(len(heads))]
    lines = [
        "  ".join(
            f"{cell:{'<' if i < left else '>'}{width}}"
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (heads, *rows)
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def percentage(share: float | None, /) -> str:
    """A share in percent with one decimal; a dash for None and NaN."""
    return "-" if share is None or math.isnan(share) else f"{share:.1%}"
