"""Critics against exact Wasserstein distance: on the points that they saw, and on populations.

    python -m benchmarks.gan.critic_gap                     # all groups, three hours on 2 cores
    python -m benchmarks.gan.critic_gap points population   # some groups of it
    python -m benchmarks.gan.critic_gap --gather            # write what has been measured so far

Each fit is kept under ``runs/critic_gap``; a benchmark that was stopped goes on where it was.
Results go to ``results/critic_gap.json``, the figure to ``docs/critic_gap.png``.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import tyro
from tyro.conf import Positional

from benchmarks import results_io
from benchmarks.gan import critic_gap_tables
from divergences import DistributionError
from gan.critics import CRITICS, Budget, Experiment, Question
from gan.critics.pairs import named_pair
from gan.critics.pairs.cones import CONES, DIMENSIONS
from gan.errors import TrainingError
from gan.runs.folder import write_json
from gan.runs.process_pool import at_once
from gan.runs.signals import INTERRUPTED

RESULTS = results_io.RESULTS / "critic_gap.json"
RUNS = Path("runs/critic_gap")
GAUSSIANS = (2, 8, 32)


@dataclass(frozen=True, slots=True)
class Group:
    """Methods on pairs.

    Attributes:
        question: Which of the two.
        pairs: Names.
        steps: Updates that each method gets.
        seeds: How many, from 0.
        n: Points on each side, of the same points.
    """

    question: Question
    pairs: tuple[str, ...]
    steps: dict[str, int]
    seeds: int = 3
    n: int = 4096


ALL = {
    "clip": 2000,
    "gradient-penalty": 2000,
    "one-sided": 2000,
    "hinge": 2000,
    "finite-difference": 2000,
    "spectral": 2000,
    "maxmin": 1000,
    "full-sort": 1000,
    "sharp": 500,
    "c-transform": 600,
    "corrected": 600,
    "witness": 1,
}
GROUPS: dict[str, Group] = {
    "points": Group("same-points", ("ring-normal",), ALL),
    "digits": Group(
        "same-points",
        ("digits-normal",),
        {
            **{name: steps // 2 for name, steps in ALL.items()},
            "maxmin": 500,
            "full-sort": 300,
            "sharp": 100,
            "witness": 1,
        },
        n=2048,
    ),
    "population": Group(
        "population",
        tuple(f"cones-{d}-{n}" for n in CONES for d in DIMENSIONS),
        {"sharp": 2500},
    ),
    "gaussians": Group(
        "population",
        tuple(f"{family}-{d}" for d in GAUSSIANS for family in ("translation", "scaling")),
        {"sharp": 2500},
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
Item = tuple[str, str, int]  # of a group, a pair and a seed


def _file(item: Item, method: str) -> Path:
    """Where the numbers of a finished fit are."""
    group, pair, seed = item
    return RUNS / group / pair / method / f"seed{seed}.json"


def _done(file: Path, steps: int) -> bool:
    """Whether the file has a fit of so many steps."""
    return file.exists() and json.loads(file.read_text())["steps"] == steps


def measured(item: Item, position: int, stop_file: Path) -> list[dict[str, Any]]:
    """All methods of a group on one pair, for one seed: fitted, if they are not yet."""
    del position
    name, pair, seed = item
    group, found, study = GROUPS[name], [], None
    for method, steps in group.steps.items():
        file = _file(item, method)
        if not _done(file, steps):
            if stop_file.exists():
                break
            torch.set_num_threads(1)
            study = study or Experiment(named_pair(pair), group.question, seed, n=group.n)
            file.parent.mkdir(parents=True, exist_ok=True)
            write_json(file, _fit(study, method, steps, pair, seed))
        found.append(json.loads(file.read_text()))
    return found


def _fit(study: Experiment, method: str, steps: int, pair: str, seed: int) -> dict[str, Any]:
    """The numbers of one fit, or why there are none."""
    row = {"method": method, "pair": pair, "seed": seed, "steps": steps}
    try:
        *_, look = study.looks(CRITICS[method].estimator, Budget(steps), only_last=True)
    except (TrainingError, DistributionError) as error:
        return {**row, "failed": str(error)}
    return {**row, **look.record()}


def _items(names: tuple[str, ...]) -> Iterator[Item]:
    """What is to be done, seed by seed, so that a stopped benchmark has a whole one."""
    most = max(GROUPS[name].seeds for name in names)
    for seed in range(most):
        for name in names:
            if seed < GROUPS[name].seeds:
                yield from ((name, pair, seed) for pair in GROUPS[name].pairs)


def main(
    names: Positional[tuple[str, ...]] = (), *, workers: int = 2, gather: bool = False
) -> int:
    """Fit what is not fitted yet, and write the results.

    Args:
        names: Groups: points, digits, population, gaussians, others; all by default.
        workers: Fits at a time.
        gather: Fit nothing: write what has been measured so far.

    Returns:
        The exit status.
    """
    unknown = set(names) - GROUPS.keys()
    if unknown:
        print(f"there is no group {', '.join(unknown)}; there are: {', '.join(GROUPS)}")
        return 1
    if not gather:
        items = list(_items(names or tuple(GROUPS)))
        found = at_once(measured, items, workers=workers)
        left = sum(
            rows is None or len(rows) < len(GROUPS[name].steps)
            for (name, _, _), rows in zip(items, found, strict=True)
        )
        if left:
            print(f"stopped with {left} of {len(items)} unfinished; the same command goes on")
            return INTERRUPTED
    record: dict[str, Any] = {
        "versions": results_io.versions(),
        "machine": results_io.machine(),
        "groups": {
            name: {"question": group.question, "n": group.n, "rows": _kept(name)}
            for name, group in GROUPS.items()
        },
    }
    results_io.save(record, RESULTS)
    critic_gap_tables.save_figure(record)
    print(critic_gap_tables.markdown(record))
    return 0


def _kept(name: str) -> list[dict[str, Any]]:
    """All finished fits of a group."""
    group = GROUPS[name]
    files = [
        (_file((name, pair, seed), method), steps)
        for pair in group.pairs
        for method, steps in group.steps.items()
        for seed in range(group.seeds)
    ]
    return [json.loads(file.read_text()) for file, steps in files if _done(file, steps)]


if __name__ == "__main__":
    sys.exit(tyro.cli(main))
