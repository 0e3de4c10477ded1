"""Lower bound of the exact EMD that is certified by the scores of any critic."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

FLOAT64_EPS = 2.0**-52
COST_BLOCK_ROWS = 128  # so that a block of differences stays in the processor's cache
MAX_TANGENTS = 60
BOUND_RTOL = 1e-7


@dataclass(frozen=True, slots=True)
class CertifiedBound:
    """A lower bound of the exact EMD, certified by scores.

    Attributes:
        value: The bound, in the unit of the distances, at least 0 and at most the exact EMD.
        scale: Factor of the scores at which the bound is attained, at least 0.
        on_real: Whether the bound uses the scores of the real points, and not those of the
            generated points.
    """

    value: float
    scale: float
    on_real: bool


def certified_bound(
    cost: np.ndarray, real_scores: np.ndarray, generated_scores: np.ndarray, /
) -> CertifiedBound:
    """Largest lower bound of the exact EMD certified by the scores; formula in `critic_gap`.

    Args:
        cost: Distances, shape ``(n, m)``.
        real_scores: Scores of the real points, shape ``(n,)``.
        generated_scores: Scores of the generated points, shape ``(m,)``.

    Returns:
        Largest bound over all scales and both sides, minus its rounding error.
    """
    costs, f, g = (torch.from_numpy(part) for part in (cost, real_scores, generated_scores))
    on_real = CertifiedBound(*_best_scale(costs.T.contiguous(), f), on_real=True)
    on_generated = CertifiedBound(*_best_scale(costs, -g), on_real=False)
    return max(on_real, on_generated, key=lambda bound: bound.value)


def c_transform_argmin(cost: Float[Tensor, " m n"], f: Float[Tensor, " n"], /) -> Tensor:
    """Minimizer ``i`` of ``cost[j, i] - f[i]``, at which the c-transform of f at j is attained.

    Args:
        cost: Distances, shape ``(m, n)``.
        f: Potential, shape ``(n,)``.

    Returns:
        Column indices, shape ``(m,)``, int64.
    """
    return torch.cat([_row_argmin(block - f) for block in cost.split(COST_BLOCK_ROWS)])


def _row_argmin(values: Float[Tensor, " k n"]) -> Tensor:
    """Index of the minimum of each row; on a CPU by numpy, ten times as fast as torch."""
    if values.device.type == "cpu":
        return torch.from_numpy(values.numpy().argmin(axis=1))
    return values.argmin(dim=1)


def _best_scale(cost: Tensor, scores: Tensor) -> tuple[float, float]:
    """Maximum over s >= 0 of ``mean(s f) + mean_j min_i (cost_ji - s f_i)``, and the maximizer.

    Returns:
        The maximum minus its rounding error, at least 0; and the maximizer s.
    """
    scores = scores - scores.mean()
    max_score, max_cost = float(scores.max()), float(cost.max())
    # The bound does not depend on the unit of the scores.
    scores = scores / max_score if max_score > 0 else scores
    left = _tangent(cost, scores, 0.0)
    if max_score <= 0 or max_cost == 0 or left.slope <= 0:
        return max(0.0, left.value - 16 * FLOAT64_EPS * max_cost), 0.0
    # From s = max_cost on, the value is at most mean_j cost - s max f <= 0.
    best = _maximum(cost, scores, left, _tangent(cost, scores, max_cost))
    rounding = 16 * FLOAT64_EPS * (max_cost + best.scale * float(scores.abs().max()))
    return max(0.0, best.value - rounding), best.scale / max_score


@dataclass(frozen=True, slots=True)
class _Tangent:
    """The bound at one scale of the scores, and its derivative in the scale."""

    scale: float
    value: float
    slope: float


def _maximum(cost: Tensor, scores: Tensor, left: _Tangent, right: _Tangent) -> _Tangent:
    """Maximize the bound, concave and piecewise linear in the scale, by cutting planes.

    A rising and a falling tangent intersect above the maximum. The next scale is that of their
    intersection, until its height exceeds the best value by at most ``BOUND_RTOL``.

    Returns:
        The best point that was evaluated.
    """
    best = left
    for _ in range(MAX_TANGENTS):
        if left.slope <= right.slope:  # up to rounding, slopes fall
            break
        scale = (
            right.value - left.value + left.slope * left.scale - right.slope * right.scale
        ) / (left.slope - right.slope)
        upper_bound = left.value + left.slope * (scale - left.scale)
        tangent = _tangent(cost, scores, scale)
        best = max(best, tangent, key=lambda point: point.value)
        left, right = (tangent, right) if tangent.slope > 0 else (left, tangent)
        if upper_bound - best.value <= BOUND_RTOL * best.value:
            break
    return best


def _tangent(cost: Tensor, scores: Tensor, scale: float) -> _Tangent:
    """The bound and its derivative in the scale, for scores of mean 0."""
    argmin = c_transform_argmin(cost, scale * scores)
    mean_cost = float(cost.gather(1, argmin[:, None]).mean())
    mean_score = float(scores[argmin].mean())
    value = mean_cost - scale * mean_score + scale * float(scores.mean())
    return _Tangent(scale, value, -mean_score)
