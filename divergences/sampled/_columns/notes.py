"""Remarks on a column that affect the interpretation of its distances."""

from divergences._checks.tables import ColumnPair, Numbers
from divergences.sampled._columns.outcomes import Outcomes

MAX_LISTED = 3  # outcomes of a note
MAX_CATEGORY_SHARE = 0.5  # categories per row, above which a column is probably an identifier


def column_notes(pair: ColumnPair, counts: Outcomes, /) -> tuple[str, ...]:
    """Remarks: outcomes of one side only, identifiers, and sides without values.

    Args:
        pair: The columns.
        counts: Rows in each outcome.

    Returns:
        Sentences; none for an ordinary column.
    """
    notes = []
    for side, mine, others in (
        ("x", counts.x_counts, counts.y_counts),
        ("y", counts.y_counts, counts.x_counts),
    ):
        total = int(mine.sum())
        only = (others == 0).nonzero()[0]
        if len(only):
            share = mine[only].sum() / total
            listed = ", ".join(counts.labels[k] for k in only[:MAX_LISTED])
            more = f" and {len(only) - MAX_LISTED} more" if len(only) > MAX_LISTED else ""
            notes.append(f"only {side} has {listed}{more} ({share:.2%} of its rows)")
    for side, column in (("x", pair.x), ("y", pair.y)):
        if isinstance(column, Numbers) and not len(column.values):
            notes.append(f"{side} has no values: no EMD and no test")
    rows = int(counts.x_counts.sum() + counts.y_counts.sum())
    if not isinstance(pair.x, Numbers) and len(counts.labels) > MAX_CATEGORY_SHARE * rows > 5:
        notes.append(
            f"{len(counts.labels):,} categories in {rows:,} rows: if they identify rows, leave "
            "the column out"
        )
    return tuple(notes)
