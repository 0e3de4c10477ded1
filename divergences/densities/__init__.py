"""Divergences of densities on the line, by adaptive quadrature, each with a bound of its error.

The integrands are at least 0, so that nothing cancels in the integrals.
"""

from collections.abc import Iterable

import numpy as np

from divergences._special import expm1_gap, js_of_log_ratio
from divergences._typing import Array
from divergences.densities._quadrature import (
    InfiniteDivergenceError,
    Integral,
    LogDensity,
    Pair,
    divergence,
)

__all__ = ["Integral", "js", "kl", "reverse_kl"]


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

    The right side is computed: its integrand is at least 0, and it keeps its digits for close
    densities. A factor by which q is not quite normalised does not matter to first order.

    Args:
        log_p: Log-density, called with arrays; -inf where there is no mass. The expectation is
            under it.
        log_q: Log-density of the same kind.
        support: The interval ``(a, b)`` that holds all mass of both; ends may be infinite.
        points: Where within it to split: jumps, kinks, singularities, narrow peaks.

    Returns:
        The value, in [0, inf], with a bound of its error; inf if a point with ``p > 0`` and
        ``q = 0`` is met.

    Raises:
        DistributionError: If the support is no interval, a log-density is NaN or +inf at a point
            that is looked at, or does not integrate to 1 within 1e-8.
        SolverError: If the quadrature does not converge, as where the divergence is infinite
            though q is nowhere 0.

    Source:
        Kullback and Leibler 1951, "On information and sufficiency", eq. 2.4.

    >>> log_p = lambda x: -np.abs(x) - np.log(2)  # Laplace against a normal density
    >>> log_q = lambda x: -x * x / 2 - np.log(2 * np.pi) / 2
    >>> result = kl(log_p, log_q, (-np.inf, np.inf), points=[0])
    >>> round(result.value, 10), result.error < 1e-10
    (0.2257913526, True)
    """
    return divergence(
        Pair({"log_p": log_p, "log_q": log_q}, support, points), _kl_integrand, _kl_rounding
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
        log_q: Log-density of the same kind; the expectation is under it.
        support: The interval ``(a, b)`` that holds all mass of both; ends may be infinite.
        points: Where within it to split: jumps, kinks, singularities, narrow peaks.

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
        Pair({"log_q": log_q, "log_p": log_p}, support, points), _kl_integrand, _kl_rounding
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
        support: The interval ``(a, b)`` that holds all mass of both; ends may be infinite.
        points: Where within it to split: jumps, kinks, singularities, narrow peaks.

    Returns:
        The value, in [0, log 2] up to the error, with a bound of that.

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
        Pair({"log_p": log_p, "log_q": log_q}, support, points), _js_integrand, _js_rounding
    )


def _kl_integrand(log_p: Array, log_q: Array, _stretch: Array) -> Array:
    """``p (q/p - 1 - log q/p)``, which is q where p is 0."""
    p, q = np.exp(log_p), np.exp(log_q)
    if np.any((p > 0) & np.isneginf(log_q)):
        raise InfiniteDivergenceError
    ratio = np.where(p > 0, log_q, 0.0) - np.where(p > 0, log_p, 0.0)
    near = np.abs(ratio) < 1
    return np.where(near & (p > 0), p * expm1_gap(np.where(near, ratio, 0.0)), q - p - p * ratio)


def _kl_rounding(log_p: Array, log_q: Array, _stretch: Array) -> Array:
    """As of JS; and where the two are apart, the rounding of log q counts with the mass of p."""
    p = np.where(np.abs(_log_ratio(log_p, log_q)) < 1, 0.0, np.exp(log_p))
    return _js_rounding(log_p, log_q, _stretch) + p * _size(log_q)


def _js_integrand(log_p: Array, log_q: Array, _stretch: Array) -> Array:
    """``m (h tanh h - log cosh h)``, 0 where both are 0."""
    return (np.exp(log_p) + np.exp(log_q)) / 2 * js_of_log_ratio(_log_ratio(log_p, log_q))


def _js_rounding(log_p: Array, log_q: Array, _stretch: Array) -> Array:
    """The difference times the logs' sizes; where the two are apart, the sum."""
    p, q = np.exp(log_p), np.exp(log_q)
    near = np.abs(p - q) * (_size(log_p) + _size(log_q))
    far = p * _size(log_p) + q * _size(log_q)
    return np.where(np.abs(_log_ratio(log_p, log_q)) < 1, near, far)


def _log_ratio(log_p: Array, log_q: Array) -> Array:
    """``log(p / q)``, 0 where both are 0."""
    some = ~(np.isneginf(log_p) & np.isneginf(log_q))
    return np.where(some, log_p, 0.0) - np.where(some, log_q, 0.0)


def _size(log: Array) -> Array:
    """Of the rounding of a logarithm, in units of that of 1; an infinite one is not rounded."""
    return np.where(np.isinf(log), 0.0, 1 + np.abs(log))
