"""Stacking of several log-ratios: logistic regression on their held-out values."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from divergences._typing import Floats
from divergences.sampled._density_ratio.pooled_sample import PooledSample

PRIOR_ODDS_OF_EQUALITY = 150  # of p = q, as high since so many models are tried
RIDGE_PENALTY = 10.0  # in points
MIN_SLOPE = 1e-3  # smaller slopes are dropped


@dataclass(frozen=True, slots=True)
class Stack:
    """Affine combination of log-ratios.

    Attributes:
        inputs: A column of ones, then the log-ratios with a slope, shape ``(n + m, k)``.
        coefficients: The constant, then the slopes, shape ``(k,)``.
        model_indices: Index of the model of each slope, of length ``k - 1``.
    """

    inputs: Floats
    coefficients: Floats
    model_indices: tuple[int, ...]

    @property
    def log_ratios(self) -> Floats:
        """Combined log-ratio at each point, shape ``(n + m,)``."""
        return self.inputs @ self.coefficients


def shrink_to_null(stack: Stack, evidence: float, /) -> Stack:
    """The stacked log-ratio times the posterior probability that p and q differ.

    Args:
        stack: The stacked log-ratio.
        evidence: Held-out log-likelihood of the best model less that of the constant classifier,
            in nats.

    Returns:
        The shrunk log-ratio, of prior odds `PRIOR_ODDS_OF_EQUALITY` that p = q.
    """
    probability = special.expit(evidence - np.log(PRIOR_ODDS_OF_EQUALITY))
    return Stack(stack.inputs, stack.coefficients * probability, stack.model_indices)


def fit_stack(samples: PooledSample, log_ratios: Floats, model_probabilities: Floats, /) -> Stack:
    """Combination of log-ratios of maximum penalized likelihood.

    Slopes are at least 0. The ridge penalty is on their distance from the model probabilities; it
    matters where points are few.

    Args:
        samples: The points.
        log_ratios: Held-out log-ratios of several models, shape ``(n + m, models)``.
        model_probabilities: Posterior probability of each model, shape ``(models,)``.

    Returns:
        The combination.
    """
    from scipy import optimize  # here, since it takes a while to import

    inputs = np.column_stack([np.ones(len(log_ratios)), log_ratios])
    signs = np.where(samples.labels == 1, 1.0, -1.0)
    start = np.r_[0.0, model_probabilities]

    def penalized_loss(coefficients: Floats) -> tuple[float, Floats]:
        margins = signs * (inputs @ coefficients + samples.prior_log_odds)
        score = -samples.weights * signs * special.expit(-margins)
        offset = np.r_[0.0, coefficients[1:] - model_probabilities]
        penalty = RIDGE_PENALTY / 2 * (offset @ offset)
        loss = samples.weights @ np.logaddexp(0, -margins) + penalty
        return float(loss), score @ inputs + RIDGE_PENALTY * offset

    bounds = [(None, None)] + [(0, None)] * log_ratios.shape[1]
    coefficients = optimize.minimize(
        penalized_loss, start, jac=True, method="L-BFGS-B", bounds=bounds
    ).x
    model_indices = np.flatnonzero(coefficients[1:] > MIN_SLOPE)
    columns = np.r_[0, model_indices + 1]
    return Stack(
        inputs[:, columns], coefficients[columns], tuple(int(index) for index in model_indices)
    )


def coefficient_influences(samples: PooledSample, stack: Stack, gradient: Floats, /) -> Floats:
    """Influence of each point, through the fitted coefficients, on a mean over the points.

    Args:
        samples: The points.
        stack: The combination fitted to them.
        gradient: Derivative of the mean by the log-ratio at each point, shape ``(n + m,)``.

    Returns:
        Decrease of the mean, to first order, if the point were left out, shape ``(n + m,)``.
    """
    probabilities = special.expit(stack.log_ratios + samples.prior_log_odds)
    curvatures = samples.weights * probabilities * (1 - probabilities)
    inputs = stack.inputs
    hessian = (inputs * curvatures[:, None]).T @ inputs
    hessian += RIDGE_PENALTY * np.diag(np.r_[1e-9, np.ones(len(hessian) - 1)])
    direction = np.linalg.solve(hessian, gradient @ inputs)
    return samples.weights * (samples.labels - probabilities) * (inputs @ direction)
