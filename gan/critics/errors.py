"""Errors of a critic, on the points that it was fitted to or on populations, never both in one.

*Same points*: its gap, certified bound and knowledge against the exact EMD of the points it was
fitted to. *Population*: its gap on fresh points against the known W1. A critic that overfits a
finite set has small errors of the first kind and large ones of the second.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from gan.critics.pairs.distribution_pair import DistributionPair
from gan.evaluation.certified_bound import max_slope
from gan.evaluation.critic_gap import ExactTransport, knowledge, relative_error
from gan.evaluation.pair_distances import PairDistances
from gan.evaluation.point_pair import PointPair, ScoreFunction

FRESH_SAMPLE_SIZE = 1 << 15
MAX_SLOPE_POINTS = 1024
GRADIENT_BATCH_SIZE = 4096


@dataclass(frozen=True, slots=True)
class CriticErrors:
    """Estimates of a critic, and the exact value.

    Attributes:
        gap: Mean score of the real points minus mean score of the generated points.
        slope: Largest slope over pairs of a real and a generated point.
        cosine: Mean cosine between the critic's gradient and the displacement of an optimal plan,
            at the midpoints of displacements, weighted by their length; 0 if all are 0.
        exact: Value that the gap estimates: the exact EMD of the points, or the populations' W1.
        certified: On the same points, the largest lower bound of ``exact`` certified by scores;
            None on populations, where finitely many scores imply no bound.
        baseline: On the same points, the bound of a constant critic; None on populations.
        standard_error: Standard error of the gap over fresh samples; 0 on the points of the fit.
    """

    gap: float
    slope: float
    cosine: float
    exact: float
    certified: float | None = None
    baseline: float | None = None
    standard_error: float = 0.0

    @property
    def error(self) -> float:
        """Relative error of the gap, at least -1 unless the gap is negative."""
        return relative_error(self.gap, self.exact)

    @property
    def certified_error(self) -> float | None:
        """Relative error of the certified bound, in [-1, 0]; None on populations."""
        return None if self.certified is None else relative_error(self.certified, self.exact)

    @property
    def knowledge(self) -> float | None:
        """Knowledge of the same points, in [0, 1] as in `CriticGap`; None on populations."""
        if self.certified is None or self.baseline is None:
            return None
        return knowledge(self.baseline, self.certified, self.exact)


def errors_on_points(score: ScoreFunction, transport: ExactTransport, /) -> CriticErrors:
    """Errors of a critic on the points that it was fitted to.

    Args:
        score: The critic.
        transport: The points and their exact transport.

    Returns:
        The critic's estimates, and the exact EMD.

    Raises:
        DistributionError: If a score is not finite.
    """
    estimate = transport.critic_gap(score)
    points = transport.points
    cosine = _mean_cosine(score, points.real[transport.partners], points.generated)
    return CriticErrors(
        estimate.gap,
        estimate.slope,
        cosine,
        estimate.exact,
        certified=estimate.certified,
        baseline=estimate.baseline,
    )


def errors_on_populations(
    score: ScoreFunction,
    pair: DistributionPair,
    w1: float,
    rng: torch.Generator,
    /,
    *,
    sample_size: int = FRESH_SAMPLE_SIZE,
) -> CriticErrors:
    """Errors of a critic on fresh points of a pair whose W1 is known.

    Args:
        score: The critic.
        pair: The pair; both sides are drawn from its optimal coupling, which removes most of the
            variance of the gap.
        w1: Wasserstein-1 distance of the populations.
        rng: Source of the fresh points, independent of the fit's.
        sample_size: Number of coupled pairs of points.

    Returns:
        The critic's estimates, and the W1.

    Raises:
        ValueError: If the pair has no known optimal coupling.
        DistributionError: If a score is not finite.
    """
    if pair.optimal_coupling is None:
        raise ValueError(
            "`pair` must have a known W1 and optimal coupling, but has none; take "
            "errors_on_points instead"
        )
    x, y = (points.float() for points in pair.optimal_coupling(sample_size, rng))
    with torch.no_grad():
        differences = torch.cat([
            (score(a) - score(b)).double()
            for a, b in zip(
                x.split(GRADIENT_BATCH_SIZE), y.split(GRADIENT_BATCH_SIZE), strict=True
            )
        ])
    few = PointPair.of(x[:MAX_SLOPE_POINTS], y[:MAX_SLOPE_POINTS])
    return CriticErrors(
        float(differences.mean()),
        max_slope(PairDistances.between(*few.flat), *few.scores(score)),
        _mean_cosine(score, x[:GRADIENT_BATCH_SIZE], y[:GRADIENT_BATCH_SIZE]),
        w1,
        standard_error=float(differences.std()) / sample_size**0.5,
    )


def _mean_cosine(score: ScoreFunction, real: Tensor, generated: Tensor) -> float:
    """Mean cosine of gradients and displacements, weighted by the length of displacements."""
    # At the midpoint the best critic's gradient is along the displacement; the ends may be kinks.
    points = torch.lerp(generated, real, 0.5).detach().requires_grad_()
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(score(points).sum(), points)
    gradient = gradient.flatten(start_dim=1).double()
    displacement = (real - generated).flatten(start_dim=1).double()
    norms = torch.linalg.vector_norm(gradient, dim=1).clamp_min(1e-300)
    total = torch.linalg.vector_norm(displacement, dim=1).sum()
    weighted = ((gradient * displacement).sum(dim=1) / norms).sum()
    return float(weighted / total) if total > 0 else 0.0
