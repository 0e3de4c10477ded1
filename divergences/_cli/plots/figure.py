"""Drawing of two samples: densities on the line, scatter plots in the plane, and arrows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from divergences._cli.plots.arrows import MAX_ARROWS, Arrows, LabelledSample
from divergences._typing import Floats
from divergences.errors import DistributionError

# Blue and orange of Okabe and Ito's palette, safe for colour-blind readers.
X_COLOR, Y_COLOR, ARROW_COLOR = "#0072B2", "#D55E00", "black"
MAX_BINS = 120
FILE_TYPES = (".png", ".pdf", ".svg")


def require_writable(path: Path, /) -> None:
    """Refuse a figure that could not be written, before anything is computed for it.

    Args:
        path: Path of the figure.

    Raises:
        DistributionError: If the file type is unknown, the folder does not exist, or matplotlib is
            not installed.
    """
    if path.suffix.lower() not in FILE_TYPES:
        raise DistributionError(
            f"{path}: a figure must end in {', '.join(FILE_TYPES)}, but this path ends in "
            f"{path.suffix or 'nothing'}"
        )
    if not path.parent.is_dir():
        raise DistributionError(f"{path}: there is no folder {path.parent}; make it first")
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise DistributionError(
            "a figure needs matplotlib, which is not installed: pip install 'divergences[plot]'"
        ) from None


def save_figure(
    path: Path,
    x: LabelledSample,
    y: LabelledSample,
    /,
    *,
    names: Sequence[str],
    title: str,
    rng: np.random.Generator,
) -> None:
    """Draw two samples, histograms on the line and else a scatter plot, with arrows between them.

    In more than two dimensions the points are projected to the first two principal components of
    the pooled sample.

    Args:
        path: A file that ends in .png, .pdf or .svg; see `require_writable`.
        x: First sample.
        y: Second sample.
        names: Names of the coordinates.
        title: Title of the figure.
        rng: Generator of the drawing order, and of the subsamples of many points.
    """
    from matplotlib.figure import Figure

    arrows = Arrows.between(x, y, rng)
    figure = Figure(figsize=(7, 6.6), layout="constrained")
    if x.points.shape[1] == 1:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        _draw_histograms(upper, x, y)
        _draw_strips(lower, x, y, arrows)
        lower.set_xlabel(names[0])
    else:
        _draw_scatter(figure.add_subplot(), x, y, arrows, names, rng)
    figure.suptitle(f"{title}\n{_caption(arrows, x, y)}", fontsize="medium")
    figure.savefig(path, dpi=120)


def _caption(arrows: Arrows, x: LabelledSample, y: LabelledSample) -> str:
    """Explanation of the arrows."""
    if not len(arrows.start):
        return "no arrows: the two sets of points are the same"
    text = (
        f"arrows: moves of the optimal plan, one per 1/{MAX_ARROWS} of its work (mass × distance)"
    )
    if (arrows.n, arrows.m) == (len(x.points), len(y.points)):
        return text
    return f"{text},\nbetween {arrows.n:,} points of x and {arrows.m:,} of y, chosen at random"


def _draw_histograms(axes: Any, x: LabelledSample, y: LabelledSample) -> None:
    """Draw histograms of both samples in the same bins."""
    pooled = np.concatenate([x.points, y.points])[:, 0]
    low, high = _axis_limits(pooled)
    inside = pooled[(pooled >= low) & (pooled <= high)]
    bins = _bin_edges(inside, low, high)
    for sample, color in ((x, X_COLOR), (y, Y_COLOR)):
        weights = np.ones(len(sample.points)) if sample.weights is None else sample.weights
        counts, _ = np.histogram(sample.points[:, 0], bins, weights=weights)
        heights = counts / weights.sum() / np.diff(bins)
        axes.stairs(heights, bins, fill=True, color=color, alpha=0.25)
        axes.stairs(heights, bins, color=color, linewidth=1.8, label=sample.label)
    axes.set_ylabel("density")
    axes.set_xlim(low, high)
    axes.set_ylim(bottom=0)
    outside = len(pooled) - len(inside)
    title = f"{outside:,} of {len(pooled):,} points are outside" if outside else None
    axes.legend(frameon=False, title=title)


def _bin_edges(values: Floats, low: float, high: float) -> Floats:
    """Edges of histogram bins; integers in a small range have a bin each."""
    if high - low <= MAX_BINS and (values == np.round(values)).all():
        return np.arange(np.floor(low) - 0.5, np.ceil(high) + 1)
    iqr = np.ptp(np.quantile(values, (0.25, 0.75))) or high - low
    count = (high - low) / (2 * iqr * len(values) ** (-1 / 3))  # Freedman and Diaconis
    count = np.clip(max(count, len(values) ** 0.5), 10, MAX_BINS)
    return np.linspace(low, high, 1 + int(count))


def _axis_limits(values: Floats) -> tuple[float, float]:
    """Limits around all values but outliers, half of the 1 % to 99 % range beyond its ends."""
    low, q1, q99, high = np.quantile(values, (0.0, 0.01, 0.99, 1.0))
    margin = (q99 - q1) / 2
    low, high = max(low, q1 - margin), min(high, q99 + margin)
    pad = 0.02 * (high - low) or 0.5
    return float(low - pad), float(high + pad)


def _draw_strips(axes: Any, x: LabelledSample, y: LabelledSample, arrows: Arrows) -> None:
    """Draw the points of each sample on a line of its own, and arrows between the lines."""
    for sample, color, height in ((x, X_COLOR, 1.0), (y, Y_COLOR, 0.0)):
        points = sample.points[:, 0]
        alpha = float(np.clip(60 / len(points), 0.03, 0.6))
        axes.plot(points, np.full(len(points), height), "|", color=color, alpha=alpha, ms=14)
    start, end = (
        np.insert(points, 1, height, axis=1)
        for points, height in ((arrows.start, 0.88), (arrows.end, 0.12))
    )
    draw_arrows(axes, start, end)
    axes.set_yticks([1, 0], [x.label, y.label])
    axes.set_ylim(-0.3, 1.3)


def _draw_scatter(
    axes: Any,
    x: LabelledSample,
    y: LabelledSample,
    arrows: Arrows,
    names: Sequence[str],
    rng: np.random.Generator,
) -> None:
    """Draw both samples in the plane, and arrows between them."""
    start, end, labels = arrows.start, arrows.end, list(names)
    if x.points.shape[1] > 2:
        centre, plane, labels = _principal_plane(x, y, rng)
        x, y = x.projected(centre, plane), y.projected(centre, plane)
        start, end = ((points - centre) @ plane.T for points in (start, end))
    points = np.concatenate([x.points, y.points])
    colors = np.repeat([X_COLOR, Y_COLOR], [len(x.points), len(y.points)])
    order = rng.permutation(len(points))  # so that neither sample covers the other
    n = len(points)
    size, alpha = np.clip(12_000 / n, 4, 30), np.clip(120 / n**0.6, 0.25, 0.7)
    axes.scatter(
        *points[order].T, s=size, c=colors[order], alpha=alpha, linewidths=0, rasterized=True
    )
    draw_arrows(axes, start, end)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    spans = np.ptp(points, axis=0)
    if spans.max() < 5 * spans.min():
        axes.set_aspect("equal", adjustable="datalim")
    for sample, color in ((x, X_COLOR), (y, Y_COLOR)):
        axes.scatter([], [], s=30, color=color, label=sample.label)
    axes.legend(frameon=False)


def draw_arrows(axes: Any, start: Floats, end: Floats, /) -> None:
    """Draw arrows in the coordinates of the axes.

    Args:
        axes: Axes of matplotlib.
        start: Starts, shape ``(k, 2)``.
        end: Ends, shape ``(k, 2)``.
    """
    axes.quiver(
        *start.T,
        *(end - start).T,
        angles="xy",
        scale_units="xy",
        scale=1,
        width=0.0025,
        color=ARROW_COLOR,
        alpha=0.8,
    )


def _principal_plane(
    x: LabelledSample, y: LabelledSample, rng: np.random.Generator
) -> tuple[Floats, Floats, list[str]]:
    """Mean and first two principal components of the pooled sample, and labels of the axes."""
    from scipy.sparse.linalg import svds

    pooled = np.concatenate([x.subsample(rng).points, y.subsample(rng).points])
    centre = pooled.mean(axis=0)
    deviations = pooled - centre
    unit = float(np.abs(deviations).max()) or 1.0
    deviations = deviations / unit
    if not deviations.any():
        return centre, np.eye(2, len(centre)), ["no variance", "no variance"]
    _, singular_values, plane = svds(deviations, k=2, v0=rng.standard_normal(min(pooled.shape)))
    fractions = singular_values[::-1] ** 2 / (deviations**2).sum()
    labels = [
        f"{ordinal} principal component of x and y together ({100 * fraction:.2g}% of the "
        "variance)"
        for ordinal, fraction in zip(("first", "second"), fractions, strict=True)
    ]
    return centre, plane[::-1], labels
