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
from torch import Tensor

from gan.runs.figure_style import (
    BASELINE_COLOR,
    CERTIFIED_COLOR,
    DPI,
    EXACT_COLOR,
    GAP_COLOR,
    REAL_COLOR,
    VERMILION,
    figure_style,
)
from gan.runs.sample_figures import scatter_samples

CONTOUR_RESOLUTION = 160
MIN_PLOTTED_ERROR = 1e-9  # on a logarithmic axis


@figure_style()
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


@figure_style()
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


@figure_style()
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
    for points, color, label in ((generated, "white", "generated"), (real, VERMILION, "real")):
        a, b = points[:1000].cpu().numpy().T
        axes.scatter(a, b, s=3, color=color, linewidths=0, label=label)
    axes.set_aspect("equal")
    axes.set_title("values of the critic")
    axes.legend(loc="upper right", markerscale=3)
