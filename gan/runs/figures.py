"""The pictures a person judges a run by."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

REAL, GENERATED, EXACT, GAP, CERTIFIED = "0.65", "C3", "black", "C0", "C2"


def cloud(axes: Axes, real: Float[Tensor, " n 2"], generated: Float[Tensor, " m 2"], /) -> None:
    """Generated points over real ones."""
    for points, size, color, label in (
        (real, 14, REAL, "real"),
        (generated, 3, GENERATED, "generated"),
    ):
        x, y = points.cpu().numpy().T
        axes.scatter(x, y, s=size, color=color, linewidths=0, label=label)
    middle = (real.amin(0) + real.amax(0)).cpu() / 2
    reach = 0.65 * float((real.amax(0) - real.amin(0)).max())
    axes.set_aspect("equal")
    axes.set_xlim(float(middle[0]) - reach, float(middle[0]) + reach)
    axes.set_ylim(float(middle[1]) - reach, float(middle[1]) + reach)


def image_grid(axes: Axes, images: Float[Tensor, " n c h w"], /, *, columns: int = 16) -> None:
    """Images in rows: of three channels in colours, else of the first, white on black."""
    images = images if images.shape[1] == 3 else images[:, :1]
    rows = len(images) // columns
    _, c, h, w = images.shape
    tiles = images[: rows * columns].cpu().numpy().reshape(rows, columns, c, h, w)
    grid = tiles.transpose(0, 3, 1, 4, 2).reshape(rows * h, columns * w, c)
    axes.imshow(grid[..., 0] if c == 1 else grid, cmap="gray", vmin=0, vmax=1)
    axes.set_axis_off()


def save_samples(
    path: Path, real: Float[Tensor, " n *d"], generated: Float[Tensor, " n *d"], title: str = ""
) -> None:
    """One picture of what a generator draws: points over real points, or a grid of images."""
    figure = Figure(figsize=(6, 6), layout="constrained")
    axes = figure.add_subplot()
    if generated.ndim == 2 and generated.shape[1] == 1:
        for points, color, label in ((real, REAL, "real"), (generated, GENERATED, "generated")):
            numbers = points[:, 0].cpu().numpy()
            axes.hist(numbers, bins=100, density=True, color=color, alpha=0.6, label=label)
        axes.legend()
    elif generated.ndim == 2:
        cloud(axes, real[:, :2], generated[:, :2])
        axes.legend(loc="center", markerscale=3)
    else:
        image_grid(axes, generated[:256])
    axes.set_title(title)
    figure.savefig(path, dpi=120)


def save_clouds(
    path: Path, titles: Sequence[str], real: Tensor, clouds: Sequence[Tensor], /
) -> None:
    """Several generators' points, side by side over the same real points."""
    figure = Figure(figsize=(4.2 * len(clouds), 4.6), layout="constrained")
    for i, (title, points) in enumerate(zip(titles, clouds, strict=True)):
        axes = figure.add_subplot(1, len(clouds), i + 1)
        cloud(axes, real, points)
        axes.set_title(title)
    axes.legend(loc="center", markerscale=3)
    figure.savefig(path, dpi=120)


def save_curves(path: Path, runs: dict[str, list[dict[str, Any]]], /) -> None:
    """Gap, certified bound, exact EMD and sampling's floor over training, one panel a recipe."""
    columns = min(4, len(runs))
    rows = -(-len(runs) // columns)
    figure = Figure(figsize=(4.2 * columns, 4.2 * rows), layout="constrained")
    for i, (name, lines) in enumerate(runs.items()):
        axes = figure.add_subplot(rows, columns, i + 1)
        steps = [line["step"] for line in lines]
        for key, color, label, width in (
            ("exact", EXACT, "exact EMD", 2.5),
            ("certified", CERTIFIED, "certified by the critic", 1.5),
            ("gap", GAP, "critic's gap", 1.5),
        ):
            values = np.array(
                [np.nan if line[key] is None else line[key] for line in lines], dtype=float
            )
            axes.plot(
                steps,
                np.where(values > 0, values, np.nan),
                color=color,
                label=label,
                linewidth=width,
                marker=".",
            )
        axes.axhline(
            lines[-1]["floor"], color=REAL, linestyle="--", label="floor: real against real"
        )
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_title(name)
        axes.set_xlabel("generator step")
        if i == 0:
            axes.set_ylabel("distance (unit of the points)")
            axes.legend(loc="best", fontsize="small")
    figure.savefig(path, dpi=120)


def save_critic(
    path: Path,
    title: str,
    lines: Sequence[dict[str, Any]],
    score: Callable[[Tensor], Tensor],
    real: Float[Tensor, " n *d"],
    generated: Float[Tensor, " m *d"],
    /,
) -> None:
    """A critic's errors over its fit, and in the plane the surface of its values."""
    plane = real.ndim == 2 and real.shape[1] == 2
    figure = Figure(figsize=(10.5 if plane else 5.2, 4.8), layout="constrained")
    axes = figure.add_subplot(1, 1 + plane, 1 + plane)
    steps = [line["step"] for line in lines]
    for key, color, label in (
        ("error", GAP, "gap"),
        ("certified_error", CERTIFIED, "certified bound"),
    ):
        values = [abs(line[key]) for line in lines if line[key] is not None]
        if values:
            axes.plot(steps, np.maximum(values, 1e-9), color=color, marker=".", label=label)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("step of the critic")
    axes.set_ylabel("relative error")
    axes.legend()
    if plane:
        _surface(figure.add_subplot(1, 2, 1), score, real, generated)
    figure.suptitle(title)
    figure.savefig(path, dpi=120)


def _surface(
    axes: Axes, score: Callable[[Tensor], Tensor], real: Tensor, generated: Tensor
) -> None:
    """Level lines of a critic of the plane, under the points."""
    both = torch.cat([real, generated]).cpu()
    low, high = both.amin(0), both.amax(0)
    margin = 0.05 * (high - low)
    x, y = (
        torch.linspace(float(a), float(b), 160)
        for a, b in zip(low - margin, high + margin, strict=True)
    )
    grid = torch.cartesian_prod(x, y)
    with torch.no_grad():
        values = score(grid).reshape(len(x), len(y)).T.cpu().numpy()
    axes.contourf(x, y, values, levels=24, cmap="viridis")
    for points, color, label in ((generated, "white", "generated"), (real, GENERATED, "real")):
        a, b = points[:1000].cpu().numpy().T
        axes.scatter(a, b, s=3, color=color, linewidths=0, label=label)
    axes.set_aspect("equal")
    axes.set_title("values of the critic")
    axes.legend(loc="upper right", markerscale=3)
