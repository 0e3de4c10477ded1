"""Divergences of densities on the line, by adaptive quadrature, each with a bound of its error.

The integrands are non-negative, so that the integrals do not cancel.
"""

from collections.abc import Iterable

import numpy as np

from divergences._special import expm1_minus_x, js_of_log_ratio
from divergences._typing import Floats
from divergences.densities._quadrature import (
    DensityPair,
    InfiniteDivergenceError,
    Integral,
    LogDensity,
    divergence,
)

__all__ = ["Integral", "js", "kl", "reverse_kl"]


def __dir__() -> list[str]:
    """The public names."""
    return list(__all__)


def kl(
    log_p: LogDensity,
    log_q: LogDensity,
    support: tuple[float, float],
    /,
    *,
    points: Iterable[float] = (),
) -> Integral:
    r"""Kullback-Leibler divergence KL(p || q) of two densities on an interval, in nats.

    .. math:: \int p \log (p / q) = \int p \, [q/p - 1 - \log (q/p)]

    The right side is computed: its integrand is non-negative and accurate for close densities, and
    an error of the normalization of q matters only to second order.

    Args:
        log_p: Log-density, called with arrays; -inf where there is no mass. The expectation is
            under p.
        log_q: Log-density of the same kind.
        support: Interval ``(a, b)`` with all mass of both; ends may be infinite.
        points: Split points within the support: jumps, kinks, singularities, narrow peaks.

    Returns:
        The value, in [0, inf], with a bound of its error; inf if p > 0 and q = 0 at a point of
        the quadrature.

    Raises:
        DistributionError: If the support is no interval, or a density is NaN or infinite at a
            point of the quadrature, or does not integrate to 1 within 1e-8.
        SolverError: If the quadrature does not converge, for example if the divergence is infinite
            though q is nowhere 0.

    Source:
        Kullback and Leibler 1951, "On information and sufficiency", eq. 2.4.

    >>> log_p = lambda x: -np.abs(x) - np.log(2)  # Laplace; q is normal
    >>> log_q = lambda x: -x * x / 2 - np.log(2 * np.pi) / 2
    >>> result = kl(log_p, log_q, (-np.inf, np.inf), points=[0])
    >>> round(result.value, 10), result.error < 1e-10
    (0.2257913526, True)
    """
    return divergence(
        DensityPair({"log_p": log_p, "log_q": log_q}, support, points),
        _kl_integrand,
        _kl_sensitivity,
    )


def reverse_kl(
    log_p: LogDensity,
    log_q: LogDensity,
    support: tuple[float, float],
    /,
    *,
    points: Iterable[float] = (),
) -> Integral:
    """Reverse Kullback-Leibler divergence KL(q || p) of two densities, in nats; see `kl`.

    Args:
        log_p: Log-density, called with arrays; -inf where there is no mass.
        log_q: Log-density of the same kind; the expectation is under q.
        support: Interval ``(a, b)`` with all mass of both; ends may be infinite.
        points: Split points within the support: jumps, kinks, singularities, narrow peaks.

    Returns:
        The value, in [0, inf], with a bound of its error.

    Raises:
        DistributionError: As `kl`.
        SolverError: As `kl`.

    >>> log_p = lambda x: np.zeros_like(x)
    >>> log_q = lambda x: np.log(2 * x)
    >>> round(reverse_kl(log_p, log_q, (0, 1)).value, 10)
    0.1931471806
    """
    return divergence(
        DensityPair({"log_q": log_q, "log_p": log_p}, support, points),
        _kl_integrand,
        _kl_sensitivity,
    )


def js(
    log_p: LogDensity,
    log_q: LogDensity,
    support: tuple[float, float],
    /,
    *,
    points: Iterable[float] = (),
) -> Integral:
    r"""Jensen-Shannon divergence of two densities on an interval, in nats.

    .. math:: KL(p || m) / 2 + KL(q || m) / 2 = \int m \, (h \tanh h - \log\cosh h),
        \qquad m = (p + q) / 2, \quad h = \log(p / q) / 2

    Args:
        log_p: Log-density, called with arrays; -inf where there is no mass.
        log_q: Log-density of the same kind.
        support: Interval ``(a, b)`` with all mass of both; ends may be infinite.
        points: Split points within the support: jumps, kinks, singularities, narrow peaks.

    Returns:
        The value, in [0, log 2] up to its error, with a bound of the error.

    Raises:
        DistributionError: As `kl`.
        SolverError: If the quadrature does not converge.

    Source:
        Lin 1991, "Divergence measures based on the Shannon entropy", eq. 3.1.

    >>> log_p = lambda x: np.where(x < 1, 0.0, -np.inf)
    >>> log_q = lambda x: np.where(x < 1, -np.inf, 0.0)
    >>> round(js(log_p, log_q, (0, 2), points=[1]).value, 10)
    0.6931471806
    """
    return divergence(
        DensityPair({"log_p": log_p, "log_q": log_q}, support, points),
        _js_integrand,
        _js_sensitivity,
    )


def _kl_integrand(log_p: Floats, log_q: Floats, _x_over_derivative: Floats) -> Floats:
    """``p (q/p - 1 - log q/p)``, which is q where p is 0."""
    p, q = np.exp(log_p), np.exp(log_q)
    if np.any((p > 0) & np.isneginf(log_q)):
        raise InfiniteDivergenceError
    log_ratio = np.where(p > 0, log_q, 0.0) - np.where(p > 0, log_p, 0.0)
    close = np.abs(log_ratio) < 1
    accurate = p * expm1_minus_x(np.where(close, log_ratio, 0.0))
    return np.where(close & (p > 0), accurate, q - p - p * log_ratio)


def _kl_sensitivity(log_p: Floats, log_q: Floats, _x_over_derivative: Floats) -> Floats:
    """Sensitivity of JS; for distant densities, plus p times the rounding of log q."""
    p = np.where(np.abs(_log_ratio(log_p, log_q)) < 1, 0.0, np.exp(log_p))
    return _js_sensitivity(log_p, log_q, _x_over_derivative) + p * _rounding_unit(log_q)


def _js_integrand(log_p: Floats, log_q: Floats, _x_over_derivative: Floats) -> Floats:
    """``m (h tanh h - log cosh h)``, 0 where both are 0."""
    return (np.exp(log_p) + np.exp(log_q)) / 2 * js_of_log_ratio(_log_ratio(log_p, log_q))


def _js_sensitivity(log_p: Floats, log_q: Floats, _x_over_derivative: Floats) -> Floats:
    """``|p - q|`` times the rounding of both logs for close densities, else each times its own."""
    p, q = np.exp(log_p), np.exp(log_q)
    close = np.abs(p - q) * (_rounding_unit(log_p) + _rounding_unit(log_q))
    distant = p * _rounding_unit(log_p) + q * _rounding_unit(log_q)
    return np.where(np.abs(_log_ratio(log_p, log_q)) < 1, close, distant)


def _log_ratio(log_p: Floats, log_q: Floats) -> Floats:
    """``log(p / q)``, 0 where both are 0."""
    in_support = ~(np.isneginf(log_p) & np.isneginf(log_q))
    return np.where(in_support, log_p, 0.0) - np.where(in_support, log_q, 0.0)


def _rounding_unit(log_density: Floats) -> Floats:
    """Rounding error of a log-density over that of 1; 0 for -inf, which is exact."""
    return np.where(np.isinf(log_density), 0.0, 1 + np.abs(log_density))
