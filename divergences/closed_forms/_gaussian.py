"""KL and Wasserstein-2 of normal distributions in d dimensions, from the covariances' difference.

Subtracting traces and log-determinants loses all digits of close pairs; everything here is linear
in ``p.covariance - q.covariance``, which is exact where they are close.
"""

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
        p: The expectation is under it.
        q: Of the same dimension.

    Returns:
        At least 0.

    Raises:
        SolverError: If a covariance in units of the other overflows.
    """
    from scipy.linalg import solve_triangular  # here, since it takes a while to import

    shift, change = _differences(p, q)
    p_root, q_root = (np.linalg.cholesky(_symmetric(x)) for x in (p, q))
    with np.errstate(over="ignore", invalid="ignore"):
        half = solve_triangular(q_root, change, lower=True, check_finite=False)
        whitened = solve_triangular(q_root, half.T, lower=True, check_finite=False)
        moved = solve_triangular(q_root, shift, lower=True, check_finite=False)
    if not np.all(np.isfinite(whitened)):
        raise SolverError(
            "the covariance of `p` in units of that of `q` overflows; divide `mean` by a length "
            "and `covariance` by its square, in both"
        )
    r = np.linalg.eigvalsh((whitened + whitened.T) / 2)
    near = r > -0.5
    value = float(np.sum(x_minus_log1p(r[near])) + moved @ moved)
    if not np.all(near):
        # 1 + r has lost digits there: take the sum of their logarithms from the determinants.
        determinants = 2 * np.sum(np.log(np.diag(p_root) / np.diag(q_root)))
        value += float(np.sum(r[~near]) - (determinants - np.sum(np.log1p(r[near]))))
    return value / 2


def w2(p: MultivariateNormal, q: MultivariateNormal) -> float:
    r"""Wasserstein-2: the root of :math:`|\mu_p - \mu_q|^2` and the squared Bures distance.

    With :math:`M = \Sigma_q^{1/2}` and :math:`A = (M \Sigma_p M)^{1/2}`, the optimal map is 1 + H,
    and :math:`K = M H M = A - \Sigma_q` solves
    :math:`A K + K \Sigma_q = M (\Sigma_p - \Sigma_q) M`, a Sylvester equation without
    cancellation. The squared Bures distance is the squared Frobenius norm of :math:`M H`.

    Args:
        p: The one.
        q: The other, of the same dimension.

    Returns:
        At least 0, in the unit of the coordinates.
    """
    shift, change = _differences(p, q)
    variances, axes = np.linalg.eigh(_symmetric(q))
    deviations = np.sqrt(np.abs(variances))  # positive definite but for rounding
    root = (axes * deviations) @ axes.T
    _, spreads, turned = np.linalg.svd(np.linalg.cholesky(_symmetric(p)).T @ root)
    bures = (turned @ root @ change @ axes) / (spreads[:, None] + deviations**2)
    return float(np.hypot(np.linalg.norm(shift), np.linalg.norm(bures)))


def w1(p: MultivariateNormal, q: MultivariateNormal) -> float:
    """Wasserstein-1 of two translates, the length of the translation; unknown otherwise."""
    shift, change = _differences(p, q)
    if np.any(change):
        raise DistributionError(
            "`w1` of two MultivariateNormal distributions is known only where their covariances "
            "are equal; use w2, which is an upper bound, or divergences.sampled.emd of samples"
        )
    return float(np.linalg.norm(shift))


def _differences(p: MultivariateNormal, q: MultivariateNormal) -> tuple[Floats, Floats]:
    """What is to be added to q's mean and covariance; refused where the dimensions differ."""
    p_mean, q_mean = np.asarray(p.mean), np.asarray(q.mean)
    if p_mean.size != q_mean.size:
        raise DistributionError(
            f"`p` and `q` must have the same dimension, but have {p_mean.size} and {q_mean.size}; "
            "drop or add coordinates in one of them"
        )
    return p_mean - q_mean, _symmetric(p) - _symmetric(q)


def _symmetric(p: MultivariateNormal) -> Floats:
    """The covariance that the lower triangle describes."""
    lower = np.tril(np.asarray(p.covariance))
    return lower + np.tril(lower, -1).T
