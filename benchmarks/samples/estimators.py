"""Error, coverage and time of KL estimates from samples, ours and those of other libraries.

    python -m benchmarks.samples.estimators [--sizes 200 1000 5000] [--repetitions 100] [--jobs 2]
        [--methods knn ...] [--fresh]

writes `results/estimators.json` after every cell of its table, and resumes a stopped run;
`--fresh` starts again, or with `--methods` measures their cells again. Two more sections are the
coverage of the population interval of `sampled.emd`, and the effect of ties on an estimate. Peers
come with the extra `peers`; those not installed, or that would take hours, are left out.
"""

import argparse
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from scipy import stats

from benchmarks import results_io
from benchmarks.samples import estimator_peers
from benchmarks.samples.populations import PopulationPair, population_pairs
from divergences import sampled
from divergences._typing import Floats
from divergences.sampled import Estimate

RESULTS = results_io.RESULTS / "estimators.json"
COMMAND = "python -m benchmarks.samples.estimators"
OUR_METHODS = ("auto", "classifier", "knn", "histogram")
NOMINAL_SIZES = (200, 1000, 5000)
EMD_DIMENSIONS = (1, 2, 5, 20)
EMD_SAMPLE_SIZE = 400
TIE_REPETITIONS = 50


def estimate_with_interval(method: str, x: Floats, y: Floats) -> tuple[float, float, float]:
    """Estimate of KL and the ends of its 95 % interval, NaN for peers.

    Returns:
        All three; for our methods that print no interval, the ends of the normal one.
    """
    if method not in OUR_METHODS:
        return estimator_peers.kl(method, x, y), np.nan, np.nan
    estimate: Estimate = sampled.kl(x, y, method=method)  # type: ignore[arg-type]
    value = float(estimate.value)
    if estimate.interval is None:
        half_width = stats.norm.ppf(0.975) * estimate.standard_error
        return value, max(0.0, value - half_width), value + half_width
    return value, estimate.low, estimate.high


def run_repetition(case: int, nominal: int, method: str, repetition: int) -> list[float]:
    """Estimate, ends of its interval and seconds of one repetition; NaN if a peer raises."""
    pair = population_pairs()[case]
    rng = np.random.default_rng([case, nominal, repetition])
    n, m = pair.sizes(nominal)
    x, y = pair.p(rng, n), pair.q(rng, m)
    start = time.perf_counter()
    try:
        numbers = estimate_with_interval(method, x, y)
    except Exception:
        if method in OUR_METHODS:
            raise
        numbers = (np.nan, np.nan, np.nan)
    return [*numbers, time.perf_counter() - start]


def summary(pair: PopulationPair, rows: Floats) -> dict[str, Any]:
    """Errors, coverage and time of the repetitions of a cell.

    Args:
        pair: The populations.
        rows: Rows of `run_repetition`, shape ``(repetitions, 4)``.

    Returns:
        Bias, standard deviation and root mean square error in nats, coverage and median width of
        the intervals, median seconds, and the number of estimates that are not finite.
    """
    values, low, high, seconds = rows.T
    is_finite = np.isfinite(values)
    errors = values[is_finite] - pair.kl
    is_covered = (low <= pair.kl + 1e-12) & (pair.kl <= high + 1e-12)
    has_interval = np.isfinite(low).any()
    return {
        "repetitions": len(rows),
        "not finite": int((~is_finite).sum()),
        "bias": float(errors.mean()) if is_finite.any() else np.nan,
        "deviation": float(errors.std()) if is_finite.any() else np.nan,
        "rmse": float(np.sqrt((errors**2).mean())) if is_finite.all() else np.inf,
        "coverage": float(is_covered.mean()) if has_interval else np.nan,
        "width": float(np.median(high - low)) if has_interval else np.nan,
        "seconds": float(np.median(seconds)),
    }


def cells(
    sizes: Sequence[int], repetitions: int, methods: Sequence[str]
) -> Iterator[tuple[int, int, str, int]]:
    """Case, nominal size, method and number of repetitions of each cell of the table."""
    peers = estimator_peers.installed()
    for nominal in sizes:
        for case, pair in enumerate(population_pairs()):
            d = pair.p(np.random.default_rng(0), 200).shape[1]
            for method in OUR_METHODS:
                if method in methods and (method != "histogram" or d <= 2):
                    yield case, nominal, method, repetitions
            for name, (max_size, max_repetitions) in peers.items():
                if name in methods and nominal <= max_size:
                    yield case, nominal, name, min(repetitions, max_repetitions)


def emd_interval_coverage(d: int, distance: float, repetitions: int, jobs: int) -> dict[str, Any]:
    """Coverage of the population interval of the exact EMD, for two normal distributions.

    Args:
        d: Dimension.
        distance: Distance of the means, which is W_1.
        repetitions: Number of pairs of samples.
        jobs: Number of processes.

    Returns:
        The arguments, mean EMD, mean ends of the interval, and coverage.
    """
    rows = Parallel(n_jobs=jobs)(
        delayed(_emd_interval)(d, distance, repetition) for repetition in range(repetitions)
    )
    low, values, high = np.array(rows).T
    return {
        "d": d,
        "distance": distance,
        "repetitions": repetitions,
        "n": EMD_SAMPLE_SIZE,
        "low": float(low.mean()),
        "value": float(values.mean()),
        "high": float(high.mean()),
        "coverage": float(((low <= distance) & (distance <= high)).mean()),
    }


def _emd_interval(d: int, distance: float, repetition: int) -> tuple[float, float, float]:
    """Lower end, EMD and upper end for one pair of samples."""
    rng = np.random.default_rng([d, repetition, int(distance)])
    x, y = rng.normal(size=(2, EMD_SAMPLE_SIZE, d))
    y[:, 0] += distance
    estimate = sampled.emd(x, y)
    return estimate.low, float(estimate.value), estimate.high


def tie_effect(repetition: int) -> float:
    """Change of the estimate by one copied point in a hundred, in standard errors."""
    rng = np.random.default_rng(repetition)
    x, y = rng.normal(size=(1000, 1)), rng.normal(1, 1, size=(1000, 1))
    without_ties = sampled.kl(x, y)
    tied = [points.copy() for points in (x, y)]
    for points in tied:
        points[:10] = points[10:20]
    difference = float(sampled.kl(*tied).value - without_ties.value)
    return abs(difference) / without_ties.standard_error


def run(
    sizes: Sequence[int],
    repetitions: int,
    jobs: int,
    fresh: bool,
    methods: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Run all cells and sections that are missing, and save after each.

    Args:
        sizes: Nominal sizes.
        repetitions: Number of pairs of samples of each cell, at most that of its method.
        jobs: Number of processes.
        fresh: Whether to discard an earlier record, or the cells of these methods and sizes.
        methods: Names of our methods and of peers; None for all, and for the other sections.

    Returns:
        The record.
    """
    record = _initial_record(fresh and methods is None)
    if fresh and methods is not None:
        record["cells"] = [
            row for row in record["cells"] if row["n"] not in sizes or row["method"] not in methods
        ]
    chosen = (*OUR_METHODS, *estimator_peers.installed()) if methods is None else methods
    _run_cells(record, cells(sizes, repetitions, chosen), jobs)
    if methods is None:
        _run_sections(record, repetitions, jobs)
    return record


def _run_sections(record: dict[str, Any], repetitions: int, jobs: int) -> None:
    """Add the sections that are missing to a record."""
    if not record["emd_intervals"]:
        record["emd_intervals"] = [
            emd_interval_coverage(d, distance, 2 * repetitions, jobs)
            for distance in (1.0, 0.0)
            for d in EMD_DIMENSIONS
        ]
        results_io.save(record, RESULTS)
    if not record["ties"]:
        tasks = (delayed(tie_effect)(repetition) for repetition in range(TIE_REPETITIONS))
        record["ties"] = list(Parallel(n_jobs=jobs)(tasks))
        results_io.save(record, RESULTS)


def _run_cells(
    record: dict[str, Any], planned: Iterable[tuple[int, int, str, int]], jobs: int
) -> None:
    """Add the missing cells to a record."""
    done = {(row["case"], row["n"], row["method"]): row["repetitions"] for row in record["cells"]}
    for case, nominal, method, count in planned:
        pair = population_pairs()[case]
        if done.get((pair.name, nominal, method), 0) >= count:
            continue
        rows = Parallel(n_jobs=jobs)(
            delayed(run_repetition)(case, nominal, method, repetition)
            for repetition in range(count)
        )
        cell = {
            "case": pair.name,
            "origin": pair.origin,
            "n": nominal,
            "method": method,
            "kl": pair.kl,
        }
        record["cells"] = [row for row in record["cells"] if cell.items() - row.items()]
        record["cells"].append(cell | summary(pair, np.array(rows)))
        record |= _origin()
        _print_cell(record["cells"][-1])
        results_io.save(record, RESULTS)


def _initial_record(fresh: bool) -> dict[str, Any]:
    """Record of the previous run, or an empty one."""
    if RESULTS.exists() and not fresh:
        return results_io.load(RESULTS)
    return {
        **_origin(),
        "cells": [],
        "emd_intervals": [],
        "ties": [],
    }


def _origin() -> dict[str, Any]:
    """Command, commit, time, versions and machine of a measurement."""
    origin = results_io.origin()
    versions = origin["versions"] | estimator_peers.versions()
    return {"command": COMMAND, **origin, "versions": versions}


def _print_cell(row: dict[str, Any]) -> None:
    """Print the line of one cell."""
    print(
        f"{row['n']:5d} {row['case']:34s} {row['method']:20s} bias {row['bias']:+.3f} "
        f"rmse {row['rmse']:.3f} coverage {row['coverage']:.2f} {row['seconds']:.2f} s",
        flush=True,
    )


def main() -> None:
    """Run the benchmark with the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=NOMINAL_SIZES)
    parser.add_argument("--repetitions", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--fresh", action="store_true", help="discard earlier results")
    parser.add_argument("--methods", nargs="+", help="of these methods and peers only")
    arguments = parser.parse_args()
    run(
        arguments.sizes,
        arguments.repetitions,
        arguments.jobs,
        arguments.fresh,
        arguments.methods,
    )


if __name__ == "__main__":
    main()
