"""Wasserstein distances of two distributions of a family, in closed form.

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
    evaluate_formula,
)
from divergences.closed_forms._rational import to_float
from divergences.errors import DistributionError

WASSERSTEIN_ALTERNATIVES = (
    "use divergences.emd for histograms and a ground cost, divergences.sampled.emd for samples"
)


def w1(p: Family, q: Family, /) -> float:
    r"""Wasserstein-1 of two distributions of a family, the exact EMD, in the unit of the outcomes.

    .. math:: \int_0^1 |F_p^{-1}(u) - F_q^{-1}(u)| \, du

    The difference of the means where one of the two is stochastically larger: always for
    Exponential, Poisson and Bernoulli, for Gamma and Beta unless one has both parameters larger.
    For Normal the mean of a folded normal, ``E |a + b Z|`` with a and b the differences of means
    and of deviations. For MultivariateNormal only between translates.

    Args:
        p: A distribution.
        q: A distribution of the same family.

    Returns:
        A value in [0, inf), to a few units in the last place; 0 for equal parameters.

    Raises:
        DistributionError: If ``p`` and ``q`` are not of one family, or have no closed form.

    Source:
        Villani 2003, "Topics in optimal transportation", theorem 2.18 and remark 2.19.

    >>> w1(Normal(0, 1), Normal(3, 1)), w1(Uniform(0, 1), Uniform(0, 3))
    (3.0, 1.0)
    """
    return evaluate_formula(p, q, W1_FORMULAS, "w1", WASSERSTEIN_ALTERNATIVES)


def w2(p: Family, q: Family, /) -> float:
    r"""Wasserstein-2 of two distributions of a family, in the unit of the outcomes.

    .. math:: \Big[ \int_0^1 |F_p^{-1}(u) - F_q^{-1}(u)|^2 \, du \Big]^{1/2}

    For MultivariateNormal the root of

    .. math:: |\mu_p - \mu_q|^2 + \mathrm{tr}\big[\Sigma_p + \Sigma_q
        - 2 (\Sigma_q^{1/2} \Sigma_p \Sigma_q^{1/2})^{1/2}\big].

    Gamma only for equal shapes.

    Args:
        p: A distribution.
        q: A distribution of the same family.

    Returns:
        A value in [0, inf), at least `w1`; 0 for equal parameters.

    Raises:
        DistributionError: If ``p`` and ``q`` are not of one family, or have no closed form.

    Source:
        Gelbrich 1990, "On a formula for the L2 Wasserstein metric between measures on Euclidean
        and Hilbert spaces", theorem 2.1; Villani 2003, theorem 2.18, on the line.

    >>> w2(Normal(0, 1), Normal(3, 5)), w2(Bernoulli(0.25), Bernoulli(0.5))
    (5.0, 0.5)
    """
    return evaluate_formula(p, q, W2_FORMULAS, "w2", WASSERSTEIN_ALTERNATIVES)


def _normal_differences(p: Normal, q: Normal) -> tuple[float, float]:
    return (
        to_float(Fraction(p.mean) - Fraction(q.mean)),
        to_float(Fraction(p.standard_deviation) - Fraction(q.standard_deviation)),
    )


def _normal_w1(p: Normal, q: Normal) -> float:
    """``|b| sqrt(2 / pi) exp(-a^2 / 2 b^2) + a erf(a / |b| sqrt 2)``, without cancellation."""
    a, b = (abs(x) for x in _normal_differences(p, q))
    if b == 0:
        return a
    z = a / b / math.sqrt(2)
    return b * math.sqrt(2 / math.pi) * math.exp(-z * z) + a * math.erf(z)


def _scale_difference(p_rate: float, q_rate: float) -> Fraction:
    return abs(1 / Fraction(p_rate) - 1 / Fraction(q_rate))


def _one_exceeds_in_both(p: tuple[float, float], q: tuple[float, float]) -> bool:
    """Whether both parameters of one distribution exceed those of the other."""
    return (p[0] > q[0] and p[1] > q[1]) or (p[0] < q[0] and p[1] < q[1])


def _gamma_w1(p: Gamma, q: Gamma) -> float:
    """Difference of the means, for a monotone density ratio."""
    if _one_exceeds_in_both((p.shape, p.rate), (q.shape, q.rate)):
        raise DistributionError(
            "`w1` of two Gamma distributions has a closed form only if one is stochastically "
            "larger: not if both shape and rate of one are larger; "
            f"{WASSERSTEIN_ALTERNATIVES}"
        )
    p_mean, q_mean = (Fraction(x.shape) / Fraction(x.rate) for x in (p, q))
    return to_float(abs(p_mean - q_mean))


def _gamma_w2(p: Gamma, q: Gamma) -> float:
    if p.shape != q.shape:
        raise DistributionError(
            "`w2` of two Gamma distributions has a closed form only for equal shapes, but they "
            f"are {p.shape!r} and {q.shape!r}; {WASSERSTEIN_ALTERNATIVES}"
        )
    return (
        to_float(_scale_difference(p.rate, q.rate)) * math.sqrt(p.shape) * math.sqrt(p.shape + 1)
    )


def _beta_w1(p: Beta, q: Beta) -> float:
    """Difference of the means, for a monotone density ratio."""
    if _one_exceeds_in_both((p.alpha, p.beta), (q.alpha, q.beta)):
        raise DistributionError(
            "`w1` of two Beta distributions has a closed form only if one is stochastically "
            "larger: not if both alpha and beta of one are larger; "
            f"{WASSERSTEIN_ALTERNATIVES}"
        )
    p_mean, q_mean = (Fraction(x.alpha) / (Fraction(x.alpha) + Fraction(x.beta)) for x in (p, q))
    return to_float(abs(p_mean - q_mean))


def _end_differences(p: Uniform, q: Uniform) -> tuple[Fraction, Fraction]:
    """Differences of the lower and of the upper ends."""
    return Fraction(q.low) - Fraction(p.low), Fraction(q.high) - Fraction(p.high)


def _uniform_w1(p: Uniform, q: Uniform) -> float:
    """Mean of |x| over the interval between the differences of the ends."""
    low, high = _end_differences(p, q)
    if low * high >= 0:
        return to_float(abs(low + high) / 2)
    return to_float((low * low + high * high) / (2 * abs(high - low)))


def _uniform_w2(p: Uniform, q: Uniform) -> float:
    low, high = _end_differences(p, q)
    return math.hypot(to_float((low + high) / 2), to_float((high - low) / 2) / math.sqrt(3))


def _difference(a: float, b: float) -> float:
    return to_float(abs(Fraction(a) - Fraction(b)))


W1_FORMULAS: Formulas = {
    Normal: _normal_w1,
    MultivariateNormal: _gaussian.w1,
    Exponential: lambda p, q: to_float(_scale_difference(p.rate, q.rate)),
    Gamma: _gamma_w1,
    Beta: _beta_w1,
    Poisson: lambda p, q: _difference(p.rate, q.rate),
    Bernoulli: lambda p, q: _difference(p.probability, q.probability),
    Uniform: _uniform_w1,
}
W2_FORMULAS: Formulas = {
    Normal: lambda p, q: math.hypot(*_normal_differences(p, q)),
    MultivariateNormal: _gaussian.w2,
    Exponential: lambda p, q: math.sqrt(2) * to_float(_scale_difference(p.rate, q.rate)),
    Gamma: _gamma_w2,
    Bernoulli: lambda p, q: math.sqrt(_difference(p.probability, q.probability)),
    Uniform: _uniform_w2,
}
