"""Large problems besides the exact balanced one: unequal masses, and proved bounds of an EMD.

    python -m benchmarks.transport.partial_and_tolerance      # all cases: minutes on 2 cores
    python -m benchmarks.transport.partial_and_tolerance partial-2000 shifted-1000000

Partial transport runs beside POT's partial solver where its matrix of distances fits, and both
costs must agree to 1e-12; the gap of all others is their proof. A case with a tolerance states the
relative difference of its bounds. Each case runs in a process of its own, to measure its peak
memory beyond its input. Results are saved after every case.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import results_io

RESULTS = results_io.RESULTS / "partial_and_tolerance.json"
SEED = 0
MAX_RELATIVE_DIFFERENCE = 1e-12
COMMAND = "python -m benchmarks.transport.partial_and_tolerance"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """Two normal clouds in the plane.

    Attributes:
        n: Number of sources.
        m: Number of targets.
        shift: Distance of the means along each axis.
        scale: Standard deviation of the targets; that of the sources is 1.
        tolerance: Relative difference of the bounds; None for partial transport.
        pot: Whether POT's dense solver runs, too.
    """

    n: int
    m: int
    shift: float = 0.0
    scale: float = 1.0
    tolerance: float | None = None
    pot: bool = False

    def points(self) -> tuple[Floats, Floats]:
        """Sources and targets."""
        rng = np.random.default_rng(SEED)
        x = rng.normal(size=(self.n, 2))
        return x, self.shift + self.scale * rng.normal(size=(self.m, 2))

    def weights(self) -> tuple[Floats, Floats]:
        """Masses of partial transport, of unequal totals."""
        rng = np.random.default_rng(SEED + 1)
        return rng.random(self.n), rng.random(self.m)


CASES = {
    "partial-2000": Case(2_000, 1_500, pot=True),
    "partial-shifted-2000": Case(2_000, 1_500, shift=1.0, pot=True),
    "partial-16000": Case(16_000, 12_000),
    "partial-shifted-16000": Case(16_000, 12_000, shift=1.0),
    "same-10000": Case(10_000, 10_000, tolerance=0.01),
    "shifted-100000": Case(100_000, 100_000, shift=1.0, scale=1.5, tolerance=0.01),
    "shifted-1000000": Case(1_000_000, 1_000_000, shift=1.0, scale=1.5, tolerance=0.01),
}


def measure(case: Case, /) -> dict[str, Any]:
    """Time, processor time, value and relative gap of ours, and its peak memory."""
    from divergences import sampled

    x, y = case.points()
    sampled.transport(x[:2], y[:2])  # the first call loads the compiled solver
    before, start, cpu = _peak_gb(), time.perf_counter(), time.process_time()
    if case.tolerance is None:
        p, q = case.weights()
        solved = sampled.partial_transport(x, y, x_weights=p, y_weights=q)
    else:
        solved = sampled.transport(x, y, tolerance=case.tolerance)
    return {
        "seconds": time.perf_counter() - start,
        "cpu_seconds": time.process_time() - cpu,
        "value": solved.cost,
        "gap": solved.gap / solved.cost,
        "beyond_input_gb": _peak_gb() - before,
    }


def measure_pot(case: Case, /) -> dict[str, Any]:
    """Time and value of POT's partial solver, its distance matrix included."""
    import ot

    x, y = case.points()
    p, q = case.weights()
    flow = min(p.sum(), q.sum())
    start, cpu = time.perf_counter(), time.process_time()
    cost = ot.dist(x, y, metric="euclidean")
    plan = ot.partial.partial_wasserstein(p, q, cost, m=flow, numItermax=10**9)
    return {
        "seconds": time.perf_counter() - start,
        "cpu_seconds": time.process_time() - cpu,
        "value": float(np.einsum("ij,ij->", plan, cost)) / flow,
    }


def _peak_gb() -> float:
    """Peak resident memory of this process, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def run_in_subprocess(name: str, solver: str, /) -> dict[str, Any]:
    """Results of a case, in a process of its own."""
    command = [sys.executable, *COMMAND.split()[1:], "--solver", solver, name]
    process = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return dict(json.loads(process.stdout.splitlines()[-1]))


def compare_solvers(name: str, /) -> dict[str, Any]:
    """Run a case by each of its solvers.

    Returns:
        Results of each, by solver.

    Raises:
        RuntimeError: If ours and POT's cost differ by more than 1e-12.
    """
    row = {"ours": run_in_subprocess(name, "ours")}
    if CASES[name].pot:
        row["pot"] = run_in_subprocess(name, "pot")
        difference = abs(row["ours"]["value"] / row["pot"]["value"] - 1)
        if not difference <= MAX_RELATIVE_DIFFERENCE:
            raise RuntimeError(f"{name}: ours and POT's differ by {difference}")
    return row


def main(arguments: list[str] | None = None, /) -> None:
    """Run the named cases, or all, and save the results after each."""
    parser = argparse.ArgumentParser(prog=COMMAND)
    parser.add_argument("cases", nargs="*", metavar="case", help=", ".join(CASES))
    parser.add_argument("--solver", choices=["ours", "pot"], help="run one case, print JSON")
    options = parser.parse_args(arguments)
    if unknown := set(options.cases) - CASES.keys():
        parser.error(f"unknown case {', '.join(sorted(unknown))}; choose from {', '.join(CASES)}")
    if options.solver:
        solver = {"ours": measure, "pot": measure_pot}[options.solver]
        print(json.dumps(solver(CASES[options.cases[0]])))
        return
    record = results_io.load(RESULTS) if RESULTS.exists() else {"cases": {}}
    for name in options.cases or CASES:
        record["cases"][name] = compare_solvers(name)
        record |= {"command": COMMAND, "seed": SEED, **results_io.origin()}
        results_io.save(record, RESULTS)
        print(name, json.dumps(record["cases"][name]), flush=True)


if __name__ == "__main__":
    main()
