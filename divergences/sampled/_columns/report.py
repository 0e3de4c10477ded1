"""Text, HTML and JSON of a comparison of tables by column."""

from __future__ import annotations

import html
import math
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from divergences.sampled._columns.results import ColumnComparison, TableComparison

TEXT_WIDTH = 99  # characters
NAME_WIDTH = 16  # characters
MAX_OUTCOMES = 100  # of a column in JSON
JSON_FIELDS = (
    "kind",
    "unit",
    "n",
    "m",
    "x_missing",
    "y_missing",
    "js",
    "kl",
    "reverse_kl",
    "psi",
    "psi_floor",
    "emd",
    "emd_in_sd",
    "p_value",
    "p_adjusted",
    "test",
)
HEADER = ("column", "JS", "KL(x||y)", "KL(y||x)", "PSI", "EMD", "EMD/sd", "missing x, y", "p")
WIDTHS = (NAME_WIDTH, 8, 8, 8, 9, 13, 8, 13, 8)


def cells(column: ColumnComparison, /) -> tuple[str, ...]:
    """Cells of the row of a column, as `HEADER` names them."""
    missing = column.x_missing or column.y_missing
    emd = number(column.emd)
    return (
        str(column.name),
        number(column.js),
        number(column.kl),
        number(column.reverse_kl),
        number(column.psi) + ("*" if has_empty_outcomes(column) else ""),
        f"{emd} {column.unit}" if column.unit and column.emd is not None else emd,
        number(column.emd_in_sd),
        f"{percent(column.x_missing)}, {percent(column.y_missing)}" if missing else "",
        p_text(column.p_adjusted),
    )


def has_empty_outcomes(column: ColumnComparison, /) -> bool:
    """Whether PSI counts an outcome that one side does not have."""
    return not (column.x_shares.all() and column.y_shares.all())


def number(value: float | None, /) -> str:
    """A number to four digits, for a table; a dash for None."""
    return "-" if value is None else f"{value:.4g}"


def percent(share: float, /) -> str:
    """A share in percent, to two digits."""
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.4g} %"


def p_text(p_value: float | None, /) -> str:
    """A p-value to two digits; below 0.0001 as such."""
    if p_value is None:
        return "-"
    return "< 0.0001" if p_value < 1e-4 else f"{p_value:.2g}"


def text_table(comparison: TableComparison, /) -> str:
    """Table with a line per column below the sizes, and the definitions of its numbers."""
    rows = [HEADER, *(cells(column) for column in comparison)]
    widths = [max(w, *(len(row[k]) for row in rows)) for k, w in enumerate(WIDTHS)]
    widths[0] = min(widths[0], 2 * NAME_WIDTH)
    lines = [
        "  ".join(
            [_shortened(row[0], widths[0])]
            + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        ).rstrip()
        for row in rows
    ]
    below = [*column_sets(comparison), *_notes(comparison), *definitions(comparison)]
    wrapped = [
        textwrap.fill(s, TEXT_WIDTH, initial_indent="- ", subsequent_indent="  ") for s in below
    ]
    return "\n".join([sizes(comparison), *lines, "", *wrapped])


def _shortened(name: str, width: int) -> str:
    """A name cut to a width, and filled up to it."""
    return (name if len(name) <= width else f"{name[: width - 3]}...").ljust(width)


def sizes(comparison: TableComparison, /) -> str:
    """Line with the numbers of rows and columns."""
    count = len(comparison)
    return (
        f"x: {comparison.n:,} rows, y: {comparison.m:,} rows, {count} column"
        f"{'s' * (count != 1)} in common, by JS"
    )


def column_sets(comparison: TableComparison, /) -> list[str]:
    """Sentences about columns that one table alone has."""
    return [
        f"not compared, since only {side} has {'them' if len(names) > 1 else 'it'}: "
        f"{', '.join(map(str, names))}"
        for side, names in (("x", comparison.x_only), ("y", comparison.y_only))
        if names
    ]


def _notes(comparison: TableComparison) -> list[str]:
    """Notes of the columns, each with the column's name."""
    return [f"{column.name}: {note}" for column in comparison for note in column.notes]


def definitions(comparison: TableComparison, /) -> list[str]:
    """Definitions of the numbers of the table, in sentences."""
    floored = any(has_empty_outcomes(column) for column in comparison)
    floor = f"; * counts an empty outcome as {comparison.psi_floor:g}" if floored else ""
    tested = sum(column.p_value is not None for column in comparison)
    return [
        "JS, KL (nats): exact for the shares of the rows in each category or bin "
        f"({comparison.bins} at quantiles of x), and of missing values",
        f"PSI: KL(x||y) + KL(y||x) of the same shares{floor}",
        "EMD: exact, of the values, in the unit of the column; EMD/sd: in standard deviations of "
        "x",
        "p: Kolmogorov-Smirnov of numbers, chi-squared of categories; adjusted for "
        f"{tested} test{'s' * (tested != 1)} by Holm's method",
    ]


def html_table(comparison: TableComparison, /) -> str:
    """The table in HTML, with the definitions below."""
    head = "".join(f"<th>{html.escape(title)}</th>" for title in HEADER)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells(column)) + "</tr>"
        for column in comparison
    )
    below = [*column_sets(comparison), *_notes(comparison), *definitions(comparison)]
    items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in below)
    return (
        f"<div><p>{html.escape(sizes(comparison))}</p><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table><ul>{items}</ul></div>"
    )


def table_record(comparison: TableComparison, /) -> dict[str, Any]:
    """All results in the types of JSON."""
    return {
        "n": comparison.n,
        "m": comparison.m,
        "bins": comparison.bins,
        "psi_floor": comparison.psi_floor,
        "sorted_by": "js, descending",
        "p_adjusted_by": "Holm",
        "x_only": [str(name) for name in comparison.x_only],
        "y_only": [str(name) for name in comparison.y_only],
        "columns": [column_record(column) for column in comparison],
    }


def column_record(column: ColumnComparison, /) -> dict[str, Any]:
    """Results of a column in the types of JSON, with up to 100 outcomes of the largest shares."""
    record = {name: _json_value(getattr(column, name)) for name in JSON_FIELDS}
    largest = np.sort(
        np.argsort(-(column.x_shares + column.y_shares), kind="stable")[:MAX_OUTCOMES]
    )
    outcomes = [
        {"outcome": column.outcomes[k], "x": float(p), "y": float(q)}
        for k, p, q in zip(
            largest, column.x_shares[largest], column.y_shares[largest], strict=True
        )
    ]
    return {
        "name": str(column.name),
        **record,
        "edges": list(column.edges),
        "shares": outcomes,
        "outcomes_left_out": len(column.outcomes) - len(outcomes),
        "notes": list(column.notes),
    }


def _json_value(value: Any) -> Any:
    """A value in the types of JSON."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
