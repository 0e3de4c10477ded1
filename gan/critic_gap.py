"""What a critic learned, beside the exact Wasserstein distance of the same points."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

import divergences
from divergences.transport.distances import distances

Critic = Callable[[Tensor], Tensor]
Sampler = Callable[[int, torch.Generator], Tensor]

EPS = 2.0**-52
BATCH = 4096  # points that are scored at a time


@dataclass(frozen=True, slots=True)
class CriticGap:
    """A critic's verdict on two sets of points, and the truth about the same points.

    Attributes:
        gap: Mean score of the real points minus mean score of the generated ones, in the unit of
            the scores: what WGAN training reports as its Wasserstein estimate.
        slope: Largest ``|f(x) - f(y)| / |x - y|`` over pairs of one real and one generated point
            at a positive distance: the critic's Lipschitz constant on these pairs, at least 0.
        certified: The largest lower bound of ``exact`` that the scores prove, in the unit of the
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
        return _excess(self.gap, self.exact)

    @property
    def certified_error(self) -> float:
        """Relative error of the certified bound: ``certified / exact - 1``, in [-1, 0]."""
        return _excess(self.certified, self.exact)


def critic_gap(
    critic: Critic, real: Float[Tensor, " n *shape"], generated: Float[Tensor, " m *shape"], /
) -> CriticGap:
    r"""The critic's gap, the bound it certifies and the exact distance, all on the same points.

    Whatever the critic f, each of these is a feasible value of the Kantorovich dual, so at most
    the exact Wasserstein-1 distance:

    .. math:: \overline{s f(x)} + \frac1m \sum_j \min_i [ d(x_i, y_j) - s f(x_i) ], \qquad
        - \overline{s f(y)} + \frac1n \sum_i \min_j [ d(x_i, y_j) + s f(y_j) ], \qquad s \ge 0.

    ``certified`` is the largest of them, less the rounding. The scale s is free, so that a critic
    whose slope is not 1, like a clipped one, is not held against itself.

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
    critics: Sequence[Critic],
    real: Float[Tensor, " n *shape"],
    generated: Float[Tensor, " m *shape"],
    /,
) -> list[CriticGap]:
    """What `critic_gap` gives, for several critics on the same points: the truth is found once.

    Args:
        critics: Each as in `critic_gap`.
        real: Real points.
        generated: Generated points.

    Returns:
        One for each critic.

    Raises:
        DistributionError: If a point or a score is not finite, or the shapes differ.
        SolverError: If the exact distance could not be computed.
    """
    cost = distances(*_flat_pair(real, generated))
    n, m = cost.shape
    exact = float(divergences.emd(np.full(n, 1 / n), np.full(m, 1 / m), cost))
    found = []
    for critic in critics:
        f, g = _scores(critic, real, "real"), _scores(critic, generated, "generated")
        gap, bound = float(f.mean() - g.mean()), certified(cost, f, g)
        found.append(CriticGap(gap, _slope(cost, f, g), bound, exact))
    return found


def certified(cost: np.ndarray, real_scores: np.ndarray, generated_scores: np.ndarray, /) -> float:
    """The largest bound that the scores prove, in the unit of ``cost``; see `critic_gap`.

    Args:
        cost: Distances, shape ``(n, m)``.
        real_scores: Shape ``(n,)``.
        generated_scores: Shape ``(m,)``.

    Returns:
        At least 0, and at most the exact EMD.
    """
    table = torch.from_numpy(cost)
    forward = _best_scale(table, torch.from_numpy(real_scores))
    backward = _best_scale(table.T, torch.from_numpy(-generated_scores))
    return max(forward, backward)


def sample_floor(sample: Sampler, n: int, rng: torch.Generator, /, *, pairs: int) -> list[float]:
    """Exact EMD between two independent samples of one distribution, for several pairs of samples.

    What a perfect generator would be measured at: the exact EMD of finite samples is above the EMD
    of their populations.

    Args:
        sample: Draws points: ``sample(n, rng)``.
        n: Points in each sample.
        rng: Source of randomness.
        pairs: How many pairs to draw.

    Returns:
        One distance per pair, in the unit of the points.
    """
    return [exact_emd(sample(n, rng), sample(n, rng)) for _ in range(pairs)]


def exact_emd(x: Float[Tensor, " n *shape"], y: Float[Tensor, " m *shape"], /) -> float:
    """Exact Wasserstein-1 distance of two sets of points, in their unit of length."""
    return float(divergences.sampled.emd(_flat(x), _flat(y)).value)


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
def _scores(critic: Critic, points: Tensor, which: str) -> np.ndarray:
    """The critic's scores in float64."""
    scores = torch.cat([critic(batch) for batch in points.split(BATCH)]).cpu().double().numpy()
    if scores.shape != (len(points),):
        raise divergences.DistributionError(
            f"`critic` must give one score per point, but gave shape {scores.shape} "
            f"for {len(points)} points"
        )
    if not np.isfinite(scores).all():
        raise divergences.DistributionError(
            f"`critic` gives a score that is not finite at a {which} point: it has diverged"
        )
    return scores


def _slope(cost: np.ndarray, real_scores: np.ndarray, generated_scores: np.ndarray) -> float:
    """The largest difference of scores per distance, over pairs at a positive distance."""
    apart = cost > 0
    rise = np.abs(real_scores[:, None] - generated_scores)
    return float(np.max(rise[apart] / cost[apart], initial=0.0))


def _best_scale(cost: Tensor, scores: Tensor) -> float:
    """The largest value over s >= 0 of ``mean(s f) + mean_j min_i (cost_ij - s f_i)``.

    The value is concave and piecewise linear in s. Two tangents, one rising and one falling, meet
    above the maximum; the next s is where they meet, until that is no higher than what has been
    seen.

    Returns:
        The value less its rounding, at least 0.
    """
    scores = scores - scores.mean()
    top, longest = float(scores.max()), float(cost.max())
    scores = scores / top if top > 0 else scores  # any unit of the scores will do
    low, (low_value, low_rise) = 0.0, _value(cost, scores, 0.0)
    if top <= 0 or longest == 0 or low_rise <= 0:
        return max(0.0, low_value - 16 * EPS * longest)
    high = longest  # from here on the value is at most mean_j cost - s max f <= 0
    high_value, high_rise = _value(cost, scores, high)
    best, scale = low_value, low
    for _ in range(60):
        if low_rise <= high_rise:  # but for rounding, it is above
            break
        meet = (high_value - low_value + low_rise * low - high_rise * high) / (
            low_rise - high_rise
        )
        ceiling = low_value + low_rise * (meet - low)
        value, rise = _value(cost, scores, meet)
        if value > best:
            best, scale = value, meet
        if rise > 0:
            low, low_value, low_rise = meet, value, rise
        else:
            high, high_value, high_rise = meet, value, rise
        if ceiling - best <= 1e-7 * best:
            break
    return max(0.0, best - 16 * EPS * (longest + scale * float(scores.abs().max())))


def _value(cost: Tensor, scores: Tensor, scale: float) -> tuple[float, float]:
    """The bound at a scale, and its rise per unit of scale; the scores have mean 0."""
    least, index = (cost - scale * scores[:, None]).min(dim=0)
    return float(least.mean() + scale * scores.mean()), -float(scores[index].mean())


def _excess(value: float, truth: float) -> float:
    """``value / truth - 1``; 0 / 0 counts as no error."""
    if truth > 0:
        return value / truth - 1
    return 0.0 if value == 0 else math.copysign(math.inf, value)
