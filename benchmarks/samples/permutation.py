"""Permutation tests: is the level what it says, what do they find, and how long do they take.

    python -m benchmarks.samples.permutation

Level: how many of 1000 pairs of samples of one population are told apart at 5 %, with and without
ties. Power: how many pairs of samples of two populations are, beside scipy's tests of the line.
Time: one test beside `scipy.stats.permutation_test` of the same statistic, of which the value is
compared first.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import scipy.stats
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from benchmarks import results_io
from divergences import _parallel, sampled
from divergences.sampled._two_sample.kernel_statistics import median_distance
from divergences.sampled._two_sample.permutation_test import Name

RESULTS = results_io.RESULTS / "permutation.json"
SEED = 0
NAMES: tuple[Name, ...] = ("emd", "js", "energy", "mmd")
N, M = 50, 40
ALPHA = 0.05
PERMUTATIONS = 99
RUNS = 1000  # of the level
FOUND = 400  # runs of the power
AGREEMENT = 1e-9
LONG = 999  # permutations that are timed
SLOW = 0.02  # seconds of a statistic of scipy's, above which a tenth of its permutations is timed

Points = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Points]


def normal(rng: np.random.Generator, size: int, /, *, d: int, mean: float, sd: float) -> Points:
    """Normal points."""
    return rng.normal(mean, sd, size=(size, d))


def two_humps(rng: np.random.Generator, size: int, /) -> Points:
    """A mixture of two normals, of mean 0 and variance 1."""
    return (rng.choice([-0.9, 0.9], size) + np.sqrt(0.19) * rng.normal(size=size))[:, None]


def correlated(rng: np.random.Generator, size: int, /) -> Points:
    """Normal points of the plane, of correlation 0.8."""
    first, second = rng.normal(size=(2, size))
    return np.stack([first, 0.8 * first + 0.6 * second], axis=1)


def poisson(rng: np.random.Generator, size: int, /, *, mean: float) -> Points:
    """Counts, most of them ties."""
    return rng.poisson(mean, size=(size, 1)).astype(np.float64)


LINE, PLANE = (partial(normal, d=d, mean=0.0, sd=1.0) for d in (1, 2))
NULL: dict[str, Draw] = {
    "normal, d = 1": LINE,
    "normal, d = 2": PLANE,
    "counts, tied: Poisson(2)": partial(poisson, mean=2.0),
}
ALTERNATIVES: dict[str, tuple[Draw, Draw]] = {
    "shifted by 0.6, d = 1": (LINE, partial(normal, d=1, mean=0.6, sd=1.0)),
    "twice as wide, d = 1": (LINE, partial(normal, d=1, mean=0.0, sd=2.0)),
    "two humps, d = 1": (LINE, two_humps),
    "counts: Poisson(2), Poisson(3)": (partial(poisson, mean=2.0), partial(poisson, mean=3.0)),
    "shifted by 0.4, d = 2": (PLANE, partial(normal, d=2, mean=0.4, sd=1.0)),
    "correlated, d = 2": (PLANE, correlated),
    "shifted by 0.2, d = 20": (
        partial(normal, d=20, mean=0.0, sd=1.0),
        partial(normal, d=20, mean=0.2, sd=1.0),
    ),
}


def ours(name: Name, x: Points, y: Points, rng: np.random.Generator, /) -> float:
    """The p-value of a permutation test."""
    return sampled.permutation_test(
        x, y, statistic=name, permutations=PERMUTATIONS, rng=rng
    ).p_value


def peers(x: Points, y: Points, /) -> dict[str, float]:
    """The p-values of scipy's tests, on the line."""
    if x.shape[1] > 1:
        return {}
    found = {"ks_2samp": scipy.stats.ks_2samp(x[:, 0], y[:, 0]).pvalue}
    found["epps_singleton_2samp"] = scipy.stats.epps_singleton_2samp(x[:, 0], y[:, 0]).pvalue
    return {name: float(value) for name, value in found.items()}


def rejections(first: Draw, second: Draw, seeds: list[int], /) -> dict[str, int]:
    """How many pairs of samples each test tells apart at 5 %.

    Returns:
        Counts by test.
    """
    counts: dict[str, int] = {}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        x, y = first(rng, N), second(rng, M)
        found = {name: ours(name, x, y, rng) for name in NAMES} | peers(x, y)
        for name, p_value in found.items():
            counts[name] = counts.get(name, 0) + (p_value <= ALPHA + 1e-12)
    return counts


def shares(first: Draw, second: Draw, runs: int, /, *, n_jobs: int | None = 2) -> dict[str, Any]:
    """The share of pairs that each test tells apart, with its 95 % interval (Clopper-Pearson)."""
    seeds = [int(seed) for seed in np.random.SeedSequence(SEED).generate_state(runs)]
    tasks = [(first, second, seeds[start : start + 20]) for start in range(0, runs, 20)]
    counts: dict[str, int] = {}
    for _, part in _parallel.results(rejections, tasks, n_jobs=n_jobs):
        for name, count in part.items():
            counts[name] = counts.get(name, 0) + count
    rows = {}
    for name, count in counts.items():
        interval = scipy.stats.binomtest(count, runs).proportion_ci(0.95)
        rows[name] = {"share": count / runs, "low": interval.low, "high": interval.high}
    return rows


def emd_nd(points: Points, i: NDArray[np.intp], j: NDArray[np.intp], /) -> float:
    """Scipy's EMD in any dimension, of two sets of places."""
    return float(scipy.stats.wasserstein_distance_nd(points[i], points[j]))


def kernel_mean(kernel: Points, i: NDArray[np.intp], j: NDArray[np.intp], /) -> float:
    """The quadratic form of two sets of places."""
    within = kernel[np.ix_(i, i)].mean() + kernel[np.ix_(j, j)].mean()
    return float(within - 2 * kernel[np.ix_(i, j)].mean())


def peer_statistics(points: Points, /) -> dict[str, Callable[..., float]]:
    """The same statistics as functions of places in the pooled sample."""
    far = cdist(points, points)
    gaussian = np.exp(-((far / median_distance(points)) ** 2) / 2)
    same: dict[str, Callable[..., float]] = {
        "energy": partial(kernel_mean, -far),
        "mmd": partial(kernel_mean, gaussian),
        "emd": partial(emd_nd, points),
    }
    if points.shape[1] == 1:
        line = points[:, 0]
        same["emd"] = lambda i, j: float(scipy.stats.wasserstein_distance(line[i], line[j]))
    return same


def timed(
    name: Name, x: Points, y: Points, peer: Callable[..., float] | None, /
) -> dict[str, Any]:
    """One test of 999 permutations in one process, and scipy's of the same statistic.

    Returns:
        A row of the table.

    Raises:
        RuntimeError: If the statistics differ.
    """
    row: dict[str, Any] = {"statistic": name, "n": len(x), "m": len(y), "d": x.shape[1]}
    best = np.inf
    for _ in range(3):
        start = time.perf_counter()
        test = sampled.permutation_test(x, y, statistic=name, permutations=LONG)
        best = min(best, time.perf_counter() - start)
    row |= {"ours_s": best, "ours_p": test.p_value}
    if peer is None:
        return row
    places = np.arange(len(x)), len(x) + np.arange(len(y))
    start = time.perf_counter()
    peer(*places)
    resamples = LONG if time.perf_counter() - start < SLOW else LONG // 10
    start = time.perf_counter()
    other = scipy.stats.permutation_test(
        places, peer, n_resamples=resamples, alternative="greater", vectorized=False, rng=SEED
    )
    seconds = (time.perf_counter() - start) * LONG / resamples
    row |= {"scipy_s": seconds, "scipy_resamples": resamples, "scipy_p": float(other.pvalue)}
    if not abs(other.statistic / test.statistic - 1) <= AGREEMENT:
        raise RuntimeError(f"{name}: {test.statistic}, but scipy has {other.statistic}")
    return row


def times(*, size: int = N, large: int = 2000) -> list[dict[str, Any]]:
    """Times of all statistics, on the line and in the plane; of large samples without scipy."""
    rows = []
    for d in (1, 2):
        x, y = np.random.default_rng(SEED).normal(size=(2, size, d))
        y += 0.3
        same = peer_statistics(np.vstack([x, y]))
        rows += [timed(name, x, y, same.get(name)) for name in NAMES]
    x, y = np.random.default_rng(SEED).normal(size=(2, large, 2))
    return [*rows, *(timed(name, x, y, None) for name in ("js", "energy", "mmd"))]


def table(record: dict[str, Any], /) -> str:
    """Level, power and times as Markdown."""
    columns = [*NAMES, "ks_2samp", "epps_singleton_2samp"]
    lines = [f"| told apart at 5 % | {' | '.join(f'`{name}`' for name in columns)} |"]
    lines.append("|" + "---|" * (1 + len(columns)))
    lines += [
        _shares(f"{what}{name}", row, columns)
        for what, cases in (("the same: ", record["level"]), ("", record["power"]))
        for name, row in cases.items()
    ]
    low, high = (
        100 * k / record["runs"] for k in scipy.stats.binom.interval(0.95, record["runs"], ALPHA)
    )
    chance = f"(Of {record['runs']:,} pairs of one population, a test of level 5 % tells"
    lines += ["", f"{chance} {low:.1f} to {high:.1f} % apart, 19 times in 20.)"]
    lines += ["", "| one test, 999 permutations | ours | scipy |", "|---|---|---|"]
    for row in record["times"]:
        scipys = _seconds(row["scipy_s"]) if "scipy_s" in row else ""
        scipys += " (from 99)" if row.get("scipy_resamples", LONG) < LONG else ""
        name = f"`{row['statistic']}`, {row['n']:,} + {row['m']:,} points, d = {row['d']}"
        lines.append(f"| {name} | {_seconds(row['ours_s'])} | {scipys} |")
    return "\n".join(lines)


def _shares(name: str, row: dict[str, Any], columns: list[str]) -> str:
    """A line of the table of shares."""
    cells = [f"{100 * row[column]['share']:.1f} %" if column in row else "" for column in columns]
    return f"| {name} | {' | '.join(cells)} |"


def _seconds(time: float) -> str:
    """A time in the unit that suits it."""
    return f"{time:.3g} s" if time >= 1 else f"{1e3 * time:.3g} ms"


def measured(*, runs: int = RUNS, found: int = FOUND, n_jobs: int | None = 2) -> dict[str, Any]:
    """All numbers, with the versions and the machine they come from."""
    source = {"versions": results_io.versions(), "machine": results_io.machine(), "seed": SEED}
    sizes = {"n": N, "m": M, "permutations": PERMUTATIONS, "runs": runs, "power_runs": found}
    level, power = {}, {}
    for name, draw in NULL.items():
        level[name] = shares(draw, draw, runs, n_jobs=n_jobs)
        print(f"level, {name}: done", flush=True)
    for name, both in ALTERNATIVES.items():
        power[name] = shares(*both, found, n_jobs=n_jobs)
        print(f"power, {name}: done", flush=True)
    return {**source, **sizes, "level": level, "power": power}


def main(path: Path = RESULTS, /) -> None:
    """Measure, print, write."""
    record = {**measured(), "times": times()}
    print(table(record))
    for name, row in record["level"].items():
        for test, share in row.items():
            interval = f"[{100 * share['low']:.1f}, {100 * share['high']:.1f}] %"
            print(f"level of {test}, {name}: {100 * share['share']:.1f} % {interval}")
    results_io.save(record, path)
    print(f"written to {path}")


if __name__ == "__main__":
    main()
