"""Quick form of every benchmark: a few rows, in which ours and a peer are measured in one run.

Smaller is better in every row: times, or errors. `benchmarks.bench` prints them.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

import gan
from benchmarks.discrete import accuracy, speed
from benchmarks.gan import robustness, training_speed
from benchmarks.gan.direct_claims import DIRECT_CLAIMS
from benchmarks.hostile_input import fuzz
from benchmarks.samples import estimators, permutation
from benchmarks.samples.populations import population_pairs
from benchmarks.transport import (
    column_generation,
    dotmark,
    exact,
    float_range,
    graphs,
    high_dimension,
    one_dimensional,
    partial_and_tolerance,
)
from gan.critics import CRITICS, Budget, Experiment
from gan.critics.pairs import named_pair

ESTIMATION_CASES = (0, 5)  # N(0,1) and N(.5,1.44); five dimensions
ESTIMATION_REPETITIONS = 6
CRITIC_STEPS = 200
TRAINING_STEPS = 150


@dataclass(frozen=True)
class Row:
    """A quantity of ours beside that of a peer.

    Attributes:
        name: Problem and quantity.
        unit: Unit of both numbers; "1" for ratios and errors.
        ours: Number of ours.
        peer: Number of the peer; None if there is none.
        peer_name: Name of the peer.
    """

    name: str
    unit: str
    ours: float
    peer: float | None = None
    peer_name: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours over the peer's; None without a peer, or if the peer's is 0."""
        return self.ours / self.peer if self.peer else None


def accuracy_of_kl() -> Iterator[Row]:
    """Largest relative errors of KL of close distributions."""
    for eps in (1e-4, 1e-8):
        row = accuracy.sweep(100, eps, 10)
        ours, peer = float(row["ours"]["kl"]), float(row["kl"]["scipy entropy"])
        yield Row(f"error of KL, ε = {eps:.0e}", "1", ours, peer, "scipy")


def speed_of_divergences() -> Iterator[Row]:
    """Times of KL and JS of long, many and short vectors."""
    long_vectors = speed.measure_all(
        shapes=((1_000_000,), (10_000, 100)), matrix_shape=(50, 1000), rounds=5
    )
    short_vectors = speed.measure_all(shapes=((10,),), matrix_shape=(2, 10), rounds=40)
    for row in (*long_vectors["rows"], *short_vectors["rows"]):
        shape = " x ".join(f"{k:,}" for k in row["shape"])
        yield Row(f"{row['function']}, {shape}", "ms", row["ours_ms"], row["scipy_ms"], "scipy")


def exact_emd() -> Iterator[Row]:
    """Times of small and dense problems, and of a matrix of distances."""
    rows = [
        *exact.small_problems(sizes=(10, 50), rounds=300),
        exact.distance_matrix(count=40, rounds=3),
        *exact.dense_problems(sizes=(1000,), rounds=3),
    ]
    return (_against_pot(row) for row in rows)


def large_emd() -> Iterator[Row]:
    """Time of 5,000 points on each side."""
    ours, peer = (
        column_generation.run_case_in_subprocess("normal-5000", solver)
        for solver in ("ours", "pot")
    )
    yield Row("5,000 x 5,000 points", "s", ours["seconds"], peer["seconds"], "POT")


def high_dimensional_emd() -> Iterator[Row]:
    """Time of 1,600 points in 784 dimensions."""
    x, y = high_dimension.normals(1600, 784)
    yield _against_pot(
        high_dimension.compare(
            "1600 x 1600, d = 784",
            lambda: high_dimension.our_emd(x, y),
            lambda: high_dimension.pot_emd(x, y),
            2,
        )
    )


def one_dimensional_emd() -> Iterator[Row]:
    """Times on the line and on the circle."""
    for row in one_dimensional.line(sizes=(10**5,)):
        yield Row(f"line, {row['case']}", "s", row["emd_s"], row["scipy_s"], "scipy")
    for row in one_dimensional.circle(sizes=(10**4,), orders=(1.0,)):
        yield Row(f"circle, {row['case']}", "s", row["emd_s"], row["pot_s"], "POT")


def partial_emd() -> Iterator[Row]:
    """Time of unequal masses."""
    row = partial_and_tolerance.compare_solvers("partial-2000")
    ours, peer = (row[solver]["cpu_seconds"] for solver in ("ours", "pot"))
    yield Row("partial transport, 2,000 x 1,500", "s", ours, peer, "POT")


def float_range_of_emd() -> Iterator[Row]:
    """Errors with forbidden pairs as large costs, and times of costs of every magnitude."""
    row = float_range.row(
        "forbidden pairs at 1e15", float_range.forbidden_pairs(1e15), float_range.FORBIDDEN_TRUTH
    )
    yield Row(
        "error, forbidden pairs at 1e15",
        "1",
        row["relative_error"],
        row["pot_relative_error"],
        "POT",
    )
    row = float_range.row("wide", float_range.wide_costs(300, 16), None)
    yield Row("300 x 300, costs 1e-16 to 1e16", "s", row["seconds"], row["pot_seconds"], "POT")


def images() -> Iterator[Row]:
    """Time of pairs of images of 32 x 32 pixels."""
    kind = "classic" if "DOTMARK_DIR" in os.environ else "fields"
    row = dotmark.row_of({"rows": []}, kind, 32, "euclidean")
    for _ in dotmark.measured(row, 4, 4):
        pass
    ours, peer = (float(np.mean(row[key])) for key in ("seconds", "peer_seconds"))
    yield Row(f"images, {row['name']}", "s", ours, peer, "POT")


def emd_on_graphs() -> Iterator[Row]:
    """Times of roads, trees and cycles, curvature and digits."""
    rows = [
        *graphs.compared_graphs(sides=(20,), sizes=(500,)),
        graphs.curvature(rounds=5),
        graphs.digits(count=30),
    ]
    return (_against_pot(row) for row in rows)


def estimates_from_samples() -> Iterator[Row]:
    """Errors and times of KL from 1,000 points of each sample."""
    for case in ESTIMATION_CASES:
        pair = population_pairs()[case]
        summaries = [
            estimators.summary(
                pair,
                np.array([
                    estimators.run_repetition(case, 1000, method, repetition)
                    for repetition in range(ESTIMATION_REPETITIONS)
                ]),
            )
            for method in ("auto", "scipy gaussian_kde")
        ]
        for key, unit in (("rmse", "nats"), ("seconds", "s")):
            ours, peer = (row[key] for row in summaries)
            yield Row(f"KL of {pair.name}, {key}", unit, ours, peer, "scipy gaussian_kde")


def permutation_tests() -> Iterator[Row]:
    """Times of permutation tests of 999 permutations."""
    for row in permutation.times(size=30, large=200):
        if "scipy_s" in row:
            name = f"{row['statistic']} test, d = {row['d']}"
            yield Row(name, "s", row["ours_s"], row["scipy_s"], "scipy")


def critics() -> Iterator[Row]:
    """1 - knowledge of critics after few steps, of their 1,000 points and of fresh ones."""
    experiment = Experiment(named_pair("ring-normal"), "same-points", 0, n=1000)
    ignorance = {}
    for method in ("corrected", "one-sided", "gradient-penalty"):
        budget = Budget(CRITIC_STEPS)
        *_, last = experiment.checkpoints(CRITICS[method].estimator, budget, only_last=True)
        fresh = last.fresh.knowledge if last.fresh else 0.0
        ignorance[method] = 1 - (last.errors.knowledge or 0.0), 1 - fresh
    peer = ignorance.pop("gradient-penalty")
    for method, ours in ignorance.items():
        yield Row(f"1 - knowledge, {method}", "1", ours[0], peer[0], "gradient-penalty")
        name = f"1 - knowledge of fresh points, {method}"
        yield Row(name, "1", ours[1], peer[1], "gradient-penalty")


def progress_numbers() -> Iterator[Row]:
    """Largest relative error of the progress number during short runs."""
    ours, peer = (
        max(abs(line["gap"] / line["exact"] - 1) for line in _short_run(recipe, 60))
        for recipe in ("wgan-certified", "wgan")
    )
    yield Row("error of the progress number", "1", ours, peer, "wgan")


def training() -> Iterator[Row]:
    """Exact EMD over the floor after short runs on eight Gaussians."""
    last = [_short_run(recipe, TRAINING_STEPS)[-1] for recipe in ("wgan-lp", "wgan")]
    ours, peer = (line["exact"] / line["floor"] for line in last)
    yield Row(f"EMD / floor after {TRAINING_STEPS} steps", "1", ours, peer, "wgan")


def speed_of_training() -> Iterator[Row]:
    """Seconds per generator step of WGAN-GP at width 128."""
    row = training_speed.rates(128, "32")
    yield Row("step of WGAN-GP", "s", 1 / row["ours"], 1 / row["plain"], "plain loop")


def hostile_input() -> Iterator[Row]:
    """Violations of the laws of input in 2,000 calls."""
    violations = fuzz.fuzz(2000, 0)["violations"]
    yield Row("violations in 2,000 hostile calls", "1", len(violations))


def claims_of_the_literature() -> Iterator[Row]:
    """Criteria that the claims measured without training do not meet."""
    criteria = [criterion for measure in DIRECT_CLAIMS.values() for criterion in measure(0)]
    failed = sum(not criterion.met for criterion in criteria)
    yield Row(f"criteria of claims not met, of {len(criteria)}", "1", failed)


def robustness_of_runs() -> Iterator[Row]:
    """Resumed runs that differ, and damaged files that are accepted."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        kills = robustness.kill_trials(2, Path(folder), rng)
        corruptions = robustness.corruption_trials(8, Path(folder) / "whole", rng)
    differing = sum(total - same for same, total in kills["equal_of"].values())
    yield Row("runs that differ after a kill, of 2", "1", differing)
    yield Row("damaged files accepted, of 8", "1", len(corruptions["violations"]))


QUICK_FORMS: dict[str, Callable[[], Iterator[Row]]] = {
    form.__name__.replace("_", " "): form
    for form in (
        accuracy_of_kl,
        speed_of_divergences,
        exact_emd,
        large_emd,
        high_dimensional_emd,
        one_dimensional_emd,
        partial_emd,
        float_range_of_emd,
        images,
        emd_on_graphs,
        estimates_from_samples,
        permutation_tests,
        critics,
        progress_numbers,
        training,
        speed_of_training,
        claims_of_the_literature,
        robustness_of_runs,
        hostile_input,
    )
}


def _against_pot(row: dict[str, Any]) -> Row:
    """Row of a comparison of times with POT."""
    return Row(row["name"], "s", row["ours_s"], row["pot_s"], "POT")


def _short_run(recipe: str, steps: int) -> list[dict[str, Any]]:
    """Metrics of a run on eight Gaussians, in a folder that is deleted."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        run = gan.run(
            recipe,
            data="eight-gaussians",
            steps=steps,
            evaluate_every=steps // 2,
            evaluation_size=500,
            out=Path(folder) / "run",
        )
        return list(run.evaluations)
