"""Drawing of two images, their difference with moves of an optimal plan, and the potential."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from divergences._cli.plots.arrows import MAX_ARROWS
from divergences._cli.plots.figure import ARROW_COLOR, draw_arrows
from divergences._typing import Floats

# Orange and purple, and blue to yellow: both are safe for colour-blind readers.
DIFFERENCE_COLORS, POTENTIAL_COLORS, LINE_COLOR = "PuOr", "cividis", "white"
N_LEVELS = 12
PANEL_WIDTH, PROPORTIONS = 3.4, (0.4, 2.5)  # in inches, and the limits of height over width


@dataclass(frozen=True, slots=True)
class DrawnChannel:
    """One channel of two images, and what an optimal plan does with it.

    Attributes:
        name: Name of the channel.
        p: Masses of the first image, of total 1, shape ``(h, w)``.
        q: Masses of the second image, likewise.
        potential: Potential of the sources.
        start: Pixels, as rows and columns, at which the drawn moves start, shape ``(k, 2)``.
        end: Pixels at which they end.
    """

    name: str
    p: Floats
    q: Floats
    potential: Floats
    start: Floats
    end: Floats


def save_image_figure(
    path: Path,
    channels: Sequence[DrawnChannel],
    /,
    *,
    labels: tuple[str, str],
    unit: str,
    title: str,
) -> None:
    """Draw both images, their difference with arrows, and the potential with its level lines.

    Args:
        path: A file that ends in .png, .pdf or .svg; see `require_writable`.
        channels: Channels; of several, each has a row.
        labels: Labels of the two images.
        unit: Unit of the potential.
        title: Title of the figure.
    """
    from matplotlib.figure import Figure

    n = len(channels)
    rows, columns = grid = (2, 2) if n == 1 else (n, 4)
    height, width = channels[0].p.shape
    panel = PANEL_WIDTH * float(np.clip(height / width, *PROPORTIONS))
    size = (PANEL_WIDTH + 1.2) * columns, (panel + 1.0) * rows + 0.6
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(*grid, squeeze=False).reshape(n, 4)
    for row, channel in zip(axes, channels, strict=True):
        _draw_channel(figure, list(row), channel, labels, unit)
    figure.suptitle(f"{title}\n{_caption(channels)}", fontsize="medium")
    figure.savefig(path, dpi=120)


def _caption(channels: Sequence[DrawnChannel]) -> str:
    """Explanation of the arrows."""
    if not any(len(channel.start) for channel in channels):
        return "no arrows: the normalized images are equal"
    return (
        f"arrows: moves of the optimal plan, one per 1/{MAX_ARROWS} of its work (mass × distance)"
    )


def _draw_channel(
    figure: Any, axes: Sequence[Any], channel: DrawnChannel, labels: tuple[str, str], unit: str
) -> None:
    """Draw the four panels of a channel."""
    brightest = max(channel.p.max(), channel.q.max())
    for panel, masses, label in zip(axes[:2], (channel.p, channel.q), labels, strict=True):
        image = panel.imshow(masses, cmap="gray", vmin=0, vmax=brightest)
        panel.set_title(f"{label}, {channel.name}", fontsize="medium")
    figure.colorbar(image, ax=axes[1], shrink=0.8, label="share of the mass")
    _draw_difference(figure, axes[2], channel)
    _draw_potential(figure, axes[3], channel, unit)
    for panel in axes:
        panel.set_xlabel("column (pixels)")
        panel.set_ylabel("row (pixels)")


def _draw_difference(figure: Any, axes: Any, channel: DrawnChannel) -> None:
    """Draw the difference of the masses, with arrows."""
    difference = channel.p - channel.q
    # Few pixels of large differences would leave all others white.
    largest = float(np.quantile(np.abs(difference), 0.995)) or float(np.abs(difference).max())
    limit = largest or 1.0
    image = axes.imshow(difference, cmap=DIFFERENCE_COLORS, vmin=-limit, vmax=limit)
    figure.colorbar(image, ax=axes, shrink=0.8, label="share of the mass: x - y", extend="both")
    axes.set_title("difference, moves", fontsize="medium", loc="left")
    if not len(channel.start):
        return
    draw_arrows(axes, channel.start[:, ::-1], channel.end[:, ::-1])
    axes.plot([], [], color=ARROW_COLOR, marker=">", label="move, x to y")
    _legend(axes, frameon=False)


def _draw_potential(figure: Any, axes: Any, channel: DrawnChannel, unit: str) -> None:
    """Draw the potential with its level lines."""
    image = axes.imshow(channel.potential, cmap=POTENTIAL_COLORS)
    figure.colorbar(image, ax=axes, shrink=0.8, label=f"potential ({unit})")
    axes.set_title("potential, level lines", fontsize="medium", loc="left")
    if min(channel.potential.shape) < 2 or not np.ptp(channel.potential):
        return
    style = {"colors": LINE_COLOR, "linewidths": 0.8, "linestyles": "solid"}
    axes.contour(channel.potential, levels=N_LEVELS, **style)
    axes.plot([], [], color=LINE_COLOR, label="level line")
    _legend(axes, facecolor="gray", labelcolor="white", framealpha=1)


def _legend(axes: Any, **options: Any) -> None:
    """Draw the legend above the axes, where it hides no pixels."""
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1, 1),
        borderaxespad=0.2,
        fontsize="small",
        **options,
    )
