"""W1 and W2 of the families: agreement with quantile functions, laws and refusals."""

import math

import mpmath
import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from divergences import DistributionError
from divergences.closed_forms import (
    Bernoulli,
    Beta,
    Categorical,
    Exponential,
    Gamma,
    MultivariateNormal,
    Normal,
    Poisson,
    Uniform,
    w1,
    w2,
)
from tests.divergences.closed_forms.strategies import positive_pairs

RELATIVE_ERROR = 2e-15
SCIPY_DISTRIBUTIONS = {
    Normal: lambda p: scipy.stats.norm(p.mean, p.standard_deviation),
    Exponential: lambda p: scipy.stats.expon(scale=1 / p.rate),
    Gamma: lambda p: scipy.stats.gamma(p.shape, scale=1 / p.rate),
    Beta: lambda p: scipy.stats.beta(p.alpha, p.beta),
    Poisson: lambda p: scipy.stats.poisson(p.rate),
    Bernoulli: lambda p: scipy.stats.bernoulli(p.probability),
    Uniform: lambda p: scipy.stats.uniform(p.low, p.high - p.low),
}
PAIRS_ON_THE_LINE = [
    (Normal(0.5, 2), Normal(-1, 3)),
    (Normal(0.5, 2), Normal(-1, 2)),
    (Normal(0, 2), Normal(0, 3)),
    (Exponential(2), Exponential(0.3)),
    (Gamma(2.5, 1), Gamma(2.5, 3)),
    (Gamma(2.5, 3), Gamma(4, 3)),
    (Gamma(2.5, 3), Gamma(4, 1)),
    (Beta(2, 5), Beta(3, 4)),
    (Poisson(7), Poisson(2.5)),
    (Bernoulli(0.3), Bernoulli(0.9)),
    (Uniform(0, 1), Uniform(-1, 3)),
    (Uniform(0, 1), Uniform(2, 5)),
    (Uniform(0, 1), Uniform(0.25, 0.5)),
]


@pytest.mark.parametrize(("p", "q"), PAIRS_ON_THE_LINE)
def test_on_the_line_w1_and_w2_are_the_distances_of_quantile_functions(p, q):
    n = 400_000
    levels = (np.arange(n) + 0.5) / n  # the tails beyond 1/n are cut off
    p_quantiles, q_quantiles = (SCIPY_DISTRIBUTIONS[type(x)](x).ppf(levels) for x in (p, q))
    differences = p_quantiles - q_quantiles
    assert w1(p, q) == pytest.approx(np.abs(differences).mean(), rel=1e-4)
    if type(p) in (Beta, Poisson) or (type(p) is Gamma and p.shape != q.shape):
        with pytest.raises(DistributionError, match="`w2` of two"):
            w2(p, q)
    else:
        assert w2(p, q) == pytest.approx(np.sqrt((differences**2).mean()), rel=1e-3)
        assert w2(p, q) >= w1(p, q)


@given(positive_pairs(-6, 6), positive_pairs(-6, 6), st.sampled_from([-1, 1]))
def test_normal_distances_agree_with_multiprecision(means, deviations, sign):
    (m, n), (s, t) = means, deviations
    p, q = Normal(sign * m, s), Normal(sign * n, t)
    with mpmath.workdps(60):
        a, b = abs(mpmath.mpf(m) - mpmath.mpf(n)), abs(mpmath.mpf(s) - mpmath.mpf(t))
        z = a / b / mpmath.sqrt(2) if b else mpmath.inf
        folded = b * mpmath.sqrt(2 / mpmath.pi) * mpmath.exp(-z * z) + a * mpmath.erf(z)
        assert abs(w1(p, q) - folded) <= RELATIVE_ERROR * folded
        assert abs(w2(p, q) - mpmath.sqrt(a * a + b * b)) <= RELATIVE_ERROR * w2(p, q)


@given(positive_pairs())
def test_scale_families_are_accurate_for_close_rates(rates):
    a, b = rates
    with mpmath.workdps(60):
        difference = abs(1 / mpmath.mpf(a) - 1 / mpmath.mpf(b))
        assert abs(w1(Exponential(a), Exponential(b)) - difference) <= RELATIVE_ERROR * difference
        assert (
            abs(w2(Exponential(a), Exponential(b)) ** 2 - 2 * difference**2)
            <= 4 * RELATIVE_ERROR * difference**2
        )
        assert (
            abs(w1(Gamma(3, a), Gamma(3, b)) - 3 * difference) <= 3 * RELATIVE_ERROR * difference
        )
        assert (
            abs(w2(Gamma(3, a), Gamma(3, b)) ** 2 - 12 * difference**2)
            <= 48 * RELATIVE_ERROR * difference**2
        )


@pytest.mark.parametrize(("p", "q"), PAIRS_ON_THE_LINE)
def test_w1_is_symmetric_and_0_for_equal_parameters(p, q):
    assert w1(p, q) == w1(q, p) > 0
    assert w1(p, p) == 0


@pytest.mark.parametrize(
    ("function", "p", "q", "message"),
    [
        (
            w1,
            Gamma(1, 1),
            Gamma(2, 2),
            "`w1` of two Gamma distributions has a closed form only if",
        ),
        (
            w1,
            Beta(1e-200, 1e-200),
            Beta(2e-200, 2e-200),
            "`w1` of two Beta distributions has a closed form only if",
        ),
        (w1, Categorical([1]), Categorical([1]), "`w1` of two Categorical .*divergences.emd for"),
        (w2, Poisson(1), Poisson(2), "`w2` of two Poisson distributions has no closed form"),
        (w2, Gamma(1, 1), Gamma(2, 1), "only for equal shapes, but they are 1.0 and 2.0"),
        (
            w1,
            MultivariateNormal([0.0], [[1.0]]),
            MultivariateNormal([0.0], [[2.0]]),
            "closed form only for equal covariances; use w2",
        ),
    ],
)
def test_a_distance_without_a_closed_form_is_refused_with_advice(function, p, q, message):
    with pytest.raises(DistributionError, match=message):
        function(p, q)


def test_huge_parameters_do_not_overflow_in_between():
    assert w1(Uniform(0, 1e-200), Uniform(1e300, 1e308)) == pytest.approx(5e307, rel=1e-7)
    assert w2(Normal(1e200, 1), Normal(0, 1e200)) == pytest.approx(math.sqrt(2) * 1e200)
