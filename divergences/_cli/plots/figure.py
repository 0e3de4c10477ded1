"""The picture: densities on the line, clouds in the plane, and arrows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from divergences._cli.plots.moves import MOVES, Cloud, Moves
from divergences._typing import Floats
from divergences.errors import DistributionError

# Blue and orange of Okabe and Ito's palette, which colour-blind people can tell apart.
X, Y, MOVE = "#0072B2", "#D55E00", "black"
MOST_BINS = 120
ENDINGS = (".png", ".pdf", ".svg")


def require(path: Path, /) -> None:
    """Refuse a picture that could not be written, before anything is computed for it.

    Args:
        path: Where it is to be.

    Raises:
        DistributionError: If its ending is of no picture, its folder is not there, or matplotlib
            is not installed.
    """
    if path.suffix.lower() not in ENDINGS:
        raise DistributionError(
            f"{path}: ends in {path.suffix or 'nothing'}, but a picture in {', '.join(ENDINGS)}"
        )
    if not path.parent.is_dir():
        raise DistributionError(f"{path}: there is no folder {path.parent}; make it first")
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise DistributionError(
            "a picture needs matplotlib, which is not installed: pip install 'divergences[plot]'"
        ) from None


def save(
    path: Path,
    x: Cloud,
    y: Cloud,
    /,
    *,
    names: Sequence[str],
    title: str,
    rng: np.random.Generator,
) -> None:
    """Write the picture of two samples: densities on the line, else clouds, and the biggest moves.

    In more than two dimensions the points are drawn along the first two principal components of
    both samples together.

    Args:
        path: A file that ends in .png, .pdf or .svg; see `require`.
        x: One sample.
        y: The other.
        names: Of the coordinates.
        title: What stands above.
        rng: Where the choice of points comes from if there are many.
    """
    from matplotlib.figure import Figure

    moves = Moves.between(x, y, rng)
    figure = Figure(figsize=(7, 6.6), layout="constrained")
    if x.points.shape[1] == 1:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        _densities(upper, x, y)
        _strips(lower, x, y, moves)
        lower.set_xlabel(names[0])
    else:
        _clouds(figure.add_subplot(), x, y, moves, names, rng)
    figure.suptitle(f"{title}\n{_said(moves, x, y)}", fontsize="medium")
    figure.savefig(path, dpi=120)


def _said(moves: Moves, x: Cloud, y: Cloud) -> str:
    """What the arrows are."""
    if not len(moves.start):
        return "nothing moves: the two sets of points are the same"
    text = (
        f"arrows: moves of the optimal plan, one for each {MOVES}th of its work (mass × distance)"
    )
    if (moves.n, moves.m) == (len(x.points), len(y.points)):
        return text
    return f"{text},\nof {moves.n:,} points of x and {moves.m:,} of y, chosen at random"


def _densities(axes: Any, x: Cloud, y: Cloud) -> None:
    """Histograms of both samples in the same bins."""
    pooled = np.concatenate([x.points, y.points])[:, 0]
    low, high = _window(pooled)
    inside = pooled[(pooled >= low) & (pooled <= high)]
    bins = _bins(inside, low, high)
    for cloud, color in ((x, X), (y, Y)):
        weights = np.ones(len(cloud.points)) if cloud.weights is None else cloud.weights
        counts, _ = np.histogram(cloud.points[:, 0], bins, weights=weights)
        heights = counts / weights.sum() / np.diff(bins)
        axes.stairs(heights, bins, fill=True, color=color, alpha=0.25)
        axes.stairs(heights, bins, color=color, linewidth=1.8, label=cloud.label)
    axes.set_ylabel("density")
    axes.set_xlim(low, high)
    axes.set_ylim(bottom=0)
    outside = len(pooled) - len(inside)
    title = f"{outside:,} of {len(pooled):,} points are outside" if outside else None
    axes.legend(frameon=False, title=title)


def _bins(values: Floats, low: float, high: float) -> Floats:
    """Edges of bins: of one number each if the numbers are few and whole."""
    if high - low <= MOST_BINS and (values == np.round(values)).all():
        return np.arange(np.floor(low) - 0.5, np.ceil(high) + 1)
    quarters = np.ptp(np.quantile(values, (0.25, 0.75))) or high - low
    count = (high - low) / (2 * quarters * len(values) ** (-1 / 3))  # Freedman and Diaconis
    count = np.clip(max(count, len(values) ** 0.5), 10, MOST_BINS)
    return np.linspace(low, high, 1 + int(count))


def _window(values: Floats) -> tuple[float, float]:
    """The part of the line that is drawn: all, unless a few points are far from the rest."""
    low, q1, q99, high = np.quantile(values, (0.0, 0.01, 0.99, 1.0))
    margin = (q99 - q1) / 2
    low, high = max(low, q1 - margin), min(high, q99 + margin)
    pad = 0.02 * (high - low) or 0.5
    return float(low - pad), float(high + pad)


def _strips(axes: Any, x: Cloud, y: Cloud, moves: Moves) -> None:
    """The points of both samples on two lines, and the moves from one to the other."""
    for cloud, color, height in ((x, X, 1.0), (y, Y, 0.0)):
        points = cloud.points[:, 0]
        alpha = float(np.clip(60 / len(points), 0.03, 0.6))
        axes.plot(points, np.full(len(points), height), "|", color=color, alpha=alpha, ms=14)
    _arrows(
        axes, *(np.insert(p, 1, h, axis=1) for p, h in ((moves.start, 0.88), (moves.end, 0.12)))
    )
    axes.set_yticks([1, 0], [x.label, y.label])
    axes.set_ylim(-0.3, 1.3)


def _clouds(
    axes: Any, x: Cloud, y: Cloud, moves: Moves, names: Sequence[str], rng: np.random.Generator
) -> None:
    """Both samples in the plane, and the moves between them."""
    start, end, labels = moves.start, moves.end, list(names)
    if x.points.shape[1] > 2:
        centre, plane, labels = _principal_plane(x, y, rng)
        x, y = x.onto(centre, plane), y.onto(centre, plane)
        start, end = ((points - centre) @ plane.T for points in (start, end))
    points = np.concatenate([x.points, y.points])
    colors = np.repeat([X, Y], [len(x.points), len(y.points)])
    order = rng.permutation(len(points))  # neither sample hides the other
    n = len(points)
    size, alpha = np.clip(12_000 / n, 4, 30), np.clip(120 / n**0.6, 0.25, 0.7)
    axes.scatter(
        *points[order].T, s=size, c=colors[order], alpha=alpha, linewidths=0, rasterized=True
    )
    _arrows(axes, start, end)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    spans = np.ptp(points, axis=0)
    if spans.max() < 5 * spans.min():
        axes.set_aspect("equal", adjustable="datalim")
    for cloud, color in ((x, X), (y, Y)):
        axes.scatter([], [], s=30, color=color, label=cloud.label)
    axes.legend(frameon=False)


def _arrows(axes: Any, start: Floats, end: Floats) -> None:
    """Arrows in the coordinates of the axes."""
    axes.quiver(
        *start.T,
        *(end - start).T,
        angles="xy",
        scale_units="xy",
        scale=1,
        width=0.0025,
        color=MOVE,
        alpha=0.8,
    )


def _principal_plane(
    x: Cloud, y: Cloud, rng: np.random.Generator
) -> tuple[Floats, Floats, list[str]]:
    """Mean and first two principal components of both samples together, and their labels."""
    from scipy.sparse.linalg import svds

    pooled = np.concatenate([x.part(rng).points, y.part(rng).points])
    centre = pooled.mean(axis=0)
    spread = pooled - centre
    unit = float(np.abs(spread).max()) or 1.0
    spread = spread / unit
    if not spread.any():
        return centre, np.eye(2, len(centre)), ["no variance", "no variance"]
    _, lengths, plane = svds(spread, k=2, v0=rng.standard_normal(min(spread.shape)))
    shares = lengths[::-1] ** 2 / (spread**2).sum()
    labels = [
        f"{which} principal component of x and y together ({100 * share:.2g}% of the variance)"
        for which, share in zip(("first", "second"), shares, strict=True)
    ]
    return centre, plane[::-1], labels
