"""Verdicts on the claims of the literature from GAN to WGAN-GP, C1 to C23.

    python -m benchmarks.gan.claims                       # all that is missing
    python -m benchmarks.gan.claims --only kl-fit C6      # these alone; again with --again

Every diagnostic of `gan diagnose` runs with its full settings, for three seeds where there is
chance; claims without one are measured by `direct_claims`. Results go to ``results/claims.json``
and to ``docs/explanation/claims.md`` after each run, so that a stopped benchmark goes on when run
again.
"""

import inspect
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch
import tyro
from filelock import FileLock

from benchmarks import results_io
from benchmarks.gan import architectures
from benchmarks.gan.claim_statements import STATEMENTS
from benchmarks.gan.claims_page import PAGE, page
from benchmarks.gan.direct_claims import DIRECT_CLAIMS
from gan.diagnose import DIAGNOSTICS, Criterion, Diagnostic
from gan.diagnose.verdict import status_of

RESULTS = results_io.RESULTS / "claims.json"
LOCK = Path(tempfile.gettempdir()) / "divergences-claims.lock"
COMMAND = "python -m benchmarks.gan.claims"


def main(only: tuple[str, ...] = (), again: bool = False, threads: int = 1) -> None:
    """Measure the claims that have no result yet, and write the verdicts.

    Args:
        only: Diagnostics or claims to measure; by default all.
        again: Measure them also if they have a result.
        threads: Number of torch threads.
    """
    torch.set_num_threads(threads)
    rows = measurements()
    for entry in only:
        if not any(_belongs(name, entry) for name, *_ in rows):
            sys.exit(f"nothing measures {entry!r}; name diagnostics, or claims with a measurement")
    for name, seed, measure in rows:
        key = f"seed {seed}"
        is_wanted = not only or any(_belongs(name, entry) for entry in only)
        if not is_wanted or (key in recorded_runs().get(name, {}) and not again):
            continue
        start = time.process_time()
        criteria = [asdict(criterion) for criterion in measure()]
        seconds = round(time.process_time() - start, 1)
        with FileLock(LOCK):  # another process may measure another claim meanwhile
            runs = recorded_runs()
            # Seeds that were measured by other criteria cannot be compared with this one.
            kept = {
                other: run
                for other, run in runs.get(name, {}).items()
                if _requirements(run["criteria"]) == _requirements(criteria)
            }
            runs[name] = {**kept, key: {"criteria": criteria, "processor_seconds": seconds}}
            save(runs)
        print(f"{name}, seed {seed}: {seconds} s", flush=True)


def _belongs(name: str, entry: str) -> bool:
    """Whether a measurement is the one of a name, or one of a claim."""
    return entry == name or entry in _claims_of(name)


def _requirements(criteria: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Requirements of criteria, each with its claim."""
    return [(criterion["requirement"], criterion["claim"]) for criterion in criteria]


def recorded_runs() -> dict[str, Any]:
    """Criteria of the measurements that are done, by name and seed."""
    return dict(results_io.load(RESULTS)["runs"]) if RESULTS.is_file() else {}


def save(runs: dict[str, Any]) -> None:
    """Write all runs, the verdicts that follow from them, and the page."""
    order = dict.fromkeys(name for name, _, _ in measurements())
    runs = {name: dict(sorted(runs[name].items())) for name in order if name in runs}
    record = {"command": COMMAND, **results_io.origin(), "claims": verdicts(runs), "runs": runs}
    results_io.save(record, RESULTS)
    PAGE.write_text(page(results_io.load(RESULTS)))


def measurements() -> list[tuple[str, int, Callable[[], Sequence[Criterion]]]]:
    """Name, seed and function of every measurement, by seed."""
    rows: list[tuple[str, int, Callable[[], Sequence[Criterion]]]] = [
        (name, seed, partial(measure, seed))
        for name, measure in DIRECT_CLAIMS.items()
        for seed in (0, 1, 2)
    ]
    for name, diagnostic in DIAGNOSTICS.items():
        has_seed = "seed" in inspect.signature(diagnostic.run).parameters
        for seed in diagnostic.seeds if has_seed else (0,):
            settings = {"seed": seed} if has_seed else {}
            measure = partial(_criteria, diagnostic, settings)
            if name == "architectures":  # takes long: one architecture at a time
                measure = partial(architectures.criteria, seed)
            rows.append((name, seed, measure))
    return sorted(rows, key=lambda row: row[1])  # one seed of every claim before the second


def _criteria(diagnostic: Diagnostic, settings: dict[str, Any]) -> Sequence[Criterion]:
    """Criteria of a diagnostic with its full settings."""
    return diagnostic.run(**settings).criteria()


def verdicts(runs: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each claim: criteria over all seeds, and the verdict that follows.

    Args:
        runs: Criteria of each measurement, by name and seed.

    Returns:
        Claim, statement, measurements, criteria and verdict.
    """
    return [_verdict(claim, statement, runs) for claim, statement in STATEMENTS.items()]


def _verdict(claim: str, statement: str, runs: dict[str, Any]) -> dict[str, Any]:
    """The row of one claim."""
    sources = [name for name in runs if claim in _claims_of(name)]
    criteria = [row for name in sources for row in _over_seeds(claim, name, runs[name])]
    status = status_of([row["met"] for row in criteria]) if criteria else "not measured"
    return {
        "claim": claim,
        "statement": statement,
        "measured_by": sources,
        "seeds": max((len(runs[name]) for name in sources), default=0),
        "criteria": criteria,
        "verdict": status,
        "reason": "; ".join(
            f"not met: {row['requirement']} ({row['text']})" for row in criteria if not row["met"]
        ),
    }


def _claims_of(name: str) -> tuple[str, ...]:
    """Claims that a measurement belongs to."""
    return DIAGNOSTICS[name].claims if name in DIAGNOSTICS else (name,)


def _over_seeds(claim: str, name: str, runs: dict[str, Any]) -> list[dict[str, Any]]:
    """Criteria of a claim over all seeds: met if met by each of them."""
    rows = []
    for same in zip(*(run["criteria"] for run in runs.values()), strict=True):
        if same[0]["claim"] not in ("", claim):
            continue
        numbers = [float(criterion["measured"]) for criterion in same]
        low, high, unit = min(numbers), max(numbers), same[0]["unit"]
        text = f"{low:.4g}" if f"{low:.4g}" == f"{high:.4g}" else f"{low:.4g} to {high:.4g}"
        rows.append({
            "by": name,
            "requirement": same[0]["requirement"],
            "measured": numbers,
            "unit": unit,
            "text": f"{text} {unit}".strip(),
            "met": all(criterion["met"] for criterion in same),
        })
    return rows


if __name__ == "__main__":
    tyro.cli(main)
