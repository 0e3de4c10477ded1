"""Critics and exact EMD as the number of points grows, extrapolated to the populations.

    python -m benchmarks.gan.knowledge_by_size            # one thread, 40 minutes
    python -m benchmarks.gan.knowledge_by_size --gather   # collect the finished parts

Critics are fitted to the samplers, as in `benchmarks.gan.fresh_knowledge` at seed 0, and measured
on blocks of fresh points. Exact EMD is measured on the same pairs, and on pairs of known W1, on
none of which the extrapolation was chosen. Each part is kept under ``runs/knowledge_by_size``; a
benchmark that was stopped resumes when run again. Results go to
``results/knowledge_by_size.json``.
"""

import json
import math
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import tyro
from torch import Tensor

from benchmarks import results_io
from benchmarks.gan.fresh_knowledge import STEPS, deadline
from benchmarks.gan.knowledge_by_size_tables import FULL_SUPPORT, markdown
from benchmarks.gan.knowledge_ceiling import CEILING_STREAM
from gan.critics import CRITICS, Budget, Problem, fitted
from gan.critics.experiment import FIT_STREAM
from gan.critics.pairs import DistributionPair, named_pair
from gan.critics.pairs.samples import DIGIT_COMPONENTS, principal_gaussian
from gan.data import mnist
from gan.evaluation.full_support import full_support_bound
from gan.evaluation.point_pair import PointPair
from gan.evaluation.population_limit import population_limit
from gan.evaluation.sample_size import estimates_by_size, estimates_of_scores, mean_and_error
from gan.runs.atomic_files import write_json
from gan.runs.run_metrics import seeded_generator
from gan.runs.signals import EXIT_INTERRUPTED

RESULTS = results_io.RESULTS / "knowledge_by_size.json"
RUNS = Path("runs/knowledge_by_size")
COMMAND = "python -m benchmarks.gan.knowledge_by_size"
SEED = 0
DRAWS = 4
BY_SIZE_STREAM = CEILING_STREAM + 1
EMD_SIZES = (128, 256, 512, 1024, 2048, 4096)
KNOWN_PAIRS = (
    "cones-4-16",
    "translation-16",
    "scaling-16",
    "cones-12-32",
    "translation-4",
    "scaling-4",
    "cones-32-16",
    "translation-64",
    "scaling-64",
    "cones-8-128",
    "cones-48-128",
)
CRITIC_SIZES = {  # the test set has 10000 digits
    "ring-normal": (256, 512, 1024, 2048, 4096, 8192),
    "translation-8": (256, 512, 1024, 2048, 4096, 8192),
    "digits-normal": (256, 512, 1024, 2048, 4096),
}
SUBSPACE = "distance from the subspace"
PLANE_METHODS = (
    "averaged-witness",
    "two-sided-witness",
    "taught",
    "lattice",
    "sharp",
    "gradient-penalty",
)
METHODS = {
    "ring-normal": PLANE_METHODS,
    "translation-8": PLANE_METHODS,
    # The two-sided witness takes minutes to score 16384 images.
    "digits-normal": ("averaged-witness", "taught", "sharp", "gradient-penalty", SUBSPACE),
}
Row = dict[str, Any]
Part = tuple[Path, Callable[[], Row]]


def emd_row(name: str, pair: DistributionPair) -> Row:
    """Exact EMD and self-distances of a pair, by draw and size.

    Args:
        name: Name of the pair.
        pair: The pair.

    Returns:
        Both, shape ``(DRAWS, sizes)``, and the W1 of the populations where it is known.
    """
    rng = seeded_generator(torch.device("cpu"), SEED, BY_SIZE_STREAM)
    real, generated = _draws(name, pair, DRAWS * 2 * EMD_SIZES[-1], rng)
    draws = [
        estimates_by_size(x, y, EMD_SIZES)
        for x, y in zip(real.chunk(DRAWS), generated.chunk(DRAWS), strict=True)
    ]
    w1 = pair.w1()
    return {
        "pair": name,
        "w1": None if w1 is None else w1[0],
        "emd": [[mean_and_error(part.exact)[0] for part in draw] for draw in draws],
        "self_distance": [[part.self_distance for part in draw] for draw in draws],
    }


def _draws(name: str, pair: DistributionPair, n: int, rng: torch.Generator) -> tuple[Tensor, ...]:
    """Points of both distributions; training digits without replacement."""
    if name == "digits-normal":
        return mnist.digits().sample_images_without_replacement(n, rng), pair.generated(n, rng)
    return pair.samples(n, rng)


def fresh_points(name: str, pair: DistributionPair) -> PointPair:
    """Two blocks of the largest size of fresh points, of digits from the test set."""
    n = 2 * CRITIC_SIZES[name][-1]
    rng = seeded_generator(torch.device("cpu"), SEED, BY_SIZE_STREAM)
    real = pair.unseen_real or pair.real
    return PointPair.of(real(n, rng), pair.generated(n, rng))


def scores_row(method: str, name: str, pair: DistributionPair, file: Path) -> Row:
    """Fit a critic to the samplers of a pair, and save its scores of the fresh points.

    Args:
        method: Name in the registry of critics, or `SUBSPACE`.
        name: Name of the pair.
        pair: The pair.
        file: File of the scores.

    Returns:
        Steps and time, and whether the critic is 1-Lipschitz by construction; of populations that
        fill the space, the bound of what it certifies of them.
    """
    if method == SUBSPACE:
        score = _subspace_distance()
        about: Row = {"lipschitz": True}
    else:
        problem = Problem(pair.real, pair.generated, pair.shape, pair.unit)
        rng = seeded_generator(torch.device("cpu"), SEED, FIT_STREAM)
        budget = Budget(STEPS[method])
        fit = fitted(CRITICS[method].estimator, problem, budget=budget, rng=rng)
        score = fit.score
        about = {"steps": fit.step, "seconds": fit.seconds, "lipschitz": fit.lipschitz}
    file.parent.mkdir(parents=True, exist_ok=True)
    points = fresh_points(name, pair)
    np.save(file, torch.stack(points.scores(score)).numpy())
    if name in FULL_SUPPORT:
        bound = full_support_bound(score, points.real, points.generated)
        about["population_bound"] = bound.value, bound.standard_error
    return {"method": method, "pair": name, **about}


def _subspace_distance() -> Callable[[Tensor], Tensor]:
    """Distance from the affine subspace that holds the Gaussian of digits: 1-Lipschitz."""
    mean, factor = principal_gaussian(mnist.digits().pixels.double() / 255, DIGIT_COMPONENTS)
    basis = torch.linalg.qr(factor.T).Q

    def distance(points: Tensor) -> Tensor:
        centered = points.flatten(start_dim=1).double() - mean
        return torch.linalg.vector_norm(centered - centered @ basis @ basis.T, dim=1)

    return distance


def sizes_row(name: str, pair: DistributionPair) -> Row:
    """Numbers of all fitted critics of a pair by the size of blocks of fresh points.

    Args:
        name: Name of the pair.
        pair: The pair.

    Returns:
        Means over the blocks and standard errors: gap, certified and knowledge of each critic,
        exact EMD and baseline.
    """
    points = fresh_points(name, pair)
    stored = {file.stem: torch.from_numpy(np.load(file)) for file in score_files(name)}
    scores = {method: (values[0], values[1]) for method, values in stored.items()}
    rows = []
    for part in estimates_of_scores(points, CRITIC_SIZES[name], scores):
        exact, baseline = np.array(part.exact), np.array(part.baseline)
        row: Row = {"n": part.n, "blocks": len(exact), "self_distance": part.self_distance}
        row |= {"exact": mean_and_error(part.exact), "baseline": mean_and_error(part.baseline)}
        for method, values in part.certified.items():
            certified = np.minimum(values, exact)  # a rounding may be above
            shares = (certified - baseline) / (exact - baseline)
            row[method] = {
                "certified": mean_and_error(certified.tolist()),
                "knowledge": mean_and_error(shares.tolist()),
            }
        rows.append(row)
    return {"pair": name, "gaps": {m: _gap(*values) for m, values in stored.items()}, "rows": rows}


def _gap(real: Tensor, generated: Tensor) -> tuple[float, float]:
    """Gap on all fresh points, and its standard error."""
    variance = sum(float(scores.var()) / len(scores) for scores in (real, generated))
    return float(real.mean() - generated.mean()), math.sqrt(variance)


def score_files(name: str) -> list[Path]:
    """Files of the scores of the critics of a pair.

    Args:
        name: Name of the pair.

    Returns:
        One file for each method, in order.
    """
    return [RUNS / "scores" / name / f"{method}.npy" for method in METHODS[name]]


def parts() -> Iterator[Part]:
    """File and computation of each part, in order.

    Yields:
        The file, and a function that computes its content.
    """
    for name in CRITIC_SIZES:
        for file in score_files(name):
            yield file.with_suffix(".json"), partial(_fit_part, file.stem, name, file)
        yield RUNS / "sizes" / f"{name}.json", partial(_of_pair, sizes_row, name)
    for name in (*CRITIC_SIZES, *KNOWN_PAIRS):
        yield RUNS / "emd" / f"{name}.json", partial(_of_pair, emd_row, name)


def _of_pair(compute: Callable[[str, DistributionPair], Row], name: str) -> Row:
    """Row of a pair, which is made when it is computed."""
    return compute(name, named_pair(name))


def _fit_part(method: str, name: str, file: Path) -> Row:
    """Row of a fit, whose pair is made when it is computed."""
    return scores_row(method, name, named_pair(name), file)


def record() -> Row:
    """All finished parts with the extrapolated limits, and the origin of the last part."""
    finished = {file: json.loads(file.read_text()) for file, _ in parts() if file.exists()}
    groups: dict[str, list[Row]] = {"emd": [], "fits": [], "sizes": []}
    for file, part in finished.items():
        folder = file.relative_to(RUNS).parts[0]
        groups["fits" if folder == "scores" else folder].append(part["row"])
    for row in groups["emd"]:
        limit = population_limit(row["emd"], row["self_distance"])
        row["limit"] = {
            "value": limit.value,
            "statistical_error": limit.statistical_error,
            "model_error": limit.model_error,
            "interval": limit.interval(),
        }
    return {
        "origin": results_io.latest(part["origin"] for part in finished.values()),
        "command": COMMAND,
        "emd_sizes": EMD_SIZES,
        **groups,
    }


def main(*, gather: bool = False, seconds: float = math.inf) -> int:
    """Compute the unfinished parts, and write the results.

    Args:
        gather: Collect the finished parts, and compute no others.
        seconds: Begin no further part after this time.

    Returns:
        The exit status.
    """
    torch.set_num_threads(1)
    stopped = deadline(seconds)
    for file, compute in () if gather else parts():
        if file.exists():
            continue
        if stopped():
            print("stopped; run again to resume")
            return EXIT_INTERRUPTED
        row = compute()
        file.parent.mkdir(parents=True, exist_ok=True)
        write_json(file, {"origin": results_io.origin(), "row": row})
        print(file.relative_to(RUNS), flush=True)
    results = json.loads(json.dumps(record()))
    results_io.save(results, RESULTS)
    print(markdown(results))
    return 0


if __name__ == "__main__":
    sys.exit(tyro.cli(main))
