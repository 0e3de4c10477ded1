"""Exact EMD beside POT's: the same number first, then the time, on the same arrays in one run.

    python -m benchmarks.transport.exact

Small problems by the call and by the matrix of pairs, dense problems of some thousand points, the
same problem in other units, and samples whose exact EMD is known in any dimension. Contenders take
turns, and the best of several times counts: other work on the machine only adds.
`benchmarks.transport.column_generation` has what no dense solver can hold.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import ot
import torch
from numpy.typing import NDArray

import divergences
from benchmarks import results_io
from divergences import sampled
from gan.critics.pairs import cones

RESULTS = results_io.RESULTS / "exact.json"
SEED = 0
AGREEMENT = 1e-12
SMALL = (10, 20, 50)
DENSE = (1000, 2000, 4000)
CLOUDS = 120  # of 10 to 50 points each
UNITS = (1e-200, 1e-100, 1e-20, 1e-14, 1e-8, 1e8, 1e100, 1e200)
PIVOTS = 10**9  # enough for POT to finish

Points = NDArray[np.float64]


def normals(n: int, /, *, d: int = 2) -> tuple[Points, Points]:
    """Two samples of one normal distribution."""
    x, y = np.random.default_rng(SEED).normal(size=(2, n, d))
    return x, y


def pot(x: Points, y: Points, /) -> float:
    """POT's exact EMD of two point sets, its distances included."""
    p, q = np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y))
    return float(ot.emd2(p, q, ot.dist(x, y, metric="euclidean"), numItermax=PIVOTS))


def ours(x: Points, y: Points, /) -> float:
    """Ours, by the method that it chooses."""
    return float(sampled.emd(x, y).value)


def compared(
    name: str, mine: Callable[[], Any], theirs: Callable[[], Any], rounds: int, /
) -> dict[str, Any]:
    """Agreement and the best times of two functions that take turns.

    Returns:
        A row of the table.

    Raises:
        RuntimeError: If they do not agree.
    """
    one, other = np.asarray(mine()), np.asarray(theirs())
    difference = float(np.max(np.abs(one - other)) / np.max(np.abs(other)))
    if not difference <= AGREEMENT:
        raise RuntimeError(f"{name}: ours and POT's differ by {difference}")
    best = [np.inf, np.inf]
    for _ in range(rounds):
        for k, function in enumerate((mine, theirs)):
            start = time.perf_counter()
            function()
            best[k] = min(best[k], time.perf_counter() - start)
    row = {"name": name, "difference": difference, "ours_s": best[0], "pot_s": best[1]}
    return {**row, "ours_by_pot": best[0] / best[1]}


def small(*, sizes: tuple[int, ...] = SMALL, rounds: int = 2000) -> list[dict[str, Any]]:
    """Time of one call: of histograms with a given cost, and of points."""
    rows = []
    for n in sizes:
        x, y = normals(n)
        p, cost = np.full(n, 1 / n), ot.dist(x, y, metric="euclidean")
        rows += [
            compared(
                f"emd of histograms, n = {n}",
                partial(divergences.emd, p, p, cost),
                partial(ot.emd2, p, p, cost),
                rounds,
            ),
            compared(
                f"emd of points, n = {n}",
                partial(ours, x, y),
                partial(pot, x, y),
                rounds,
            ),
        ]
    return rows


def matrix(*, count: int = CLOUDS, rounds: int = 5) -> dict[str, Any]:
    """Time of a distance matrix in two processes, beside a loop over POT in one."""
    rng = np.random.default_rng(SEED)
    clouds = [rng.normal(size=(rng.integers(10, 51), 2)) for _ in range(count)]

    def loop() -> Points:
        distances = np.zeros((count, count))
        for i in range(count):
            for j in range(i, count):
                distances[i, j] = distances[j, i] = pot(clouds[i], clouds[j])
        return distances

    return compared(
        f"pairwise of {count} sets of 10 to 50 points, 2 processes",
        lambda: divergences.pairwise(clouds, n_jobs=2),
        loop,
        rounds,
    )


def dense(*, sizes: tuple[int, ...] = DENSE, rounds: int = 2) -> list[dict[str, Any]]:
    """Time at sizes where POT is at home."""
    rows = []
    for n in sizes:
        x, y = normals(n)
        name = f"emd of points, n = {n}"
        rows.append(compared(name, partial(ours, x, y), partial(pot, x, y), rounds))
    return rows


def units(*, n: int = 300) -> list[dict[str, Any]]:
    """Relative error at other units of length, of cost and of mass, against the unit 1."""
    x, y = normals(n)
    rng = np.random.default_rng(SEED)
    p, q = rng.random((2, n))
    q *= p.sum() / q.sum()
    cost = ot.dist(x, y, metric="euclidean")
    points, histograms = ours(x, y), float(divergences.emd(p, q, cost))
    columns = float(sampled.emd(x, y, method="columns").value)
    rows = []
    for unit in UNITS:
        scaled = {
            "length": ours(x * unit, y * unit) / unit / points,
            "length, columns": float(
                sampled.emd(x * unit, y * unit, method="columns").value / unit / columns
            ),
            "cost": float(divergences.emd(p, q, cost * unit)) / unit / histograms,
            "mass": float(divergences.emd(p * unit, q * unit, cost)) / histograms,
        }
        rows.append({"unit": unit, **{name: abs(ratio - 1) for name, ratio in scaled.items()}})
    return rows


def wide_range() -> dict[str, Any]:
    """50 points within 1e-3 and one atom 1e12 away on both sides: right, or an error."""
    rng = np.random.default_rng(SEED)
    near_x, near_y = rng.random((2, 50, 2)) * 1e-3
    far = np.array([[1e12, 0.0]])
    truth = ours(near_x, near_y) * 50 / 51
    x, y = np.vstack([near_x, far]), np.vstack([near_y, far])
    row: dict[str, Any] = {"truth": truth, "pot_error": abs(pot(x, y) / truth - 1)}
    for method in ("dense", "columns", None):
        try:
            value = float(sampled.emd(x, y, method=method).value)
            row[str(method)] = f"error {abs(value / truth - 1):.1e}"
        except divergences.SolverError as error:
            row[str(method)] = f"SolverError: {error}"
    return row


def known(*, size: int = 2000) -> list[dict[str, Any]]:
    """Relative error on paired samples whose exact EMD is known."""
    rows = []
    for d in cones.DIMENSIONS:
        for n in cones.CONES:
            matched = cones.Cones.published(d, n).matched(
                size, torch.Generator().manual_seed(SEED)
            )
            x, y = (points.numpy() for points in matched)
            truth = float(np.linalg.norm(x - y, axis=1).mean())
            row: dict[str, Any] = {"d": d, "cones": n, "emd": truth}
            for method in ("dense", "columns"):
                row[method] = abs(float(sampled.emd(x, y, method=method).value) / truth - 1)
            rows.append(row)
    return rows


def table(record: dict[str, Any], /) -> str:
    """The times as Markdown."""
    lines = ["| problem | ours | POT | ours / POT |", "|---|---|---|---|"]
    for row in [*record["small"], record["matrix"], *record["dense"]]:
        times = f"{1e3 * row['ours_s']:.3g} ms | {1e3 * row['pot_s']:.3g} ms"
        lines.append(f"| {row['name']} | {times} | {row['ours_by_pot']:.2f} |")
    return "\n".join(lines)


def measured() -> dict[str, Any]:
    """All numbers, with the versions and the machine they come from."""
    source = {"versions": results_io.versions(), "machine": results_io.machine(), "seed": SEED}
    times = {"small": small(), "matrix": matrix(), "dense": dense()}
    return {**source, **times, "units": units(), "wide_range": wide_range(), "known": known()}


def main(path: Path = RESULTS, /) -> None:
    """Measure, print, write."""
    record = measured()
    print(table(record))
    worst = max(value for row in record["units"] for name, value in row.items() if name != "unit")
    print(f"largest relative error of another unit, 1e-200 to 1e200: {worst:.1e}")
    print(f"wide range: {record['wide_range']}")
    worst = max(row[method] for row in record["known"] for method in ("dense", "columns"))
    print(f"largest relative error on {len(record['known'])} pairs of known EMD: {worst:.1e}")
    results_io.save(record, path)
    print(f"written to {path}")


if __name__ == "__main__":
    main()
