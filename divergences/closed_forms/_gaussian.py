"""KL and Wasserstein distances of normal distributions in d dimensions.

The textbook formulas subtract traces and log-determinants, which cancel for close pairs. The forms
here start from ``p.covariance - q.covariance``, which is exact for close pairs.
"""

from functools import partial

import numpy as np

from divergences._special import x_minus_log1p
from divergences._typing import Floats
from divergences.closed_forms._families import MultivariateNormal
from divergences.errors import DistributionError, SolverError


def kl(p: MultivariateNormal, q: MultivariateNormal) -> float:
    r"""KL(p || q) in nats.

    .. math:: \tfrac12 \sum_i [r_i - \log(1 + r_i)] + \tfrac12 |L^{-1} (\mu_p - \mu_q)|^2

    L is the Cholesky factor of q's covariance, r the eigenvalues of
    :math:`L^{-1} (\Sigma_p - \Sigma_q) L^{-T}`.

    Args:
        p: First distribution; the expectation is under p.
        q: Second distribution, of the same dimension.

    Returns:
        A value in [0, inf].

    Raises:
        SolverError: If the covariance of ``p`` in units of that of ``q`` overflows.
    """
    from scipy.linalg import solve_triangular

    mean_difference, covariance_difference = _differences(p, q)
    p_factor, q_factor = (np.linalg.cholesky(_symmetric_covariance(x)) for x in (p, q))
    with np.errstate(over="ignore", invalid="ignore"):
        solve = partial(solve_triangular, q_factor, lower=True, check_finite=False)
        whitened = solve(solve(covariance_difference).T)
        whitened_mean = solve(mean_difference)
    if not np.all(np.isfinite(whitened)):
        raise SolverError(
            "the covariance of `p` in units of that of `q` overflows; divide `mean` by a length "
            "and `covariance` by its square, in both"
        )
    r = np.linalg.eigvalsh((whitened + whitened.T) / 2)
    accurate = r > -0.5
    value = float(np.sum(x_minus_log1p(r[accurate])) + whitened_mean @ whitened_mean)
    if not np.all(accurate):
        # 1 + r cancels for the others: the sum of their logs is taken from the determinants.
        log_det_ratio = 2 * np.sum(np.log(np.diag(p_factor) / np.diag(q_factor)))
        other_logs = log_det_ratio - np.sum(np.log1p(r[accurate]))
        value += float(np.sum(r[~accurate]) - other_logs)
    return value / 2


def w2(p: MultivariateNormal, q: MultivariateNormal) -> float:
    r"""Wasserstein-2, in the unit of the coordinates.

    .. math:: \sqrt{|\mu_p - \mu_q|^2 + B^2}, \qquad B \text{ the Bures distance}

    With :math:`M = \Sigma_q^{1/2}` and :math:`A = (M \Sigma_p M)^{1/2}`, the optimal map is
    :math:`1 + H`, and :math:`K = M H M = A - \Sigma_q` solves
    :math:`A K + K \Sigma_q = M (\Sigma_p - \Sigma_q) M`, a Sylvester equation without
    cancellation. The squared Bures distance is the squared Frobenius norm of :math:`M H`.

    Args:
        p: First distribution.
        q: Second distribution, of the same dimension.

    Returns:
        A value in [0, inf).
    """
    mean_difference, covariance_difference = _differences(p, q)
    variances, axes = np.linalg.eigh(_symmetric_covariance(q))
    deviations = np.sqrt(np.abs(variances))  # rounding may make a variance negative
    q_root = (axes * deviations) @ axes.T
    p_factor = np.linalg.cholesky(_symmetric_covariance(p))
    _, cross_deviations, cross_axes = np.linalg.svd(p_factor.T @ q_root)
    right_side = cross_axes @ q_root @ covariance_difference @ axes
    bures = right_side / (cross_deviations[:, None] + deviations**2)
    return float(np.hypot(np.linalg.norm(mean_difference), np.linalg.norm(bures)))


def w1(p: MultivariateNormal, q: MultivariateNormal) -> float:
    """Wasserstein-1 of two translates: the length of the translation."""
    mean_difference, covariance_difference = _differences(p, q)
    if np.any(covariance_difference):
        raise DistributionError(
            "`w1` of two MultivariateNormal distributions has a closed form only for equal "
            "covariances; use w2, which is an upper bound, or divergences.sampled.emd of samples"
        )
    return float(np.linalg.norm(mean_difference))


def _differences(p: MultivariateNormal, q: MultivariateNormal) -> tuple[Floats, Floats]:
    """Differences of the means and of the covariances; different dimensions are refused."""
    p_mean, q_mean = np.asarray(p.mean), np.asarray(q.mean)
    if p_mean.size != q_mean.size:
        raise DistributionError(
            f"`p` and `q` must have the same dimension, but have {p_mean.size} and {q_mean.size}; "
            "drop or add coordinates in one of them"
        )
    return p_mean - q_mean, _symmetric_covariance(p) - _symmetric_covariance(q)


def _symmetric_covariance(p: MultivariateNormal) -> Floats:
    """Symmetric matrix with the lower triangle of the covariance."""
    lower = np.tril(np.asarray(p.covariance))
    return lower + np.tril(lower, -1).T
