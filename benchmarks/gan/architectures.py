"""Digits by GAN, WGAN and WGAN-GP on several architectures: claim C19, one architecture at a time.

    python -m benchmarks.gan.architectures

Each architecture of each seed is one row of ``results/architectures.json``, written when it is
done, so that a stopped benchmark goes on when run again; `benchmarks.gan.claims` reads the rows.
"""

import time
from collections.abc import Sequence
from typing import Any

import torch
import tyro

from benchmarks import results_io
from benchmarks.markdown import table
from gan.diagnose import Criterion, architectures
from gan.diagnose.digit_architectures import ARCHITECTURES
from gan.diagnose.trainable_architectures import TrainedArchitectures

RESULTS = results_io.RESULTS / "architectures.json"
COMMAND = "python -m benchmarks.gan.architectures"
SEEDS = (0, 1, 2)


def main(seeds: tuple[int, ...] = SEEDS) -> None:
    """Measure what has no row yet.

    Args:
        seeds: Seeds of weights, batches and digits.
    """
    torch.set_num_threads(1)
    for seed in seeds:
        for name in ARCHITECTURES:
            if any((row["seed"], row["architecture"]) == (seed, name) for row in recorded()):
                continue
            row = _measured(name, seed)
            record = {"command": COMMAND, **results_io.origin(), "rows": [*recorded(), row]}
            results_io.save(record, RESULTS)
            print(row, flush=True)


def _measured(name: str, seed: int) -> dict[str, Any]:
    """Row of one architecture and seed."""
    start = time.process_time()
    result = architectures(names=(name,), seed=seed)
    return {
        "seed": seed,
        "architecture": name,
        "emds": {recipe: emds[0] for recipe, emds in result.emds.items()},
        "floor": result.floor,
        "mean_digit": result.mean_digit,
        "steps": result.steps,
        "processor_seconds": round(time.process_time() - start, 1),
    }


def recorded() -> list[dict[str, Any]]:
    """Rows that are done."""
    return list(results_io.load(RESULTS)["rows"]) if RESULTS.is_file() else []


def result_of(seed: int, rows: Sequence[dict[str, Any]], /) -> TrainedArchitectures | None:
    """Result of all architectures of a seed; None while one is missing."""
    by_name = {row["architecture"]: row for row in rows if row["seed"] == seed}
    if not by_name.keys() >= ARCHITECTURES.keys():
        return None
    ordered = [by_name[name] for name in ARCHITECTURES]
    emds = {
        recipe: tuple(float(row["emds"][recipe]) for row in ordered)
        for recipe in ordered[0]["emds"]
    }
    first = ordered[0]
    return TrainedArchitectures(
        tuple(ARCHITECTURES), emds, first["floor"], first["mean_digit"], first["steps"]
    )


def criteria(seed: int, /) -> Sequence[Criterion]:
    """Criteria of a seed, by the rows; what is missing is measured first."""
    if result_of(seed, recorded()) is None:
        main((seed,))
    result = result_of(seed, recorded())
    return result.criteria() if result else ()


def progress_table(rows: Sequence[dict[str, Any]], /) -> str:
    """Markdown table of the progress by architecture and recipe, a range over seeds."""
    results = [r for seed in SEEDS if (r := result_of(seed, rows)) is not None]
    body = []
    for i, name in enumerate(ARCHITECTURES):
        cells = []
        for recipe in results[0].emds:
            shares = [result.progress(recipe)[i] for result in results]
            low, high = f"{min(shares):.2f}", f"{max(shares):.2f}"
            cells.append(low if low == high else f"{low} to {high}")
        body.append([name, *cells])
    return table(["architecture", *results[0].emds], body)


if __name__ == "__main__":
    tyro.cli(main)
