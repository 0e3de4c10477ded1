"""Wasserstein distances of two members of a family, where they are known exactly.

On the line the optimal coupling is monotone: the distance is that of the quantile functions.
"""

import math
from fractions import Fraction

from divergences.closed_forms import _gaussian
from divergences.closed_forms._families import (
    Bernoulli,
    Beta,
    Exponential,
    Family,
    Formulas,
    Gamma,
    MultivariateNormal,
    Normal,
    Poisson,
    Uniform,
    formula_of,
)
from divergences.closed_forms._rational import rounded
from divergences.errors import DistributionError

OTHERWISE = "divergences.emd takes histograms and a ground cost, divergences.sampled.emd samples"


def w1(p: Family, q: Family, /) -> float:
    r"""Wasserstein-1 of two members of a family, the exact EMD, in the unit of the outcomes.

    .. math:: \int_0^1 |F_p^{-1}(u) - F_q^{-1}(u)| \, du

    The difference of the means where one of the two is stochastically larger: Exponential,
    Poisson, Bernoulli always; Gamma and Beta where the parameters are ordered. For Normal
    E |a + b Z|, the mean of a folded normal, a and b the differences of means and of deviations.
    For MultivariateNormal only between translates.

    Args:
        p: A distribution.
        q: A distribution of the same family.

    Returns:
        A value in [0, inf), right to a few units in the last place; 0 for equal parameters.

    Raises:
        DistributionError: If the two are not of one family, or no closed form is known.

    Source:
        Villani 2003, "Topics in optimal transportation", theorem 2.18 and remark 2.19.

    >>> w1(Normal(0, 1), Normal(3, 1)), w1(Uniform(0, 1), Uniform(0, 3))
    (3.0, 1.0)
    """
    return formula_of(p, q, W1, "w1", OTHERWISE)


def w2(p: Family, q: Family, /) -> float:
    r"""Wasserstein-2 of two members of a family, in the unit of the outcomes.

    .. math:: \Big[ \int_0^1 |F_p^{-1}(u) - F_q^{-1}(u)|^2 \, du \Big]^{1/2}

    For MultivariateNormal the root of :math:`|\mu_p - \mu_q|^2 + \mathrm{tr}(\Sigma_p + \Sigma_q -
    2 (\Sigma_q^{1/2} \Sigma_p \Sigma_q^{1/2})^{1/2})`. Gamma only for equal shapes.

    Args:
        p: A distribution.
        q: A distribution of the same family.

    Returns:
        A value in [0, inf), at least that of `w1`; 0 for equal parameters.

    Raises:
        DistributionError: If the two are not of one family, or no closed form is known.

    Source:
        Gelbrich 1990, "On a formula for the L2 Wasserstein metric between measures on Euclidean
        and Hilbert spaces", theorem 2.1; Villani 2003, theorem 2.18, on the line.

    >>> w2(Normal(0, 1), Normal(3, 5)), w2(Bernoulli(0.25), Bernoulli(0.5))
    (5.0, 0.5)
    """
    return formula_of(p, q, W2, "w2", OTHERWISE)


def _normal_shifts(p: Normal, q: Normal) -> tuple[float, float]:
    return (
        rounded(Fraction(p.mean) - Fraction(q.mean)),
        rounded(Fraction(p.standard_deviation) - Fraction(q.standard_deviation)),
    )


def _normal_w1(p: Normal, q: Normal) -> float:
    """``|b| sqrt(2 / pi) exp(-a^2 / 2 b^2) + a erf(a / |b| sqrt 2)``: nothing cancels."""
    a, b = (abs(x) for x in _normal_shifts(p, q))
    if b == 0:
        return a
    z = a / b / math.sqrt(2)
    return b * math.sqrt(2 / math.pi) * math.exp(-z * z) + a * math.erf(z)


def _scale_difference(p_rate: float, q_rate: float) -> Fraction:
    return abs(1 / Fraction(p_rate) - 1 / Fraction(q_rate))


def _both_larger(p: tuple[float, float], q: tuple[float, float]) -> bool:
    """Whether both parameters of the one exceed those of the other, and the densities cross."""
    return (p[0] > q[0] and p[1] > q[1]) or (p[0] < q[0] and p[1] < q[1])


def _gamma_w1(p: Gamma, q: Gamma) -> float:
    """The difference of the means, where the ratio of the densities is monotone."""
    if _both_larger((p.shape, p.rate), (q.shape, q.rate)):
        raise DistributionError(
            "`w1` of two Gamma distributions is known only where not both shape and rate of one "
            f"are larger: there one is stochastically larger; {OTHERWISE}"
        )
    p_mean, q_mean = (Fraction(x.shape) / Fraction(x.rate) for x in (p, q))
    return rounded(abs(p_mean - q_mean))


def _gamma_w2(p: Gamma, q: Gamma) -> float:
    if p.shape != q.shape:
        raise DistributionError(
            "`w2` of two Gamma distributions is known only for equal shapes, but they are "
            f"{p.shape!r} and {q.shape!r}; {OTHERWISE}"
        )
    return rounded(_scale_difference(p.rate, q.rate)) * math.sqrt(p.shape) * math.sqrt(p.shape + 1)


def _beta_w1(p: Beta, q: Beta) -> float:
    """The difference of the means, where the ratio of the densities is monotone."""
    if _both_larger((p.alpha, p.beta), (q.alpha, q.beta)):
        raise DistributionError(
            "`w1` of two Beta distributions is known only where not both alpha and beta of one "
            f"are larger: there one is stochastically larger; {OTHERWISE}"
        )
    p_mean, q_mean = (Fraction(x.alpha) / (Fraction(x.alpha) + Fraction(x.beta)) for x in (p, q))
    return rounded(abs(p_mean - q_mean))


def _uniform_moves(p: Uniform, q: Uniform) -> tuple[Fraction, Fraction]:
    """How far the lower and the upper end move."""
    return Fraction(q.low) - Fraction(p.low), Fraction(q.high) - Fraction(p.high)


def _uniform_w1(p: Uniform, q: Uniform) -> float:
    """The mean of |x| over the interval from the one end's move to the other's."""
    low, high = _uniform_moves(p, q)
    if low * high >= 0:
        return rounded(abs(low + high) / 2)
    return rounded((low * low + high * high) / (2 * abs(high - low)))


def _uniform_w2(p: Uniform, q: Uniform) -> float:
    low, high = _uniform_moves(p, q)
    return math.hypot(rounded((low + high) / 2), rounded((high - low) / 2) / math.sqrt(3))


def _difference(a: float, b: float) -> float:
    return rounded(abs(Fraction(a) - Fraction(b)))


W1: Formulas = {
    Normal: _normal_w1,
    MultivariateNormal: _gaussian.w1,
    Exponential: lambda p, q: rounded(_scale_difference(p.rate, q.rate)),
    Gamma: _gamma_w1,
    Beta: _beta_w1,
    Poisson: lambda p, q: _difference(p.rate, q.rate),
    Bernoulli: lambda p, q: _difference(p.probability, q.probability),
    Uniform: _uniform_w1,
}
W2: Formulas = {
    Normal: lambda p, q: math.hypot(*_normal_shifts(p, q)),
    MultivariateNormal: _gaussian.w2,
    Exponential: lambda p, q: math.sqrt(2) * rounded(_scale_difference(p.rate, q.rate)),
    Gamma: _gamma_w2,
    Bernoulli: lambda p, q: math.sqrt(_difference(p.probability, q.probability)),
    Uniform: _uniform_w2,
}
