"""Pictures of a column in SVG: histograms of numbers and bars of categories."""

import html
from itertools import pairwise

import numpy as np

from divergences._typing import Floats
from divergences.sampled._columns.histograms import Histogram
from divergences.sampled._columns.outcomes import edge_texts
from divergences.sampled._columns.report import percent
from divergences.sampled._columns.results import ColumnComparison

WIDTH, PLOT_HEIGHT, AXIS_HEIGHT = 260, 84, 16
LABEL_WIDTH, BAR_HEIGHT, ROW_HEIGHT = 92, 7, 20
MAX_CATEGORIES = 7
MAX_LABEL = 14  # characters


def picture(column: ColumnComparison, /) -> str:
    """Both distributions of a column as an SVG element: x filled, y in outline."""
    if column.histogram is not None:
        return _histogram(column.histogram, column)
    return _bars(column)


def _svg(height: float, title: str, content: str) -> str:
    """An SVG element with a title for screen readers."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{html.escape(title)}">'
        f"{content}</svg>"
    )


def _histogram(bars: Histogram, column: ColumnComparison) -> str:
    """Shares in bins of equal width."""
    top = max(bars.x_shares.max(), bars.y_shares.max())
    places = np.linspace(0, WIDTH, len(bars.edges))
    filled = "".join(
        f'<rect class="x" x="{left:.1f}" y="{_height(share, top):.1f}" '
        f'width="{right - left:.1f}" height="{PLOT_HEIGHT - _height(share, top):.1f}"/>'
        for (left, right), share in zip(pairwise(places), bars.x_shares, strict=True)
        if share > 0
    )
    outline = _outline(places, bars.y_shares, top) if bars.y_shares.any() else ""
    axis = f'<path class="axis" d="M0 {PLOT_HEIGHT}H{WIDTH}"/>'
    low, high = (html.escape(text) for text in edge_texts([bars.low, bars.high], column.unit))
    y = PLOT_HEIGHT + AXIS_HEIGHT - 4
    labels = f'<text x="0" y="{y}">{low}</text>'
    if bars.low < bars.high:
        labels += f'<text x="{WIDTH}" y="{y}" text-anchor="end">{high}</text>'
    title = f"{column.name}: histograms of x and y from {low} to {high}"
    return _svg(PLOT_HEIGHT + AXIS_HEIGHT, title, filled + outline + axis + labels)


def _height(share: float, top: float) -> float:
    """Vertical place of a share, 0 for the largest."""
    return (1 - share / top) * (PLOT_HEIGHT - 3) + 3


def _outline(places: Floats, shares: Floats, top: float) -> str:
    """Outline of a histogram."""
    steps = "".join(
        f"V{_height(share, top):.1f}H{right:.1f}"
        for right, share in zip(places[1:], shares, strict=True)
    )
    return f'<path class="y-line" d="M0 {PLOT_HEIGHT}{steps}V{PLOT_HEIGHT}"/>'


def _bars(column: ColumnComparison) -> str:
    """Shares of the categories with the largest ones."""
    rows, others = category_rows(column)
    scale = (WIDTH - LABEL_WIDTH) / max(max(p, q) for _, p, q in rows)
    parts = []
    for k, (label, p, q) in enumerate(rows):
        y = k * ROW_HEIGHT + 2
        short = label if len(label) <= MAX_LABEL else f"{label[: MAX_LABEL - 1]}…"
        parts.append(
            f'<text x="{LABEL_WIDTH - 6}" y="{y + BAR_HEIGHT + 4}" text-anchor="end">'
            f"{html.escape(short)}</text>"
            f'<rect class="x" x="{LABEL_WIDTH}" y="{y}" width="{p * scale:.1f}" '
            f'height="{BAR_HEIGHT}"/>'
            f'<rect class="y" x="{LABEL_WIDTH}" y="{y + BAR_HEIGHT + 1}" width="{q * scale:.1f}" '
            f'height="{BAR_HEIGHT}"/>'
        )
    if others:
        y = len(rows) * ROW_HEIGHT + BAR_HEIGHT + 6
        parts.append(f'<text x="{LABEL_WIDTH}" y="{y}">{html.escape(others)}</text>')
    height = (len(rows) + bool(others)) * ROW_HEIGHT
    return _svg(height, f"{column.name}: shares of categories in x and y", "".join(parts))


def category_rows(column: ColumnComparison, /) -> tuple[list[tuple[str, float, float]], str]:
    """Label and shares in x and in y of the categories with the largest share in either.

    Args:
        column: A categorical column.

    Returns:
        Up to seven categories, and a text about all others, which is empty if there are none.
    """
    shares = column.x_shares.tolist(), column.y_shares.tolist()
    rows = list(zip(column.outcomes, *shares, strict=True))
    if len(rows) <= MAX_CATEGORIES:
        return rows, ""
    rows.sort(key=lambda row: -max(row[1], row[2]))
    others = rows[MAX_CATEGORIES:]
    p, q = sum(p for _, p, _ in others), sum(q for *_, q in others)
    return rows[:MAX_CATEGORIES], f"{len(others):,} more: {percent(p)} of x, {percent(q)} of y"
