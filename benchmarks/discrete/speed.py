"""How fast KL and JS are, side by side with scipy on the same arrays in the same run.

    python -m benchmarks.discrete.speed

First both must agree to 1e-12; then they take turns, and the best of several times counts: other
work on the machine only adds. Ours checks its input, and that is in its time. The memory is what a
call needs at its peak beyond its input, in arrays of the size of one input.
"""

import os
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.stats
from numpy.typing import NDArray
from scipy.spatial.distance import jensenshannon

import divergences
from benchmarks import results_io

RESULTS = results_io.RESULTS / "speed.json"
SHAPES = ((1_000_000,), (10_000, 100), (100_000, 10), (10,))
SEED = 0
ROUNDS = 15
LEAST_SECONDS = 2e-3  # of a timed round: small calls are repeated in it

Pair = tuple[NDArray[np.float64], NDArray[np.float64]]
Function = Callable[..., Any]


def _scipy_kl(p: Any, q: Any) -> Any:
    """KL by scipy."""
    return scipy.stats.entropy(p, q, axis=-1)


def _scipy_js(p: Any, q: Any) -> Any:
    """JS by scipy, whose function is its root."""
    return jensenshannon(p, q, axis=-1) ** 2


CONTENDERS: dict[str, tuple[Function, Function]] = {
    "kl": (divergences.kl, _scipy_kl),
    "js": (divergences.js, _scipy_js),
}


def pair(shape: tuple[int, ...], /) -> Pair:
    """Two arrays of distributions with entries far from each other, along the last axis."""
    p, q = np.random.default_rng(SEED).random((2, *shape))
    return p / p.sum(-1, keepdims=True), q / q.sum(-1, keepdims=True)


def seconds(functions: tuple[Function, ...], both: Pair, rounds: int, /) -> list[float]:
    """The best time of one call of each, the functions taking turns."""
    best = [np.inf] * len(functions)
    for _ in range(rounds):
        for i, function in enumerate(functions):
            calls, start = 0, time.perf_counter()
            while (spent := time.perf_counter() - start) < LEAST_SECONDS or calls == 0:
                function(*both)
                calls += 1
            best[i] = min(best[i], (time.perf_counter() - start) / calls if calls else spent)
    return best


def peak(function: Function, both: Pair, /) -> float:
    """Memory at the peak of a call beyond its input, in arrays of the size of one input."""
    tracemalloc.start()
    function(*both)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / both[0].nbytes


def measured(
    *, shapes: tuple[tuple[int, ...], ...] = SHAPES, rounds: int = ROUNDS
) -> dict[str, Any]:
    """All numbers, with the versions and the machine they come from.

    Returns:
        A record for `records.save`.

    Raises:
        RuntimeError: If ours and scipy's do not agree.
    """
    rows = []
    for shape in shapes:
        both = pair(shape)
        for name, (ours, peer) in CONTENDERS.items():
            difference = float(np.max(np.abs(ours(*both) / peer(*both) - 1)))
            if not difference <= 1e-12:
                raise RuntimeError(f"{name} {shape}: ours and scipy's differ by {difference}")
            mine, theirs = seconds((ours, peer), both, rounds)
            row = {"function": name, "shape": list(shape), "difference": difference}
            row |= {"ours_ms": 1e3 * mine, "scipy_ms": 1e3 * theirs, "ratio": theirs / mine}
            rows.append(row | {"peak_arrays": peak(ours, both)})
    source = {"versions": results_io.versions(), "machine": results_io.machine(), "seed": SEED}
    return {**source, "threads": os.environ.get("OMP_NUM_THREADS", "default"), "rows": rows}


def table(record: dict[str, Any], /) -> str:
    """The rows as Markdown."""
    lines = ["| function | shape | ours | scipy | times as fast |", "|---|---|---|---|---|"]
    for row in record["rows"]:
        shape = " x ".join(f"{k:,}" for k in row["shape"])
        times = f"{row['ours_ms']:.3g} ms | {row['scipy_ms']:.3g} ms | {row['ratio']:.2g}"
        lines.append(f"| `{row['function']}` | {shape} | {times} |")
    return "\n".join(lines)


def main(path: Path = RESULTS, /) -> None:
    """Measure, print, write."""
    record = measured()
    print(table(record))
    for row in record["rows"]:
        beyond = f"{row['peak_arrays']:.2f} arrays beyond its input"
        print(f"{row['function']} {row['shape']}: at its peak {beyond}")
    results_io.save(record, path)
    print(f"written to {path}")


if __name__ == "__main__":
    main()
