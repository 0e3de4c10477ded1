"""Gap, baseline, certified bound and exact EMD of critics in training, and EMD against time.

    python -m benchmarks.gan.loss_curve            # three recipes on eight Gaussians
    python -m benchmarks.gan.loss_curve --gather   # collect the finished runs

Each run is kept under ``runs/loss_curve``; a benchmark that was stopped begins with the first run
that is missing. Results go to ``results/loss_curve.json``, the figure to
``docs/explanation/loss_curve.png``.
"""

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import tyro
from matplotlib.axes import Axes
from tyro.conf import Positional

from benchmarks import markdown, results_io
from gan import RECIPES, eight_gaussians
from gan.datasets import load_data_set
from gan.evaluation.critic_gap import critic_gap, exact_emd
from gan.networks import plane_critic, plane_generator
from gan.runs.atomic_files import write_json
from gan.runs.figure_style import (
    BASELINE_COLOR,
    CERTIFIED_COLOR,
    EXACT_COLOR,
    GAP_COLOR,
    GREY,
    LINE_STYLES,
    figure_style,
    new_panels,
)
from gan.runs.figure_style import save_figure as figure_to_file
from gan.runs.run_metrics import floor, seeded_generator
from gan.training.loop import Training, train

RESULTS = results_io.RESULTS / "loss_curve.json"
FIGURE = Path(__file__).parents[2] / "docs" / "explanation" / "loss_curve.png"
RUNS = Path("runs/loss_curve")
STEPS = {"wgan-gp": 1000, "wgan-certified": 1000, "wgan-taught": 600}  # of about equal time
EVALUATIONS = 10
SIZE = 1000  # points on each side of an evaluation
CURVES = {
    "exact": EXACT_COLOR,
    "certified": CERTIFIED_COLOR,
    "baseline": BASELINE_COLOR,
    "gap": GAP_COLOR,
}
Row = dict[str, Any]


def run(recipe: str, seed: int, steps: int, /, *, size: int = SIZE) -> Row:
    """Train on eight Gaussians, measuring the critic and the generator on fresh points.

    Args:
        recipe: Name of the recipe, in its quick settings.
        seed: Seed of networks, training and evaluations.
        steps: Generator steps.
        size: Points on each side of an evaluation.

    Returns:
        Numbers of each evaluation. Seconds are of processor time, without evaluations.
    """
    rng, data = seeded_generator(torch.device("cpu"), seed), eight_gaussians()
    networks = plane_generator(rng), plane_critic(rng)
    training = Training.start(*networks, RECIPES[recipe].quick, steps=steps, rng=rng)
    evaluations, seconds, start = [], 0.0, time.process_time()
    for step in train(training, real=data.sample):
        seconds += time.process_time() - start
        if step.number % (steps // EVALUATIONS) == 0:
            fresh = seeded_generator(torch.device("cpu"), seed, step.number)
            real = data.sample(size, fresh)
            evaluations.append({
                "step": step.number,
                "seconds": seconds,
                "logged_gap": step.gap,
                **_numbers(training, real, fresh),
            })
        start = time.process_time()
    return {"recipe": recipe, "seed": seed, "n": size, "evaluations": evaluations}


@torch.no_grad()
def _numbers(training: Training, real: torch.Tensor, rng: torch.Generator) -> Row:
    """The critic's numbers on fresh points, and the EMD of the averaged generator."""
    gap = critic_gap(training.critic, real, training.generator.sample(len(real), rng))
    averaged = training.average.sample(len(real), rng)
    return {**asdict(gap), "knowledge": gap.knowledge, "emd": exact_emd(averaged, real)}


def table(record: Row, /) -> str:
    """Markdown table of the runs: ratios over training, and the EMD at the end.

    Args:
        record: Content of ``results/loss_curve.json``.

    Returns:
        A row for each run.
    """
    head = ["recipe", "seed", "steps", "gap / exact", "certified / exact", "knowledge"]
    rows = [
        [
            f"`{run['recipe']}`",
            str(run["seed"]),
            str(run["evaluations"][-1]["step"]),
            *(_range(run["evaluations"], key) for key in ("gap", "certified")),
            _extremes([row["knowledge"] for row in run["evaluations"]]),
            f"{run['evaluations'][-1]['emd']:.3f}",
            f"{run['evaluations'][-1]['seconds']:.0f} s",
        ]
        for run in record["runs"]
    ]
    caption = f"EMD at the end (floor {record['floor']:.3f})"
    return markdown.table([*head, caption, "processor time"], rows)


def _range(rows: list[Row], key: str) -> str:
    """Smallest and largest ratio of a number to the exact EMD."""
    return _extremes([row[key] / row["exact"] for row in rows])


def _extremes(shares: list[float]) -> str:
    """Smallest and largest share, in percent."""
    return f"{100 * min(shares):.0f} to {100 * max(shares):.0f} %"


def save_figure(record: Row, /, path: Path = FIGURE) -> None:
    """Plot gap, baseline, certified and exact over training, and EMD against time.

    Args:
        record: Content of ``results/loss_curve.json``.
        path: The picture.
    """
    runs = [run for run in record["runs"] if run["seed"] == 0]
    with figure_style():
        title = "Critics in training beside the exact EMD of the same points"
        figure, axes = new_panels(len(runs) + 1, title=title)
        for ax, run in zip(axes, runs, strict=False):
            _draw_critic(ax, run)
        _draw_emds(axes[-1], runs, record["floor"])
    path.parent.mkdir(parents=True, exist_ok=True)
    figure_to_file(figure, path)


def _draw_critic(axes: Axes, run: Row) -> None:
    """Draw the numbers of a critic over the steps of its run."""
    rows = run["evaluations"]
    for (key, color), style in zip(CURVES.items(), LINE_STYLES, strict=True):
        values = [row[key] for row in rows]
        axes.plot([row["step"] for row in rows], values, style, color=color, label=key)
    axes.set(title=run["recipe"], xlabel="generator steps", ylabel="distance (unit of the data)")
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.legend()


def _draw_emds(axes: Axes, runs: list[Row], floor: float) -> None:
    """Draw the exact EMD of the averaged generators against time."""
    for run, style in zip(runs, LINE_STYLES, strict=False):
        rows = run["evaluations"]
        seconds = [row["seconds"] for row in rows]
        axes.plot(seconds, [row["emd"] for row in rows], style, label=run["recipe"])
    axes.axhline(floor, color=GREY, linewidth=1, label="floor (two real samples)")
    axes.set(
        title="Generators against time",
        xlabel="processor time (s)",
        ylabel="exact EMD (unit of the data)",
        ylim=(0, None),
    )
    axes.legend()


def main(
    recipes: Positional[tuple[str, ...]] = (), *, seeds: int = 1, gather: bool = False
) -> int:
    """Make the missing runs, and write results and figure.

    Args:
        recipes: Names of recipes; all of the benchmark by default.
        seeds: Number of seeds, from 0.
        gather: Collect the finished runs, and make no others.

    Returns:
        The exit status.
    """
    if unknown := sorted(set(recipes) - STEPS.keys()):
        sys.exit(f"unknown recipe {unknown[0]!r}; choose from {', '.join(STEPS)}")
    torch.set_num_threads(1)
    for name in () if gather else recipes or tuple(STEPS):
        for seed in range(seeds):
            file = RUNS / name / f"seed{seed}.json"
            if not file.exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                measured = run(name, seed, STEPS[name])
                write_json(file, {"origin": results_io.origin(), "run": measured})
    files = [RUNS / name / f"seed{seed}.json" for name in STEPS for seed in range(10)]
    parts = [json.loads(file.read_text()) for file in files if file.exists()]
    command = "python -m benchmarks.gan.loss_curve"
    data = load_data_set("eight-gaussians", None)
    record = {
        "origin": results_io.latest(part["origin"] for part in parts),
        "command": command,
        "floor": floor(data, SIZE, seeded_generator(torch.device("cpu"), 0)),
        "runs": [part["run"] for part in parts],
    }
    results_io.save(record, RESULTS)
    save_figure(record)
    print(table(record))
    return 0


if __name__ == "__main__":
    sys.exit(tyro.cli(main))
