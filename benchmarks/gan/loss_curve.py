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
from matplotlib.figure import Figure
from tyro.conf import Positional

from benchmarks import markdown, results_io
from gan import RECIPES, eight_gaussians
from gan.evaluation.critic_gap import critic_gap, exact_emd
from gan.networks import plane_critic, plane_generator
from gan.runs.atomic_files import write_json
from gan.runs.run_metrics import seeded_generator
from gan.training.loop import Training, train

RESULTS = results_io.RESULTS / "loss_curve.json"
FIGURE = Path(__file__).parents[2] / "docs" / "explanation" / "loss_curve.png"
RUNS = Path("runs/loss_curve")
STEPS = {"wgan-gp": 1000, "wgan-certified": 1000, "wgan-taught": 600}  # of about equal time
EVALUATIONS = 10
SIZE = 1000  # points on each side of an evaluation
FLOOR_PAIRS = 5
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


def floor(size: int = SIZE, /) -> float:
    """Mean exact EMD of two samples of the data."""
    rng, data = seeded_generator(torch.device("cpu"), 0), eight_gaussians()
    emds = [exact_emd(data.sample(size, rng), data.sample(size, rng)) for _ in range(FLOOR_PAIRS)]
    return sum(emds) / len(emds)


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
    figure = Figure(figsize=(3.2 * (len(runs) + 1), 3.2), layout="constrained")
    axes = figure.subplots(1, len(runs) + 1)
    for ax, run in zip(axes, runs, strict=False):
        rows = run["evaluations"]
        for key, style in (
            ("exact", "k-"),
            ("certified", "C0:"),
            ("baseline", "C1-."),
            ("gap", "C3--"),
        ):
            ax.plot([row["step"] for row in rows], [row[key] for row in rows], style, label=key)
        ax.set(title=run["recipe"], xlabel="generator step", ylim=(0, None))
        axes[-1].plot(
            [row["seconds"] for row in rows], [row["emd"] for row in rows], label=run["recipe"]
        )
    axes[-1].axhline(record["floor"], color="0.7", label="two real samples")
    axes[-1].set(title="exact EMD of the generator", xlabel="seconds of processor", yscale="log")
    for ax in (axes[0], axes[-1]):
        ax.legend(fontsize="x-small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90)


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
    torch.set_num_threads(1)
    for name in () if gather else recipes or tuple(STEPS):
        for seed in range(seeds):
            file = RUNS / name / f"seed{seed}.json"
            if not file.exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                write_json(file, run(name, seed, STEPS[name]))
    files = [RUNS / name / f"seed{seed}.json" for name in STEPS for seed in range(10)]
    runs = [json.loads(file.read_text()) for file in files if file.exists()]
    command = "python -m benchmarks.gan.loss_curve"
    record = {
        "origin": results_io.origin(),
        "command": command,
        "floor": floor(),
        "runs": runs,
    }
    results_io.save(record, RESULTS)
    save_figure(record)
    print(table(record))
    return 0


if __name__ == "__main__":
    sys.exit(tyro.cli(main))
