"""Permutation tests: level, power and time, compared with scipy.

    python -m benchmarks.samples.permutation

Level: rejections at 5 % among 1000 pairs of samples of the same population, with and without ties.
Power: rejections among pairs of samples of two populations, on the line also by scipy's tests.
Time: one test, and `scipy.stats.permutation_test` with the same statistic and equal value.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import scipy.stats
from scipy.spatial.distance import cdist

from benchmarks import results_io
from divergences import _parallel, sampled
from divergences._typing import Floats, Indices
from divergences.sampled._two_sample.kernel_statistics import median_distance
from divergences.sampled._two_sample.permutation_test import StatisticName

RESULTS = results_io.RESULTS / "permutation.json"
COMMAND = "python -m benchmarks.samples.permutation"
SEED = 0
STATISTICS: tuple[StatisticName, ...] = ("emd", "js", "energy", "mmd")
PEER_TESTS = ("ks_2samp", "epps_singleton_2samp")
SAMPLE_SIZES = (50, 40)
ALPHA = 0.05
PERMUTATIONS = 99
LEVEL_PAIRS = 1000
POWER_PAIRS = 400
PAIRS_PER_TASK = 20
MAX_RELATIVE_DIFFERENCE = 1e-9
TIMED_PERMUTATIONS = 999
MAX_PEER_SECONDS = 0.02  # for one value; of a slower statistic, a tenth of the permutations is run

Sampler = Callable[[np.random.Generator, int], Floats]
IndexStatistic = Callable[[Indices, Indices], float]


def normal(rng: np.random.Generator, size: int, /, *, d: int, mean: float, sd: float) -> Floats:
    """Points of a normal distribution with independent coordinates."""
    return rng.normal(mean, sd, size=(size, d))


def bimodal(rng: np.random.Generator, size: int, /) -> Floats:
    """Points of a mixture of two normals, of mean 0 and variance 1."""
    return (rng.choice([-0.9, 0.9], size) + np.sqrt(0.19) * rng.normal(size=size))[:, None]


def correlated(rng: np.random.Generator, size: int, /) -> Floats:
    """Points of a normal distribution in the plane, of correlation 0.8."""
    first, independent = rng.normal(size=(2, size))
    return np.stack([first, 0.8 * first + 0.6 * independent], axis=1)


def poisson(rng: np.random.Generator, size: int, /, *, mean: float) -> Floats:
    """Points of a Poisson distribution, most of them ties."""
    return rng.poisson(mean, size=(size, 1)).astype(np.float64)


STANDARD_1D, STANDARD_2D = (partial(normal, d=d, mean=0.0, sd=1.0) for d in (1, 2))
NULL_HYPOTHESES: dict[str, Sampler] = {
    "normal, d = 1": STANDARD_1D,
    "normal, d = 2": STANDARD_2D,
    "counts, tied: Poisson(2)": partial(poisson, mean=2.0),
}
ALTERNATIVES: dict[str, tuple[Sampler, Sampler]] = {
    "shifted by 0.6, d = 1": (STANDARD_1D, partial(normal, d=1, mean=0.6, sd=1.0)),
    "twice as wide, d = 1": (STANDARD_1D, partial(normal, d=1, mean=0.0, sd=2.0)),
    "two humps, d = 1": (STANDARD_1D, bimodal),
    "counts: Poisson(2), Poisson(3)": (partial(poisson, mean=2.0), partial(poisson, mean=3.0)),
    "shifted by 0.4, d = 2": (STANDARD_2D, partial(normal, d=2, mean=0.4, sd=1.0)),
    "correlated, d = 2": (STANDARD_2D, correlated),
    "shifted by 0.2, d = 20": (
        partial(normal, d=20, mean=0.0, sd=1.0),
        partial(normal, d=20, mean=0.2, sd=1.0),
    ),
}


def our_p_value(name: StatisticName, x: Floats, y: Floats, rng: np.random.Generator, /) -> float:
    """P-value of our permutation test."""
    return sampled.permutation_test(
        x, y, statistic=name, permutations=PERMUTATIONS, rng=rng
    ).p_value


def peer_p_values(x: Floats, y: Floats, /) -> dict[str, float]:
    """P-values of scipy's tests on the line; none in higher dimension."""
    if x.shape[1] > 1:
        return {}
    return {
        name: float(getattr(scipy.stats, name)(x[:, 0], y[:, 0]).pvalue) for name in PEER_TESTS
    }


def rejections(p: Sampler, q: Sampler, seeds: list[int], /) -> dict[str, int]:
    """Number of pairs of samples for which each test rejects at 5 %, by test."""
    counts: dict[str, int] = {}
    n, m = SAMPLE_SIZES
    for seed in seeds:
        rng = np.random.default_rng(seed)
        x, y = p(rng, n), q(rng, m)
        p_values = {name: our_p_value(name, x, y, rng) for name in STATISTICS}
        for name, p_value in (p_values | peer_p_values(x, y)).items():
            counts[name] = counts.get(name, 0) + (p_value <= ALPHA + 1e-12)
    return counts


def rejection_rates(
    p: Sampler, q: Sampler, pairs: int, /, *, n_jobs: int | None = 2
) -> dict[str, dict[str, float]]:
    """Rejection rate of each test at 5 %, with its 95 % Clopper-Pearson interval."""
    seeds = [int(seed) for seed in np.random.SeedSequence(SEED).generate_state(pairs)]
    tasks = [
        (p, q, seeds[start : start + PAIRS_PER_TASK]) for start in range(0, pairs, PAIRS_PER_TASK)
    ]
    counts: dict[str, int] = {}
    for _, task_counts in _parallel.unordered_results(rejections, tasks, n_jobs=n_jobs):
        for name, count in task_counts.items():
            counts[name] = counts.get(name, 0) + count
    rates = {}
    for name, count in counts.items():
        interval = scipy.stats.binomtest(count, pairs).proportion_ci(0.95)
        rates[name] = {"share": count / pairs, "low": interval.low, "high": interval.high}
    return rates


def emd_nd(points: Floats, i: Indices, j: Indices, /) -> float:
    """EMD between two subsets of the points, by scipy, in any dimension."""
    return float(scipy.stats.wasserstein_distance_nd(points[i], points[j]))


def kernel_statistic(kernel: Floats, i: Indices, j: Indices, /) -> float:
    """Squared MMD between two subsets of the points, from the kernel matrix of all."""
    within = kernel[np.ix_(i, i)].mean() + kernel[np.ix_(j, j)].mean()
    return float(within - 2 * kernel[np.ix_(i, j)].mean())


def peer_statistics(points: Floats, /) -> dict[str, IndexStatistic]:
    """Statistics as functions of two arrays of indices in the pooled sample, with scipy's EMD."""
    distances = cdist(points, points)
    gaussian = np.exp(-((distances / median_distance(points)) ** 2) / 2)
    statistics: dict[str, IndexStatistic] = {
        "energy": partial(kernel_statistic, -distances),
        "mmd": partial(kernel_statistic, gaussian),
        "emd": partial(emd_nd, points),
    }
    if points.shape[1] == 1:
        line = points[:, 0]
        statistics["emd"] = lambda i, j: float(scipy.stats.wasserstein_distance(line[i], line[j]))
    return statistics


def compare_times(
    name: StatisticName, x: Floats, y: Floats, peer: IndexStatistic | None, /
) -> dict[str, Any]:
    """Times of one test of 999 permutations in one process, by us and by scipy.

    Args:
        name: The statistic.
        x: First sample.
        y: Second sample.
        peer: The same statistic, as scipy calls it; None to measure only our time.

    Returns:
        Row of the table.

    Raises:
        RuntimeError: If the statistics differ.
    """
    seconds = np.inf
    for _ in range(3):
        start = time.perf_counter()
        test = sampled.permutation_test(x, y, statistic=name, permutations=TIMED_PERMUTATIONS)
        seconds = min(seconds, time.perf_counter() - start)
    row = {
        "statistic": name,
        "n": len(x),
        "m": len(y),
        "d": x.shape[1],
        "ours_s": seconds,
        "ours_p": test.p_value,
    }
    if peer is None:
        return row
    peer_row, peer_value = _peer_time(peer, len(x), len(y))
    if not abs(peer_value / test.statistic - 1) <= MAX_RELATIVE_DIFFERENCE:
        raise RuntimeError(f"{name}: {test.statistic}, but scipy has {peer_value}")
    return row | peer_row


def _peer_time(peer: IndexStatistic, n: int, m: int) -> tuple[dict[str, Any], float]:
    """Time of scipy's test, scaled up to 999 permutations if fewer were run, and its statistic."""
    indices = np.arange(n), n + np.arange(m)
    start = time.perf_counter()
    peer(*indices)
    is_fast = time.perf_counter() - start < MAX_PEER_SECONDS
    permutations = TIMED_PERMUTATIONS if is_fast else TIMED_PERMUTATIONS // 10
    start = time.perf_counter()
    test = scipy.stats.permutation_test(
        indices, peer, n_resamples=permutations, alternative="greater", vectorized=False, rng=SEED
    )
    seconds = (time.perf_counter() - start) * TIMED_PERMUTATIONS / permutations
    row = {"scipy_s": seconds, "scipy_resamples": permutations, "scipy_p": float(test.pvalue)}
    return row, float(test.statistic)


def times(*, size: int = SAMPLE_SIZES[0], large: int = 2000) -> list[dict[str, Any]]:
    """Times of all statistics, on the line and in the plane; of large samples without scipy."""
    rows = []
    for d in (1, 2):
        x, y = np.random.default_rng(SEED).normal(size=(2, size, d))
        y += 0.3
        peers = peer_statistics(np.vstack([x, y]))
        rows += [compare_times(name, x, y, peers.get(name)) for name in STATISTICS]
    x, y = np.random.default_rng(SEED).normal(size=(2, large, 2))
    return [*rows, *(compare_times(name, x, y, None) for name in ("js", "energy", "mmd"))]


def table(record: dict[str, Any], /) -> str:
    """Level, power and times as Markdown."""
    columns = [*STATISTICS, *PEER_TESTS]
    lines = [f"| told apart at 5 % | {' | '.join(f'`{name}`' for name in columns)} |"]
    lines.append("|" + "---|" * (1 + len(columns)))
    lines += [
        _rate_line(f"{prefix}{name}", row, columns)
        for prefix, cases in (("the same: ", record["level"]), ("", record["power"]))
        for name, row in cases.items()
    ]
    pairs = record["runs"]
    low, high = (100 * count / pairs for count in scipy.stats.binom.interval(0.95, pairs, ALPHA))
    lines += [
        "",
        f"(Of {pairs:,} pairs of one population, a test of level 5 % tells {low:.1f} to "
        f"{high:.1f} % apart, 19 times in 20.)",
        "",
        f"| one test, {TIMED_PERMUTATIONS} permutations | ours | scipy |",
        "|---|---|---|",
    ]
    return "\n".join([*lines, *(_time_line(row) for row in record["times"])])


def _rate_line(name: str, row: dict[str, Any], columns: list[str]) -> str:
    """Line of the table of rejection rates."""
    cells = [f"{100 * row[column]['share']:.1f} %" if column in row else "" for column in columns]
    return f"| {name} | {' | '.join(cells)} |"


def _time_line(row: dict[str, Any]) -> str:
    """Line of the table of times."""
    peer = _with_unit(row["scipy_s"]) if "scipy_s" in row else ""
    if row.get("scipy_resamples", TIMED_PERMUTATIONS) < TIMED_PERMUTATIONS:
        peer += f" (from {row['scipy_resamples']})"
    name = f"`{row['statistic']}`, {row['n']:,} + {row['m']:,} points, d = {row['d']}"
    return f"| {name} | {_with_unit(row['ours_s'])} | {peer} |"


def _with_unit(seconds: float) -> str:
    """A time in seconds, or in milliseconds if below 1 s."""
    return f"{seconds:.3g} s" if seconds >= 1 else f"{1e3 * seconds:.3g} ms"


def measure_rates(
    *, level_pairs: int = LEVEL_PAIRS, power_pairs: int = POWER_PAIRS, n_jobs: int | None = 2
) -> dict[str, Any]:
    """Level and power of all tests, with the sizes, the versions and the machine."""
    level, power = {}, {}
    for name, sampler in NULL_HYPOTHESES.items():
        level[name] = rejection_rates(sampler, sampler, level_pairs, n_jobs=n_jobs)
        print(f"level, {name}: done", flush=True)
    for name, samplers in ALTERNATIVES.items():
        power[name] = rejection_rates(*samplers, power_pairs, n_jobs=n_jobs)
        print(f"power, {name}: done", flush=True)
    n, m = SAMPLE_SIZES
    return {
        "command": COMMAND,
        **results_io.origin(),
        "seed": SEED,
        "n": n,
        "m": m,
        "permutations": PERMUTATIONS,
        "runs": level_pairs,
        "power_runs": power_pairs,
        "level": level,
        "power": power,
    }


def main(path: Path = RESULTS, /) -> None:
    """Run the benchmark, print its tables and save its results."""
    record = {**measure_rates(), "times": times()}
    print(table(record))
    for name, row in record["level"].items():
        for test, rate in row.items():
            interval = f"[{100 * rate['low']:.1f}, {100 * rate['high']:.1f}] %"
            print(f"level of {test}, {name}: {100 * rate['share']:.1f} % {interval}")
    results_io.save(record, path)
    print(f"written to {path}")


if __name__ == "__main__":
    main()
