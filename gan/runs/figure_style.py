"""Plotting style of all figures: a palette safe for colour-blind readers, sizes and legends."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from cycler import cycler  # a dependency of matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's palette, as in the figures of the `divergences` command.
BLACK, GREY = "#000000", "#8C8C8C"
BLUE, VERMILION, GREEN = "#0072B2", "#D55E00", "#009E73"
ORANGE, PURPLE, SKY = "#E69F00", "#CC79A7", "#56B4E9"
PALETTE = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, BLACK, GREY)

# One meaning has one colour in every figure.
REAL_COLOR, GENERATED_COLOR = "#A6A6A6", VERMILION
EXACT_COLOR, GAP_COLOR, CERTIFIED_COLOR, BASELINE_COLOR = BLACK, BLUE, GREEN, ORANGE
KL_COLOR, REVERSE_KL_COLOR, JS_COLOR, EMD_COLOR = BLUE, PURPLE, VERMILION, GREEN
MINIMAX_COLOR, NON_SATURATING_COLOR, CLIPPED_COLOR, PENALIZED_COLOR = (
    ORANGE,
    PURPLE,
    VERMILION,
    BLUE,
)

LINE_STYLES = ("-", "--", "-.", ":")  # curves differ in style, too, for prints in grey
SEQUENTIAL_MAP = "viridis"
WIDTH = 10.0  # inches: 1200 pixels
PANEL_HEIGHT = 4.2
DPI = 120

RC: dict[Any, Any] = {
    "font.size": 10.0,
    "axes.titlesize": 11.0,
    "axes.labelsize": 10.0,
    "legend.fontsize": 9.0,
    "figure.titlesize": 13.0,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.8,
    "legend.framealpha": 0.85,
    "savefig.dpi": DPI,
    "figure.dpi": DPI,
    "axes.prop_cycle": cycler(color=PALETTE),
}


@contextmanager
def figure_style() -> Iterator[None]:
    """Draw in the style of the project inside a ``with`` block, or in a decorated function."""
    with mpl.rc_context(RC):
        yield


def new_panels(
    count: int, /, *, title: str, columns: int | None = None
) -> tuple[Figure, list[Axes]]:
    """Axes of a new figure of 1200 pixels in width, one per panel.

    Args:
        count: Number of panels.
        title: Title of the figure.
        columns: Panels in a row; by default all up to three, four in two rows.

    Returns:
        The figure, and the axes of its panels row by row.
    """
    columns = columns or (2 if count == 4 else min(count, 3))
    rows = -(-count // columns)
    height = PANEL_HEIGHT * rows + 0.4 + (0.6 if columns == 1 else 0.0)
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    figure.suptitle(title, weight="bold")
    return figure, [figure.add_subplot(rows, columns, i + 1) for i in range(count)]


def legend_below(axes: Axes, /, *, columns: int = 1) -> None:
    """Put the legend below the axes, where it hides nothing; for narrow panels with many curves.

    Args:
        axes: The axes.
        columns: Columns of the legend; two only of short labels, in a row of three panels.
    """
    axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, -0.14),
        ncols=columns,
        handlelength=1.8,
        columnspacing=1.0,
        frameon=False,
    )


def save_figure(figure: Figure, path: Path, /) -> None:
    """Write a figure as PNG, in the resolution of the style."""
    with figure_style():
        figure.savefig(path, dpi=DPI)
