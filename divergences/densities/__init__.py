"""Divergences of densities on the line, by adaptive quadrature, each with a bound of its error.

The integrands are non-negative, so that the integrals do not cancel. Distributions of scipy.stats
are taken as they are, with their support; discrete ones are summed.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from divergences._special import expm1_minus_x, js_of_log_ratio
from divergences._typing import Floats
from divergences.densities._distributions import (
    Distribution,
    is_discrete,
    is_distribution,
    log_density_of,
    refuse_other_objects,
    split_points_of,
    support_of,
)
from divergences.densities._quadrature import (
    DensityPair,
    InfiniteDivergenceError,
    Integral,
    Integrand,
    LogDensity,
    divergence,
)
from divergences.densities._sums import divergence_of_discrete
from divergences.errors import DistributionError, SolverError

# Between quantiles they are smooth, and each call of scipy takes 0.1 ms.
MAX_INTERVALS_OF_DISTRIBUTIONS = 300

__all__ = ["Integral", "js", "kl", "reverse_kl"]


def __dir__() -> list[str]:
    """The public names."""
    return list(__all__)


def kl(
    log_p: LogDensity | Distribution,
    log_q: LogDensity | Distribution,
    support: tuple[float, float] | None = None,
    /,
    *,
    points: Iterable[float] = (),
) -> Integral:
    r"""Kullback-Leibler divergence KL(p || q) of two densities on an interval, in nats.

    .. math:: \int p \log (p / q) = \int p \, [q/p - 1 - \log (q/p)]

    The right side is computed: its integrand is non-negative and accurate for close densities, and
    an error of the normalization of q matters only to second order. Discrete distributions are
    summed over their support; the end of an infinite sum is bounded, for two of the families
    Poisson, geometric, negative binomial, logarithmic and Planck, or refused.

    Args:
        log_p: Log-density, called with arrays; -inf where there is no mass. The expectation is
            under p. Or a distribution of scipy.stats, continuous or discrete.
        log_q: Log-density or distribution of the same kind.
        support: Interval ``(a, b)`` with all mass of both; ends may be infinite. By default that
            of the distributions.
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

    Student's t against the normal distribution, a mixture of normals against one of them, and two
    discrete distributions, without a support:

    >>> from scipy import stats
    >>> round(kl(stats.t(5), stats.norm()).value, 10)
    0.1247691941
    >>> mixture = stats.Mixture([stats.Normal(), stats.Normal(mu=4.0)], weights=[0.5, 0.5])
    >>> round(kl(mixture, stats.Normal()).value, 10)
    3.3672798063
    >>> round(kl(stats.poisson(3), stats.geom(0.25, loc=-1)).value, 10)
    0.3178703803
    """
    return _divergence(
        {"log_p": log_p, "log_q": log_q}, support, points, _kl_integrand, _kl_sensitivity
    )


def reverse_kl(
    log_p: LogDensity | Distribution,
    log_q: LogDensity | Distribution,
    support: tuple[float, float] | None = None,
    /,
    *,
    points: Iterable[float] = (),
) -> Integral:
    """Reverse Kullback-Leibler divergence KL(q || p) of two densities, in nats; see `kl`.

    Args:
        log_p: Log-density, called with arrays; -inf where there is no mass. Or a distribution of
            scipy.stats.
        log_q: Log-density or distribution of the same kind; the expectation is under q.
        support: Interval ``(a, b)`` with all mass of both; by default that of the distributions.
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
    return _divergence(
        {"log_q": log_q, "log_p": log_p}, support, points, _kl_integrand, _kl_sensitivity
    )


def js(
    log_p: LogDensity | Distribution,
    log_q: LogDensity | Distribution,
    support: tuple[float, float] | None = None,
    /,
    *,
    points: Iterable[float] = (),
) -> Integral:
    r"""Jensen-Shannon divergence of two densities on an interval, in nats.

    .. math:: KL(p || m) / 2 + KL(q || m) / 2 = \int m \, (h \tanh h - \log\cosh h),
        \qquad m = (p + q) / 2, \quad h = \log(p / q) / 2

    Args:
        log_p: Log-density, called with arrays; -inf where there is no mass. Or a distribution of
            scipy.stats.
        log_q: Log-density or distribution of the same kind.
        support: Interval ``(a, b)`` with all mass of both; by default that of the distributions.
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
    return _divergence(
        {"log_p": log_p, "log_q": log_q}, support, points, _js_integrand, _js_sensitivity
    )


def _divergence(
    densities: dict[str, Any],
    support: tuple[float, float] | None,
    points: Iterable[float],
    integrand: Integrand,
    sensitivity: Integrand,
) -> Integral:
    """The divergence of two log-densities or distributions."""
    for name, density in densities.items():
        if not is_distribution(density):
            refuse_other_objects(name, density)
    discrete = [name for name, density in densities.items() if is_discrete(density)]
    if discrete:
        _require_discrete(densities, discrete, support, points)
        is_kl = integrand is _kl_integrand
        return divergence_of_discrete(densities, integrand, sensitivity, is_kl=is_kl)
    frozen = {name: d for name, d in densities.items() if is_distribution(d)}
    ends = {name: support_of(name, d) for name, d in frozen.items()}
    if support is None:
        support = _hull(ends)
    log_densities = {
        name: log_density_of(d) if name in frozen else d for name, d in densities.items()
    }
    split_points = [x for d in frozen.values() for x in split_points_of(d)]
    split_points += [end for pair_of_ends in ends.values() for end in pair_of_ends]
    pair = DensityPair(
        log_densities,
        support,
        points,
        split_points=split_points,
        max_intervals=MAX_INTERVALS_OF_DISTRIBUTIONS if frozen else None,
    )
    try:
        return divergence(pair, integrand, sensitivity)
    except (DistributionError, SolverError):
        for name in densities:
            if name not in frozen and pair.is_density(name):
                raise DistributionError(
                    f"`{name}` must be a log-density, but its values are at least 0 and integrate "
                    f"to 1, as those of a density; pass lambda x: numpy.log({name}(x)), or the "
                    "method `logpdf` of a distribution of scipy.stats"
                ) from None
        raise


def _hull(ends: dict[str, tuple[float, float]]) -> tuple[float, float]:
    """The smallest interval with the supports of the distributions."""
    if not ends:
        raise DistributionError(
            "`support` is needed for log-densities, an interval (a, b) with all of their mass; "
            "for the whole line pass (-inf, inf)"
        )
    return min(low for low, _ in ends.values()), max(high for _, high in ends.values())


def _require_discrete(
    densities: dict[str, Any],
    discrete: list[str],
    support: tuple[float, float] | None,
    points: Iterable[float],
) -> None:
    """Refuse a discrete distribution beside a density, and options of densities."""
    other = [name for name in densities if name not in discrete]
    if other:
        raise DistributionError(
            f"`{discrete[0]}` is a discrete distribution and `{other[0]}` a density: KL of the "
            "two is infinite and JS is log 2; pass two discrete distributions, or two densities"
        )
    if support is not None or not isinstance(points, tuple) or points:
        raise DistributionError(
            "`support` and `points` are for densities, but "
            f"`{discrete[0]}` is a discrete distribution, summed over its own support; drop them"
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
