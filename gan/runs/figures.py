"""Figures of runs and critics."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

REAL_COLOR, GENERATED_COLOR = "0.65", "C3"
EXACT_COLOR, GAP_COLOR, CERTIFIED_COLOR, BASELINE_COLOR = "black", "C0", "C2", "C1"
DPI = 120
CONTOUR_RESOLUTION = 160
MAX_COLUMNS = 5  # drawn against each other
TEXT_LINES = 24
MIN_PLOTTED_ERROR = 1e-9  # on a logarithmic axis


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
    axes: Axes, images: Float[Tensor, " n c h w"], /, *, columns: int = 16
) -> None:
    """Draw images in rows: three channels in colour, otherwise the first channel in grey."""
    images = images if images.shape[1] == 3 else images[:, :1]
    rows = len(images) // columns
    _, c, h, w = images.shape
    tiles = images[: rows * columns].cpu().numpy().reshape(rows, columns, c, h, w)
    grid = tiles.transpose(0, 3, 1, 4, 2).reshape(rows * h, columns * w, c)
    axes.imshow(grid[..., 0] if c == 1 else grid, cmap="gray", vmin=0, vmax=1)
    axes.set_axis_off()


def draw_pairs_of_columns(
    figure: Figure, real: Float[Tensor, " n d"], generated: Float[Tensor, " m d"], /
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
        panels[d - 1, k].set_xlabel(f"column {k}")


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


def save_samples(
    path: Path, real: Float[Tensor, " n *d"], generated: Float[Tensor, " n *d"], title: str = ""
) -> None:
    """Save samples of a generator: points over real points, or a grid of images."""
    figure = Figure(figsize=(6, 6), layout="constrained")
    axes = figure.add_subplot()
    if generated.ndim == 2 and generated.shape[1] == 1:
        for points, color, label in (
            (real, REAL_COLOR, "real"),
            (generated, GENERATED_COLOR, "generated"),
        ):
            values = points[:, 0].cpu().numpy()
            axes.hist(values, bins=100, density=True, color=color, alpha=0.6, label=label)
        axes.legend()
    elif generated.ndim == 2 and generated.shape[1] > 2:
        axes.remove()
        draw_pairs_of_columns(figure, real, generated)
        figure.suptitle(title)
        figure.savefig(path, dpi=DPI)
        return
    elif generated.ndim == 2:
        scatter_samples(axes, real, generated)
        axes.legend(loc="center", markerscale=3)
    else:
        draw_image_grid(axes, generated[:256])
    axes.set_title(title)
    figure.savefig(path, dpi=DPI)


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


def save_sample_panels(
    path: Path, titles: Sequence[str], real: Tensor, samples: Sequence[Tensor], /
) -> None:
    """Save samples of several generators side by side, over the same real points."""
    figure = Figure(figsize=(4.2 * len(samples), 4.6), layout="constrained")
    for i, (title, points) in enumerate(zip(titles, samples, strict=True)):
        axes = figure.add_subplot(1, len(samples), i + 1)
        scatter_samples(axes, real, points)
        axes.set_title(title)
    axes.legend(loc="center", markerscale=3)
    figure.savefig(path, dpi=DPI)


def save_curves(path: Path, runs: dict[str, list[dict[str, Any]]], /) -> None:
    """Save gap, certified bound, baseline, exact EMD and floor over training, by run."""
    columns = min(4, len(runs))
    rows = -(-len(runs) // columns)
    figure = Figure(figsize=(4.2 * columns, 4.2 * rows), layout="constrained")
    for i, (name, metrics) in enumerate(runs.items()):
        axes = figure.add_subplot(rows, columns, i + 1)
        _draw_curves(axes, metrics)
        axes.set_title(name)
        axes.set_xlabel("generator step")
        if i == 0:
            axes.set_ylabel("distance (unit of the points)")
            axes.legend(loc="best", fontsize="small")
    figure.savefig(path, dpi=DPI)


def _draw_curves(axes: Axes, metrics: list[dict[str, Any]]) -> None:
    """Draw the distances of a run over its steps, on logarithmic axes."""
    steps = [line["step"] for line in metrics]
    for key, color, label, width in (
        ("exact", EXACT_COLOR, "exact EMD", 2.5),
        ("certified", CERTIFIED_COLOR, "certified by the critic", 1.5),
        ("baseline", BASELINE_COLOR, "certified by a constant", 1.5),
        ("gap", GAP_COLOR, "critic's gap", 1.5),
    ):
        # Runs of earlier versions have no baseline.
        numbers = [line.get(key) for line in metrics]
        values = np.array([np.nan if v is None else v for v in numbers], dtype=float)
        positive = np.where(values > 0, values, np.nan)
        axes.plot(steps, positive, color=color, label=label, linewidth=width, marker=".")
    axes.axhline(
        metrics[-1]["floor"], color=REAL_COLOR, linestyle="--", label="floor: real against real"
    )
    axes.set_xscale("log")
    axes.set_yscale("log")


def save_critic(
    path: Path,
    title: str,
    lines: Sequence[dict[str, Any]],
    score: Callable[[Tensor], Tensor],
    real: Float[Tensor, " n *d"],
    generated: Float[Tensor, " m *d"],
    /,
) -> None:
    """Save error and lack of knowledge over a critic's fit, and in the plane its contours."""
    in_plane = real.ndim == 2 and real.shape[1] == 2
    figure = Figure(figsize=(10.5 if in_plane else 5.2, 4.8), layout="constrained")
    axes = figure.add_subplot(1, 1 + in_plane, 1 + in_plane)
    for label, color, values in (
        ("relative error of the gap", GAP_COLOR, _column(lines, "error")),
        ("1 - knowledge", CERTIFIED_COLOR, 1 - _column(lines, "knowledge")),
        ("1 - knowledge of fresh points", BASELINE_COLOR, 1 - _column(lines, "fresh_knowledge")),
    ):
        if not np.isnan(values).all():
            plotted = np.maximum(np.abs(values), MIN_PLOTTED_ERROR)
            axes.plot(_column(lines, "step"), plotted, color=color, marker=".", label=label)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("step of the critic")
    axes.set_ylabel("relative error, or share that is not known")
    axes.legend()
    if in_plane:
        _draw_contours(figure.add_subplot(1, 2, 1), score, real, generated)
    figure.suptitle(title)
    figure.savefig(path, dpi=DPI)


def _column(lines: Sequence[dict[str, Any]], key: str) -> np.ndarray:
    """Numbers of one key, NaN where there is none."""
    return np.array([math.nan if (v := line.get(key)) is None else v for line in lines])


def _draw_contours(
    axes: Axes, score: Callable[[Tensor], Tensor], real: Tensor, generated: Tensor
) -> None:
    """Draw the contours of a critic in the plane, under the points."""
    both = torch.cat([real, generated]).cpu()
    low, high = both.amin(0), both.amax(0)
    margin = 0.05 * (high - low)
    x, y = (
        torch.linspace(float(a), float(b), CONTOUR_RESOLUTION)
        for a, b in zip(low - margin, high + margin, strict=True)
    )
    grid = torch.cartesian_prod(x, y)
    with torch.no_grad():
        values = score(grid).reshape(len(x), len(y)).T.cpu().numpy()
    axes.contourf(x, y, values, levels=24, cmap="viridis")
    for points, color, label in ((generated, "white", "generated"), (real, "C3", "real")):
        a, b = points[:1000].cpu().numpy().T
        axes.scatter(a, b, s=3, color=color, linewidths=0, label=label)
    axes.set_aspect("equal")
    axes.set_title("values of the critic")
    axes.legend(loc="upper right", markerscale=3)
