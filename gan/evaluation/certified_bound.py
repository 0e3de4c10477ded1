"""The lower bound of exact EMD that a critic's scores prove, whatever the critic."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

EPS = 2.0**-52
ROWS = 128  # of distances at a time, so that the differences stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Bound:
    """A lower bound of exact EMD that is proved by scores.

    Attributes:
        value: In the unit of the distances, at least 0 and at most the exact EMD.
        scale: What the scores are multiplied by for it.
        by_real: Whether the scores of the real points prove it, or those of the generated ones.
    """

    value: float
    scale: float
    by_real: bool


def certified(cost: np.ndarray, real_scores: np.ndarray, generated_scores: np.ndarray, /) -> Bound:
    """The largest bound that the scores prove, in the unit of ``cost``; see `critic_gap`.

    Args:
        cost: Distances, shape ``(n, m)``.
        real_scores: Shape ``(n,)``.
        generated_scores: Shape ``(m,)``.

    Returns:
        The bound.
    """
    table, f, g = (torch.from_numpy(part) for part in (cost, real_scores, generated_scores))
    forward = Bound(*_best_scale(table.T.contiguous(), f), by_real=True)
    backward = Bound(*_best_scale(table, -g), by_real=False)
    return max(forward, backward, key=lambda bound: bound.value)


def partners(cost: Float[Tensor, " m n"], f: Float[Tensor, " n"], /) -> Tensor:
    """For each row of the cost the place of the minimum of ``cost - f``."""
    return torch.cat([_lowest(part - f) for part in cost.split(ROWS)])


def _lowest(table: Float[Tensor, " k n"]) -> Tensor:
    """Of each row, where its minimum is; on a CPU by numpy, ten times as fast as torch."""
    if table.device.type == "cpu":
        return torch.from_numpy(table.numpy().argmin(axis=1))
    return table.argmin(dim=1)


def _best_scale(cost: Tensor, scores: Tensor) -> tuple[float, float]:
    """The largest value over s >= 0 of ``mean(s f) + mean_j min_i (cost_ji - s f_i)``.

    The value is concave and piecewise linear in s. Two tangents, one rising and one falling, meet
    above the maximum; the next s is where they meet, until that is no higher than what has been
    seen.

    Returns:
        The value less its rounding, at least 0; and s.
    """
    scores = scores - scores.mean()
    top, longest = float(scores.max()), float(cost.max())
    scores = scores / top if top > 0 else scores  # any unit of the scores will do
    low, (low_value, low_rise) = 0.0, _value(cost, scores, 0.0)
    if top <= 0 or longest == 0 or low_rise <= 0:
        return max(0.0, low_value - 16 * EPS * longest), 0.0
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
    rounding = 16 * EPS * (longest + scale * float(scores.abs().max()))
    return max(0.0, best - rounding), scale / top


def _value(cost: Tensor, scores: Tensor, scale: float) -> tuple[float, float]:
    """The bound at a scale, and its rise per unit of scale; the scores have mean 0."""
    partner = partners(cost, scale * scores)
    way = float(cost.gather(1, partner[:, None]).mean())
    fall = float(scores[partner].mean())
    return way - scale * fall + scale * float(scores.mean()), -fall
