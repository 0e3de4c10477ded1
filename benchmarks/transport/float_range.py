"""Exact EMD of costs and masses over many orders of magnitude, beside POT: value, proof, time.

    python -m benchmarks.transport.float_range

Values are compared with the same problem without its large costs, or with exact arithmetic. Times
are of the processor; the shortest of several counts, and both solvers alternate in one process.
"""

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import ot
from numpy.typing import NDArray

from benchmarks import results_io
from divergences import transport

RESULTS = results_io.RESULTS / "float_range.json"
SEED = 0
ROUNDS = 3
MAX_PIVOTS = 10**9  # far above the number that POT takes
FORBIDDEN_COSTS = (1e5, 1e6, 1e8, 1e10, 1e15, 1e300, np.inf)
FORBIDDEN_TRUTH = 0.36143164535367084  # HiGHS
WIDTHS = (12, 16, 100, 200)  # powers of 10 of the costs, on both sides of 1
SIZES = (100, 300, 1000)

Floats = NDArray[np.float64]
Problem = tuple[Floats, Floats, Floats]


def forbidden_pairs(big: float, /) -> Problem:
    """100 x 100 random costs, of which about 4 % are not increased by a large one."""
    rng = np.random.RandomState(42)  # as in the test of POT that this is
    cost, allowed = rng.rand(100, 100), np.zeros((100, 100), dtype=np.bool_)
    for i in range(100):
        allowed[i, rng.choice(100, 2, replace=False)] = True
    for j in range(100):
        allowed[rng.choice(100, 2, replace=False), j] = True
    masses = np.full(100, 0.01)
    return masses, masses, cost + np.where(allowed, 0.0, big)


def wide_costs(n: int, width: int, /) -> Problem:
    """Random masses, and costs of random orders of magnitude."""
    rng = np.random.default_rng(SEED)
    p, q = rng.random(n), rng.random(n)
    cost = rng.random((n, n)) * 10.0 ** rng.integers(-width, width, (n, n))
    return p / p.sum(), q / q.sum(), cost


def pot_emd(problem: Problem, /) -> float:
    """EMD by POT, of the costs as they are; NaN where it fails."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return float(ot.emd2(*problem, numItermax=MAX_PIVOTS))
        except (ValueError, RuntimeError):
            return float("nan")


def timed(function: Callable[[], Any], /) -> tuple[Any, float]:
    """Result and processor time of a function."""
    start = time.process_time()
    result = function()
    return result, time.process_time() - start


def row(name: str, problem: Problem, truth: float | None, /) -> dict[str, Any]:
    """Values, gap and shortest times of one problem.

    Args:
        name: Name of the problem.
        problem: Masses and costs.
        truth: The right value; None to state the gap of ours only.

    Returns:
        Row of the table, times in seconds.
    """
    ours = peer = np.inf
    for _ in range(ROUNDS):
        solved, seconds = timed(lambda: transport(*problem))
        ours = min(ours, seconds)
        value, seconds = timed(lambda: pot_emd(problem))
        peer = min(peer, seconds)
    reference = solved.cost if truth is None else truth
    return {
        "problem": name,
        "value": solved.cost,
        "relative_error": abs(solved.cost - reference) / reference,
        "relative_gap": solved.gap / solved.cost,
        "exact_proof": solved.exact_proof,
        "seconds": ours,
        "pot_relative_error": abs(value - reference) / reference,
        "pot_seconds": peer,
    }


def main() -> None:
    """Measure all problems, print and save them."""
    problems: list[tuple[str, Problem, float | None]] = [
        (f"forbidden pairs at {big:g}", forbidden_pairs(big), FORBIDDEN_TRUTH)
        for big in FORBIDDEN_COSTS
    ]
    problems += [
        (f"{n} x {n}, costs from 1e-{width} to 1e{width}", wide_costs(n, width), None)
        for n in SIZES
        for width in WIDTHS
    ]
    rows = []
    for problem in problems:
        rows.append(row(*problem))
        print(rows[-1], flush=True)
    command = "python -m benchmarks.transport.float_range"
    results_io.save({**results_io.origin(), "command": command, "rows": rows}, RESULTS)


if __name__ == "__main__":
    main()
