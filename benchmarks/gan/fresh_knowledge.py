"""Knowledge of fresh points: critics fitted to samplers, measured on points that no fit has drawn.

    python -m benchmarks.gan.fresh_knowledge            # all fits, one thread, an hour
    python -m benchmarks.gan.fresh_knowledge taught --seeds 1   # some methods and seeds
    python -m benchmarks.gan.fresh_knowledge --gather   # collect the finished fits

Each fit is kept under ``runs/fresh_knowledge``; a benchmark that was stopped resumes when run
again. Results go to ``results/fresh_knowledge.json``. Knowledge of the same points, of fits to
4096 or 2048 fixed points, is that of `benchmarks.gan.critic_gap`: the two are never mixed.
"""

import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import product
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
import tyro
from tyro.conf import Positional

from benchmarks import markdown, results_io
from benchmarks.gan.knowledge_ceiling import ceiling, ceiling_row
from gan.critics import CRITICS, Budget, Problem, fitted
from gan.critics.experiment import FIT_STREAM, KNOWLEDGE_STREAM
from gan.critics.pairs import DistributionPair, named_pair
from gan.critics.registry import PLAIN_NETWORK
from gan.evaluation.critic_gap import CriticGap, ExactTransport
from gan.evaluation.point_pair import ScoreFunction
from gan.networks.rescaling import rescaled_critic
from gan.runs.atomic_files import write_json
from gan.runs.run_metrics import seeded_generator
from gan.runs.signals import EXIT_INTERRUPTED

RESULTS = results_io.RESULTS / "fresh_knowledge.json"
RUNS = Path("runs/fresh_knowledge")
COMMAND = "python -m benchmarks.gan.fresh_knowledge"
PAIRS = ("ring-normal", "translation-8", "digits-normal")
FRESH_SIZE = 2048
SEEDS = 3
STEPS = {  # of fits to samplers
    "taught": 1000,
    "averaged-witness": 1,
    "two-sided-witness": 1000,
    "one-sided": 400,
    "c-transform": 60,
    "gradient-penalty": 400,
    "sharp": 150,
    "lattice": 300,
}
REFERENCES = ("constant", "untrained network", "witness of other points", "exact potentials")
Row = dict[str, Any]


def fresh_points(pair: DistributionPair, seed: int, /) -> ExactTransport:
    """Fresh points of a pair, none of them drawn by a fit, and their exact transport.

    Args:
        pair: The pair; of digits, the points are of the test set.
        seed: Seed of the points.

    Returns:
        `FRESH_SIZE` points of each distribution.
    """
    rng = seeded_generator(torch.device("cpu"), seed, KNOWLEDGE_STREAM)
    real = pair.unseen_real or pair.real
    return ExactTransport.between(real(FRESH_SIZE, rng), pair.generated(FRESH_SIZE, rng))


def fit_row(
    method: str, name: str, seed: int, pair: DistributionPair, fresh: ExactTransport
) -> Row:
    """Numbers of one fit to the samplers of a pair.

    Args:
        method: Name in the registry of critics.
        name: Name of the pair.
        seed: Seed of the fit.
        pair: The pair.
        fresh: The points that it is measured on.

    Returns:
        Steps, time and numbers on the fresh points.
    """
    problem = Problem(pair.real, pair.generated, pair.shape, pair.unit)
    rng = seeded_generator(torch.device("cpu"), seed, FIT_STREAM)
    fit = fitted(CRITICS[method].estimator, problem, budget=Budget(STEPS[method]), rng=rng)
    row = {"method": method, "pair": name, "seed": seed, "steps": STEPS[method]}
    return {**row, "seconds": fit.seconds, **numbers(fresh.critic_gap(fit.score))}


def reference_rows(
    name: str, seed: int, pair: DistributionPair, fresh: ExactTransport
) -> list[Row]:
    """Numbers of critics that no estimator has fitted, on the fresh points.

    Args:
        name: Name of the pair.
        seed: Seed of the points and of the untrained network.
        pair: The pair.
        fresh: The points.

    Returns:
        Rows of `REFERENCES`, in order. The witness of other points extends the exact
        potentials of as many other points.
    """
    rng = seeded_generator(torch.device("cpu"), seed, FIT_STREAM)
    other = ExactTransport.between(*pair.samples(FRESH_SIZE, rng))
    network = rescaled_critic(PLAIN_NETWORK(rng, pair.shape), pair.unit)
    critics: tuple[ScoreFunction, ...] = (
        lambda points: torch.zeros(len(points)),
        network,
        _of_flat_points(other.witness),
        _of_flat_points(fresh.witness),
    )
    return [
        {"method": method, "pair": name, "seed": seed, **numbers(fresh.critic_gap(critic))}
        for method, critic in zip(REFERENCES, critics, strict=True)
    ]


def numbers(gap: CriticGap, /) -> Row:
    """Numbers of a critic on the fresh points: gap, slope, bounds, exact EMD and knowledge."""
    return {**asdict(gap), "error": gap.error, "knowledge": gap.knowledge}


def _of_flat_points(score: ScoreFunction) -> ScoreFunction:
    """A function of flattened points in float64, for points of any shape."""
    return lambda points: score(points.flatten(start_dim=1).double())


def _unfinished(file: Path, method: str) -> bool:
    """Whether the file lacks a fit of the present number of steps."""
    if not file.exists():
        return True
    return any(row.get("steps") != STEPS.get(method) for row in _read(file)["rows"])


def _write_missing(name: str, seed: int, wanted: Sequence[str]) -> Iterator[str]:
    """Make the missing rows of a pair and a seed, yielding the method of each."""
    methods = {method: RUNS / name / f"seed{seed}" / f"{method}.json" for method in wanted}
    missing = [method for method, file in methods.items() if _unfinished(file, method)]
    if not missing:
        return
    pair = named_pair(name)
    fresh = fresh_points(pair, seed)
    for method in missing:
        part = {"origin": results_io.origin(), **_part(method, name, seed, pair, fresh)}
        methods[method].parent.mkdir(parents=True, exist_ok=True)
        write_json(methods[method], part)
        yield method


def _part(
    method: str, name: str, seed: int, pair: DistributionPair, fresh: ExactTransport
) -> dict[str, list[Row]]:
    """Rows of a method, of the references or of the ceiling."""
    if method == "ceiling":
        return {"rows": [], "ceilings": [ceiling_row(name, seed, pair, fresh)]}
    if method == "references":
        return {"rows": reference_rows(name, seed, pair, fresh)}
    return {"rows": [fit_row(method, name, seed, pair, fresh)]}


def record() -> Row:
    """All finished rows, with the origin of the last fit."""
    parts = [_read(file) for file in sorted(RUNS.rglob("*.json"))]
    return {
        "origin": results_io.latest(part["origin"] for part in parts),
        "command": COMMAND,
        "n": FRESH_SIZE,
        "rows": [row for part in parts for row in part["rows"]],
        "ceilings": [row for part in parts for row in part.get("ceilings", [])],
    }


def _read(file: Path) -> Row:
    """Origin and rows of a finished fit."""
    return dict(json.loads(file.read_text()))


def table(record: Row, /) -> str:
    """Markdown table of knowledge and gap on fresh points, a row for each method.

    Args:
        record: Content of ``results/fresh_knowledge.json``.

    Returns:
        Means over the seeds, with the smallest and the largest knowledge in brackets; in the last
        row the ceiling of the mean knowledge of scores of one side.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in record["rows"]:
        groups.setdefault((row["method"], row["pair"]), []).append(row)
    head = ["critic", *(f"{pair}: {what}" for pair in PAIRS for what in ("knowledge", "gap"))]
    names = [*REFERENCES[:2], *sorted(STEPS), *REFERENCES[2:]]
    rows = [
        [name, *(cell for pair in PAIRS for cell in _cells(groups.get((name, pair), [])))]
        for name in names
        if any((name, pair) in groups for pair in PAIRS)
    ]
    return markdown.table(head, [*rows, *_ceiling_row(record.get("ceilings", []))])


def _ceiling_row(rows: list[Row]) -> list[list[str]]:
    """Ceiling of each pair; none if there are no results."""
    if not rows:
        return []
    parts = [[row for row in rows if row["pair"] == pair] for pair in PAIRS]
    shares = [f"{100 * ceiling(part):.1f} %" if part else "-" for part in parts]
    return [["ceiling of one side's scores", *(cell for share in shares for cell in (share, "-"))]]


def _cells(rows: list[Row]) -> tuple[str, str]:
    """Knowledge and error of the gap, in percent, of the fits of one cell."""
    if not rows:
        return "-", "-"
    shares = [float(row["knowledge"]) for row in rows]
    error = fmean(float(row["error"]) for row in rows)
    spread = f" ({100 * min(shares):.1f} to {100 * max(shares):.1f})" if len(shares) > 1 else ""
    return f"{100 * fmean(shares):.1f} %{spread}", f"{error:+.1%}"


def main(
    methods: Positional[tuple[str, ...]] = (),
    *,
    pairs: tuple[str, ...] = PAIRS,
    seeds: int = SEEDS,
    gather: bool = False,
    seconds: float = math.inf,
) -> int:
    """Make the unfinished fits, seed by seed, and write the results.

    Args:
        methods: Names of critics, "references" and "ceiling"; all by default.
        pairs: Names of the pairs.
        seeds: Number of seeds, from 0.
        gather: Collect the finished fits, and run no others.
        seconds: Begin no further fit after this time.

    Returns:
        The exit status.
    """
    torch.set_num_threads(1)
    known = ("references", "ceiling", *STEPS)
    wanted = methods or known
    if unknown := sorted(set(wanted) - set(known)):
        sys.exit(f"unknown method {unknown[0]!r}; choose from {', '.join(known)}")
    stopped = deadline(seconds)
    if not gather:
        for seed, pair in product(range(seeds), pairs):
            for method in _write_missing(pair, seed, wanted):
                print(f"{pair}, seed {seed}: {method}", flush=True)
                if stopped():
                    print("stopped; run again to resume")
                    return EXIT_INTERRUPTED
    results = record()
    results_io.save(results, RESULTS)
    print(table(results))
    return 0


def deadline(seconds: float) -> Callable[[], bool]:
    """Whether a time from now has passed."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


if __name__ == "__main__":
    sys.exit(tyro.cli(main))
