"""KL, reverse KL and JS of two distributions of a family, to float64 accuracy."""

import math
from fractions import Fraction

import numpy as np

from divergences import _discrete
from divergences.closed_forms import _gaussian, _log_gamma, _rational
from divergences.closed_forms._families import (
    Bernoulli,
    Beta,
    Categorical,
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
from divergences.errors import SolverError

KL_AND_JS_ALTERNATIVES = (
    "use divergences.densities.{0} for densities on the line, divergences.{0} for finitely many "
    "outcomes"
)


def kl(p: Family, q: Family, /) -> float:
    r"""Kullback-Leibler divergence KL(p || q) of two distributions of a family, in nats.

    ================== =============================================================
    Normal             :math:`\log(\sigma_q/\sigma_p) + [\sigma_p^2 + (\mu_p - \mu_q)^2]
                       / 2\sigma_q^2 - 1/2`
    MultivariateNormal :math:`[\mathrm{tr}(\Sigma_q^{-1}\Sigma_p) - d - \log\det(\Sigma_q^{-1}
                       \Sigma_p) + |\mu_p - \mu_q|^2_{\Sigma_q^{-1}}] / 2`
    Exponential        :math:`\log(\lambda_p/\lambda_q) + \lambda_q/\lambda_p - 1`
    Gamma              :math:`(k_p - k_q)\psi(k_p) + \log[\Gamma(k_q)/\Gamma(k_p)]`
                       :math:`+ k_q\log(\beta_p/\beta_q) + k_p(\beta_q/\beta_p - 1)`
    Beta               :math:`\log[B(a_q, b_q)/B(a_p, b_p)] + (a_p - a_q)\psi(a_p)`
                       :math:`+ (b_p - b_q)\psi(b_p) + (a_q - a_p + b_q - b_p)\psi(a_p + b_p)`
    Poisson            :math:`\lambda_p\log(\lambda_p/\lambda_q) + \lambda_q - \lambda_p`
    Bernoulli          :math:`\sum_i p_i\log(p_i/q_i)`, as for Categorical
    Uniform            :math:`\log` of the ratio of the lengths
    ================== =============================================================

    All are computed in other forms, since these cancel for close pairs. The relative error is a
    few units in the last place for all parameters, except for MultivariateNormal, where it is
    that times the condition number of q's correlation matrix.

    Args:
        p: A distribution; the expectation is under p.
        q: A distribution of the same family.

    Returns:
        A value in [0, inf]: 0 for equal parameters, inf if ``p`` has mass where ``q`` has none
        (a Uniform not within that of q, a Poisson q of rate 0, a q of probability 0 or 1), or if
        the value exceeds the largest float.

    Raises:
        DistributionError: If ``p`` and ``q`` are not of one family and dimension.
        SolverError: If intermediate values overflow for extreme parameters.

    Source:
        Gil, Alajaji and Linder 2013, "Renyi divergence measures for commonly used univariate
        continuous distributions", table 2; Kullback 1959, "Information theory and statistics",
        9.1 for MultivariateNormal; the forms without cancellation are in `_log_gamma`,
        `_rational` and `_gaussian`.

    >>> kl(Exponential(1), Exponential(1 + 1e-8))
    4.999999905891959e-17
    >>> kl(Uniform(0, 2), Uniform(0, 1))
    inf
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # NaN is refused below
        value = evaluate_formula(p, q, KL_FORMULAS, "kl", KL_AND_JS_ALTERNATIVES.format("kl"))
    if math.isnan(value):
        raise SolverError(
            f"intermediate values of kl({p}, {q}) overflow; divide both distributions by a scale"
        )
    return value


def reverse_kl(p: Family, q: Family, /) -> float:
    """Reverse Kullback-Leibler divergence KL(q || p), in nats: ``kl(q, p)``.

    Args:
        p: A distribution.
        q: A distribution of the same family; the expectation is under q.

    Returns:
        A value in [0, inf], as for `kl`.

    Raises:
        DistributionError: If ``p`` and ``q`` are not of one family and dimension.
        SolverError: As for `kl`.

    >>> reverse_kl(Uniform(0, 2), Uniform(0, 1)) == math.log(2)
    True
    """
    return kl(q, p)


def js(p: Family, q: Family, /) -> float:
    r"""Jensen-Shannon divergence of two distributions of a family, in nats.

    .. math:: KL(p || m) / 2 + KL(q || m) / 2, \qquad m = (p + q) / 2

    For Bernoulli, Categorical and Uniform, whose density ratios take finitely many values: those
    of two Uniform distributions are constant in both supports, only in p and only in q.

    Args:
        p: A distribution.
        q: A distribution of the same family.

    Returns:
        A value in [0, log 2]: 0 for equal parameters, log 2 for disjoint supports.

    Raises:
        DistributionError: If ``p`` and ``q`` are not of one family, or of another than these.

    Source:
        Lin 1991, "Divergence measures based on the Shannon entropy", eq. 3.1.

    >>> js(Uniform(0, 1), Uniform(1, 2)) == math.log(2)
    True
    >>> js(Bernoulli(0.5), Bernoulli(0.9))
    0.10174922507919672
    """
    return evaluate_formula(p, q, JS_FORMULAS, "js", KL_AND_JS_ALTERNATIVES.format("js"))


def _normal_kl(p: Normal, q: Normal) -> float:
    """``[(s - 1)^2 + z^2] / 2 + s - 1 - log s``, s the ratio of deviations, z the mean shift."""
    p_deviation, q_deviation = Fraction(p.standard_deviation), Fraction(q.standard_deviation)
    s_minus_1 = _rational.to_float((p_deviation - q_deviation) / q_deviation)
    z = _rational.to_float((Fraction(p.mean) - Fraction(q.mean)) / q_deviation)
    squares = (s_minus_1 * s_minus_1 + z * z) / 2
    return squares + _rational.generalized_kl(Fraction(1), p_deviation / q_deviation)


def _exponential_kl(p: Exponential, q: Exponential) -> float:
    return _rational.generalized_kl(Fraction(1), Fraction(q.rate) / Fraction(p.rate))


def _gamma_kl(p: Gamma, q: Gamma) -> float:
    """KL of a change of the mean at q's shape, plus KL of a change of the shape at p's mean."""
    mean, shape = Fraction(p.shape) / Fraction(p.rate), Fraction(q.shape)
    mean_kl = _rational.generalized_kl(shape, mean * Fraction(q.rate))
    return mean_kl + _log_gamma.gamma_shape_kl(p.shape, q.shape)


def _beta_kl(p: Beta, q: Beta) -> float:
    growth_difference = Fraction(q.alpha) / Fraction(p.alpha) - Fraction(q.beta) / Fraction(p.beta)
    return _log_gamma.beta_kl(
        (p.alpha, p.beta), (q.alpha, q.beta), _rational.to_float(growth_difference)
    )


def _poisson_kl(p: Poisson, q: Poisson) -> float:
    return _rational.generalized_kl(Fraction(p.rate), Fraction(q.rate))


def _bernoulli_masses(p: Bernoulli, q: Bernoulli) -> _rational.MassPairs:
    a, b = Fraction(p.probability), Fraction(q.probability)
    return [(a, b), (1 - a, 1 - b)]


def _uniform_masses(p: Uniform, q: Uniform) -> _rational.MassPairs:
    """Masses of the common support, of the support of p alone, and of that of q alone."""
    p_length, q_length = (Fraction(x.high) - Fraction(x.low) for x in (p, q))
    common = Fraction(min(p.high, q.high)) - Fraction(max(p.low, q.low))
    p_common, q_common = max(common, Fraction(0)) / p_length, max(common, Fraction(0)) / q_length
    return [(p_common, q_common), (1 - p_common, Fraction(0)), (Fraction(0), 1 - q_common)]


KL_FORMULAS: Formulas = {
    Normal: _normal_kl,
    MultivariateNormal: _gaussian.kl,
    Exponential: _exponential_kl,
    Gamma: _gamma_kl,
    Beta: _beta_kl,
    Poisson: _poisson_kl,
    Bernoulli: lambda p, q: _rational.kl(_bernoulli_masses(p, q)),
    Categorical: lambda p, q: float(_discrete.kl(p.probabilities, q.probabilities)),
    Uniform: lambda p, q: _rational.kl(_uniform_masses(p, q)),
}
JS_FORMULAS: Formulas = {
    Bernoulli: lambda p, q: _rational.js(_bernoulli_masses(p, q)),
    Categorical: lambda p, q: float(_discrete.js(p.probabilities, q.probabilities)),
    Uniform: lambda p, q: _rational.js(_uniform_masses(p, q)),
}
