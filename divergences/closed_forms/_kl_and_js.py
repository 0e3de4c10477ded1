"""KL, reverse KL and JS of two members of a family, as right as float64 can hold them."""

import math
from fractions import Fraction

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
    formula_of,
)
from divergences.errors import SolverError

OTHERWISE = (
    "for densities on the line divergences.densities.{0} integrates, for finitely many outcomes "
    "there is divergences.{0}"
)


def kl(p: Family, q: Family, /) -> float:
    r"""Kullback-Leibler divergence KL(p || q) of two members of a family, in nats.

    =================  =============================================================
    Normal             :math:`\log(\sigma_q/\sigma_p) + [\sigma_p^2 + (\mu_p - \mu_q)^2]
                       / 2\sigma_q^2 - 1/2`
    MultivariateNormal :math:`[\mathrm{tr}(\Sigma_q^{-1}\Sigma_p) - d - \log\det(\Sigma_q^{-1}
                       \Sigma_p) + |\mu_p - \mu_q|^2_{\Sigma_q^{-1}}] / 2`
    Exponential        :math:`\log(\lambda_p/\lambda_q) + \lambda_q/\lambda_p - 1`
    Gamma              :math:`(k_p - k_q)\psi(k_p) + \log[\Gamma(k_q)/\Gamma(k_p)]
                       + k_q\log(\beta_p/\beta_q) + k_p(\beta_q/\beta_p - 1)`
    Beta               :math:`\log[B(a_q, b_q)/B(a_p, b_p)] + (a_p - a_q)\psi(a_p)
                       + (b_p - b_q)\psi(b_p) + (a_q - a_p + b_q - b_p)\psi(a_p + b_p)`
    Poisson            :math:`\lambda_p\log(\lambda_p/\lambda_q) + \lambda_q - \lambda_p`
    Bernoulli          :math:`\sum_i p_i\log(p_i/q_i)`, as for Categorical
    Uniform            :math:`\log` of the ratio of the lengths
    =================  =============================================================

    None of them is computed in this form, which cancels for close pairs. The relative error is a
    few units in the last place however close or far the two are; for MultivariateNormal that
    times the condition of q's correlation matrix.

    Args:
        p: A distribution; the expectation is under it.
        q: A distribution of the same family.

    Returns:
        A value in [0, inf]: 0 for equal parameters, inf where ``p`` has mass and ``q`` has none
        (a Uniform that sticks out, a Poisson of rate 0, a probability of 0 or 1), and where the
        value exceeds the largest float.

    Raises:
        DistributionError: If the two are not of one family or dimension.
        SolverError: If the parameters are so extreme that intermediate numbers overflow.

    Source:
        Gil, Alajaji and Linder 2013, "Renyi divergence measures for commonly used univariate
        continuous distributions", table 2; Kullback 1959, "Information theory and statistics",
        9.1 for MultivariateNormal; the forms without cancellation are in `log_gamma` and `exact`.

    >>> kl(Exponential(1), Exponential(1 + 1e-8))
    4.999999905891959e-17
    >>> kl(Uniform(0, 2), Uniform(0, 1))
    inf
    """
    value = formula_of(p, q, KL, "kl", OTHERWISE.format("kl"))
    if math.isnan(value):
        raise SolverError(f"numbers on the way to kl({p}, {q}) overflow")
    return value


def reverse_kl(p: Family, q: Family, /) -> float:
    """Reverse Kullback-Leibler divergence KL(q || p), in nats: the same as ``kl(q, p)``.

    Args:
        p: A distribution.
        q: A distribution of the same family; the expectation is under it.

    Returns:
        A value in [0, inf], as of `kl`.

    Raises:
        DistributionError: If the two are not of one family or dimension.
        SolverError: As `kl`.

    >>> reverse_kl(Uniform(0, 2), Uniform(0, 1)) == math.log(2)
    True
    """
    return kl(q, p)


def js(p: Family, q: Family, /) -> float:
    r"""Jensen-Shannon divergence of two members of a family, in nats.

    .. math:: KL(p || m) / 2 + KL(q || m) / 2, \qquad m = (p + q) / 2

    Known for Bernoulli, Categorical and Uniform, whose mixtures take finitely many values. For two
    Uniform distributions the outcomes are: only in p, only in q, in both.

    Args:
        p: A distribution.
        q: A distribution of the same family.

    Returns:
        A value in [0, log 2]: 0 for equal parameters, log 2 for disjoint supports.

    Raises:
        DistributionError: If the two are not of one family, or it is none of these three.

    Source:
        Lin 1991, "Divergence measures based on the Shannon entropy", eq. 3.1.

    >>> js(Uniform(0, 1), Uniform(1, 2)) == math.log(2)
    True
    >>> js(Bernoulli(0.5), Bernoulli(0.9))
    0.10174922507919672
    """
    return formula_of(p, q, JS, "js", OTHERWISE.format("js"))


def _normal_kl(p: Normal, q: Normal) -> float:
    """Half of (s - 1)^2 + z^2, plus s - 1 - log s, for s the deviations' ratio, z the shift."""
    p_deviation, q_deviation = Fraction(p.standard_deviation), Fraction(q.standard_deviation)
    widening = _rational.rounded((p_deviation - q_deviation) / q_deviation)
    shift = _rational.rounded((Fraction(p.mean) - Fraction(q.mean)) / q_deviation)
    squares = (widening * widening + shift * shift) / 2
    return squares + _rational.excess(p_deviation / q_deviation, Fraction(1))


def _exponential_kl(p: Exponential, q: Exponential) -> float:
    return _rational.excess(Fraction(q.rate) / Fraction(p.rate), Fraction(1))


def _gamma_kl(p: Gamma, q: Gamma) -> float:
    """What a change of the mean costs at q's shape, plus what the change of shape costs."""
    mean, shape = Fraction(p.shape) / Fraction(p.rate), Fraction(q.shape)
    of_mean = _rational.excess(mean * Fraction(q.rate), shape)
    return of_mean + _log_gamma.gamma_shape_divergence(p.shape, q.shape)


def _beta_kl(p: Beta, q: Beta) -> float:
    cross = Fraction(q.alpha) / Fraction(p.alpha) - Fraction(q.beta) / Fraction(p.beta)
    return _log_gamma.beta_divergence(
        (p.alpha, p.beta), (q.alpha, q.beta), _rational.rounded(cross)
    )


def _poisson_kl(p: Poisson, q: Poisson) -> float:
    return _rational.excess(Fraction(q.rate), Fraction(p.rate))


def _bernoulli_masses(p: Bernoulli, q: Bernoulli) -> _rational.Masses:
    a, b = Fraction(p.probability), Fraction(q.probability)
    return [(a, b), (1 - a, 1 - b)]


def _uniform_masses(p: Uniform, q: Uniform) -> _rational.Masses:
    """Of the outcomes: in both, only in p, only in q."""
    p_length, q_length = (Fraction(x.high) - Fraction(x.low) for x in (p, q))
    common = Fraction(min(p.high, q.high)) - Fraction(max(p.low, q.low))
    in_p, in_q = max(common, Fraction(0)) / p_length, max(common, Fraction(0)) / q_length
    return [(in_p, in_q), (1 - in_p, Fraction(0)), (Fraction(0), 1 - in_q)]


KL: Formulas = {
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
JS: Formulas = {
    Bernoulli: lambda p, q: _rational.js(_bernoulli_masses(p, q)),
    Categorical: lambda p, q: float(_discrete.js(p.probabilities, q.probabilities)),
    Uniform: lambda p, q: _rational.js(_uniform_masses(p, q)),
}
