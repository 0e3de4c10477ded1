r"""Largest mean knowledge that scores of one side can have of points drawn after them.

Scores f of real points, which may even be chosen after these, certify of generated points Y drawn
after f, in the mean, at most

.. math:: \sup_f \, \mathrm{E}_Y \Big[ \overline{f(x)} + \frac1n \sum_j \min_i
    [ d(x_i, y_j) - f(x_i) ] \Big] = W_1(X, Q),

the distance of the real points from the population Q of the generated ones; likewise of the other
side. The distance from a large sample of the population is, in the mean, at least that.
"""

import time
from collections.abc import Sequence
from statistics import fmean
from typing import Any

import torch

from gan.critics.experiment import KNOWLEDGE_STREAM
from gan.critics.pairs import DistributionPair
from gan.evaluation.critic_gap import ExactTransport, exact_emd
from gan.runs.run_metrics import seeded_generator

POPULATION_SIZE = 16384
CEILING_STREAM = KNOWLEDGE_STREAM + 1
Row = dict[str, Any]


def ceiling_row(name: str, seed: int, pair: DistributionPair, fresh: ExactTransport) -> Row:
    """Distances of the fresh points of each side from a large sample of the other population.

    Args:
        name: Name of the pair.
        seed: Seed of the points.
        pair: The pair.
        fresh: The fresh points.

    Returns:
        Both distances, with the baseline and the exact EMD of the fresh points.
    """
    rng = seeded_generator(torch.device("cpu"), seed, CEILING_STREAM)
    start = time.monotonic()
    points = fresh.points
    return {
        "pair": name,
        "seed": seed,
        "population_size": POPULATION_SIZE,
        "real_to_population": exact_emd(points.real, pair.generated(POPULATION_SIZE, rng)),
        "population_to_generated": exact_emd(pair.real(POPULATION_SIZE, rng), points.generated),
        "baseline": fresh.baseline,
        "exact": fresh.exact,
        "seconds": time.monotonic() - start,
    }


def ceiling(rows: Sequence[Row], /) -> float:
    """Ceiling of the mean knowledge of a pair, of the side where it is larger.

    Args:
        rows: Rows of `ceiling_row`, of several seeds.

    Returns:
        Mean distance beyond the baseline, relative to that of the fresh points, at most 1.
    """
    whole = fmean(row["exact"] - row["baseline"] for row in rows)
    sides = ("real_to_population", "population_to_generated")
    return min(1.0, max(fmean(row[s] - row["baseline"] for row in rows) / whole for s in sides))
