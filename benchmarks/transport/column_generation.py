"""Exact EMD of sets of points that no dense solver can hold, and of some that it just can.

    python -m benchmarks.transport.column_generation            # all of it: an hour, on 2 cores
    python -m benchmarks.transport.column_generation normal-16000 mnist-train-test
    python -m benchmarks.transport.column_generation --figure   # the figure, from what is written

Each case runs in a process of its own, so that its memory at the peak can be read: what it takes
beyond its input. Where POT's dense solver fits, it runs in another process of its own, its
distances included, and both must agree to 1e-12. What is done is written after every case.
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
FIGURE = results_io.RESULTS / "growth.png"
SEED = 0
AGREEMENT = 1e-12

Points = NDArray[np.float64]
Pair = tuple[Points, Points]


def normal(n: int) -> Pair:
    """Two samples of one normal distribution in the plane."""
    x, y = np.random.default_rng(SEED).normal(size=(2, n, 2))
    return x, y


def eight(n: int) -> Pair:
    """Two samples of the eight Gaussians."""
    import torch

    from gan import eight_gaussians

    generator = torch.Generator().manual_seed(SEED)
    x, y = (eight_gaussians().sample(n, generator).double().numpy() for _ in range(2))
    return x, y


def digits(split: Literal["train", "test"]) -> Points:
    """MNIST in [0, 1], shape (n, 784)."""
    from gan.data import mnist

    return mnist.digits(split).pixels.double().numpy() / 255


def mnist_halves(n: int) -> Pair:
    """Two disjoint sets of training digits."""
    train = digits("train")
    return train[:n].copy(), train[n : 2 * n].copy()


def train_and_test(_: int) -> Pair:
    """All training and all test digits."""
    return digits("train"), digits("test")


def fit(n: int) -> Pair:
    """Training digits and as many points of a 64-dimensional Gaussian fit to them."""
    train = digits("train")
    centre = train.mean(axis=0)
    variances, axes = np.linalg.eigh(np.cov(train.T))
    rng = np.random.default_rng(SEED)
    points = rng.normal(size=(n, 64)) * np.sqrt(variances[-64:]) @ axes[:, -64:].T
    return train[:n].copy(), centre + points


GROWTH = (2_000, 5_000, 10_000, 20_000, 50_000)
CASES: dict[str, tuple[Callable[[int], Pair], int, bool]] = {  # with or without POT
    "normal-16000": (normal, 16_000, True),
    "eight-16000": (eight, 16_000, True),
    "mnist-16000": (mnist_halves, 16_000, True),
    "mnist-train-test": (train_and_test, 0, False),
    "mnist-gaussian-60000": (fit, 60_000, False),
    **{f"normal-{n}": (normal, n, False) for n in GROWTH},
}


def ours(x: Points, y: Points, /) -> dict[str, Any]:
    """Time, and what the column method went through."""
    from divergences._transport.column_generation import ProgressMonitor, column_transport
    from divergences._transport.ground import GroundCost

    p, q = np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y))
    start = time.perf_counter()
    ground = GroundCost.of(x, y, metric="euclidean")
    watch = ProgressMonitor(ground, progress=True)
    solved = column_transport(ground, p, q, watch=watch).scaled(ground.exponent)
    seconds = time.perf_counter() - start
    row = {"seconds": seconds, "value": solved.cost, "gap": solved.gap / solved.cost}
    return {**row, "rounds": watch.rounds, "arcs": watch.arcs}


def pot(x: Points, y: Points, /) -> dict[str, Any]:
    """Time of POT's dense solver with its distances."""
    import ot

    p, q = np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y))
    start = time.perf_counter()
    plan = ot.emd(p, q, cost := ot.dist(x, y, metric="euclidean"), numItermax=10**9)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "value": float(np.einsum("ij,ij->", plan, cost))}


SOLVERS = {"ours": ours, "pot": pot}


def one(case: str, solver: str, /) -> dict[str, Any]:
    """A case in this process, with its memory at the peak beyond its input."""
    sample, n, _ = CASES[case]
    x, y = sample(n)
    import ot.lp.emd_wrap  # noqa: F401  # whose import takes seconds and 0.3 GB, by both

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
    """The most memory that this process has had, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def apart(case: str, solver: str, /) -> dict[str, Any]:
    """A case in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.transport.column_generation",
        "--one",
        solver,
        case,
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measured(case: str, /) -> dict[str, Any]:
    """A case by all of its solvers.

    Returns:
        What `one` gives, by solver.

    Raises:
        RuntimeError: If they do not agree.
    """
    row = {"ours": apart(case, "ours")}
    if CASES[case][2]:
        row["pot"] = apart(case, "pot")
        difference = abs(row["ours"]["value"] / row["pot"]["value"] - 1)
        if not difference <= AGREEMENT:
            raise RuntimeError(f"{case}: ours and POT's differ by {difference}")
    return row


def table(cases: dict[str, Any], /) -> str:
    """The cases as Markdown."""
    head = "| case | points | d | EMD | time | memory | rounds | arcs | POT dense |"
    lines = [head, "|" + "---|" * 9]
    for case, row in cases.items():
        mine, peer = row["ours"], row.get("pot")
        sizes = f"{mine['n']:,} x {mine['m']:,} | {mine['d']} | {mine['value']:.12g}"
        cost = f"{mine['seconds']:.3g} s | {mine['beyond_input_gb']:.2g} GB"
        work = f"{mine['rounds']} | {mine['arcs']:,}"
        other = f"{peer['seconds']:.3g} s, {peer['beyond_input_gb']:.3g} GB" if peer else ""
        lines.append(f"| {case} | {sizes} | {cost} | {work} | {other} |")
    return "\n".join(lines)


def draw(cases: dict[str, Any], path: Path = FIGURE, /) -> None:
    """Time and memory of the normal distributions by the number of points."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rows = [cases[f"normal-{n}"]["ours"] for n in GROWTH if f"normal-{n}" in cases]
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
    """Measure the cases that are named, or all; write after each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.transport.column_generation")
    parser.add_argument("cases", nargs="*", metavar="case", help=", ".join(CASES))
    parser.add_argument("--one", choices=SOLVERS, help="run a case in this process, print JSON")
    parser.add_argument("--figure", action="store_true", help="draw from what is written")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.cases) - CASES.keys():
        parser.error(
            f"there is no case {', '.join(sorted(unknown))}; there are {', '.join(CASES)}"
        )
    if chosen.one:
        print(json.dumps(one(chosen.cases[0], chosen.one)))
        return
    record = results_io.load(RESULTS) if RESULTS.exists() else {"cases": {}}
    for case in () if chosen.figure else chosen.cases or CASES:
        record["cases"][case] = measured(case)
        record |= {
            "versions": results_io.versions(),
            "machine": results_io.machine(),
            "seed": SEED,
        }
        results_io.save(record, RESULTS)
        print(table({case: record["cases"][case]}), flush=True)
    print(table(record["cases"]))
    draw(record["cases"])
    print(f"written to {RESULTS} and {FIGURE}")


if __name__ == "__main__":
    main()
