"""Time and memory of KL, JS and JS distance, compared with scipy on the same arrays in one run.

    python -m benchmarks.discrete.speed

Results must agree to a relative 1e-12. Calls alternate, and the minimum over rounds is reported,
since other load only adds time. The time of `divergences` includes the validation of its input.
Memory is the peak of a call beyond its input, in units of the size of one input array.
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
from scipy.spatial.distance import cdist, jensenshannon

import divergences
from benchmarks import results_io

RESULTS = results_io.RESULTS / "speed.json"
COMMAND = "python -m benchmarks.discrete.speed"
SHAPES = ((1_000_000,), (10_000, 100), (100_000, 10), (1000,), (10,))
MATRIX_SHAPE = (200, 1000)  # distances of all pairs, as broadcast arguments
SEED = 0
ROUNDS = 15
MIN_ROUND_SECONDS = 2e-3

Pair = tuple[NDArray[np.float64], NDArray[np.float64]]
Function = Callable[..., Any]


def _scipy_kl(p: Any, q: Any) -> Any:
    """KL by scipy."""
    return scipy.stats.entropy(p, q, axis=-1)


def _scipy_js(p: Any, q: Any) -> Any:
    """JS by scipy, whose function is the square root of JS."""
    return jensenshannon(p, q, axis=-1) ** 2


def _scipy_js_distance(p: Any, q: Any) -> Any:
    """JS distance by scipy."""
    return jensenshannon(p, q, axis=-1)


def _scipy_matrix(p: Any, q: Any) -> Any:
    """JS distances of all pairs by scipy."""
    return cdist(p[:, 0], q[0], "jensenshannon")


FUNCTIONS: dict[str, tuple[Function, Function]] = {
    "kl": (divergences.kl, _scipy_kl),
    "js": (divergences.js, _scipy_js),
    "js_distance": (divergences.js_distance, _scipy_js_distance),
}


def pair(shape: tuple[int, ...], /) -> Pair:
    """Two arrays of random distributions along the last axis."""
    p, q = np.random.default_rng(SEED).random((2, *shape))
    return p / p.sum(-1, keepdims=True), q / q.sum(-1, keepdims=True)


def seconds(functions: tuple[Function, ...], arrays: Pair, rounds: int, /) -> list[float]:
    """Seconds per call of each function: the minimum over rounds, in which functions alternate."""
    best = [np.inf] * len(functions)
    for _ in range(rounds):
        for i, function in enumerate(functions):
            calls, start = 0, time.perf_counter()
            while (spent := time.perf_counter() - start) < MIN_ROUND_SECONDS or calls == 0:
                function(*arrays)
                calls += 1
            best[i] = min(best[i], (time.perf_counter() - start) / calls if calls else spent)
    return best


def peak_memory(function: Function, arrays: Pair, /) -> float:
    """Peak memory of a call beyond its input, in units of the size of one input array."""
    tracemalloc.start()
    function(*arrays)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / arrays[0].nbytes


def comparison(
    name: str, functions: tuple[Function, Function], arrays: Pair, rounds: int, /
) -> dict[str, Any]:
    """Time and memory of a function, and the time of scipy's.

    Returns:
        A row of the record.

    Raises:
        RuntimeError: If a value differs from scipy's by more than 1e-12.
    """
    ours, peer = functions
    difference = float(np.max(np.abs(ours(*arrays) / peer(*arrays) - 1)))
    if not difference <= 1e-12:
        raise RuntimeError(f"{name} {arrays[0].shape} differs from scipy by {difference}")
    our_time, peer_time = seconds(functions, arrays, rounds)
    return {
        "function": name,
        "shape": list(np.broadcast_shapes(*(a.shape for a in arrays))),
        "difference": difference,
        "ours_ms": 1e3 * our_time,
        "scipy_ms": 1e3 * peer_time,
        "ratio": peer_time / our_time,
        "peak_arrays": peak_memory(ours, arrays),
    }


def measure_all(
    *,
    shapes: tuple[tuple[int, ...], ...] = SHAPES,
    matrix_shape: tuple[int, int] = MATRIX_SHAPE,
    rounds: int = ROUNDS,
) -> dict[str, Any]:
    """Time and memory for every function and shape.

    Args:
        shapes: Shapes of the arrays.
        matrix_shape: Number and length of the vectors of which all pairs are taken.
        rounds: Rounds of timing.

    Returns:
        A record for `results_io.save`, with versions and machine.

    Raises:
        RuntimeError: If a value differs from scipy's by more than 1e-12.
    """
    rows = [
        comparison(name, functions, pair(shape), rounds)
        for shape in shapes
        for name, functions in FUNCTIONS.items()
    ]
    p, q = pair(matrix_shape)
    matrix_functions = divergences.js_distance, _scipy_matrix
    rows.append(comparison("js_distance", matrix_functions, (p[:, None], q[None]), rounds))
    source = {"command": COMMAND, **results_io.origin(), "seed": SEED}
    return {**source, "threads": os.environ.get("OMP_NUM_THREADS", "default"), "rows": rows}


def table(record: dict[str, Any], /) -> str:
    """Table of times in Markdown."""
    lines = ["| function | shape | ours | scipy | times as fast |", "|---|---|---|---|---|"]
    for row in record["rows"]:
        shape = " x ".join(f"{k:,}" for k in row["shape"])
        times = f"{row['ours_ms']:.3g} ms | {row['scipy_ms']:.3g} ms | {row['ratio']:.2g}"
        lines.append(f"| `{row['function']}` | {shape} | {times} |")
    return "\n".join(lines)


def main(path: Path = RESULTS, /) -> None:
    """Measure, print and write the results."""
    record = measure_all()
    print(table(record))
    for row in record["rows"]:
        memory = f"{row['peak_arrays']:.2f} arrays beyond its input"
        print(f"{row['function']} {row['shape']}: peak memory {memory}")
    results_io.save(record, path)
    print(f"written to {path}")


if __name__ == "__main__":
    main()
