"""Relative errors of the divergences against mpmath, compared with scipy, torch, torchmetrics.

    python -m benchmarks.discrete.accuracy

prints tables and writes `results/accuracy.json` within four minutes on one core, most of it spent
in mpmath. `python -m benchmarks.render_tables` then updates the page.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks import results_io
from benchmarks.discrete import edge_cases, reference
from benchmarks.discrete.baselines import OURS, Vectors, peers, values

RESULTS = results_io.RESULTS / "accuracy.json"
SEED = 0
EPSILONS = tuple(10.0**-k for k in range(13))
# By number of outcomes: number of pairs, epsilons. mpmath takes 8 s per pair of 100,000 outcomes.
FLOAT64_SWEEP = {10: (100, EPSILONS), 1_000: (4, EPSILONS), 100_000: (1, EPSILONS)}
FLOAT32_SWEEP = {10: (100, EPSILONS[:7]), 1_000: (4, EPSILONS[:7]), 10_000: (1, EPSILONS[:7:2])}
SIGN_TEST = (10, 1e-8, 10_000)  # outcomes, epsilon, number of pairs

Errors = dict[str, float]


def pairs(n: int, eps: float, draws: int, *, seed: int = SEED) -> tuple[Vectors, Vectors]:
    """Random pairs ``q = p abs(1 + eps z)``, normalised, with p exponential and z normal.

    Args:
        n: Number of outcomes.
        eps: Relative distance of p and q.
        draws: Number of pairs.
        seed: Seed of the pairs.

    Returns:
        p and q, each of shape ``(draws, n)``.
    """
    rng = np.random.default_rng([seed, n, round(-np.log10(eps))])
    p = rng.exponential(size=(draws, n))
    p /= p.sum(axis=-1, keepdims=True)
    q = p * np.abs(1 + eps * rng.normal(size=(draws, n)))
    return p, q / q.sum(axis=-1, keepdims=True)


def sweep(n: int, eps: float, draws: int, /) -> dict[str, Any]:
    """Largest relative errors over random pairs in float64, of this package and its peers."""
    p, q = pairs(n, eps, draws)
    errors = [_relative_errors(a, b, eps) for a, b in zip(p, q, strict=True)]
    exact = reference.exact(p[0], q[0], digits=reference.digits(p, q, eps=eps))
    return {
        "n": n,
        "eps": eps,
        "draws": draws,
        "exact": {name: float(value) for name, value in exact.items()},  # of the first pair
        **_maximum(errors),
    }


def single_precision(n: int, eps: float, draws: int, /) -> dict[str, Any]:
    """Largest errors over random float32 pairs, in units in the last place of float32."""
    p, q = (a.astype(np.float32) for a in pairs(n, eps, draws))
    errors = [_float32_errors(a, b, eps) for a, b in zip(p, q, strict=True)]
    return {"n": n, "eps": eps, "draws": draws, **_maximum(errors)}


def signs(n: int, eps: float, draws: int, /) -> dict[str, Any]:
    """Counts of negative values and NaN, and of pairs for which symmetry is violated."""
    p, q = pairs(n, eps, draws)
    peer_functions = {
        f"{quantity}: {name}": divergence
        for quantity, functions in peers().items()
        for name, divergence in functions.items()
    }
    ours = {f"{quantity}: ours": divergence for quantity, divergence in OURS.items()}
    swapped = {name: values(OURS[name], q, p) for name in ("js", "jeffreys", "hellinger")}
    return {
        "n": n,
        "eps": eps,
        "draws": draws,
        "counts": {name: _counts(values(f, p, q)) for name, f in (ours | peer_functions).items()},
        "pairs_not_symmetric": {
            name: int((values(OURS[name], p, q) != value).sum()) for name, value in swapped.items()
        },
    }


def measure_all() -> dict[str, Any]:
    """All results, with versions, machine and duration."""
    start = time.perf_counter()
    return {
        "command": "python -m benchmarks.discrete.accuracy",
        **results_io.origin(),
        "seed": SEED,
        "sweep": _sweep_records(sweep, FLOAT64_SWEEP),
        "float32": _sweep_records(single_precision, FLOAT32_SWEEP),
        "signs": signs(*SIGN_TEST),
        "edges": edge_cases.measure_all(),
        "overflowing_total": edge_cases.overflowing_total(),
        "gradients": edge_cases.gradients(),
        "seconds": round(time.perf_counter() - start),
    }


def _sweep_records(
    measure: Callable[[int, float, int], dict[str, Any]],
    sizes: dict[int, tuple[int, tuple[float, ...]]],
) -> list[dict[str, Any]]:
    """One record for every number of outcomes and epsilon."""
    return [measure(n, eps, draws) for n, (draws, epsilons) in sizes.items() for eps in epsilons]


def _relative_errors(p: Vectors, q: Vectors, eps: float) -> dict[str, Errors]:
    """Relative errors of all functions at one pair."""
    digits = reference.digits(p, q, eps=eps)
    exact = reference.exact(p, q, digits=digits)
    return _errors_of_all(p, q, exact, partial(reference.relative_error, digits=digits))


def _float32_errors(p: Vectors, q: Vectors, eps: float) -> dict[str, Errors]:
    """Errors of all functions at one float32 pair, in units in the last place."""
    exact = reference.exact(p, q, digits=reference.digits(p, q, eps=eps))
    return _errors_of_all(p, q, exact, reference.float32_ulps)


def _errors_of_all(
    p: Vectors, q: Vectors, exact: dict[str, Any], error: Callable[[float, Any], float]
) -> dict[str, Errors]:
    """Errors of this package by quantity ("ours"), and of its peers by quantity and name."""
    errors = {
        "ours": {name: error(float(values(f, p, q)), exact[name]) for name, f in OURS.items()}
    }
    for quantity, functions in peers().items():
        errors[quantity] = {
            name: error(float(values(f, p, q)), exact[quantity]) for name, f in functions.items()
        }
    return errors


def _maximum(errors: list[dict[str, Errors]]) -> dict[str, Errors]:
    """Maximum of every error over several pairs."""
    return {
        group: {name: max(pair[group][name] for pair in errors) for name in names}
        for group, names in errors[0].items()
    }


def _counts(numbers: Vectors) -> dict[str, int]:
    """Counts of negative numbers and of NaN."""
    return {"negative": int((numbers < 0).sum()), "nan": int(np.isnan(numbers).sum())}


def tables(record: dict[str, Any], /) -> str:
    """All results of a record as text."""
    return "\n\n".join([
        "Largest relative error, q = p (1 + eps z), against mpmath\n"
        + _errors_table(record["sweep"]),
        "float32: largest error in ulps of the nearest float32\n"
        + _errors_table(record["float32"]),
        _signs_table(record["signs"]),
        _edges_table(record["edges"]),
        f"KL of masses of 1e308, not normalised: {record['overflowing_total']}",
        *(f"gradient of KL, {g['name']}: {_gradients(g)}" for g in record["gradients"]),
    ])


def _errors_table(rows: list[dict[str, Any]]) -> str:
    """Errors as text: a line per number of outcomes and epsilon, a column per function."""
    names = [(group, name) for group in ("ours", "kl", "js") for name in rows[0][group]]
    lines = [
        ["n", "eps", *(name if group == "ours" else f"{group}: {name}" for group, name in names)]
    ]
    for row in rows:
        errors = [results_io.two_digits(row[group][name]) for group, name in names]
        lines.append([str(row["n"]), f"{row['eps']:.0e}", *errors])
    return _aligned(lines)


def _signs_table(record: dict[str, Any]) -> str:
    """Counts of impossible values as text."""
    lines = [["function", "negative", "NaN"]]
    for name, count in record["counts"].items():
        lines.append([name, str(count["negative"]), str(count["nan"])])
    title = f"{record['draws']} pairs, n = {record['n']}, eps = {record['eps']:.0e}"
    return f"{title}; not symmetric: {record['pairs_not_symmetric']}\n{_aligned(lines)}"


def _edges_table(rows: list[dict[str, Any]]) -> str:
    """KL and JS of all functions for every edge case, and the largest error of this package."""
    peer_names = [(group, name) for group in ("kl", "js") for name in rows[0]["peers"][group]]
    lines = [
        [
            "edge case",
            "largest error",
            "kl",
            "js",
            *(f"{group}: {name}" for group, name in peer_names),
        ]
    ]
    for row in rows:
        ours = [results_io.two_digits(row["ours"][group]) for group in ("kl", "js")]
        peer_values = [
            results_io.two_digits(row["peers"][group][name]) for group, name in peer_names
        ]
        lines.append([
            row["name"],
            results_io.two_digits(max(map(float, row["errors"].values()))),
            *ours,
            *peer_values,
        ])
    return _aligned(lines)


def _gradients(row: dict[str, Any]) -> str:
    """Both gradients of an edge case in one line."""
    ours, peer = ([round(float(x), 4) for x in row[name]] for name in ("ours", "F.kl_div"))
    return f"ours {ours}, F.kl_div {peer}"


def _aligned(lines: list[list[str]]) -> str:
    """Text of a table with right-aligned columns."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    )


def main(path: Path = RESULTS, /) -> None:
    """Measure, print and write the results."""
    torch.set_num_threads(1)
    record = measure_all()
    print(tables(record))
    results_io.save(record, path)
    print(f"\nwritten to {path} after {record['seconds']} s")


if __name__ == "__main__":
    main()
