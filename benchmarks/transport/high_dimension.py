"""Exact EMD in high dimension and of coincident points, against POT: agreement, then time.

    python -m benchmarks.transport.high_dimension

Both solvers alternate in one process. Times are of the processor, of all threads, since other
processes do not add to them; the shortest of several counts.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import ot
from numpy.typing import NDArray

from benchmarks import results_io
from divergences import sampled

RESULTS = results_io.RESULTS / "high_dimension.json"
SEED = 0
MAX_RELATIVE_DIFFERENCE = 1e-12  # between the costs of both solvers
MAX_PIVOTS = 10**9  # far above the number that POT takes
DIMENSIONS = (100, 784, 1500, 4000, 10_000)  # at 1600 points on each side
N_SITES = 39
BEFORE = {  # ratio to the peer, as first measured
    "1600 x 1600, d = 784": 4.5 / 1.23,
    "1600 x 1600, d = 1500": 9.7 / 1.52,
    "1600 x 1600, d = 10000": 90 / 3.8,
    "100 x 100, d = 4000, columns": 55 / 0.05,
    "10000 x 10000 on 39 sites": 79 / 0.001,
}

Points = NDArray[np.float64]


def normals(n: int, d: int, /) -> tuple[Points, Points]:
    """Two samples of the standard normal distribution in d dimensions."""
    x, y = np.random.default_rng(SEED).normal(size=(2, n, d))
    return x, y


def pot_emd(x: Points, y: Points, /) -> float:
    """EMD of two point sets by POT, its distance matrix included."""
    p, q = np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y))
    return float(ot.emd2(p, q, ot.dist(x, y, metric="euclidean"), numItermax=MAX_PIVOTS))


def our_emd(x: Points, y: Points, /, *, columns: bool = False) -> float:
    """EMD of two point sets by `sampled.emd`."""
    return float(sampled.emd(x, y, method="columns" if columns else None).value)


def merged_by_hand(sites: Points, rows: Points, cols: Points, /) -> float:
    """EMD of points at few sites by POT, from the number of points at each."""
    p, q = (np.bincount(index, minlength=len(sites)) / len(index) for index in (rows, cols))
    return float(ot.emd2(p, q, ot.dist(sites, sites, metric="euclidean")))


def compare(
    name: str, ours: Callable[[], float], peer: Callable[[], float], rounds: int, /
) -> dict[str, Any]:
    """Relative difference and shortest processor times of two functions, in alternation.

    Args:
        name: Name of the problem.
        ours: Function of no arguments that returns our cost.
        peer: Function of no arguments that returns the peer's.
        rounds: Number of times that each is measured.

    Returns:
        Row of the table, times in seconds.

    Raises:
        RuntimeError: If the costs differ by more than 1e-12.
    """
    shortest, costs = [np.inf, np.inf], [0.0, 0.0]
    for _ in range(rounds):
        for k, function in enumerate((ours, peer)):
            start = time.process_time()
            costs[k] = function()
            shortest[k] = min(shortest[k], time.process_time() - start)
    difference = abs(costs[0] / costs[1] - 1)
    if not difference <= MAX_RELATIVE_DIFFERENCE:
        raise RuntimeError(f"{name}: ours and POT's differ by {difference}")
    ratio = shortest[0] / shortest[1]
    row = {"name": name, "emd": costs[0], "difference": difference, "ours_s": shortest[0]}
    return {**row, "pot_s": shortest[1], "ours_by_pot": ratio, "before": BEFORE.get(name, "")}


def measure_all() -> list[dict[str, Any]]:
    """One row for each problem."""
    rows = []
    for d in DIMENSIONS:
        x, y = normals(1600, d)
        name = f"1600 x 1600, d = {d}"
        rows.append(compare(name, partial(our_emd, x, y), partial(pot_emd, x, y), 3))
    x, y = normals(5000, 1000)
    name = "5000 x 5000, d = 1000"
    rows.append(compare(name, partial(our_emd, x, y), partial(pot_emd, x, y), 1))
    x, y = normals(100, 4000)
    ours = partial(our_emd, x, y, columns=True)
    rows.append(compare("100 x 100, d = 4000, columns", ours, partial(pot_emd, x, y), 5))
    rng = np.random.default_rng(SEED)
    sites = rng.normal(size=(N_SITES, 2))
    indices = rng.integers(0, N_SITES, size=(2, 10_000))
    ours = partial(our_emd, *(sites[index] for index in indices))
    peer = partial(merged_by_hand, sites, *indices)
    rows.append(compare(f"10000 x 10000 on {N_SITES} sites", ours, peer, 5))
    return rows


def table(rows: list[dict[str, Any]], /) -> str:
    """The rows as a Markdown table."""
    lines = ["| problem | ours | POT | ours / POT | before |", "|---|---|---|---|---|"]
    for row in rows:
        times = f"{1e3 * row['ours_s']:.3g} ms | {1e3 * row['pot_s']:.3g} ms"
        before = f"{row['before']:.3g}" if row["before"] else ""
        lines.append(f"| {row['name']} | {times} | {row['ours_by_pot']:.2f} | {before} |")
    return "\n".join(lines)


def main(path: Path = RESULTS, /) -> None:
    """Run all benchmarks, print a table and save the results."""
    rows = measure_all()
    print(table(rows))
    command = "python -m benchmarks.transport.high_dimension"
    record = {"command": command, **results_io.origin(), "seed": SEED, "rows": rows}
    results_io.save(record, path)
    print(f"written to {path}")


if __name__ == "__main__":
    main()
