"""Exact EMD of point sets up to and beyond the size that fits a dense solver in memory.

    python -m benchmarks.transport.column_generation             # all cases: an hour on 2 cores
    python -m benchmarks.transport.column_generation normal-16000 mnist-train-test
    python -m benchmarks.transport.column_generation --figure    # the figure, from saved results

Each case runs in a process of its own, to measure its peak memory beyond its input. POT's dense
solver runs on the cases that fit it, its distance matrix included, in another process, and both
costs must agree to 1e-12. Results are saved after every case.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks import results_io

RESULTS = results_io.RESULTS / "large.json"
FIGURE = results_io.FIGURES / "growth.png"
COMMAND = "python -m benchmarks.transport.column_generation"
SEED = 0
MAX_RELATIVE_DIFFERENCE = 1e-12  # between the costs of both solvers

Points = NDArray[np.float64]
SamplePair = tuple[Points, Points]


def normal(n: int) -> SamplePair:
    """Two samples of the standard normal distribution in the plane."""
    x, y = np.random.default_rng(SEED).normal(size=(2, n, 2))
    return x, y


def eight_gaussians(n: int) -> SamplePair:
    """Two samples of the mixture of eight Gaussians."""
    import torch

    import gan

    generator = torch.Generator().manual_seed(SEED)
    x, y = (gan.eight_gaussians().sample(n, generator).double().numpy() for _ in range(2))
    return x, y


def mnist_digits(split: Literal["train", "test"]) -> Points:
    """MNIST images with pixels in [0, 1], shape ``(n, 784)``."""
    from gan.data import mnist

    return mnist.digits(split).pixels.double().numpy() / 255


def disjoint_training_digits(n: int) -> SamplePair:
    """Two disjoint sets of n training digits."""
    train = mnist_digits("train")
    return train[:n].copy(), train[n : 2 * n].copy()


def training_and_test_digits(_: int) -> SamplePair:
    """All training and all test digits."""
    return mnist_digits("train"), mnist_digits("test")


def digits_and_gaussian(n: int) -> SamplePair:
    """Training digits, and a sample of a Gaussian fitted to 64 of their principal axes."""
    train = mnist_digits("train")
    centre = train.mean(axis=0)
    variances, axes = np.linalg.eigh(np.cov(train.T))
    rng = np.random.default_rng(SEED)
    points = rng.normal(size=(n, 64)) * np.sqrt(variances[-64:]) @ axes[:, -64:].T
    return train[:n].copy(), centre + points


SCALING_SIZES = (2_000, 5_000, 10_000, 20_000, 50_000)
CASES: dict[str, tuple[Callable[[int], SamplePair], int, bool]] = {  # samples, size, POT
    "normal-16000": (normal, 16_000, True),
    "eight-16000": (eight_gaussians, 16_000, True),
    "mnist-16000": (disjoint_training_digits, 16_000, True),
    "mnist-train-test": (training_and_test_digits, 0, False),
    "mnist-gaussian-60000": (digits_and_gaussian, 60_000, False),
    **{f"normal-{n}": (normal, n, False) for n in SCALING_SIZES},
}


def measure_column_generation(x: Points, y: Points, /) -> dict[str, Any]:
    """Time, cost, relative gap, rounds and arcs of column generation."""
    from divergences._transport.column_generation import ProgressMonitor, column_transport
    from divergences._transport.ground import GroundCost

    p, q = np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y))
    start = time.perf_counter()
    ground = GroundCost.of(x, y, metric="euclidean")
    monitor = ProgressMonitor(ground, progress=True)
    optimum = column_transport(ground, p, q, monitor=monitor).scaled(ground.exponent)
    seconds = time.perf_counter() - start
    row = {"seconds": seconds, "value": optimum.cost, "gap": optimum.gap / optimum.cost}
    return {**row, "rounds": monitor.rounds, "arcs": monitor.arcs}


def measure_pot(x: Points, y: Points, /) -> dict[str, Any]:
    """Time and cost of POT's dense solver, its distance matrix included."""
    import ot

    p, q = np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y))
    start = time.perf_counter()
    plan = ot.emd(p, q, cost := ot.dist(x, y, metric="euclidean"), numItermax=10**9)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "value": float(np.einsum("ij,ij->", plan, cost))}


SOLVERS = {"ours": measure_column_generation, "pot": measure_pot}


def run_case(case: str, solver: str, /) -> dict[str, Any]:
    """Run a case in this process; returns its results and peak memory beyond its input."""
    sample, n, _ = CASES[case]
    x, y = sample(n)
    import ot.lp.emd_wrap  # noqa: F401  # its import, of seconds and 0.3 GB, is not measured

    before = _peak_gb()
    row = SOLVERS[solver](x, y)
    return {
        "n": len(x),
        "m": len(y),
        "d": x.shape[1],
        **row,
        "beyond_input_gb": _peak_gb() - before,
    }


def _peak_gb() -> float:
    """Peak resident memory of this process, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def run_case_in_subprocess(case: str, solver: str, /) -> dict[str, Any]:
    """Run a case in a process of its own; returns what `run_case` does."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.transport.column_generation",
        "--solver",
        solver,
        case,
    ]
    process = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return dict(json.loads(process.stdout.splitlines()[-1]))


def compare_solvers(case: str, /) -> dict[str, Any]:
    """Run a case by each of its solvers.

    Returns:
        Results of `run_case`, by solver.

    Raises:
        RuntimeError: If the costs differ by more than 1e-12.
    """
    row = {"ours": run_case_in_subprocess(case, "ours")}
    if CASES[case][2]:
        row["pot"] = run_case_in_subprocess(case, "pot")
        difference = abs(row["ours"]["value"] / row["pot"]["value"] - 1)
        if not difference <= MAX_RELATIVE_DIFFERENCE:
            raise RuntimeError(f"{case}: ours and POT's differ by {difference}")
    return row


def table(cases: dict[str, Any], /) -> str:
    """Results of the cases as a Markdown table."""
    head = "| case | points | d | EMD | time | memory | rounds | arcs | POT dense |"
    lines = [head, "|" + "---|" * 9]
    for case, row in cases.items():
        result, peer = row["ours"], row.get("pot")
        sizes = f"{result['n']:,} x {result['m']:,} | {result['d']} | {result['value']:.12g}"
        resources = f"{result['seconds']:.3g} s | {result['beyond_input_gb']:.2g} GB"
        work = f"{result['rounds']} | {result['arcs']:,}"
        peer_resources = (
            f"{peer['seconds']:.3g} s, {peer['beyond_input_gb']:.3g} GB" if peer else ""
        )
        lines.append(f"| {case} | {sizes} | {resources} | {work} | {peer_resources} |")
    return "\n".join(lines)


def draw(cases: dict[str, Any], path: Path = FIGURE, /) -> None:
    """Plot time and memory against the number of points, for the normal distribution."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rows = [cases[f"normal-{n}"]["ours"] for n in SCALING_SIZES if f"normal-{n}" in cases]
    sizes = [row["n"] for row in rows]
    with mpl.rc_context({"axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(7, 3), layout="constrained")
        left, right = figure.subplots(1, 2)
        left.loglog(sizes, [row["seconds"] for row in rows], "o-", label="column generation")
        seconds = [rows[0]["seconds"] * (n / sizes[0]) ** 2 for n in sizes]
        left.loglog(sizes, seconds, "--", color="0.6", label="grows like n²")
        left.set(xlabel="points on each side", ylabel="seconds")
        left.legend(frameon=False)
        right.loglog(
            sizes, [row["beyond_input_gb"] for row in rows], "o-", label="column generation"
        )
        right.loglog(
            sizes, [40 * n * n / 1e9 for n in sizes], "--", color="0.6", label="a dense solver"
        )
        right.set(xlabel="points on each side", ylabel="GB beyond the input")
        right.legend(frameon=False)
        for axes in (left, right):
            axes.set_xticks(sizes, labels=[f"{n:,}" for n in sizes])
            axes.minorticks_off()
        figure.savefig(path, dpi=150)


def main(arguments: list[str] | None = None, /) -> None:
    """Run the named cases, or all, and save the results after each."""
    parser = argparse.ArgumentParser(prog=COMMAND)
    parser.add_argument("cases", nargs="*", metavar="case", help=", ".join(CASES))
    parser.add_argument("--solver", choices=SOLVERS, help="run one case here and print JSON")
    parser.add_argument("--figure", action="store_true", help="draw the figure from saved results")
    options = parser.parse_args(arguments)
    if unknown := set(options.cases) - CASES.keys():
        parser.error(f"unknown case {', '.join(sorted(unknown))}; choose from {', '.join(CASES)}")
    if options.solver:
        print(json.dumps(run_case(options.cases[0], options.solver)))
        return
    record = results_io.load(RESULTS) if RESULTS.exists() else {"cases": {}}
    for case in () if options.figure else options.cases or CASES:
        record["cases"][case] = compare_solvers(case)
        record |= {"command": COMMAND, **results_io.origin(), "seed": SEED}
        results_io.save(record, RESULTS)
        print(table({case: record["cases"][case]}), flush=True)
    print(table(record["cases"]))
    draw(record["cases"])
    print(f"written to {RESULTS} and {FIGURE}")


if __name__ == "__main__":
    main()
