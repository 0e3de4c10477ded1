"""The line and the circle against scipy and POT: agreement, then time and memory, in one run.

    python -m benchmarks.transport.one_dimensional

Samples of 10^3 to 10^7 points with equal masses, of different sizes, with ties, with weights and
in ascending order. Times are of the processor; the solvers alternate, and the shortest of several
counts. Memory is the peak of numpy's allocations. POT's circle ends its search at a tolerance, so
that its own inaccuracy is in the differences; its values are compared up to 10^6 points.
"""

import time
import tracemalloc
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import ot
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from benchmarks import results_io
from divergences import sampled

RESULTS = results_io.RESULTS / "one_dimensional.json"
SEED = 0
SIZES = (10**3, 10**4, 10**5, 10**6, 10**7)
MAX_CIRCLE_PEER_SIZE = 10**6
CIRCLE_ORDERS = (1.0, 2.0)
MAX_CIRCLE_SIZE = {1.0: 10**7, 2.0: 10**6}
MAX_RELATIVE_DIFFERENCE = 1e-12  # on the line, beside the rounding of the peer's sums
MAX_CIRCLE_DIFFERENCE = 1e-7  # POT's tolerance
POINTS_PER_MEASUREMENT = 2 * 10**6

Points = NDArray[np.float64]
Case = tuple[str, Points, Points, dict[str, Points]]


def line_cases(n: int, /) -> list[Case]:
    """Pairs of samples of the line: name, points and weights."""
    rng = np.random.default_rng(SEED)
    x, y = rng.normal(size=n), rng.normal(size=n) + 0.1
    fewer = rng.normal(size=n // 2 + 1)
    weights = {"x_weights": rng.random(n), "y_weights": rng.random(n)}
    return [
        ("equal masses", x, y, {}),
        ("different sizes", x, fewer, {}),
        ("ties", np.round(x, 1), np.round(fewer, 1), {}),
        ("weights", x, y, weights),
        ("ascending", np.sort(x), np.sort(y), {}),
    ]


def circle_cases(n: int, /) -> list[Case]:
    """Pairs of samples of a circle of length 1."""
    rng = np.random.default_rng(SEED)
    x, y = rng.random(n), rng.random(n) ** 2
    p, q = rng.random(n), rng.random(n)
    return [
        ("equal masses", x, y, {}),
        ("different sizes", x, rng.random(n // 2 + 1), {}),
        ("weights", x, y, {"x_weights": p / p.sum(), "y_weights": q / q.sum()}),
    ]


def scipy_distance(x: Points, y: Points, weights: dict[str, Points], /) -> float:
    """Distance on the line by scipy."""
    return float(wasserstein_distance(x, y, *weights.values()))


def our_line(x: Points, y: Points, weights: dict[str, Any], /) -> float:
    """Distance on the line by `sampled.emd`."""
    return float(sampled.emd(x, y, **weights).value)


def our_batch(x: Points, y: Points, weights: dict[str, Any], /) -> float:
    """Distance on the line by `sampled.wasserstein_1d`."""
    return float(sampled.wasserstein_1d(x, y, **weights))


def our_circle(x: Points, y: Points, weights: dict[str, Any], order: float, /) -> float:
    """Distance on the circle by `sampled.emd`."""
    return float(sampled.emd(x, y, period=1.0, order=order, **weights).value)


def pot_circle(x: Points, y: Points, weights: dict[str, Points], order: float, /) -> float:
    """Distance on the circle by POT."""
    masses = {
        f"{name[0].replace('x', 'u').replace('y', 'v')}_weights": w for name, w in weights.items()
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cost = ot.wasserstein_circle(x, y, p=order, **masses)
    return float(np.ravel(cost)[0]) ** (1 / order)


def measured(solvers: dict[str, Callable[[], float]], rounds: int, /) -> dict[str, Any]:
    """Values, shortest processor times in seconds and peak memory in MB of several solvers."""
    row: dict[str, Any] = {}
    for name, solve in solvers.items():
        tracemalloc.start()
        row[name] = float(solve())
        row[f"{name}_mb"] = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        row[f"{name}_s"] = np.inf
    for _ in range(rounds):
        for name, solve in solvers.items():
            start = time.process_time()
            solve()
            row[f"{name}_s"] = min(row[f"{name}_s"], time.process_time() - start)
    return row


def rounds(n: int, /) -> int:
    """Number of measurements of a size."""
    return int(np.clip(POINTS_PER_MEASUREMENT // n, 1, 100))


def line(*, sizes: tuple[int, ...] = SIZES) -> list[dict[str, Any]]:
    """Rows of `sampled.emd` and `sampled.wasserstein_1d` beside scipy.

    Returns:
        A row per size and case.

    Raises:
        RuntimeError: If values differ by more than 1e-12 and the peer's rounding.
    """
    rows = []
    for n in sizes:
        for name, x, y, weights in line_cases(n):
            solvers: dict[str, Callable[[], float]] = {
                "scipy": partial(scipy_distance, x, y, weights),
                "emd": partial(our_line, x, y, weights),
                "wasserstein_1d": partial(our_batch, x, y, weights),
            }
            row = {"n": n, "case": name, **measured(solvers, rounds(n))}
            row["difference"] = abs(row["emd"] / row["scipy"] - 1)
            # Errors of scipy's cumulative sums are random: their root of n counts.
            if row["difference"] > MAX_RELATIVE_DIFFERENCE * max(1.0, np.sqrt(n / 1e6)):
                raise RuntimeError(f"{n} points, {name}: difference {row['difference']}")
            rows.append(row)
            print(line_text(row), flush=True)
    return rows


def circle(
    *, sizes: tuple[int, ...] = SIZES, orders: tuple[float, ...] = CIRCLE_ORDERS
) -> list[dict[str, Any]]:
    """Rows of `sampled.emd` with a period beside POT.

    Returns:
        A row per size, order and case.

    Raises:
        RuntimeError: If values differ by more than POT's tolerance.
    """
    rows = []
    for order in orders:
        for n in (n for n in sizes if n <= MAX_CIRCLE_SIZE[order]):
            for name, x, y, weights in circle_cases(n):
                solvers: dict[str, Callable[[], float]] = {
                    "emd": partial(our_circle, x, y, weights, order)
                }
                if n <= MAX_CIRCLE_PEER_SIZE:
                    solvers["pot"] = partial(pot_circle, x, y, weights, order)
                row: dict[str, Any] = {"n": n, "order": order, "case": name}
                row |= measured(solvers, min(3, rounds(n)))
                if "pot" in row:
                    row["difference"] = abs(row["emd"] / row["pot"] - 1)
                    if row["difference"] > MAX_CIRCLE_DIFFERENCE:
                        raise RuntimeError(f"{n} points, {name}: {row['difference']}")
                rows.append(row)
                print(circle_text(row), flush=True)
    return rows


def line_text(row: dict[str, Any], /) -> str:
    """A row of the line as text."""
    times = ", ".join(
        f"{name} {1e3 * row[f'{name}_s']:.3g} ms {row[f'{name}_mb']:.3g} MB"
        for name in ("scipy", "emd", "wasserstein_1d")
    )
    return f"line, {row['n']:,}, {row['case']}: {times}, difference {row['difference']:.1e}"


def circle_text(row: dict[str, Any], /) -> str:
    """A row of the circle as text."""
    peer = (
        f"POT {1e3 * row['pot_s']:.3g} ms, difference {row['difference']:.1e}"
        if ("pot" in row)
        else "POT not run"
    )
    return (
        f"circle, order {row['order']:g}, {row['n']:,}, {row['case']}: "
        f"emd {1e3 * row['emd_s']:.3g} ms, {peer}"
    )


def main(path: Path = RESULTS, /) -> None:
    """Run both, print the rows and save them."""
    record = {
        "command": "python -m benchmarks.transport.one_dimensional",
        **results_io.origin(),
        "seed": SEED,
        "line": line(),
        "circle": circle(),
    }
    results_io.save(record, path)
    print(f"written to {path}")


if __name__ == "__main__":
    main()
