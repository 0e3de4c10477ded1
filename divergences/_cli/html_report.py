"""Report of a comparison by column: one HTML file without external resources."""

import html
import math
from importlib.resources import files
from string import Template

from divergences._cli.html_pictures import picture
from divergences.sampled._columns.report import (
    column_sets,
    has_empty_outcomes,
    number,
    p_text,
    percent,
)
from divergences.sampled._columns.results import ColumnComparison, TableComparison

LEVEL = 0.05  # of adjusted p-values in the summary
MAX_SHARES = 12  # outcomes in the table of shares of a column
TITLES = (
    "Column",
    "Reference and current",
    "JS",
    "PSI",
    "EMD",
    "EMD / sd",
    "KL",
    "Missing",
    "p",
)


def page(comparison: TableComparison, x_name: str, y_name: str, /) -> str:
    """The report as an HTML document.

    Args:
        comparison: The comparison.
        x_name: Name of the reference.
        y_name: Name of the current table.

    Returns:
        The text of the document.
    """
    return _template("report.html").substitute(
        title=_text(f"{x_name} and {y_name}, column by column"),
        style=_resource("report.css"),
        introduction=_introduction(comparison, x_name, y_name),
        table=_table(comparison),
        remarks=_remarks(comparison),
        definitions=_definitions(comparison),
    )


def _template(name: str) -> Template:
    """A template with places for what depends on the comparison."""
    return Template(_resource(name))


def _resource(name: str) -> str:
    """Text of a file beside this module."""
    return files("divergences._cli").joinpath("report", name).read_text(encoding="utf-8")


def _text(value: object) -> str:
    """Escaped text."""
    return html.escape(str(value))


def _introduction(comparison: TableComparison, x_name: str, y_name: str) -> str:
    """Sizes, conclusions and the legend."""
    differing = sum(c.p_adjusted is not None and c.p_adjusted < LEVEL for c in comparison)
    tested = sum(c.p_adjusted is not None for c in comparison)
    first = comparison.columns[0]
    largest = (
        f"The largest Jensen-Shannon divergence is {number(first.js)}: <b>{_text(first.name)}</b>."
        if first.js > 0
        else "No share of rows differs."
    )
    return f"""<dl class="sides">
<div><dt><span class="key x"></span>Reference (x)</dt><dd>{_text(x_name)}</dd>
<dd>{comparison.n:,} rows</dd></div>
<div><dt><span class="key y"></span>Current (y)</dt><dd>{_text(y_name)}</dd>
<dd>{comparison.m:,} rows</dd></div>
</dl>
<p class="summary"><b>{differing} of {tested}</b> tested columns differ by more than chance would
explain, at a level of {LEVEL:.0%} for all columns together. {largest}</p>"""


def _table(comparison: TableComparison) -> str:
    """Table with a row per column."""
    head = "".join(f'<th scope="col">{title}</th>' for title in TITLES)
    rows = "\n".join(_row(column) for column in comparison)
    return (
        f"<table class='columns'>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody></table>"
    )


def _row(column: ColumnComparison) -> str:
    """Row of a column: its picture and numbers."""
    bar = f'<span class="bar" style="width:{100 * min(column.js / math.log(2), 1):.1f}%"></span>'
    psi = number(column.psi) + ("*" if has_empty_outcomes(column) else "")
    emd = number(column.emd) + (
        f" {column.unit}" if column.unit and column.emd is not None else ""
    )
    kl = f"{_value(column.kl)} <small>x||y</small><br>{_value(column.reverse_kl)} "
    missing = f"{percent(column.x_missing)} <small>x</small><br>{percent(column.y_missing)} "
    kind = f"{column.kind}{f', {column.unit}' if column.unit else ''}"
    cells = (
        f"{picture(column)}{_shares(column)}",
        f"{number(column.js)}<span class='track'>{bar}</span>",
        psi,
        emd,
        number(column.emd_in_sd),
        f"{kl}<small>y||x</small>",
        f"{missing}<small>y</small>",
        f'<span title="{_text(column.test or "no test")}">{p_text(column.p_adjusted)}</span>',
    )
    data = "".join(
        f'<td data-title="{title}">{cell}</td>'
        for title, cell in zip(TITLES[1:], cells, strict=True)
    )
    name = f"{_text(column.name)}<br><small>{kind}</small>"
    return f'<tr><th scope="row">{name}</th>{data}</tr>'


def _value(value: float) -> str:
    """A number to four digits, infinity as its sign."""
    return "∞" if value == math.inf else number(value)


def _shares(column: ColumnComparison) -> str:
    """Shares of the rows in each outcome, which the reader unfolds."""
    rows = list(zip(column.outcomes, column.x_shares, column.y_shares, strict=True))
    if column.kind == "categorical" and len(rows) > MAX_SHARES:
        rows.sort(key=lambda row: -max(row[1], row[2]))
    shown = rows if column.kind == "numeric" else rows[:MAX_SHARES]
    body = "".join(
        f"<tr><td>{_text(label)}</td><td>{percent(float(p))}</td><td>{percent(float(q))}</td></tr>"
        for label, p, q in shown
    )
    more = f"<p>and {len(rows) - len(shown):,} more</p>" if len(shown) < len(rows) else ""
    return (
        f"<details><summary>shares of {len(rows):,} outcome{'s' * (len(rows) != 1)}</summary>"
        "<table class='shares'><tr><th>outcome</th><th>x</th><th>y</th></tr>"
        f"{body}</table>{more}</details>"
    )


def _remarks(comparison: TableComparison) -> str:
    """Columns of one table only, and notes of the columns."""
    notes = [
        f"<b>{_text(column.name)}</b>: {_text(note)}"
        for column in comparison
        for note in column.notes
    ]
    sentences = [_text(sentence) for sentence in column_sets(comparison)] + notes
    if not sentences:
        return ""
    items = "".join(f"<li>{sentence}</li>" for sentence in sentences)
    return f"<h2>Remarks</h2>\n<ul>{items}</ul>"


def _definitions(comparison: TableComparison) -> str:
    """Definitions of the numbers, for a reader who meets them for the first time."""
    names = sorted({column.test for column in comparison if column.test})
    return _template("report_definitions.html").substitute(
        bins=comparison.bins,
        floor=f"{comparison.psi_floor:g}",
        tests="".join(f"<li>{_text(name)}</li>" for name in names),
    )
