"""Tables as text."""

from collections.abc import Sequence


def text_table(heads: Sequence[str], rows: Sequence[Sequence[str]], /, *, left: int = 1) -> str:
    """Cells in columns that are as wide as needed, the heads above a line.

    Args:
        heads: One per column.
        rows: A cell for each column.
        left: How many columns, from the first on, are aligned to the left.

    Returns:
        The table.
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
