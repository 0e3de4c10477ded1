"""Errors of critics on the points that they were fitted to, and on populations of known W1.

    python -m benchmarks.gan.critic_gap                     # all groups, three hours on 2 cores
    python -m benchmarks.gan.critic_gap points population   # some groups
    python -m benchmarks.gan.critic_gap points --methods clip witness   # some critics
    python -m benchmarks.gan.critic_gap --gather            # collect the finished fits

Each fit is kept under ``runs/critic_gap``; a benchmark that was stopped resumes when run again.
Results go to ``results/critic_gap.json``, where rows of other fits stay, the figure to
``docs/benchmarks``.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
import tyro
from tyro.conf import Positional

from benchmarks import results_io
from benchmarks.gan import critic_gap_figure, critic_gap_tables
from divergences import DistributionError
from gan.critics import CRITICS, Budget, Experiment, Question
from gan.critics.pairs import named_pair
from gan.critics.pairs.cones import PUBLISHED_CONE_COUNTS, PUBLISHED_DIMENSIONS
from gan.errors import TrainingError
from gan.runs.atomic_files import write_json
from gan.runs.process_pool import parallel_map
from gan.runs.signals import EXIT_INTERRUPTED

RESULTS = results_io.RESULTS / "critic_gap.json"
RUNS = Path("runs/critic_gap")
GAUSSIAN_DIMENSIONS = (2, 8, 32)


@dataclass(frozen=True, slots=True)
class Group:
    """Methods on pairs of distributions.

    Attributes:
        question: Whether errors are measured on the same points or on populations.
        pairs: Names of the pairs.
        steps: Updates of the critic, by method.
        seeds: Number of seeds, from 0.
        n: Points on each side, of the same points.
    """

    question: Question
    pairs: tuple[str, ...]
    steps: dict[str, int]
    seeds: int = 3
    n: int = 4096


# Pairs on which no setting was chosen: apexes of other seeds, other numbers, another form.
SET_ASIDE_PAIRS = (
    "seeded-cones-12-32-1",
    "seeded-cones-12-128-2",
    "seeded-cones-48-32-1",
    "seeded-cones-48-128-2",
    "seeded-cones-16-64-3",
    "seeded-cones-64-256-3",
    "rotated-clusters-2",
    "rotated-clusters-8",
    "rotated-clusters-32",
)

PLANE_STEPS = {
    "clip": 2000,
    "gradient-penalty": 2000,
    "one-sided": 2000,
    "hinge": 2000,
    "finite-difference": 2000,
    "spectral": 2000,
    "maxmin": 1000,
    "full-sort": 1000,
    "sharp": 500,
    "lattice": 300,
    "c-transform": 600,
    "corrected": 600,
    "witness": 1,
}
GROUPS: dict[str, Group] = {
    "points": Group("same-points", ("ring-normal",), {**PLANE_STEPS, "gradient-penalty": 4000}),
    "digits": Group(
        "same-points",
        ("digits-normal",),
        {
            **{name: steps // 2 for name, steps in PLANE_STEPS.items()},
            "maxmin": 500,
            "full-sort": 300,
            "sharp": 100,
            "lattice": 100,
            "witness": 1,
        },
        n=2048,
    ),
    "population": Group(
        "population",
        tuple(f"cones-{d}-{n}" for n in PUBLISHED_CONE_COUNTS for d in PUBLISHED_DIMENSIONS),
        {"sharp": 2500},
    ),
    "gaussians": Group(
        "population",
        tuple(
            f"{family}-{d}" for d in GAUSSIAN_DIMENSIONS for family in ("translation", "scaling")
        ),
        {"sharp": 2500},
    ),
    "normalized": Group(
        "population",
        ("translation-8", "scaling-8", "cones-2-64", "cones-16-64", "translation-2", "scaling-2"),
        {"sharp-normalized": 800},
        seeds=1,
    ),
    "set-aside": Group("population", SET_ASIDE_PAIRS, {"lattice": 1000}),
    "lattice": Group(
        "population",
        tuple(
            f"{family}-{d}" for d in GAUSSIAN_DIMENSIONS for family in ("translation", "scaling")
        )
        + tuple(
            f"cones-{d}-{n}"
            for n in reversed(PUBLISHED_CONE_COUNTS)
            for d in reversed(PUBLISHED_DIMENSIONS)
        ),
        {"lattice": 1000},
        seeds=1,
    ),
    "others": Group(
        "population",
        ("cones-2-64", "cones-16-64", "scaling-8"),
        {
            "clip": 1000,
            "gradient-penalty": 1000,
            "one-sided": 1000,
            "spectral": 1000,
            "maxmin": 500,
            "c-transform": 200,
            "witness": 1,
        },
    ),
}
Item = tuple[str, str, int]  # group, pair and seed


def _result_file(item: Item, method: str) -> Path:
    """Path of the numbers of a fit."""
    group, pair, seed = item
    return RUNS / group / pair / method / f"seed{seed}.json"


def _is_finished(file: Path, steps: int) -> bool:
    """Whether the file holds a fit of ``steps`` steps."""
    return file.exists() and json.loads(file.read_text())["steps"] == steps


def fit_methods(
    item: Item, position: int, stop_file: Path, *, methods: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    """Fit methods of a group to one pair, for one seed, that are not finished yet.

    Args:
        item: Group, pair and seed.
        position: Of the process in the pool; not used.
        stop_file: File at whose presence no further fit is begun.
        methods: Names of critics; all of the group by default.

    Returns:
        The numbers of the finished fits, by method.
    """
    del position
    name, pair, seed = item
    group, rows, experiment = GROUPS[name], [], None
    for method, steps in _steps(group, methods).items():
        file = _result_file(item, method)
        if not _is_finished(file, steps):
            if stop_file.exists():
                break
            torch.set_num_threads(1)
            if experiment is None:
                experiment = Experiment(named_pair(pair), group.question, seed, n=group.n)
            file.parent.mkdir(parents=True, exist_ok=True)
            write_json(file, _fit(experiment, method, steps, pair, seed))
        rows.append(json.loads(file.read_text()))
    return rows


def _steps(group: Group, methods: tuple[str, ...]) -> dict[str, int]:
    """Steps of the methods that are both in the group and asked for."""
    return {name: steps for name, steps in group.steps.items() if not methods or name in methods}


def _fit(experiment: Experiment, method: str, steps: int, pair: str, seed: int) -> dict[str, Any]:
    """The numbers of one fit, or the error that ended it."""
    row = {"method": method, "pair": pair, "seed": seed, "steps": steps}
    estimator = CRITICS[method].estimator
    try:
        *_, last = experiment.checkpoints(estimator, Budget(steps), only_last=True)
    except (TrainingError, DistributionError) as error:
        return {**row, "failed": str(error)}
    return {**row, **last.record()}


def _items(names: tuple[str, ...]) -> Iterator[Item]:
    """Items of the groups, seed by seed, so that a stopped benchmark has whole seeds."""
    max_seeds = max(GROUPS[name].seeds for name in names)
    for seed in range(max_seeds):
        for name in names:
            if seed < GROUPS[name].seeds:
                yield from ((name, pair, seed) for pair in GROUPS[name].pairs)


def main(
    names: Positional[tuple[str, ...]] = (),
    *,
    methods: tuple[str, ...] = (),
    workers: int = 2,
    gather: bool = False,
) -> int:
    """Run the unfinished fits, and write the results.

    Args:
        names: Groups: points, digits, population, gaussians, normalized, set-aside, lattice,
            others; all by default.
        methods: Names of critics; all of a group by default.
        workers: Number of concurrent fits.
        gather: Collect the finished fits, and run no others.

    Returns:
        The exit status.
    """
    unknown = set(names) - GROUPS.keys()
    if unknown:
        print(f"unknown group {', '.join(sorted(unknown))}; choose from {', '.join(GROUPS)}")
        return 1
    if unknown := set(methods) - CRITICS.keys():
        print(f"unknown critic {', '.join(sorted(unknown))}; choose from {', '.join(CRITICS)}")
        return 1
    if not gather:
        items = list(_items(names or tuple(GROUPS)))
        results = parallel_map(partial(fit_methods, methods=methods), items, workers=workers)
        unfinished = sum(
            rows is None or len(rows) < len(_steps(GROUPS[name], methods))
            for (name, _, _), rows in zip(items, results, strict=True)
        )
        if unfinished:
            print(f"stopped with {unfinished} of {len(items)} unfinished; run again to resume")
            return EXIT_INTERRUPTED
    stored = results_io.load(RESULTS)["groups"] if RESULTS.exists() else {}
    record: dict[str, Any] = {
        "command": "python -m benchmarks.gan.critic_gap",
        **results_io.origin(),
        "groups": {
            name: {"question": group.question, "n": group.n, "rows": _finished_rows(name, stored)}
            for name, group in GROUPS.items()
        },
    }
    results_io.save(record, RESULTS)
    critic_gap_figure.save_figure(record)
    print(critic_gap_tables.markdown(record))
    return 0


def _finished_rows(name: str, stored: dict[str, Any]) -> list[dict[str, Any]]:
    """The numbers of all finished fits of a group, here or in the stored results."""
    group = GROUPS[name]
    rows = {_key(row): row for row in stored.get(name, {}).get("rows", [])}
    keys = [
        (pair, method, seed, steps)
        for pair in group.pairs
        for method, steps in group.steps.items()
        for seed in range(group.seeds)
    ]
    for pair, method, seed, steps in keys:
        file = _result_file((name, pair, seed), method)
        if _is_finished(file, steps):
            rows[pair, method, seed, steps] = json.loads(file.read_text())
    return [rows[key] for key in keys if key in rows]


def _key(row: dict[str, Any]) -> tuple[str, str, int, int]:
    """Pair, method, seed and steps of a fit."""
    return row["pair"], row["method"], row["seed"], row["steps"]


if __name__ == "__main__":
    sys.exit(tyro.cli(main))
