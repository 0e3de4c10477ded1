"""Quality of trained generators: modes, shares, and exact EMD compared with the sampling floor.

    python -m benchmarks.gan.training                       # all cases, some hours on 2 cores
    python -m benchmarks.gan.training ring grid-one-sided   # some cases

Each seed is one run of `gan train`, in a process of its own, whose folder is kept under
``runs/benchmark``; a benchmark that was stopped resumes when run again. Results go to
``results/training.json``, with the command of each case.
"""

import json
import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import tyro
from tyro.conf import Positional

from benchmarks import results_io
from benchmarks.gan.training_measures import Numbers, digit_numbers, mixture_numbers
from gan.data.mixtures import eight_gaussians, twenty_five_gaussians
from gan.runs.atomic_files import write_json
from gan.runs.config import Config
from gan.runs.process_pool import parallel_map
from gan.runs.run import RunResult
from gan.runs.run import run as run_config
from gan.runs.signals import EXIT_INTERRUPTED
from gan.runs.text_table import text_table

RESULTS = results_io.RESULTS / "training.json"
COMMAND = "python -m benchmarks.gan.training"
RUNS = Path("runs/benchmark")


@dataclass(frozen=True, slots=True)
class Case:
    """A recipe on a data set, for several seeds.

    Attributes:
        recipe: Name of the recipe.
        data: Name of the data set.
        steps: Generator steps.
        seeds: Number of seeds, from 0.
        measure: Numbers of a finished run, given its seed.
        options: Other options of the run.
        changes: Settings of the recipe that differ from its quick ones.
    """

    recipe: str
    data: str
    steps: int
    seeds: int
    measure: Callable[[RunResult, int], Numbers]
    options: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)

    def config(self, seed: int, out: Path | None = None) -> Config:
        """Configuration of the run of a seed."""
        return Config(
            recipe=self.recipe,
            data=self.data,
            steps=self.steps,
            seed=seed,
            out=out,
            changes=self.changes,
            **self.options,
        )

    def command(self, runs: int) -> str:
        """The command that makes the first ``runs`` runs."""
        words = ["gan", "train", self.recipe, "--data", self.data, "--steps", str(self.steps)]
        words += ["--seeds", f"0-{runs - 1}"] if runs > 1 else ["--seed", "0"]
        for name, value in {**self.options, **self.changes}.items():
            values = value if isinstance(value, tuple) else (value,)
            words += [f"--{name.replace('_', '-')}", *map(str, values)]
        return shlex.join(words)


RING_MEASURES = partial(mixture_numbers, mixture=eight_gaussians(), pairs=20)
SMALL_RING_MEASURES = partial(
    mixture_numbers, mixture=eight_gaussians(radius=1.0, sigma=0.01), pairs=5
)
GRID_MEASURES = partial(mixture_numbers, mixture=twenty_five_gaussians(), pairs=5)

QUICK_OPTIONS = {"settings": "quick"}  # not the best known ones, which are those of this table
FOURIER_OPTIONS = {"networks": "fourier-mlp"}
ONE_SIDED_SETTINGS = {"learning_rate": 3e-3, "generator_decay": 3.0, "average_rate": 4e-3}
CATEGORICAL_OPTIONS = {"networks": "convolutional-categorical"}
DIGITS_OPTIONS = {"precision": "bf16-mixed", "evaluate_every": 1000}
DIGITS_SETTINGS = {
    "batch_size": 64,
    "critic_steps": 5,
    "learning_rate": 2e-3,
    "average_rate": 1e-3,
    "penalty_weight": 10.0,
}

CASES: dict[str, Case] = {
    "ring": Case(
        "wgan-gp",
        "eight-gaussians",
        3600,
        5,
        RING_MEASURES,
        options=FOURIER_OPTIONS,
        changes={
            "learning_rate": 4e-3,
            "penalty_weight": 0.1,
            "generator_decay": 4.0,
            "average_rate": 6e-3,
        },
    ),
    "ring-one-sided": Case(
        "wgan-lp",
        "eight-gaussians",
        3600,
        5,
        RING_MEASURES,
        options=FOURIER_OPTIONS,
        changes=ONE_SIDED_SETTINGS,
    ),
    "ring-short": Case(
        "wgan-lp",
        "eight-gaussians",
        1500,
        5,
        RING_MEASURES,
        options=FOURIER_OPTIONS,
        changes=ONE_SIDED_SETTINGS,
    ),
    "ring-plain": Case(
        "wgan-gp", "eight-gaussians", 4500, 5, RING_MEASURES, options=QUICK_OPTIONS
    ),
    "ring-one-sided-plain": Case(
        "wgan-lp", "eight-gaussians", 4500, 5, RING_MEASURES, options=QUICK_OPTIONS
    ),
    "ring-reference-script": Case(  # of Gulrajani et al. 2017
        "wgan-gp",
        "eight-gaussians",
        15_000,
        1,
        RING_MEASURES,
        options={"networks": "wide-mlp", "settings": "paper", "evaluate_every": 1500},
        changes={"batch_size": 256, "betas": (0.5, 0.9), "penalty_weight": 0.1},
    ),
    "grid-one-sided": Case(
        "wgan-lp",
        "twenty-five-gaussians",
        8500,
        10,
        GRID_MEASURES,
        changes={"batch_size": 128, "learning_rate": 3e-3, "penalty_weight": 2.83},
    ),
    "pacgan-ring": Case("wgan-lp", "pacgan-ring", 4500, 10, SMALL_RING_MEASURES),
    "digits": Case(
        "wgan-gp",
        "mnist",
        8000,
        5,
        digit_numbers,
        options={**CATEGORICAL_OPTIONS, **DIGITS_OPTIONS},
        changes=DIGITS_SETTINGS,
    ),
    "digits-short": Case(
        "wgan-gp",
        "mnist",
        3000,
        1,
        digit_numbers,
        options={**CATEGORICAL_OPTIONS, **DIGITS_OPTIONS},
        changes=DIGITS_SETTINGS,
    ),
    "digits-short-plain": Case(
        "wgan-gp",
        "mnist",
        3000,
        1,
        digit_numbers,
        options={**QUICK_OPTIONS, **DIGITS_OPTIONS},
        changes=DIGITS_SETTINGS,
    ),
    "digits-narrow-mlp": Case(  # as many real digits
        "wgan-hinge",
        "mnist",
        5120,
        1,
        digit_numbers,
        options={"networks": "narrow-mlp", "settings": "paper"},
    ),
}


def _result_file(name: str, seed: int) -> Path:
    """Path of the numbers of a run."""
    return RUNS / name / f"seed{seed}" / "result.json"


def run_and_measure(item: tuple[str, int], position: int, stop_file: Path) -> Numbers | None:
    """Train one seed of a case and measure it, unless it is finished.

    Args:
        item: Case and seed.
        position: Of the process in the pool.
        stop_file: File whose presence stops the run.

    Returns:
        The numbers of the run; None if it was stopped.
    """
    name, seed = item
    case, result = CASES[name], _result_file(name, seed)
    out = result.parent
    if result.exists():
        return dict(json.loads(result.read_text()))
    start = time.process_time()
    resume = (out / "checkpoint.pt").exists()
    outcome = run_config(
        case.config(seed, out), resume=resume, position=position, stop_file=stop_file
    )
    if not outcome.finished:
        return None
    numbers = {
        "seed": seed,
        "seconds": outcome.metrics[-1]["seconds"],
        "cpu_seconds": None if resume else time.process_time() - start,
        "critic_steps": case.steps * outcome.training.recipe.critic_steps,
        **case.measure(outcome, seed),
    }
    write_json(result, numbers)
    return numbers


def table(record: dict[str, Any], /) -> str:
    """Text table of the results, a row per seed."""
    rows = []
    for name, case in record["cases"].items():
        for run in case["runs"]:
            numbers = ", ".join(
                f"{key} {value:.4g}" for key, value in run.items() if isinstance(value, float)
            )
            rows.append((name, str(run["seed"]), numbers))
    return text_table(("case", "seed", "numbers"), rows, left=3)


def main(
    names: Positional[tuple[str, ...]] = (), *, workers: int = 2, gather: bool = False
) -> int:
    """Run the cases, all or those named, and write the results.

    Args:
        names: Names of cases; all by default.
        workers: Number of concurrent runs.
        gather: Collect the finished runs, and make no others.

    Returns:
        The exit status.
    """
    unknown = set(names) - CASES.keys()
    if unknown:
        print(f"unknown case {', '.join(sorted(unknown))}; choose from {', '.join(CASES)}")
        return 1
    for name in names or CASES:
        case = CASES[name]
        items = [(name, seed) for seed in range(case.seeds)]
        if gather:
            items = [item for item in items if _result_file(*item).exists()]
        if not items:
            continue
        runs = [
            run for run in parallel_map(run_and_measure, items, workers=workers) if run is not None
        ]
        record = results_io.load(RESULTS) if RESULTS.exists() else {"cases": {}}
        record["cases"][name] = {"command": case.command(len(runs)), "runs": runs}
        record |= {"command": COMMAND, **results_io.origin()}
        results_io.save(record, RESULTS)
        print(table({"cases": {name: record["cases"][name]}}), flush=True)
        if len(runs) < len(items):
            print("stopped; run again to resume")
            return EXIT_INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(tyro.cli(main))
