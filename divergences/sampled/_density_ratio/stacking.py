"""Several log-ratios as one: logistic regression on those that held-out points were given."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from divergences._typing import Floats
from divergences.sampled._density_ratio.pooled_sample import PooledSample

AGAINST = 150  # odds against a difference before looking
RIDGE = 10.0  # points that the probabilities of the models count as
NEGLIGIBLE = 1e-3  # a slope that is not worth a mention


@dataclass(frozen=True, slots=True)
class Stack:
    """A log-ratio that is a constant plus a combination of others.

    Attributes:
        inputs: A column of ones, then the log-ratios that count, shape ``(n + m, k)``.
        slope: Of each, shape ``(k,)``.
        used: Place of each log-ratio that counts.
    """

    inputs: Floats
    slope: Floats
    used: tuple[int, ...]

    @property
    def ratios(self) -> Floats:
        """The combined log-ratio at each point, shape ``(n + m,)``."""
        return self.inputs @ self.slope


def shrunk(stack: Stack, evidence: float, /) -> Stack:
    """The combination between itself and 0, by the odds that the two sides differ at all.

    Args:
        stack: The combination.
        evidence: By how much held-out points are more likely under the best model than under
            none, in nats.

    Returns:
        It, times the probability of a difference. Beforehand the odds are `AGAINST` one, since as
        many models were tried.
    """
    chance = special.expit(evidence - np.log(AGAINST))
    return Stack(stack.inputs, stack.slope * chance, stack.used)


def stacked(samples: PooledSample, ratios: Floats, likely: Floats, /) -> Stack:
    """The combination of log-ratios that is most likely, calibrated by its constant and slopes.

    Slopes are at least 0, and a ridge pulls them towards the probabilities of the models, which
    matters where points are few.

    Args:
        samples: The points.
        ratios: Held-out log-ratios of several models, shape ``(n + m, models)``.
        likely: Probability of each model, shape ``(models,)``.

    Returns:
        The combination.
    """
    from scipy import optimize  # here, since it takes a while to import

    inputs = np.column_stack([np.ones(len(ratios)), ratios])
    sign = np.where(samples.label == 1, 1.0, -1.0)
    start = np.r_[0.0, likely]

    def loss(slope: Floats) -> tuple[float, Floats]:
        odds = sign * (inputs @ slope + samples.prior)
        push = -samples.weight * sign * special.expit(-odds)
        off = np.r_[0.0, slope[1:] - likely]
        value = samples.weight @ np.logaddexp(0, -odds) + RIDGE / 2 * (off @ off)
        return float(value), push @ inputs + RIDGE * off

    bounds = [(None, None)] + [(0, None)] * ratios.shape[1]
    slope = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    used = np.flatnonzero(slope[1:] > NEGLIGIBLE)
    kept = np.r_[0, used + 1]
    return Stack(inputs[:, kept], slope[kept], tuple(int(place) for place in used))


def influence(samples: PooledSample, stack: Stack, push: Floats, /) -> Floats:
    """What each point did, through the slopes, to a mean over the points.

    Args:
        samples: The points.
        stack: What was fitted to them.
        push: Derivative of the mean by the log-ratio at each point, shape ``(n + m,)``.

    Returns:
        Shape ``(n + m,)``: by how much the mean would fall, to first order, without the point.
    """
    chance = special.expit(stack.ratios + samples.prior)
    curvature = samples.weight * chance * (1 - chance)
    inputs = stack.inputs
    hessian = (inputs * curvature[:, None]).T @ inputs
    hessian += RIDGE * np.diag(np.r_[1e-9, np.ones(len(hessian) - 1)])
    direction = np.linalg.solve(hessian, push @ inputs)
    return samples.weight * (samples.label - chance) * (inputs @ direction)
