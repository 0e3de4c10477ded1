"""Relative errors of the divergences against mpmath, beside scipy, torch and torchmetrics.

    python -m benchmarks.discrete.accuracy

prints tables and writes `results/accuracy.json`; three to four minutes on one core, most of them
mpmath's. `python -m benchmarks.render_tables` then brings the README up to date.
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
CLOSENESS = tuple(10.0**-k for k in range(13))
# Outcomes: (draws, closenesses). Few draws where mpmath takes long: 8 s for 100,000 outcomes.
SWEEP = {10: (100, CLOSENESS), 1_000: (4, CLOSENESS), 100_000: (1, CLOSENESS)}
SINGLES = {10: (100, CLOSENESS[:7]), 1_000: (4, CLOSENESS[:7]), 10_000: (1, CLOSENESS[:7:2])}
DRAWS = (10, 1e-8, 10_000)  # outcomes, closeness, pairs

Errors = dict[str, float]


def pairs(n: int, eps: float, draws: int, *, seed: int = SEED) -> tuple[Vectors, Vectors]:
    """Pairs ``q = p (1 + eps z)``, normalised: p exponential, z normal, a negative mass reflected.

    Returns:
        p and q, shape ``(draws, n)``.
    """
    rng = np.random.default_rng([seed, n, round(-np.log10(eps))])
    p = rng.exponential(size=(draws, n))
    p /= p.sum(axis=-1, keepdims=True)
    q = p * np.abs(1 + eps * rng.normal(size=(draws, n)))
    return p, q / q.sum(axis=-1, keepdims=True)


def sweep(n: int, eps: float, draws: int, /) -> dict[str, Any]:
    """Largest relative errors over some pairs that are ``eps`` apart, ours and the peers'."""
    p, q = pairs(n, eps, draws)
    found = [_errors(one, other, eps) for one, other in zip(p, q, strict=True)]
    exact = reference.exact(p[0], q[0], digits=reference.digits(p, q, eps=eps))
    return {
        "n": n,
        "eps": eps,
        "draws": draws,
        "exact": {name: float(value) for name, value in exact.items()},  # of the first pair
        **_largest(found),
    }


def single_precision(n: int, eps: float, draws: int, /) -> dict[str, Any]:
    """Largest errors over float32 pairs, in units in the last place of the nearest float32."""
    p, q = (a.astype(np.float32) for a in pairs(n, eps, draws))
    found = [_ulps(one, other, eps) for one, other in zip(p, q, strict=True)]
    return {"n": n, "eps": eps, "draws": draws, **_largest(found)}


def signs(n: int, eps: float, draws: int, /) -> dict[str, Any]:
    """How many values are negative or NaN, and whether ours are symmetric, bit for bit."""
    p, q = pairs(n, eps, draws)
    theirs = {
        f"{quantity}: {name}": divergence
        for quantity, named in peers().items()
        for name, divergence in named.items()
    }
    ours = {f"{quantity}: ours": divergence for quantity, divergence in OURS.items()}
    swapped = {name: values(OURS[name], q, p) for name in ("js", "jeffreys", "hellinger")}
    return {
        "n": n,
        "eps": eps,
        "draws": draws,
        "counts": {name: _counts(values(f, p, q)) for name, f in (ours | theirs).items()},
        "pairs_not_symmetric": {
            name: int((values(OURS[name], p, q) != value).sum()) for name, value in swapped.items()
        },
    }


def measured() -> dict[str, Any]:
    """All numbers, with the versions and the machine they come from."""
    start = time.perf_counter()
    return {
        "command": "python -m benchmarks.discrete.accuracy",
        "seed": SEED,
        "versions": results_io.versions(),
        "machine": results_io.machine(),
        "sweep": _table(sweep, SWEEP),
        "float32": _table(single_precision, SINGLES),
        "signs": signs(*DRAWS),
        "edges": edge_cases.measured(),
        "overflowing_total": edge_cases.overflowing_total(),
        "gradients": edge_cases.gradients(),
        "seconds": round(time.perf_counter() - start),
    }


def _table(measure: Any, sizes: dict[int, tuple[int, tuple[float, ...]]]) -> list[dict[str, Any]]:
    """One record for every size and closeness."""
    return [measure(n, eps, draws) for n, (draws, several) in sizes.items() for eps in several]


def _errors(p: Vectors, q: Vectors, eps: float) -> dict[str, Errors]:
    """Relative errors of everyone at one pair."""
    digits = reference.digits(p, q, eps=eps)
    exact = reference.exact(p, q, digits=digits)
    return _compared(p, q, exact, partial(reference.relative_error, digits=digits))


def _ulps(p: Vectors, q: Vectors, eps: float) -> dict[str, Errors]:
    """Errors of everyone at one float32 pair."""
    exact = reference.exact(p, q, digits=reference.digits(p, q, eps=eps))
    return _compared(p, q, exact, reference.float32_ulps)


def _compared(
    p: Vectors, q: Vectors, exact: dict[str, Any], error: Callable[[float, Any], float]
) -> dict[str, Errors]:
    """Errors of ours by quantity, and of the peers of every quantity that has any."""
    found = {
        "ours": {name: error(float(values(f, p, q)), exact[name]) for name, f in OURS.items()}
    }
    for quantity, named in peers().items():
        true = exact[quantity]
        found[quantity] = {name: error(float(values(f, p, q)), true) for name, f in named.items()}
    return found


def _largest(found: list[dict[str, Errors]]) -> dict[str, Errors]:
    """The largest of each error over several pairs."""
    return {
        group: {name: max(one[group][name] for one in found) for name in errors}
        for group, errors in found[0].items()
    }


def _counts(of: Any) -> dict[str, int]:
    """How many are negative, and how many NaN."""
    return {"negative": int((of < 0).sum()), "nan": int(np.isnan(of).sum())}


def tables(record: dict[str, Any], /) -> str:
    """All of a record, to read."""
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
    """A line for each size and closeness, a column for each contender."""
    names = [(group, name) for group in ("ours", "kl", "js") for name in rows[0][group]]
    lines = [
        ["n", "eps", *(name if group == "ours" else f"{group}: {name}" for group, name in names)]
    ]
    for row in rows:
        errors = [results_io.short(row[group][name]) for group, name in names]
        lines.append([str(row["n"]), f"{row['eps']:.0e}", *errors])
    return _aligned(lines)


def _signs_table(record: dict[str, Any]) -> str:
    """Counts of what cannot be."""
    lines = [["contender", "negative", "NaN"]]
    for name, count in record["counts"].items():
        lines.append([name, str(count["negative"]), str(count["nan"])])
    title = f"{record['draws']} pairs, n = {record['n']}, eps = {record['eps']:.0e}"
    return f"{title}; not symmetric: {record['pairs_not_symmetric']}\n{_aligned(lines)}"


def _edges_table(rows: list[dict[str, Any]]) -> str:
    """For every edge KL and JS of everyone, and the largest error of ours over all quantities."""
    theirs = [(group, name) for group in ("kl", "js") for name in rows[0]["peers"][group]]
    lines = [
        ["edge", "largest error", "kl", "js", *(f"{group}: {name}" for group, name in theirs)]
    ]
    for row in rows:
        ours = [results_io.short(row["ours"][group]) for group in ("kl", "js")]
        peer = [results_io.short(row["peers"][group][name]) for group, name in theirs]
        lines.append([
            row["name"],
            results_io.short(max(map(float, row["errors"].values()))),
            *ours,
            *peer,
        ])
    return _aligned(lines)


def _gradients(row: dict[str, Any]) -> str:
    """Both gradients in one line."""
    ours, peer = ([round(float(x), 4) for x in row[name]] for name in ("ours", "F.kl_div"))
    return f"ours {ours}, F.kl_div {peer}"


def _aligned(lines: list[list[str]]) -> str:
    """Lines of cells in columns."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    )


def main(path: Path = RESULTS, /) -> None:
    """Measure, print, write."""
    torch.set_num_threads(1)
    record = measured()
    print(tables(record))
    results_io.save(record, path)
    print(f"\nwritten to {path} after {record['seconds']} s")


if __name__ == "__main__":
    main()
