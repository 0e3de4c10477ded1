r"""Bounds of the tail of a sum over the non-negative integers, for families of known ratios.

For Poisson, geometric, negative binomial, logarithmic and Planck distributions the ratio of two
successive probabilities is a monotone function of the first number, so that for all :math:`j > 0`

.. math:: p(n + j) \le p(n) \rho^j, \qquad
    \log \frac{p(n + j)}{q(n + j)} \le \log \frac{p(n)}{q(n)} + c j + d j^2,

with constants from the ratios at n and at infinity; the sums of :math:`\rho^j j^m` are rational.
"""

import math
from dataclasses import dataclass
from typing import Any

from divergences.densities._distributions import parameters_of


@dataclass(frozen=True, slots=True)
class Tail:
    """Log-ratios ``log[p(x + 1) / p(x)]`` of a distribution for all x from n on.

    Attributes:
        lowest: Their infimum; -inf for a Poisson distribution.
        highest: Their supremum.
        location: Least number of the support.
        poisson_mean: Mean of a Poisson distribution at location 0, whose log-ratio is
            ``log(mean / (x + 1))``; None for others.
    """

    lowest: float
    highest: float
    location: float
    poisson_mean: float | None = None


def tail_from(distribution: Any, number: int, /) -> Tail | None:
    """Log-ratios of a distribution from a number on, None for a family that is not known."""
    found = parameters_of(distribution)
    if found is None:
        return None
    name, parameters = found
    location = float(parameters["loc"])
    x = number - location
    if name == "poisson":
        mean = float(parameters["mu"])
        return Tail(-math.inf, math.log(mean / (x + 1)), location, mean)
    if name == "nbinom":
        limit = math.log1p(-parameters["p"])
        here = limit + math.log((x + parameters["n"]) / (x + 1))
    elif name == "logser":
        limit = math.log(parameters["p"])
        here = limit + math.log(x / (x + 1))
    elif name == "geom":
        limit = here = math.log1p(-parameters["p"])
    elif name == "planck":
        limit = here = -float(parameters["lambda_"])
    else:
        return None
    return Tail(min(here, limit), max(here, limit), location)


def mass_bound(mass: float, tail: Tail, /) -> float:
    """Upper bound of the probability beyond n, given that of n."""
    ratio = math.exp(tail.highest)
    return mass * ratio / (1 - ratio) if ratio < 1 else math.inf


def kl_bound(mass: float, log_ratio: float, tail: Tail, other: Tail, number: int, /) -> float:
    """Upper bound of ``sum p log(p / q)`` beyond n.

    Args:
        mass: p(n).
        log_ratio: ``log[p(n) / q(n)]``.
        tail: Log-ratios of p from n on.
        other: Log-ratios of q from n on.
        number: n.

    Returns:
        The bound, inf if the ratio of p is not below 1.
    """
    ratio, quadratic = math.exp(tail.highest), 0.0
    if ratio >= 1:
        return math.inf
    if other.poisson_mean is None:
        linear = tail.highest - other.lowest
    elif tail.poisson_mean is not None and tail.location == other.location:
        linear = math.log(tail.poisson_mean / other.poisson_mean)
    else:  # log[(x + j) / mean] <= log(x / mean) + j / x for each of j steps
        x = number - other.location
        linear, quadratic = tail.highest + math.log(x / other.poisson_mean), 1 / x
    sums = (
        ratio / (1 - ratio),
        ratio / (1 - ratio) ** 2,
        ratio * (1 + ratio) / (1 - ratio) ** 3,
    )
    terms = (max(log_ratio, 0.0), max(linear, 0.0), quadratic)
    return mass * math.fsum(a * b for a, b in zip(sums, terms, strict=True))
