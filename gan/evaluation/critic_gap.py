"""Gap, slope, certified bound and knowledge of a critic, compared with the exact EMD."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from divergences import LipschitzWitness, Transport, lipschitz_witness, sampled
from gan.evaluation.certified_bound import bound_of_scores, max_slope
from gan.evaluation.pair_distances import PairDistances
from gan.evaluation.point_pair import PointPair, Points, ScoreFunction

KNOWLEDGE_RTOL = 1e-9  # to which the exact EMD is certified


@dataclass(frozen=True, slots=True)
class CriticGap:
    """A critic's estimates on two sets of points, and the exact EMD of the same points.

    ``baseline <= certified <= exact`` for every critic.

    Attributes:
        gap: Mean score of the real points minus mean score of the generated ones, in the unit of
            the scores: the Wasserstein estimate that WGAN training reports.
        slope: Largest ``|f(x) - f(y)| / |x - y|`` over pairs of one real and one generated point
            at a positive distance: the critic's Lipschitz constant on these pairs, at least 0.
        baseline: Mean distance to the nearest point of the other set, in the unit of the points:
            the bound that a constant critic certifies.
        certified: Largest lower bound of ``exact`` certified by the scores, in the unit of the
            points; it does not depend on the scale of the critic.
        exact: Exact Wasserstein-1 distance of the two sets, in the unit of the points.
        flipped: Whether the critic of the opposite sign certifies more.
    """

    gap: float
    slope: float
    baseline: float
    certified: float
    exact: float
    flipped: bool = False

    @property
    def knowledge(self) -> float:
        """Share of the distance beyond the baseline that the scores prove, in [0, 1].

        ``(certified - baseline) / (exact - baseline)``: 0 of a constant critic, 1 of exact
        potentials. NaN if the baseline is the exact EMD already, as of identical sets.
        """
        return knowledge(self.baseline, self.certified, self.exact)

    @property
    def error(self) -> float:
        """Relative error of the gap as an estimate of ``exact``: ``gap / exact - 1``."""
        return relative_error(self.gap, self.exact)

    @property
    def certified_error(self) -> float:
        """Relative error of the certified bound: ``certified / exact - 1``, in [-1, 0].

        It is near 0 for a constant critic, too, where the baseline is near the exact EMD; compare
        critics by `knowledge`.
        """
        return relative_error(self.certified, self.exact)

    def __str__(self) -> str:
        """Numbers and knowledge in one line, with hints."""
        text = (
            f"gap {self.gap:.5g}, slope {self.slope:.4g}; certified {self.certified:.5g}, between "
            f"baseline {self.baseline:.5g} and exact {self.exact:.5g}: "
        )
        if math.isnan(self.knowledge):
            reason = "the sets are identical" if self.exact == 0 else "the baseline is exact"
            text += f"knowledge is undefined, since {reason}"
        else:
            text += f"knowledge {self.knowledge:.1%}"
        return text + ("; the opposite sign certifies more" if self.flipped else "")


def knowledge(baseline: float, certified: float, exact: float, /) -> float:
    """``(certified - baseline) / (exact - baseline)``, in [0, 1]; NaN where exact is baseline."""
    if not exact - baseline > KNOWLEDGE_RTOL * exact:
        return math.nan
    return min(1.0, max(0.0, (certified - baseline) / (exact - baseline)))


def critic_gap(critic: ScoreFunction, real: Points, generated: Points, /) -> CriticGap:
    r"""The critic's gap, the bound it certifies and the exact distance, all on the same points.

    For any critic f, each of these is the value of a pair of feasible Kantorovich potentials, so
    at most the exact Wasserstein-1 distance:

    .. math:: \overline{s f(x)} + \frac1m \sum_j \min_i [ d(x_i, y_j) - s f(x_i) ], \qquad
        - \overline{s f(y)} + \frac1n \sum_i \min_j [ d(x_i, y_j) + s f(y_j) ], \qquad s \ge 0.

    ``certified`` is the largest of them, minus its rounding error. The scale s is free, so that
    all positive multiples of a critic, such as a clipped one, have the same bound. ``baseline`` is
    the larger of the two at s = 0, which no critic is needed for.

    Args:
        critic: Maps points of shape ``(k, *shape)`` to scores of shape ``(k,)`` or ``(k, 1)``,
            each point by itself. A module is scored in evaluation mode, on points of the type of
            its weights, and is left as it was; modules that a function refers to are in
            evaluation mode, too.
        real: Real points, a tensor or a numpy array of shape ``(n, *shape)``; distances are
            Euclidean, between flattened points.
        generated: Generated points, shape ``(m, *shape)``.

    Returns:
        Gap, slope, baseline, certified and exact.

    Raises:
        DistributionError: If a point or a score is not finite, shapes do not fit, or the critic
            does not take points of this shape.
        SolverError: If the exact distance could not be computed.

    Source:
        Villani 2009, "Optimal transport", theorem 5.10 (duality, c-transform).

    >>> import torch
    >>> x, y = torch.tensor([[0.0], [1.0]]), torch.tensor([[2.0], [4.0]])
    >>> print(critic_gap(lambda points: -points[:, 0], x, y))
    gap 2.5, slope 1; certified 2.5, between baseline 2 and exact 2.5: knowledge 100.0%
    """
    return critic_gaps([critic], real, generated)[0]


def critic_gaps(
    critics: Sequence[ScoreFunction], real: Points, generated: Points, /
) -> list[CriticGap]:
    """`critic_gap` of several critics on the same points; exact transport is solved once.

    Args:
        critics: Each as in `critic_gap`.
        real: Real points.
        generated: Generated points.

    Returns:
        One `CriticGap` for each critic, in order.

    Raises:
        DistributionError: If a point or a score is not finite, or shapes do not fit.
        SolverError: If the exact distance could not be computed.
    """
    transport = ExactTransport.between(real, generated)
    return [transport.critic_gap(critic) for critic in critics]


class ExactTransport:
    """Exact transport between two sets of points: the reference values for critics.

    Attributes:
        points: Real and generated points.
        solution: The optimal plan and its potentials.
        exact: Exact EMD of the two sets.
    """

    def __init__(self, points: PointPair, solution: Transport) -> None:
        self.points = points
        self.solution = solution
        self.exact = float(solution.cost)
        self._distances = PairDistances.between(*points.flat)

    @classmethod
    def between(cls, real: Points, generated: Points, /) -> "ExactTransport":
        """Solve the exact transport; arguments and errors as of `critic_gap`."""
        points = PointPair.of(real, generated)
        return cls(points, sampled.transport(*_numpy(points)))

    @property
    def partners(self) -> Tensor:
        """For each generated point the index of a real point that an optimal plan pairs with it.

        Returns:
            Indices, shape ``(m,)``, int64.
        """
        rows, columns = self.solution.plan.coords
        partners = np.zeros(self.solution.plan.shape[1], dtype=np.int64)
        partners[columns] = rows
        return torch.from_numpy(partners)

    @cached_property
    def baseline(self) -> float:
        """Bound that a constant critic certifies, as in `CriticGap`."""
        return self.critic_gap(lambda points: torch.zeros(len(points))).baseline

    @cached_property
    def witness(self) -> LipschitzWitness:
        """The ideal critic of these points, in float64, of flattened points."""
        return lipschitz_witness(self.solution, _numpy(self.points)[1])

    def critic_gap(self, critic: ScoreFunction, /) -> CriticGap:
        """Gap, slope, bounds and knowledge of a critic on these points, and their exact EMD."""
        scores = self.points.scores(critic)
        bound = bound_of_scores(self._distances, *scores)
        # Both bounds are proved; in float arithmetic, the exact cost may be a rounding below them.
        baseline, certified = (min(b, self.exact) for b in (bound.baseline, bound.certified))
        return CriticGap(
            float(scores[0].mean() - scores[1].mean()),
            max_slope(self._distances, *scores),
            baseline,
            certified,
            self.exact,
            bound.flipped,
        )


def exact_emd(x: Points, y: Points, /) -> float:
    """Exact Wasserstein-1 distance of two sets of points, in their unit of length."""
    return float(sampled.emd(*_numpy(PointPair.of(x, y))).value)


def relative_error(estimate: float, exact: float) -> float:
    """``estimate / exact - 1``; 0 if both are 0, infinite if only ``exact`` is 0."""
    if exact > 0:
        return estimate / exact - 1
    return 0.0 if estimate == 0 else math.copysign(math.inf, estimate)


def _numpy(points: PointPair) -> tuple[np.ndarray, np.ndarray]:
    """Both sets with one row of float64 numbers per point."""
    real, generated = (part.cpu().numpy() for part in points.flat)
    return real, generated
