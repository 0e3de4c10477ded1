r"""Lower bound of the exact EMD that is certified by the scores of any critic.

For scores f of the columns and every real s,

.. math:: V(s) = s \, \overline{f} + \frac1n \sum_j \min_i [ d_{ji} - s f_i ]

is the value of a pair of feasible Kantorovich potentials, so at most the exact EMD. V is concave
and piecewise linear in s. Its maximum at s >= 0 is what the scores certify, at s <= 0 what the
scores of the opposite sign do, and V(0) what no score is needed for.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from divergences._transport.metrics import require_representable
from gan.evaluation.c_transform import MAX_CANDIDATE_SHARE
from gan.evaluation.distance_filter import FLOAT32_EPS
from gan.evaluation.pair_distances import BLOCK_DISTANCES, PairDistances
from gan.evaluation.point_pair import PointPair, Points, ScoreFunction
from gan.evaluation.scale_search import best_scales


@dataclass(frozen=True, slots=True)
class CertifiedBound:
    """Lower bounds of the exact EMD, with scores and without.

    Attributes:
        baseline: Mean distance to the nearest point of the other set, of the side where it is
            larger, in the unit of the points, at least 0: the bound of a constant critic.
        certified: Largest bound certified by the scores at any scale of at least 0, at least
            ``baseline``; at most the exact EMD.
        scale: Factor of the scores at which ``certified`` is attained, at least 0.
        on_real: Whether it uses the scores of the real points, and not those of the generated
            points.
        flipped: Whether the scores of the opposite sign certify more.
    """

    baseline: float
    certified: float
    scale: float
    on_real: bool
    flipped: bool

    @property
    def excess(self) -> float:
        """``certified - baseline``: the numerator of the knowledge of a critic, at least 0."""
        return self.certified - self.baseline


def certified_bound(critic: ScoreFunction, real: Points, generated: Points, /) -> CertifiedBound:
    """Lower bound of the exact EMD that a critic's scores certify, without the exact EMD.

    In blocks, on the device of the points: the matrix of all distances is never in memory, only
    lower bounds of them, in two bytes each, where they are not above 256 MB.

    Args:
        critic: As in `critic_gap`.
        real: Real points, shape ``(n, *shape)``.
        generated: Generated points, shape ``(m, *shape)``.

    Returns:
        The bound, and the baseline of a constant critic.

    Raises:
        DistributionError: If a point or a score is not finite, or shapes do not fit.

    Source:
        Villani 2009, "Optimal transport", theorem 5.10 (duality, c-transform).

    >>> import torch
    >>> x, y = torch.tensor([[0.0], [1.0]]), torch.tensor([[2.0], [4.0]])
    >>> bound = certified_bound(lambda points: -points[:, 0], x, y)
    >>> round(bound.baseline, 9), round(bound.certified, 9)
    (2.0, 2.5)
    """
    pair = PointPair.of(real, generated)
    return bound_of_scores(PairDistances.between(*pair.flat), *pair.scores(critic))


def bound_of_scores(
    distances: PairDistances, real_scores: Tensor, generated_scores: Tensor, /
) -> CertifiedBound:
    """Largest lower bound of the exact EMD certified by scores; formula in `critic_gap`.

    Args:
        distances: Of real points (rows) and generated points (columns).
        real_scores: Scores of the real points, float64, shape ``(n,)``.
        generated_scores: Scores of the generated points, shape ``(m,)``.

    Returns:
        The bound over all scales and both sides, less its rounding error.

    Raises:
        DistributionError: If a distance is too large for a float.
    """
    sides = {
        True: best_scales(distances.transposed, real_scores),
        False: best_scales(distances, -generated_scores),
    }
    on_real = sides[True].value >= sides[False].value
    best = sides[on_real]
    baseline = max(side.baseline for side in sides.values())
    certified = max(baseline, best.value)
    opposite = max(side.opposite for side in sides.values())
    require_representable(np.float64(distances.length(certified)), "euclidean")
    return CertifiedBound(
        distances.length(baseline),
        distances.length(certified),
        best.scale,
        on_real,
        opposite > certified,
    )


def max_slope(distances: PairDistances, real_scores: Tensor, generated_scores: Tensor, /) -> float:
    """Largest difference of scores per distance, over pairs at a positive distance.

    Args:
        distances: Of real points (rows) and generated points (columns).
        real_scores: Scores of the real points, shape ``(n,)``.
        generated_scores: Scores of the generated points, shape ``(m,)``.

    Returns:
        The slope, at least 0, in units of the scores per unit of length.
    """
    largest = 0.0
    rows = torch.arange(len(real_scores), device=real_scores.device)
    for part in rows.split(max(1, BLOCK_DISTANCES // len(generated_scores))):
        differences = (real_scores[part, None] - generated_scores).abs_()
        largest = max(largest, _block_slope(distances, part, differences, largest))
    with np.errstate(over="ignore", under="ignore"):
        return float(np.ldexp(largest, -distances.exponent))


def _block_slope(
    distances: PairDistances, part: Tensor, differences: Tensor, known: float
) -> float:
    """Largest slope of some rows, or any number of at most ``known`` if it is no larger."""
    if distances.filter is not None:
        lower = torch.from_numpy(distances.filter.lower_bounds(part.numpy()))
        # The lower bounds are rounded to float32.
        steep = differences > known * (1 - 8 * FLOAT32_EPS) * lower
        i, j = steep.nonzero(as_tuple=True)
        if len(i) <= MAX_CANDIDATE_SHARE * lower.numel():
            return _largest_ratio(differences[i, j], distances.of_pairs(part[i], j))
    block = torch.cat([block for _, block in distances.blocks(part)])
    return _largest_ratio(differences, block)


def _largest_ratio(differences: Tensor, lengths: Tensor) -> float:
    """Largest quotient over the positive lengths, at least 0."""
    slopes = (differences / lengths).masked_fill_(lengths == 0, 0.0)
    return float(slopes.max()) if slopes.numel() else 0.0
