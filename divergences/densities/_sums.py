"""Divergences of two discrete distributions of scipy.stats: sums over the integers."""

import math
from typing import Any

import numpy as np

from divergences._typing import Floats
from divergences.densities._distributions import log_density_of, parameters_of, support_of
from divergences.densities._quadrature import (
    LOG_DENSITY_ROUNDING,
    MAX_MASS_ERROR,
    Integral,
    Integrand,
)
from divergences.densities._tails import kl_bound, mass_bound, tail_from
from divergences.errors import DistributionError, SolverError

MAX_OUTCOMES = 4_000_000
FIRST_OUTCOMES = 256
UNDERFLOW = -650.0  # logarithms of numbers that are almost subnormal
TARGET_ERROR = 1e-15  # of the part beyond the last term, relative to the value
NEGLIGIBLE = 1e-25  # or this, for equal distributions
LOG_2 = math.log(2)


def divergence_of_discrete(
    distributions: dict[str, Any], integrand: Integrand, sensitivity: Integrand, *, is_kl: bool
) -> Integral:
    """Sum of a function of both log-probabilities, with a bound of its error.

    Args:
        distributions: Two discrete distributions by the names of the arguments.
        integrand: The non-negative function.
        sensitivity: Its change per unit of relative error of the log-probabilities.
        is_kl: Whether it is KL of the first from the second; JS otherwise.

    Returns:
        The sum and its error.

    Raises:
        DistributionError: If the part of an infinite sum beyond its last term has no known bound.
        SolverError: If the sum needs more than 4 million terms, or probabilities underflow.
    """
    supports = [support_of(name, d) for name, d in distributions.items()]
    p_support, q_support = supports
    if is_kl and not (q_support[0] <= p_support[0] and p_support[1] <= q_support[1]):
        return Integral(math.inf, 0.0)
    low, high = min(s[0] for s in supports), max(s[1] for s in supports)
    count = high - low + 1 if math.isfinite(high - low) else FIRST_OUTCOMES
    while count <= MAX_OUTCOMES:
        first, last = _range(low, high, int(count), distributions)
        value, error = _sum(distributions, first, last, integrand, sensitivity, is_kl=is_kl)
        if value == math.inf:
            return Integral(value, 0.0)
        beyond = _beyond(distributions, first, last, (low, high), is_kl=is_kl)
        if beyond <= TARGET_ERROR * value + NEGLIGIBLE:
            _require_total(distributions, first, last)
            return Integral(value, error + beyond)
        count *= 4
    raise SolverError(
        f"the sum over the outcomes from {low:g} to {high:g} needs more than {MAX_OUTCOMES:.0e} "
        "terms; use `divergences.sampled`, or a closed form of divergences.closed_forms"
    )


def _range(low: float, high: float, count: int, distributions: dict[str, Any]) -> tuple[int, int]:
    """First and last number of a sum of ``count`` terms: from an end, or around the medians."""
    if math.isfinite(low):
        return int(low), int(min(high, low + count - 1))
    if math.isfinite(high):
        return int(high) - count + 1, int(high)
    middle = round(sum(float(d.median()) for d in distributions.values()) / 2)
    return middle - count // 2, middle + count // 2


def _sum(
    distributions: dict[str, Any],
    first: int,
    last: int,
    integrand: Integrand,
    sensitivity: Integrand,
    *,
    is_kl: bool,
) -> tuple[float, float]:
    """The sum of the terms, and its error by rounding."""
    log_p, log_q = _log_probabilities(distributions, first, last)
    if is_kl and np.any((log_p > -math.inf) & np.isneginf(log_q)):
        _refuse_underflow(distributions, log_q)
        return math.inf, 0.0
    unused = np.zeros_like(log_p)
    value = float(np.sum(integrand(log_p, log_q, unused)))
    # Log-probabilities of large numbers are differences of larger ones, as their total shows.
    rounding = max(
        LOG_DENSITY_ROUNDING, *(float(abs(np.exp(a).sum() - 1)) for a in (log_p, log_q))
    )
    error = min(rounding, MAX_MASS_ERROR) * float(np.sum(sensitivity(log_p, log_q, unused)))
    return value, error + 2.0**-50 * value


def _refuse_underflow(distributions: dict[str, Any], log_q: Floats) -> None:
    """Refuse a log-probability of -inf that may be the logarithm of an underflow.

    Raises:
        SolverError: If log-probabilities of the second distribution fall to -inf through very
            small ones.
    """
    if np.min(log_q, where=log_q > -math.inf, initial=0.0) < UNDERFLOW:
        name = list(distributions)[1]
        raise SolverError(
            f"probabilities of `{name}` underflow, so that its `logpmf` is -inf where it has "
            "mass; pass log-probabilities that do not to divergences.log_space.kl"
        )


def _log_probabilities(
    distributions: dict[str, Any], first: int, last: int
) -> tuple[Floats, Floats]:
    numbers = np.arange(first, last + 1)
    log_p, log_q = (
        np.asarray(log_density_of(d)(numbers), np.float64) for d in distributions.values()
    )
    return log_p, log_q


def _beyond(
    distributions: dict[str, Any], first: int, last: int, ends: tuple[float, float], *, is_kl: bool
) -> float:
    """Upper bound of all terms that were left out."""
    if (first, last) == ends:
        return 0.0
    p, q = distributions.values()
    if not is_kl:  # each is at most log 2 times its mean probability
        return LOG_2 / 2 * sum(float(d.sf(last)) + float(d.cdf(first - 1)) for d in (p, q))
    tails = [tail_from(d, last) for d in (p, q)]
    tail, other = tails
    finite_p = float(p.support()[1]) <= last
    if first > ends[0] or other is None or (tail is None and not finite_p):
        names = " and ".join(_family(d) for d in (p, q))
        raise DistributionError(
            f"KL of {names} is an infinite sum, and no bound of its end is known; for a range of "
            f"outcomes pass their probabilities, k = numpy.arange({first}, {first + 1000}); "
            "divergences.kl(divergences.normalize(log_p.pmf(k)), "
            "divergences.normalize(log_q.pmf(k)))"
        )
    log_p, log_q = (float(log_density_of(d)(last)) for d in (p, q))
    q_mass = mass_bound(math.exp(log_q), other)
    if tail is None or finite_p:
        return q_mass
    return q_mass + kl_bound(math.exp(log_p), log_p - log_q, tail, other, last)


def _family(distribution: Any) -> str:
    found = parameters_of(distribution)
    return found[0] if found else type(distribution).__name__


def _require_total(distributions: dict[str, Any], first: int, last: int) -> None:
    """Refuse probabilities that do not sum to 1."""
    pairs = zip(distributions, _log_probabilities(distributions, first, last), strict=True)
    for name, log_probabilities in pairs:
        total = float(np.exp(log_probabilities).sum())
        if not abs(total - 1) <= MAX_MASS_ERROR:
            raise DistributionError(
                f"the probabilities of `{name}` must sum to 1 over the integers of its support, "
                f"but sum to {total!r}; correct the distribution"
            )
