"""Exact EMD against POT: agreement, then time, on the same arrays in one run.

    python -m benchmarks.transport.exact

Single small problems and matrices of them, dense problems of a few thousand points, one problem in
several units, and samples whose exact EMD is known in closed form. The solvers alternate, and the
shortest of several times counts, since other processes can only add to it. Problems beyond the
memory of a dense solver are in `benchmarks.transport.column_generation`.
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
COMMAND = "python -m benchmarks.transport.exact"
SEED = 0
MAX_RELATIVE_DIFFERENCE = 1e-12  # between the costs of both solvers
SMALL_SIZES = (10, 20, 50)
DENSE_SIZES = (1000, 2000, 4000)
MATRIX_SETS = 120  # of 10 to 50 points each
SCALES = (1e-200, 1e-100, 1e-20, 1e-14, 1e-8, 1e8, 1e100, 1e200)
MAX_PIVOTS = 10**9  # far above the number that POT takes

Points = NDArray[np.float64]


def normals(n: int, /, *, d: int = 2) -> tuple[Points, Points]:
    """Two samples of one normal distribution."""
    x, y = np.random.default_rng(SEED).normal(size=(2, n, d))
    return x, y


def pot_emd(x: Points, y: Points, /) -> float:
    """EMD of two point sets by POT, its distance matrix included."""
    p, q = np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y))
    return float(ot.emd2(p, q, ot.dist(x, y, metric="euclidean"), numItermax=MAX_PIVOTS))


def our_emd(x: Points, y: Points, /) -> float:
    """EMD of two point sets by `sampled.emd`, with its default method."""
    return float(sampled.emd(x, y).value)


def compare(
    name: str, ours: Callable[[], Any], peer: Callable[[], Any], rounds: int, /
) -> dict[str, Any]:
    """Relative difference and shortest times of two functions, called in alternation.

    Args:
        name: Name of the problem.
        ours: Function of no arguments that returns our cost or costs.
        peer: Function of no arguments that returns the peer's.
        rounds: Number of times that each is measured.

    Returns:
        Row of the table, times in seconds.

    Raises:
        RuntimeError: If the costs differ by more than 1e-12.
    """
    cost, peer_cost = np.asarray(ours()), np.asarray(peer())
    difference = float(np.max(np.abs(cost - peer_cost)) / np.max(np.abs(peer_cost)))
    if not difference <= MAX_RELATIVE_DIFFERENCE:
        raise RuntimeError(f"{name}: ours and POT's differ by {difference}")
    shortest = [np.inf, np.inf]
    for _ in range(rounds):
        for k, function in enumerate((ours, peer)):
            start = time.perf_counter()
            function()
            shortest[k] = min(shortest[k], time.perf_counter() - start)
    row = {"name": name, "difference": difference, "ours_s": shortest[0], "pot_s": shortest[1]}
    return {**row, "ours_by_pot": shortest[0] / shortest[1]}


def small_problems(
    *, sizes: tuple[int, ...] = SMALL_SIZES, rounds: int = 2000
) -> list[dict[str, Any]]:
    """Time of one call, on histograms with a given cost and on points."""
    rows = []
    for n in sizes:
        x, y = normals(n)
        p, cost = np.full(n, 1 / n), ot.dist(x, y, metric="euclidean")
        rows += [
            compare(
                f"emd of histograms, n = {n}",
                partial(divergences.emd, p, p, cost),
                partial(ot.emd2, p, p, cost),
                rounds,
            ),
            compare(
                f"emd of points, n = {n}",
                partial(our_emd, x, y),
                partial(pot_emd, x, y),
                rounds,
            ),
        ]
    return rows


def distance_matrix(*, count: int = MATRIX_SETS, rounds: int = 5) -> dict[str, Any]:
    """Time of a distance matrix in two processes, against a loop over POT in one."""
    rng = np.random.default_rng(SEED)
    clouds = [rng.normal(size=(rng.integers(10, 51), 2)) for _ in range(count)]

    def pot_matrix() -> Points:
        distances = np.zeros((count, count))
        for i in range(count):
            for j in range(i, count):
                distances[i, j] = distances[j, i] = pot_emd(clouds[i], clouds[j])
        return distances

    return compare(
        f"pairwise of {count} sets of 10 to 50 points, 2 processes",
        lambda: divergences.pairwise(clouds, n_jobs=2),
        pot_matrix,
        rounds,
    )


def dense_problems(
    *, sizes: tuple[int, ...] = DENSE_SIZES, rounds: int = 2
) -> list[dict[str, Any]]:
    """Time at sizes for which POT's dense solver is made."""
    rows = []
    for n in sizes:
        x, y = normals(n)
        name = f"emd of points, n = {n}"
        rows.append(compare(name, partial(our_emd, x, y), partial(pot_emd, x, y), rounds))
    return rows


def unit_errors(*, n: int = 300) -> list[dict[str, Any]]:
    """Relative error in several units of length, of cost and of mass, against the unit 1."""
    x, y = normals(n)
    rng = np.random.default_rng(SEED)
    p, q = rng.random((2, n))
    q *= p.sum() / q.sum()
    cost = ot.dist(x, y, metric="euclidean")
    point_cost, histogram_cost = our_emd(x, y), float(divergences.emd(p, q, cost))
    columns_cost = float(sampled.emd(x, y, method="columns").value)
    rows = []
    for unit in SCALES:
        ratios = {
            "length": our_emd(x * unit, y * unit) / unit / point_cost,
            "length, columns": float(
                sampled.emd(x * unit, y * unit, method="columns").value / unit / columns_cost
            ),
            "cost": float(divergences.emd(p, q, cost * unit)) / unit / histogram_cost,
            "mass": float(divergences.emd(p * unit, q * unit, cost)) / histogram_cost,
        }
        rows.append({"unit": unit, **{name: abs(ratio - 1) for name, ratio in ratios.items()}})
    return rows


def wide_range_errors() -> dict[str, Any]:
    """Relative errors, or error messages, for 50 points within 1e-3 and a shared one at 1e12."""
    rng = np.random.default_rng(SEED)
    near_x, near_y = rng.random((2, 50, 2)) * 1e-3
    far = np.array([[1e12, 0.0]])
    truth = our_emd(near_x, near_y) * 50 / 51
    x, y = np.vstack([near_x, far]), np.vstack([near_y, far])
    row: dict[str, Any] = {"truth": truth, "pot_error": abs(pot_emd(x, y) / truth - 1)}
    for method in ("dense", "columns", None):
        try:
            value = float(sampled.emd(x, y, method=method).value)
            row[str(method)] = f"error {abs(value / truth - 1):.1e}"
        except divergences.SolverError as error:
            row[str(method)] = f"SolverError: {error}"
    return row


def closed_form_errors(*, size: int = 2000) -> list[dict[str, Any]]:
    """Relative error on paired samples whose exact EMD is known in closed form."""
    rows = []
    for d in cones.PUBLISHED_DIMENSIONS:
        for n in cones.PUBLISHED_CONE_COUNTS:
            sample = cones.MinFunnel.published(d, n).coupling(
                size, torch.Generator().manual_seed(SEED)
            )
            x, y = (points.numpy() for points in sample)
            truth = float(np.linalg.norm(x - y, axis=1).mean())
            row: dict[str, Any] = {"d": d, "cones": n, "emd": truth}
            for method in ("dense", "columns"):
                row[method] = abs(float(sampled.emd(x, y, method=method).value) / truth - 1)
            rows.append(row)
    return rows


def table(record: dict[str, Any], /) -> str:
    """The times as a Markdown table."""
    lines = ["| problem | ours | POT | ours / POT |", "|---|---|---|---|"]
    for row in [*record["small"], record["matrix"], *record["dense"]]:
        times = f"{1e3 * row['ours_s']:.3g} ms | {1e3 * row['pot_s']:.3g} ms"
        lines.append(f"| {row['name']} | {times} | {row['ours_by_pot']:.2f} |")
    return "\n".join(lines)


def measure_all() -> dict[str, Any]:
    """Results of all benchmarks, with versions, machine and seed."""
    provenance = {"command": COMMAND, **results_io.origin(), "seed": SEED}
    times = {
        "small": small_problems(),
        "matrix": distance_matrix(),
        "dense": dense_problems(),
    }
    return {
        **provenance,
        **times,
        "units": unit_errors(),
        "wide_range": wide_range_errors(),
        "known": closed_form_errors(),
    }


def main(path: Path = RESULTS, /) -> None:
    """Run all benchmarks, print a summary and save the results."""
    record = measure_all()
    print(table(record))
    largest = max(
        value for row in record["units"] for name, value in row.items() if name != "unit"
    )
    print(f"largest relative error of another unit, 1e-200 to 1e200: {largest:.1e}")
    print(f"wide range: {record['wide_range']}")
    largest = max(row[method] for row in record["known"] for method in ("dense", "columns"))
    print(f"largest relative error on {len(record['known'])} pairs of known EMD: {largest:.1e}")
    results_io.save(record, path)
    print(f"written to {path}")


if __name__ == "__main__":
    main()
