"""Training gap and certified bounds over whole runs, compared with the exact EMD.

    python -m benchmarks.gan.progress            # all runs, about twenty minutes on 2 cores
    python -m benchmarks.gan.progress --gather   # collect the finished runs

Each run is one of `gan train`, kept under ``runs/progress``; a benchmark that was stopped resumes
when run again. Results go to ``results/progress.json``, the figure to ``docs/benchmarks``.
"""

import json
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import tyro
from matplotlib.figure import Figure

from benchmarks import results_io
from gan.evaluation.critic_gap import exact_emd
from gan.runs import run_metrics
from gan.runs.atomic_files import write_json
from gan.runs.config import Config
from gan.runs.process_pool import parallel_map
from gan.runs.run import RunResult
from gan.runs.run import run as run_config
from gan.runs.signals import EXIT_INTERRUPTED
from gan.training.devices import Precision

RESULTS = results_io.RESULTS / "progress.json"
FIGURE = results_io.FIGURES / "progress.png"
RUNS = Path("runs/progress")
RECIPES = ("gan", "wgan", "wgan-gp", "wgan-certified")
KNOWLEDGE_COLUMNS = {  # those that every evaluation of the results has are shown
    "live_knowledge": "knowledge in training, of fresh points",
    "refined_knowledge": "of the refined copy, of the same points",
}
TIMING_REPEATS = 3
EVALUATION_KEYS = {  # in the results, and in metrics.jsonl
    "step": "step",
    "exact": "exact",
    "floor": "floor",
    "live_gap": "gap",
    "live_certified": "certified",
    "certified": "tuned_certified",
    "refined_certified": "refined_certified",
    "baseline": "baseline",
    "live_knowledge": "knowledge",
    "knowledge": "tuned_knowledge",
    "refined_knowledge": "refined_knowledge",
}


@dataclass(frozen=True, slots=True)
class DataRuns:
    """Length and number of the runs on one data set.

    Attributes:
        steps: Generator steps.
        every: Steps between evaluations.
        seeds: Number of seeds, from 0.
        size: Points on each side of an evaluation; None for the data set's own.
        precision: Of matrix products.
    """

    steps: int
    every: int
    seeds: int
    size: int | None = None
    precision: Precision = "32"


DATA_RUNS = {
    "eight-gaussians": DataRuns(2000, 200, 3, size=2000),
    "mnist": DataRuns(300, 100, 1, precision="bf16-mixed"),
}
Item = tuple[str, str, int]  # data set, recipe and seed


def run_and_measure(item: Item, position: int, stop_file: Path) -> dict[str, Any] | None:
    """Make a run, unless it is finished, and time refinement and exact EMD at its end.

    Args:
        item: Data set, recipe and seed.
        position: Of the process in the pool.
        stop_file: File whose presence stops the run.

    Returns:
        Evaluations and times of the run; None if it was stopped.
    """
    name, recipe, seed = item
    out = _folder(item)
    result = out / "result.json"
    if result.exists():
        return dict(json.loads(result.read_text()))
    resume = (out / "checkpoint.pt").exists()
    config = _config(item, out)
    outcome = run_config(config, resume=resume, position=position, stop_file=stop_file)
    if not outcome.finished:
        return None
    record = {
        "data": name,
        "recipe": recipe,
        "seed": seed,
        "evaluations": [
            {key: line[source] for key, source in EVALUATION_KEYS.items()}
            for line in outcome.metrics
        ],
        **_times(outcome, DATA_RUNS[name].size or outcome.data.evaluation_size),
    }
    write_json(result, record)
    return record


def _folder(item: Item) -> Path:
    """Folder of the run of an item."""
    name, recipe, seed = item
    return RUNS / name / recipe / f"seed{seed}"


def _config(item: Item, out: Path) -> Config:
    """Configuration of the run of an item."""
    name, recipe, seed = item
    runs = DATA_RUNS[name]
    return Config(
        recipe=recipe,
        data=name,
        steps=runs.steps,
        seed=seed,
        out=out,
        evaluate_every=runs.every,
        evaluation_size=runs.size,
        precision=runs.precision,
    )


def _times(outcome: RunResult, n: int) -> dict[str, Any]:
    """Median seconds of refining the last critic and of exact EMD, on the same points, in turn."""
    rng = run_metrics.seeded_generator(torch.device("cpu"), 0)
    real = outcome.data.sample(n, rng)
    generated = run_metrics.ema_samples(outcome.training, n, rng)
    refine_times, exact_times = [], []
    for _ in range(TIMING_REPEATS):
        start = time.perf_counter()
        run_metrics.refine_critic(outcome.training.critic, outcome.data, real, generated)
        middle = time.perf_counter()
        exact_emd(generated, real)
        refine_times.append(middle - start)
        exact_times.append(time.perf_counter() - middle)
    return {
        "n": n,
        "refine_steps": outcome.data.refinement.steps,
        "refine_seconds": statistics.median(refine_times),
        "exact_seconds": statistics.median(exact_times),
    }


def table(record: dict[str, Any], /) -> str:
    """Markdown table of the runs, a row for each recipe on each data set."""
    evaluations = [row for run in record["runs"] for row in run["evaluations"]]
    columns = {
        key: head
        for key, head in KNOWLEDGE_COLUMNS.items()
        if all(row.get(key) is not None for row in evaluations)
    }
    heads = "".join(f"{head} | " for head in columns.values())
    lines = [
        "| data | recipe | seeds | evaluations | progress number / exact | critic in training "
        f"certifies | refined copy certifies | {heads}refining / exact EMD, time |",
        "|---" * (8 + len(columns)) + "|",
    ]
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for run in record["runs"]:
        groups.setdefault((run["data"], run["recipe"]), []).append(run)
    for (data, recipe), runs in groups.items():
        rows = [row for run in runs for row in run["evaluations"]]
        shares = "".join(f"| {_extremes(rows, key)} " for key in columns)
        ratio = [run["refine_seconds"] / run["exact_seconds"] for run in runs]
        lines.append(
            f"| {data}, {runs[0]['n']} points | `{recipe}` | {len(runs)} | {len(rows)} "
            f"| {_range(rows, 'live_gap', '.3g')} | {_range(rows, 'live_certified')} "
            f"| {_range(rows, 'refined_certified')} {shares}"
            f"| {statistics.median(ratio):.1f} ({runs[0]['refine_steps']} steps) |"
        )
    return "\n".join(lines)


def _range(rows: list[dict[str, Any]], key: str, spec: str = ".1%") -> str:
    """Smallest and largest ratio of a number to the exact EMD."""
    ratios = [row[key] / row["exact"] for row in rows]
    return f"{min(ratios):{spec}} to {max(ratios):{spec}}"


def _extremes(rows: list[dict[str, Any]], key: str) -> str:
    """Smallest and largest of a share."""
    return f"{min(row[key] for row in rows):.1%} to {max(row[key] for row in rows):.1%}"


def save_figure(record: dict[str, Any], /, path: Path = FIGURE) -> None:
    """Plot exact EMD, gap and certified bounds over each run of seed 0."""
    runs = [run for run in record["runs"] if run["seed"] == 0]
    names, recipes = (list(dict.fromkeys(run[key] for run in runs)) for key in ("data", "recipe"))
    figure = Figure(figsize=(3 * len(recipes), 3 * len(names)), layout="constrained")
    axes = figure.subplots(len(names), len(recipes), squeeze=False)
    for row, name in zip(axes, names, strict=True):
        for ax, recipe in zip(row, recipes, strict=True):
            ax.set_title(f"{recipe}, {name}", fontsize="medium")
            for run in runs:
                if (run["data"], run["recipe"]) == (name, recipe):
                    _plot(ax, run["evaluations"])
    axes[0, 0].legend(fontsize="x-small")
    for ax in axes[-1]:
        ax.set_xlabel("generator steps")
    figure.savefig(path, dpi=100)


def _plot(ax: Any, rows: list[dict[str, Any]]) -> None:
    """Plot the curves of one run."""
    steps = [row["step"] for row in rows]
    curves = (
        ("exact", "k-", "exact EMD"),
        ("live_gap", "C3--", "progress number"),
        ("live_certified", "C0:", "certified in training"),
        ("refined_certified", "C2o", "refined copy certifies"),
        ("baseline", "C1-.", "a constant certifies"),
    )
    for key, style, label in curves:
        if any(key not in row for row in rows):
            continue
        ax.plot(steps, [row[key] for row in rows], style, label=label, markersize=4)
    ax.axhline(rows[0]["floor"], color="0.7", linewidth=0.8, label="floor")
    ax.set(xscale="log", ylim=(0, 1.3 * max(row["exact"] for row in rows)))


def main(*, workers: int = 2, gather: bool = False) -> int:
    """Make the unfinished runs, and write the results.

    Args:
        workers: Number of concurrent runs.
        gather: Collect the finished runs, and make no others.

    Returns:
        The exit status.
    """
    items = [
        (name, recipe, seed)
        for name, runs in DATA_RUNS.items()
        for recipe in RECIPES
        for seed in range(runs.seeds)
    ]
    if gather:
        items = [item for item in items if (_folder(item) / "result.json").exists()]
    records = [
        run for run in parallel_map(run_and_measure, items, workers=workers) if run is not None
    ]
    if records:
        record: dict[str, Any] = {
            "command": "python -m benchmarks.gan.progress",
            **results_io.origin(),
            "runs": records,
        }
        results_io.save(record, RESULTS)
        save_figure(record)
        print(table(record))
    if len(records) < len(items):
        print("stopped; run again to resume")
        return EXIT_INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(tyro.cli(main))
