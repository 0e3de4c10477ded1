"""Gap, slope and certified bound of a critic, compared with the exact EMD of the same points."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

import divergences
from divergences._transport.metrics import distances
from gan.evaluation.certified_bound import certified_bound

ScoreFunction = Callable[[Tensor], Tensor]

SCORING_BATCH_SIZE = 4096


@dataclass(frozen=True, slots=True)
class CriticGap:
    """A critic's estimates on two sets of points, and the exact EMD of the same points.

    Attributes:
        gap: Mean score of the real points minus mean score of the generated ones, in the unit of
            the scores: the Wasserstein estimate that WGAN training reports.
        slope: Largest ``|f(x) - f(y)| / |x - y|`` over pairs of one real and one generated point
            at a positive distance: the critic's Lipschitz constant on these pairs, at least 0.
        certified: Largest lower bound of ``exact`` certified by the scores, in the unit of the
            points, at least 0; it does not depend on the scale of the critic.
        exact: Exact Wasserstein-1 distance of the two sets, in the unit of the points.
    """

    gap: float
    slope: float
    certified: float
    exact: float

    @property
    def error(self) -> float:
        """Relative error of the gap as an estimate of ``exact``: ``gap / exact - 1``."""
        return relative_error(self.gap, self.exact)

    @property
    def certified_error(self) -> float:
        """Relative error of the certified bound: ``certified / exact - 1``, in [-1, 0]."""
        return relative_error(self.certified, self.exact)


def critic_gap(
    critic: ScoreFunction,
    real: Float[Tensor, " n *shape"],
    generated: Float[Tensor, " m *shape"],
    /,
) -> CriticGap:
    r"""The critic's gap, the bound it certifies and the exact distance, all on the same points.

    For any critic f, each of these is the value of a pair of feasible Kantorovich potentials, so
    at most the exact Wasserstein-1 distance:

    .. math:: \overline{s f(x)} + \frac1m \sum_j \min_i [ d(x_i, y_j) - s f(x_i) ], \qquad
        - \overline{s f(y)} + \frac1n \sum_i \min_j [ d(x_i, y_j) + s f(y_j) ], \qquad s \ge 0.

    ``certified`` is the largest of them, minus its rounding error. The scale s is free, so that
    all positive multiples of a critic, such as a clipped one, have the same bound.

    Args:
        critic: Maps points of shape ``(k, *shape)`` to scores of shape ``(k,)``.
        real: Real points; distances are Euclidean, between flattened points.
        generated: Generated points.

    Returns:
        Gap, slope, certified and exact.

    Raises:
        DistributionError: If a point or a score is not finite, or the shapes differ.
        SolverError: If the exact distance could not be computed.

    Source:
        Villani 2009, "Optimal transport", theorem 5.10 (duality, c-transform).
    """
    return critic_gaps([critic], real, generated)[0]


def critic_gaps(
    critics: Sequence[ScoreFunction],
    real: Float[Tensor, " n *shape"],
    generated: Float[Tensor, " m *shape"],
    /,
) -> list[CriticGap]:
    """`critic_gap` of several critics on the same points; exact transport is solved once.

    Args:
        critics: Each as in `critic_gap`.
        real: Real points.
        generated: Generated points.

    Returns:
        One `CriticGap` for each critic, in order.

    Raises:
        DistributionError: If a point or a score is not finite, or the shapes differ.
        SolverError: If the exact distance could not be computed.
    """
    transport = ExactTransport.between(real, generated)
    return [transport.critic_gap(critic) for critic in critics]


@dataclass(frozen=True, slots=True, eq=False)
class ExactTransport:
    """Exact transport between two sets of points: the reference values for critics.

    Attributes:
        real: Real points.
        generated: Generated points.
        cost: Distance of every pair, shape ``(n, m)``.
        exact: Exact EMD of the two sets.
        partners: For each generated point the index of a real point with which an optimal plan
            pairs it, shape ``(m,)``.
    """

    real: Tensor
    generated: Tensor
    cost: np.ndarray
    exact: float
    partners: np.ndarray

    @classmethod
    def between(
        cls, real: Float[Tensor, " n *shape"], generated: Float[Tensor, " m *shape"], /
    ) -> "ExactTransport":
        """Solve the exact transport; arguments and errors as of `critic_gap`."""
        cost = distances(*_flat_pair(real, generated))
        n, m = cost.shape
        solution = divergences.transport(np.full(n, 1 / n), np.full(m, 1 / m), cost)
        partners = np.zeros(m, dtype=np.int64)
        partners[solution.plan.coords[1]] = solution.plan.coords[0]
        return cls(real, generated, cost, float(solution.cost), partners)

    def critic_gap(self, critic: ScoreFunction, /) -> CriticGap:
        """Gap, slope and certified bound of a critic on these points, and their exact EMD."""
        f = _scores(critic, self.real, "real")
        g = _scores(critic, self.generated, "generated")
        return CriticGap(
            float(f.mean() - g.mean()),
            _max_slope(self.cost, f, g),
            certified_bound(self.cost, f, g).value,
            self.exact,
        )


def max_slope(
    critic: ScoreFunction,
    real: Float[Tensor, " n *shape"],
    generated: Float[Tensor, " m *shape"],
    /,
) -> float:
    """Largest slope of the critic over pairs of a real and a generated point."""
    cost = distances(*_flat_pair(real, generated))
    return _max_slope(cost, _scores(critic, real, "real"), _scores(critic, generated, "generated"))


def exact_emd(x: Float[Tensor, " n *shape"], y: Float[Tensor, " m *shape"], /) -> float:
    """Exact Wasserstein-1 distance of two sets of points, in their unit of length."""
    return float(divergences.sampled.emd(_flat(x), _flat(y)).value)


def relative_error(estimate: float, exact: float) -> float:
    """``estimate / exact - 1``; 0 if both are 0, infinite if only ``exact`` is 0."""
    if exact > 0:
        return estimate / exact - 1
    return 0.0 if estimate == 0 else math.copysign(math.inf, estimate)


def _flat_pair(real: Tensor, generated: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Both sets with one row of float64 numbers per point, checked."""
    if real.shape[1:] != generated.shape[1:] or real.ndim < 2:
        shapes = f"{tuple(real.shape)} and {tuple(generated.shape)}"
        raise divergences.DistributionError(
            f"`real` and `generated` must have points of one shape, (n, ...), but have {shapes}"
        )
    pair = _flat(real), _flat(generated)
    for name, points in zip(("real", "generated"), pair, strict=True):
        if not (points.size and np.isfinite(points).all()):
            raise divergences.DistributionError(f"`{name}` must hold points, all of them finite")
    return pair


def _flat(points: Tensor) -> np.ndarray:
    """One row of float64 numbers per point."""
    return points.detach().flatten(start_dim=1).cpu().double().numpy()


@torch.no_grad()
def _scores(critic: ScoreFunction, points: Tensor, side: str) -> np.ndarray:
    """The critic's scores in float64, shape ``(n,)``, checked."""
    batches = points.split(SCORING_BATCH_SIZE)
    scores = torch.cat([critic(batch) for batch in batches]).cpu().double().numpy()
    if scores.shape != (len(points),):
        raise divergences.DistributionError(
            f"`critic` must give one score per point, but gave shape {scores.shape} "
            f"for {len(points)} points"
        )
    if not np.isfinite(scores).all():
        raise divergences.DistributionError(
            f"`critic` must give finite scores, but gives one that is not at a {side} point: "
            "it has diverged"
        )
    return scores


def _max_slope(cost: np.ndarray, real_scores: np.ndarray, generated_scores: np.ndarray) -> float:
    """Largest difference of scores per distance, over pairs at a positive distance."""
    is_positive = cost > 0
    differences = np.abs(real_scores[:, None] - generated_scores)
    return float(np.max(differences[is_positive] / cost[is_positive], initial=0.0))
