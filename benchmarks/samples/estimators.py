"""KL estimated from samples, beside its peers: error, coverage and time on pairs of known KL.

    python -m benchmarks.samples.estimators [--sizes 200 1000 5000] [--repetitions 100] [--jobs 2]

writes `results/estimators.json` after every cell of its table, and goes on where it was stopped;
`--fresh` begins again. It also has how often the bracket of `sampled.emd` holds the populations'
distance, and how far ties move an estimate. Peers come with the extra `peers`; those that are not
there, or would take hours, are left out.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from benchmarks import results_io
from benchmarks.samples import estimator_peers
from benchmarks.samples.populations import Pair, pairs
from divergences import sampled
from divergences._typing import Floats
from divergences.sampled import Estimate

RESULTS = results_io.RESULTS / "estimators.json"
OURS = ("auto", "classifier", "knn", "histogram")
SIZES = (200, 1000, 5000)
BRACKET = (1, 2, 5, 20)  # dimensions in which the bracket of W_1 is tried
BRACKET_POINTS = 400


def estimate(method: str, x: Floats, y: Floats) -> tuple[float, float, float]:
    """An estimate of KL with the ends of its interval, NaN where the method has none."""
    if method not in OURS:
        return estimator_peers.kl(method, x, y), np.nan, np.nan
    found: Estimate = sampled.kl(x, y, method=method)  # type: ignore[arg-type]
    return float(found.value), found.low, found.high


def measure(case: int, nominal: int, method: str, repetition: int) -> list[float]:
    """One repetition: estimate, ends of the interval, seconds."""
    pair = pairs()[case]
    rng = np.random.default_rng([case, nominal, repetition])
    n, m = pair.sizes(nominal)
    x, y = pair.p(rng, n), pair.q(rng, m)
    begin = time.perf_counter()
    try:
        found = estimate(method, x, y)
    except Exception:  # a peer's; the table counts it as no number
        if method in OURS:
            raise
        found = (np.nan, np.nan, np.nan)
    return [*found, time.perf_counter() - begin]


def summary(pair: Pair, rows: Floats) -> dict[str, Any]:
    """Errors, coverage and time of the repetitions of a cell.

    Args:
        pair: The populations.
        rows: What `measure` gave, shape ``(repetitions, 4)``.

    Returns:
        Bias, standard deviation, root mean square error, share of intervals that hold the truth,
        seconds; and how many estimates were no finite number.
    """
    value, low, high, seconds = rows.T
    good = np.isfinite(value)
    error = value[good] - pair.kl
    inside = (low <= pair.kl + 1e-12) & (pair.kl <= high + 1e-12)
    return {
        "repetitions": len(rows),
        "not finite": int((~good).sum()),
        "bias": float(error.mean()) if good.any() else np.nan,
        "deviation": float(error.std()) if good.any() else np.nan,
        "rmse": float(np.sqrt((error**2).mean())) if good.all() else np.inf,
        "coverage": float(inside.mean()) if np.isfinite(low).any() else np.nan,
        "width": float(np.median(high - low)) if np.isfinite(low).any() else np.nan,
        "seconds": float(np.median(seconds)),
    }


def cells(sizes: Sequence[int], repetitions: int) -> Iterator[tuple[int, int, str, int]]:
    """Case, size, method and number of repetitions of each cell of the table."""
    peers = estimator_peers.installed()
    for nominal in sizes:
        for case, pair in enumerate(pairs()):
            d = pair.p(np.random.default_rng(0), 200).shape[1]
            for method in OURS:
                if method != "histogram" or d <= 2:
                    yield case, nominal, method, repetitions
            for name, (largest, most) in peers.items():
                if nominal <= largest:
                    yield case, nominal, name, min(repetitions, most)


def brackets(d: int, distance: float, repetitions: int, jobs: int) -> dict[str, Any]:
    """How often the bracket of the exact EMD holds W_1 of two normal distributions."""
    rows = Parallel(n_jobs=jobs)(
        delayed(_bracket)(d, distance, repetition) for repetition in range(repetitions)
    )
    low, value, high = np.array(rows).T
    return {
        "d": d,
        "distance": distance,
        "repetitions": repetitions,
        "n": BRACKET_POINTS,
        "low": float(low.mean()),
        "value": float(value.mean()),
        "high": float(high.mean()),
        "coverage": float(((low <= distance) & (distance <= high)).mean()),
    }


def _bracket(d: int, distance: float, repetition: int) -> tuple[float, float, float]:
    """The bracket of one pair of samples."""
    rng = np.random.default_rng([d, repetition, int(distance)])
    x, y = rng.normal(size=(2, BRACKET_POINTS, d))
    y[:, 0] += distance
    found = sampled.emd(x, y)
    return found.low, float(found.value), found.high


def tie_effect(repetition: int) -> float:
    """By how many standard errors one point of a hundred, copied, moves the estimate."""
    rng = np.random.default_rng(repetition)
    x, y = rng.normal(size=(1000, 1)), rng.normal(1, 1, size=(1000, 1))
    plain = sampled.kl(x, y)
    with_ties = [points.copy() for points in (x, y)]
    for points in with_ties:
        points[:10] = points[10:20]
    return abs(float(sampled.kl(*with_ties).value - plain.value)) / plain.standard_error


def run(sizes: Sequence[int], repetitions: int, jobs: int, fresh: bool) -> dict[str, Any]:
    """All cells that are not done yet, saved one by one."""
    record = _begun(fresh)
    done = {(row["case"], row["n"], row["method"]): row["repetitions"] for row in record["cells"]}
    table = pairs()
    for case, nominal, method, count in cells(sizes, repetitions):
        pair = table[case]
        if done.get((pair.name, nominal, method), 0) >= count:
            continue
        rows = Parallel(n_jobs=jobs)(
            delayed(measure)(case, nominal, method, repetition) for repetition in range(count)
        )
        cell = {
            "case": pair.name,
            "known": pair.known,
            "n": nominal,
            "method": method,
            "kl": pair.kl,
        }
        record["cells"] = [row for row in record["cells"] if cell.items() - row.items()]
        record["cells"].append(cell | summary(pair, np.array(rows)))
        _show(record["cells"][-1])
        results_io.save(record, RESULTS)
    if not record["brackets"]:
        record["brackets"] = [
            brackets(d, distance, 2 * repetitions, jobs)
            for distance in (1.0, 0.0)
            for d in BRACKET
        ]
        results_io.save(record, RESULTS)
    if not record["ties"]:
        record["ties"] = list(Parallel(n_jobs=jobs)(delayed(tie_effect)(r) for r in range(50)))
        results_io.save(record, RESULTS)
    return record


def _begun(fresh: bool) -> dict[str, Any]:
    """What a run before this one left, or nothing yet."""
    if RESULTS.exists() and not fresh:
        return results_io.load(RESULTS)
    return {
        "versions": results_io.versions() | estimator_peers.versions(),
        "machine": results_io.machine(),
        "cells": [],
        "brackets": [],
        "ties": [],
    }


def _show(row: dict[str, Any]) -> None:
    """A line for one cell."""
    print(
        f"{row['n']:5d} {row['case']:34s} {row['method']:20s} bias {row['bias']:+.3f} "
        f"rmse {row['rmse']:.3f} coverage {row['coverage']:.2f} {row['seconds']:.2f} s",
        flush=True,
    )


def table(record: dict[str, Any], /) -> str:
    """What the README says of it: the cases at n = 1000, and the rest in words.

    Args:
        record: What `run` wrote.

    Returns:
        Markdown.
    """
    rows = _compared(record["cells"])
    lines = [
        "| case, n = m = 1000 | KL | bias | rmse of `auto` | best other method | its rmse | "
        "95 % intervals hold | time |",
        "|---|---|---|---|---|---|---|---|",
        *(_line(ours, best) for ours, best in rows if ours["n"] == 1000),
        "",
        *(_words(rows, nominal) for nominal in SIZES if any(o["n"] == nominal for o, _ in rows)),
    ]
    return "\n".join([*lines, *_brackets_in_words(record)])


def _compared(cells: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The rows of "auto", each with the best other method of as many repetitions or half."""
    found = []
    for ours in cells:
        if ours["method"] != "auto":
            continue
        others = [
            row
            for row in cells
            if (row["case"], row["n"]) == (ours["case"], ours["n"])
            and row["method"] != "auto"
            and 2 * row["repetitions"] >= ours["repetitions"]
        ]
        found.append((ours, min(others, key=lambda row: float(row["rmse"]))))
    return found


def _line(ours: dict[str, Any], best: dict[str, Any]) -> str:
    """A line of the table."""
    name = best["method"] if best["method"] in OURS else f"*{best['method']}*"
    return (
        f"| {ours['case']} | {ours['kl']:.3f} | {ours['bias']:+.3f} | {ours['rmse']:.3f} "
        f"| {name} | {best['rmse']:.3f} | {ours['coverage']:.0%} | {ours['seconds']:.1f} s |"
    )


def _words(rows: list[tuple[dict[str, Any], dict[str, Any]]], nominal: int) -> str:
    """One sentence about all cases of a size."""
    rows = [pair for pair in rows if pair[0]["n"] == nominal]
    ratios = {ours["case"]: ours["rmse"] / best["rmse"] for ours, best in rows if ours["kl"] > 0}
    worst = max(ratios, key=lambda name: ratios[name])
    covers = {ours["case"]: ours["coverage"] for ours, _ in rows}
    least = min(covers, key=lambda name: covers[name])
    count = f"{len(rows)} cases, {rows[0][0]['repetitions']} repetitions"
    return (
        f"- n = {nominal:,}, {count}: error of `auto` {min(ratios.values()):.2f} to "
        f"{ratios[worst]:.2f} times that of the best other method, where KL is not 0 (most in "
        f"{worst}); intervals hold the truth in {covers[least]:.0%} ({least}) to "
        f"{max(covers.values()):.0%}."
    )


def _brackets_in_words(record: dict[str, Any]) -> list[str]:
    """Sentences about the bracket of W_1, and about ties."""
    held = ", ".join(f"{row['coverage']:.1%}" for row in record["brackets"])
    return [
        f"- The bracket of `sampled.emd` ({BRACKET_POINTS} points of each of two normal "
        f"distributions, at distance 1 and 0, d = 1, 2, 5, 20 each) holds W_1 in {held} of "
        f"{record['brackets'][0]['repetitions']} repetitions.",
        f"- One point in a hundred copied moves the estimate by {np.median(record['ties']):.2f} "
        f"standard errors (median of {len(record['ties'])}; {max(record['ties']):.2f} at most).",
    ]


def main() -> None:
    """Measure what is asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--repetitions", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--fresh", action="store_true", help="forget what was measured before")
    arguments = parser.parse_args()
    run(arguments.sizes, arguments.repetitions, arguments.jobs, arguments.fresh)


if __name__ == "__main__":
    main()
