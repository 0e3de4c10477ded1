"""Pictures of samples: points, images, sequences and texts, beside real ones."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from gan.runs.figure_style import DPI, GENERATED_COLOR, REAL_COLOR, figure_style

MAX_COLUMNS = 5  # drawn against each other
MAX_CHANNELS = 6  # of sequences, a row each
DRAWN_SEQUENCES = 12
DRAWN_IMAGES = 256
GRID_COLUMNS = 16
TEXT_LINES = 24


@figure_style()
def save_samples(
    path: Path,
    real: Float[Tensor, " n *d"],
    generated: Float[Tensor, " n *d"],
    title: str = "",
    columns: Sequence[str] = (),
) -> None:
    """Save a picture of generated samples beside real ones.

    Numbers as histograms, points in the plane over each other, points of more columns as a matrix
    of pairs, sequences as lines, images as a grid in the range of the real ones.

    Args:
        path: The picture.
        real: Real points.
        generated: Generated points.
        title: Title of the picture.
        columns: Names of the columns of points.

    Raises:
        ValueError: If points of this shape cannot be drawn.
    """
    figure = Figure(figsize=(6, 6), layout="constrained")
    figure.suptitle(title)
    _drawing(tuple(real.shape[1:]), columns)(figure, real.cpu(), generated.cpu())
    figure.savefig(path, dpi=DPI)


def _drawing(
    shape: tuple[int, ...], columns: Sequence[str]
) -> Callable[[Figure, Tensor, Tensor], None]:
    """The function that draws points of a shape."""
    pairs = partial(draw_pairs_of_columns, columns=columns)
    drawings: dict[int, Callable[[Figure, Tensor, Tensor], None]] = {
        1: pairs,
        2: draw_sequences,
        3: draw_images,
    }
    if shape in ((1,), (2,)):
        return draw_histogram if shape == (1,) else draw_plane
    if len(shape) not in drawings or 0 in shape:
        raise ValueError(f"points of shape {shape} have no picture")
    return drawings[len(shape)]


def evenly_spaced(points: Tensor, n: int, /) -> Tensor:
    """``n`` of the points, evenly spaced: of all labels, if these are in order."""
    return points[torch.linspace(0, len(points) - 1, min(n, len(points))).long()]


def draw_histogram(figure: Figure, real: Tensor, generated: Tensor, /) -> None:
    """Draw histograms of numbers."""
    axes = figure.add_subplot()
    bins = np.linspace(*_limits(real[:, 0]), 101)
    for points, color, label in (
        (real, REAL_COLOR, "real"),
        (generated, GENERATED_COLOR, "generated"),
    ):
        values = points[:, 0].clamp(float(bins[0]), float(bins[-1])).numpy()
        axes.hist(values, bins=bins.tolist(), density=True, color=color, alpha=0.6, label=label)
    axes.legend()


def draw_plane(figure: Figure, real: Tensor, generated: Tensor, /) -> None:
    """Draw generated points in the plane over real ones."""
    axes = figure.add_subplot()
    scatter_samples(axes, real, generated)
    axes.legend(loc="best", markerscale=3)


def draw_images(figure: Figure, real: Tensor, generated: Tensor, /) -> None:
    """Draw generated images in a grid, above a row of real ones."""
    upper, lower = figure.subplots(2, 1, height_ratios=(16, 1))
    limits = float(real.min()), float(real.max())
    draw_image_grid(upper, evenly_spaced(generated, DRAWN_IMAGES), limits)
    draw_image_grid(lower, evenly_spaced(real, GRID_COLUMNS), limits)
    lower.set_title("real", fontsize="small")


def draw_sequences(figure: Figure, real: Tensor, generated: Tensor, /) -> None:
    """Draw sequences as lines over their positions, a row for each channel."""
    channels = min(MAX_CHANNELS, real.shape[2])
    panels = figure.subplots(channels, 2, squeeze=False, sharex=True, sharey="row")
    for column, (points, color, label) in enumerate((
        (real, REAL_COLOR, "real"),
        (generated, GENERATED_COLOR, "generated"),
    )):
        for channel in range(channels):
            axes: Axes = panels[channel, column]
            lines = evenly_spaced(points, DRAWN_SEQUENCES)[:, :, channel].numpy().T
            axes.plot(lines, color=color, linewidth=0.8, alpha=0.7)
            axes.set_ylabel(f"channel {channel}" * (column == 0))
        panels[0, column].set_title(label)
        panels[-1, column].set_xlabel("position")


def scatter_samples(
    axes: Axes, real: Float[Tensor, " n 2"], generated: Float[Tensor, " m 2"], /
) -> None:
    """Draw generated points over real ones."""
    for points, size, color, label in (
        (real, 14, REAL_COLOR, "real"),
        (generated, 3, GENERATED_COLOR, "generated"),
    ):
        x, y = points.cpu().numpy().T
        axes.scatter(x, y, s=size, color=color, linewidths=0, label=label)
    center_x, center_y = ((real.amin(0) + real.amax(0)).cpu() / 2).tolist()
    half_width = 0.65 * float((real.amax(0) - real.amin(0)).max())
    axes.set_aspect("equal")
    axes.set_xlim(center_x - half_width, center_x + half_width)
    axes.set_ylim(center_y - half_width, center_y + half_width)


def draw_image_grid(
    axes: Axes,
    images: Float[Tensor, " n c h w"],
    limits: tuple[float, float] = (0.0, 1.0),
    /,
    *,
    columns: int = GRID_COLUMNS,
) -> None:
    """Draw images in rows: three channels in colour, otherwise the first channel in grey.

    Args:
        axes: Where to draw.
        images: The images.
        limits: Values of pixels that are black and white.
        columns: Images in a row.
    """
    low, high = limits
    images = ((images - low) / (high - low)).clamp(0, 1)
    images = images if images.shape[1] == 3 else images[:, :1]
    rows = len(images) // columns
    _, c, h, w = images.shape
    tiles = images[: rows * columns].cpu().numpy().reshape(rows, columns, c, h, w)
    grid = tiles.transpose(0, 3, 1, 4, 2).reshape(rows * h, columns * w, c)
    axes.imshow(grid[..., 0] if c == 1 else grid, cmap="gray", vmin=0, vmax=1)
    axes.set_axis_off()


def draw_pairs_of_columns(
    figure: Figure,
    real: Float[Tensor, " n d"],
    generated: Float[Tensor, " m d"],
    /,
    *,
    columns: Sequence[str] = (),
) -> None:
    """Draw the first columns of points against each other, and histograms on the diagonal."""
    d = min(MAX_COLUMNS, real.shape[1])
    panels = figure.subplots(d, d, squeeze=False)
    for points, color, size in ((real, REAL_COLOR, 6), (generated, GENERATED_COLOR, 2)):
        _scatter_columns(panels, points[:, :d].cpu().numpy().T, color, size)
    limits = [_limits(real[:, k]) for k in range(d)]
    for i in range(d):
        for j in range(d):
            axes: Axes = panels[i, j]
            axes.set_xlim(limits[j])
            if i != j:
                axes.set_ylim(limits[i])
            axes.tick_params(labelsize=6, labelbottom=i == d - 1, labelleft=j == 0)
    for k in range(d):
        panels[d - 1, k].set_xlabel(columns[k] if columns else f"column {k}")


def _scatter_columns(panels: Any, columns: NDArray[np.floating], color: str, size: int) -> None:
    """Draw each column of points against each other one, and its histogram."""
    for i, j in np.ndindex(panels.shape):
        if i == j:
            panels[i, i].hist(columns[i], bins=40, density=True, color=color, alpha=0.6)
        else:
            panels[i, j].scatter(columns[j], columns[i], s=size, color=color, linewidths=0)


def _limits(values: Float[Tensor, " n"]) -> tuple[float, float]:
    """Range of some values, with a margin on both sides."""
    low, high = float(values.min()), float(values.max())
    margin = 0.15 * (high - low) or 1.0
    return low - margin, high + margin


@figure_style()
def save_texts(path: Path, real: Sequence[str], generated: Sequence[str], title: str = "") -> None:
    """Save generated texts beside real ones, a line each."""
    figure = Figure(figsize=(9, 6), layout="constrained")
    for axes, head, texts in zip(
        figure.subplots(1, 2), ("real", title), (real, generated), strict=True
    ):
        text = "\n".join(texts[:TEXT_LINES]).replace("$", r"\$")
        axes.text(0, 1, text, family="monospace", va="top", transform=axes.transAxes)
        axes.set_axis_off()
        axes.set_title(head, loc="left")
    figure.savefig(path, dpi=DPI)
