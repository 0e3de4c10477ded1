"""Figure of the results of `benchmarks.gan.critic_gap`."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks import results_io
from benchmarks.gan.critic_gap_tables import PUBLISHED_ERRORS, Row, grouped, successful
from gan.critics import CRITICS
from gan.critics.pairs.cones import PUBLISHED_CONE_COUNTS, PUBLISHED_DIMENSIONS

FIGURE = results_io.FIGURES / "critic_gap.png"


def save_figure(record: dict[str, Any], /, path: Path = FIGURE) -> None:
    """Plot the error against time on the same points, and by dimension on populations."""
    groups = record["groups"]
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    _plot_same_points(left, successful(groups["points"]["rows"]))
    _plot_populations(right, groups)
    figure.savefig(path, dpi=100)


def _plot_same_points(ax: Axes, rows: Sequence[Row]) -> None:
    """Plot errors of the gap and of the certified bound against time, a color per method."""
    for method, group in grouped(rows, "method").items():
        for key, marker in (("error", "o"), ("certified_error", "s")):
            x = [row["seconds"] for row in group]
            y = [max(abs(float(row[key])), 1e-6) for row in group]
            ax.plot(x, y, marker, color=_color(method), alpha=0.7)
        ax.plot([], [], "o", color=_color(method), label=method)
    ax.plot([], [], "s", color="0.4", label="certified")
    ax.set(yscale="log", xlabel="seconds", ylabel="relative error")
    ax.set_title("same points: eight Gaussians and N(0, I)")
    ax.legend(fontsize="x-small", loc="lower right")


def _plot_populations(ax: Axes, groups: dict[str, Any]) -> None:
    """Plot mean absolute errors by dimension, a line per number of cones, and published ones."""
    for method, group, style in (("lattice", "lattice", "o-"), ("sharp", "population", "s--")):
        rows = successful(groups.get(group, {}).get("rows", []))
        for i, n in enumerate(PUBLISHED_CONE_COUNTS):
            by_pair = grouped(rows, "pair")
            points = [
                (d, statistics.fmean(abs(row["error"]) for row in by_pair[f"cones-{d}-{n}"]))
                for d in PUBLISHED_DIMENSIONS
                if f"cones-{d}-{n}" in by_pair
            ]
            if points:
                ax.plot(*zip(*points, strict=True), style, color=f"C{i}", label=f"{method}, {n}")
    for name, style in (("one-sided penalty", "-."), ("GroupSort", ":")):
        published = [value / 100 for value in PUBLISHED_ERRORS[name]]
        label = f"{name}, published mean"
        ax.plot(PUBLISHED_DIMENSIONS, published, style, color="0.4", label=label)
    ax.set(xscale="log", xlabel="dimension", ylabel="|relative error| of the gap", ylim=(0, None))
    ax.set_xticks(PUBLISHED_DIMENSIONS, labels=map(str, PUBLISHED_DIMENSIONS), minor=False)
    ax.minorticks_off()
    ax.set_title("populations of known W1: critic, number of cones")
    ax.legend(fontsize="x-small", ncols=2)


def _color(method: str) -> tuple[float, ...]:
    """Color of a method, by its position in the registry."""
    return colormaps["tab20"](list(CRITICS).index(method))
