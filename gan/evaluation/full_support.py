r"""Bound that a critic certifies of populations whose supports are the whole space.

What the scores f certify of n points of each distribution falls, as n grows, to

.. math:: \max_{s \ge 0} \; s \, \mathrm{E} f(X) + \mathrm{E} \inf_x [ |x - Y| - s f(x) ]
    = \max_{s \ge 0} \; s \, \mathrm{gap} - \mathrm{E} \sup_x [ s f(x) - s f(Y) - |x - Y| ],

or to the same of the other side, where the distributions fill the space; the baseline falls to 0.
A supremum over some points x, on the path of steepest ascent from Y, is at most that over all, so
that the result is an upper bound of the limit, in the mean. Of a 1-Lipschitz critic the limit is
at least its gap, s = 1.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from scipy.optimize import minimize_scalar
from torch import Tensor

from gan.evaluation.point_pair import PointPair, Points, ScoreFunction

ASCENTS = 1024  # base points of each side
STEPS = 16
FIRST_STEP, GROWTH = 0.02, 1.4  # in the typical size of a coordinate
MAX_DOUBLINGS = 60


@dataclass(frozen=True, slots=True)
class FullSupportBound:
    """Upper bound of what a critic certifies of two populations that fill the space.

    Attributes:
        value: The bound, in the unit of the points, at least 0; infinite if no score rises from
            any of the points.
        standard_error: Its standard error, at the best scale.
    """

    value: float
    standard_error: float


def full_support_bound(
    critic: ScoreFunction, real: Points, generated: Points, /
) -> FullSupportBound:
    """Upper bound of what a critic certifies of populations whose supports are the whole space.

    Args:
        critic: As in `critic_gap`; differentiable in the points, and a module in evaluation mode
            and of the type of the points.
        real: Fresh real points, shape ``(n, *shape)``; the first 1024 are starting points.
        generated: Fresh generated points, likewise.

    Returns:
        The bound, of the side where it is larger.

    Raises:
        DistributionError: If a point or a score is not finite, or shapes do not fit.

    >>> import torch
    >>> rng = torch.Generator().manual_seed(0)
    >>> x, y = torch.randn(4096, 2, generator=rng), torch.randn(4096, 2, generator=rng)
    >>> x[:, 0] += 3
    >>> bound = full_support_bound(lambda points: 5 * points[:, 0], x, y)  # of scale 1/5
    >>> round(bound.value, 1)
    3.0
    """
    pair = PointPair.of(real, generated)
    scores = pair.scores(critic)
    gap = float(scores[0].mean() - scores[1].mean())
    gap_error = math.sqrt(sum(float(part.var()) / len(part) for part in scores))
    unit = float(torch.cat([part.flatten() for part in pair.flat]).std())
    sides = (
        _best(gap, gap_error, *_ascent(critic, pair.generated[:ASCENTS], 1.0, unit)),
        _best(gap, gap_error, *_ascent(critic, pair.real[:ASCENTS], -1.0, unit)),
    )
    return max(sides, key=lambda side: side.value)


def _ascent(
    critic: ScoreFunction, start: Tensor, sign: float, unit: float
) -> tuple[Float[Tensor, "n k"], Float[Tensor, "n k"]]:
    """Increases of the critic times ``sign`` on paths of its steepest ascent, and distances."""
    points, length = start, FIRST_STEP * unit
    rises, distances, first = [], [], None
    for _ in range(STEPS):
        points = points.detach().requires_grad_()
        with torch.enable_grad():
            scores = sign * critic(points).reshape(len(points))
            (gradient,) = torch.autograd.grad(scores.sum(), points)
        scores = scores.detach().double()
        first = scores if first is None else first
        rises.append(scores - first)
        distances.append(torch.linalg.vector_norm((points - start).detach().flatten(1), dim=1))
        norms = torch.linalg.vector_norm(gradient.flatten(1), dim=1).clamp_min(1e-300)
        direction = gradient / norms.reshape(-1, *[1] * (gradient.ndim - 1))
        points = points.detach() + length * direction
        length *= GROWTH
    return torch.stack(rises, dim=1), torch.stack(distances, dim=1).double()


def _best(gap: float, gap_error: float, rises: Tensor, distances: Tensor) -> FullSupportBound:
    """Largest value over the scales, of one side."""
    if gap <= 0:
        return FullSupportBound(0.0, gap_error)

    def excess(scale: float) -> Tensor:
        return (scale * rises - distances).amax(dim=1)  # at least 0, of the starting point

    def value(scale: float) -> float:
        return scale * gap - float(excess(scale).mean())

    largest = 1.0 / max(float((rises / distances.clamp_min(1e-300)).max()), 1e-300)
    for _ in range(MAX_DOUBLINGS):
        if value(2 * largest) < value(largest):
            break
        largest *= 2
    else:
        return FullSupportBound(math.inf, math.inf)
    best = minimize_scalar(lambda scale: -value(scale), bounds=(0, 2 * largest), method="bounded")
    losses = excess(best.x)
    error = math.hypot(best.x * gap_error, float(losses.std()) / math.sqrt(len(losses)))
    return FullSupportBound(max(0.0, -float(best.fun)), error)
