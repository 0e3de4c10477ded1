"""How well a critic did: on the very points it saw, or on populations. Never both in one number.

*Same points*: its gap and its certified bound against the exact EMD of the points it was fitted
to. *Population*: its gap on fresh points against the known W1. A critic that knows a finite set
by heart excels in the first and fails in the second.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from gan.critics.pairs.distribution_pair import Pair
from gan.critics.problem import Score
from gan.evaluation.critic_gap import Truth, excess, sampled_slope

FRESH = 1 << 15  # matched points of a population's gap
SLOPES = 1024  # of them, between which slopes are looked at
BATCH = 4096


@dataclass(frozen=True, slots=True)
class CriticErrors:
    """A critic's numbers beside the truth.

    Attributes:
        gap: Mean score of the real less that of the generated points.
        slope: Largest slope over pairs of a real and a generated point.
        cosine: Mean cosine of the critic's gradient with the way of an exact plan from a generated
            point to its real partner, half way, weighted by the length of the way; 0 if
            nothing moves.
        exact: What the gap estimates: the exact EMD of the points, or the populations' W1.
        certified: On the same points, the largest lower bound of ``exact`` that the scores prove;
            None on populations, where no finite number of scores proves anything.
        standard_error: Of the gap, by the choice of the fresh points; 0 on the same ones.
    """

    gap: float
    slope: float
    cosine: float
    exact: float
    certified: float | None = None
    standard_error: float = 0.0

    @property
    def error(self) -> float:
        """Relative error of the gap, at least -1 for a critic that orders the points rightly."""
        return excess(self.gap, self.exact)

    @property
    def certified_error(self) -> float | None:
        """Relative error of the certified bound, in [-1, 0]; None where there is none."""
        return None if self.certified is None else excess(self.certified, self.exact)


def on_points(score: Score, truth: Truth, /) -> CriticErrors:
    """The verdict on the points that the critic was fitted to.

    Args:
        score: The critic.
        truth: The points and their exact transport.

    Returns:
        The verdict.

    Raises:
        DistributionError: If a score is not finite.
    """
    found = truth.about(score)
    partners = truth.real[torch.from_numpy(truth.partner)]
    cosine = _cosine(score, partners, truth.generated)
    return CriticErrors(found.gap, found.slope, cosine, found.exact, found.certified)


def on_populations(
    score: Score, pair: Pair, w1: float, rng: torch.Generator, /, *, fresh: int = FRESH
) -> CriticErrors:
    """The verdict on fresh points of a pair whose W1 is known.

    Args:
        score: The critic.
        pair: The pair; its matched points are those that an optimal plan moves into each other,
            which takes most of the chance out of the gap.
        w1: Of the populations.
        rng: Source of the fresh points.
        fresh: How many.

    Returns:
        The verdict.

    Raises:
        ValueError: If the pair has no known W1.
        DistributionError: If a score is not finite.
    """
    if pair.matched is None:
        raise ValueError("`pair` must have a known W1 and matched points; take on_points instead")
    x, y = (points.float() for points in pair.matched(fresh, rng))
    with torch.no_grad():
        gains = torch.cat([
            (score(a) - score(b)).double()
            for a, b in zip(x.split(BATCH), y.split(BATCH), strict=True)
        ])
    return CriticErrors(
        float(gains.mean()),
        sampled_slope(score, x[:SLOPES], y[:SLOPES]),
        _cosine(score, x[:BATCH], y[:BATCH]),
        w1,
        standard_error=float(gains.std()) / fresh**0.5,
    )


def _cosine(score: Score, real: Tensor, generated: Tensor) -> float:
    """Cosine of the gradient with the way to a partner, weighted by its length."""
    # Half way, the best critic has the gradient of the way; at the ends it may have a kink.
    points = torch.lerp(generated, real, 0.5).detach().requires_grad_()
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(score(points).sum(), points)
    gradient = gradient.flatten(start_dim=1).double()
    way = (real - generated).flatten(start_dim=1).double()
    norms = torch.linalg.vector_norm(gradient, dim=1).clamp_min(1e-300)
    total = torch.linalg.vector_norm(way, dim=1).sum()
    return float(((gradient * way).sum(dim=1) / norms).sum() / total) if total > 0 else 0.0
