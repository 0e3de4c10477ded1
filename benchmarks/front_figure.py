"""Figure of the README: an optimal plan, and progress numbers of training beside exact EMD.

    python -m benchmarks.front_figure

draws ``docs/front.png`` from ``results/progress.json`` and two samples of fixed seed.
"""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.sparse import coo_array

from benchmarks import results_io
from benchmarks.gan.progress import RESULTS
from divergences import sampled

FIGURE = results_io.FIGURES.parent / "front.png"
RECIPES = {"gan": "C3", "wgan": "C1", "wgan-gp": "C0"}
N_POINTS, N_ARROWS = 400, 24


def ring(rng: np.random.Generator, shares: list[float], /) -> np.ndarray:
    """Points of eight Gaussians on a circle, with these shares."""
    angle = rng.choice(8, N_POINTS, p=shares) * np.pi / 4
    modes = 2 * np.c_[np.cos(angle), np.sin(angle)]
    return np.asarray(modes + rng.normal(scale=0.15, size=(N_POINTS, 2)))


def draw_plan(ax: Axes, /) -> None:
    """Two samples, of which the second lacks two modes, and moves of the optimal plan."""
    rng = np.random.default_rng(0)
    x = ring(rng, [1 / 8] * 8)
    y = ring(rng, [1 / 6] * 5 + [0.0, 0.0, 1 / 6])
    solved = sampled.transport(x, y)
    plan = coo_array(solved.plan)
    rows, columns = plan.coords
    work = plan.data * np.linalg.norm(x[rows] - y[columns], axis=1)
    shown = np.searchsorted(np.cumsum(work) / work.sum(), (np.arange(N_ARROWS) + 0.5) / N_ARROWS)
    for i, j in zip(rows[shown], columns[shown], strict=True):
        arrow = {"arrowstyle": "-|>", "color": "0.25", "linewidth": 0.8}
        ax.annotate("", xy=y[j], xytext=x[i], arrowprops=arrow)
    ax.plot(*x.T, ".", markersize=3, color="C0", label="real")
    ax.plot(*y.T, ".", markersize=3, color="C1", label="generated: two modes lost")
    title = f"exact EMD {solved.cost:.4f}, proved within {solved.gap:.0e}"
    ax.set(title=title, aspect="equal", ylim=(-2.6, 3.3))
    ax.set_axis_off()
    ax.legend(loc="upper center", ncols=2, frameon=False, fontsize="small")


def draw_progress(ax: Axes, record: dict[str, Any], /) -> None:
    """Progress numbers of runs of seed 0 on eight Gaussians, relative to the exact EMD."""
    for run in record["runs"]:
        if run["data"] == "eight-gaussians" and run["seed"] == 0 and run["recipe"] in RECIPES:
            rows = run["evaluations"]
            steps = [row["step"] for row in rows]
            share = [row["live_gap"] / row["exact"] for row in rows]
            ax.plot(steps, share, ".-", color=RECIPES[run["recipe"]], label=run["recipe"])
    ax.axhline(1, color="0.25", linestyle="--", label="exact EMD")
    ax.set(xscale="log", yscale="log", xlabel="generator steps")
    ax.set_title("loss in training / exact EMD of the same points")
    ax.legend(frameon=False, fontsize="small")


def main(path: Path = FIGURE, /) -> None:
    """Draw the figure."""
    with mpl.rc_context({"axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(9, 3.8), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=[1, 1.2])
        draw_plan(left)
        draw_progress(right, results_io.load(RESULTS))
        figure.savefig(path, dpi=110)
    print(f"written to {path}")


if __name__ == "__main__":
    main()
