"""W1 and W2 of the families: against quantile functions, laws, and refusals."""

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
    kl,
    w1,
    w2,
)
from tests.divergences.closed_forms.test_closed_forms import (
    multivariate_pair,
    size_pairs,
    symmetric,
)

RELATIVE = 2e-15
SCIPY = {
    Normal: lambda p: scipy.stats.norm(p.mean, p.standard_deviation),
    Exponential: lambda p: scipy.stats.expon(scale=1 / p.rate),
    Gamma: lambda p: scipy.stats.gamma(p.shape, scale=1 / p.rate),
    Beta: lambda p: scipy.stats.beta(p.alpha, p.beta),
    Poisson: lambda p: scipy.stats.poisson(p.rate),
    Bernoulli: lambda p: scipy.stats.bernoulli(p.probability),
    Uniform: lambda p: scipy.stats.uniform(p.low, p.high - p.low),
}
ON_THE_LINE = [
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


@pytest.mark.parametrize(("p", "q"), ON_THE_LINE)
def test_on_the_line_it_is_the_distance_of_quantile_functions(p, q):
    n = 400_000
    levels = (np.arange(n) + 0.5) / n  # misses what lies in the tails beyond 1/n
    moves = SCIPY[type(p)](p).ppf(levels) - SCIPY[type(q)](q).ppf(levels)
    assert w1(p, q) == pytest.approx(np.abs(moves).mean(), rel=1e-4)
    if type(p) in (Beta, Poisson) or (type(p) is Gamma and p.shape != q.shape):
        with pytest.raises(DistributionError, match="`w2` of two"):
            w2(p, q)
    else:
        assert w2(p, q) == pytest.approx(np.sqrt((moves**2).mean()), rel=1e-3)
        assert w2(p, q) >= w1(p, q)


@given(size_pairs(-6, 6), size_pairs(-6, 6), st.sampled_from([-1, 1]))
def test_normal_distances_are_right_to_the_last_digits(means, deviations, sign):
    (m, n), (s, t) = means, deviations
    p, q = Normal(sign * m, s), Normal(sign * n, t)
    with mpmath.workdps(60):
        a, b = abs(mpmath.mpf(m) - mpmath.mpf(n)), abs(mpmath.mpf(s) - mpmath.mpf(t))
        z = a / b / mpmath.sqrt(2) if b else mpmath.inf
        folded = b * mpmath.sqrt(2 / mpmath.pi) * mpmath.exp(-z * z) + a * mpmath.erf(z)
        assert abs(w1(p, q) - folded) <= RELATIVE * folded
        assert abs(w2(p, q) - mpmath.sqrt(a * a + b * b)) <= RELATIVE * w2(p, q)


@given(size_pairs())
def test_scale_families_are_right_for_close_rates(rates):
    a, b = rates
    with mpmath.workdps(60):
        move = abs(1 / mpmath.mpf(a) - 1 / mpmath.mpf(b))
        assert abs(w1(Exponential(a), Exponential(b)) - move) <= RELATIVE * move
        assert abs(w2(Exponential(a), Exponential(b)) ** 2 - 2 * move**2) <= 4 * RELATIVE * move**2
        assert abs(w1(Gamma(3, a), Gamma(3, b)) - 3 * move) <= 3 * RELATIVE * move
        assert abs(w2(Gamma(3, a), Gamma(3, b)) ** 2 - 12 * move**2) <= 48 * RELATIVE * move**2


@pytest.mark.parametrize(("p", "q"), ON_THE_LINE)
def test_w1_is_symmetric_and_0_for_equal_parameters(p, q):
    assert w1(p, q) == w1(q, p) > 0
    assert w1(p, p) == 0


def exact_w2(p, q):
    with mpmath.workdps(80):
        s, t = (mpmath.matrix(x.covariance.tolist()) for x in (p, q))
        root = square_root(t)
        cross = square_root(root * s * root)
        bures = mpmath.fsum(s[i, i] + t[i, i] - 2 * cross[i, i] for i in range(s.rows))
        shift = [mpmath.mpf(float(a)) - float(b) for a, b in zip(p.mean, q.mean, strict=True)]
        return mpmath.sqrt(bures + mpmath.fsum(x * x for x in shift))


def square_root(a):
    values, vectors = mpmath.eigsy(a)
    return vectors * mpmath.diag([mpmath.sqrt(x) for x in values]) * vectors.T


@given(st.integers(1, 4), st.floats(-13, 1), st.integers(0, 2**32 - 1))
def test_multivariate_w2_is_right_for_close_and_far_covariances(d, size, seed):
    p, q, eps = multivariate_pair(d, size, seed)
    truth = exact_w2(p, q)
    assert abs(w2(p, q) - truth) <= 8 * d * eps * truth
    assert w2(p, q) == pytest.approx(w2(q, p), rel=float(16 * d * eps))
    assert w2(p, p) == 0


def test_multivariate_distances_of_one_dimension_are_those_of_the_line():
    p, q = (MultivariateNormal([m], [[s * s]]) for m, s in ((0.5, 2.0), (-1.0, 3.0)))
    assert w2(p, q) == pytest.approx(w2(Normal(0.5, 2), Normal(-1, 3)), rel=RELATIVE)
    assert kl(p, q) == pytest.approx(kl(Normal(0.5, 2), Normal(-1, 3)), rel=RELATIVE)


def test_translates_are_as_far_apart_as_the_translation_is_long():
    covariance = symmetric(np.array([[2.0, 0.5], [0.5, 1.0]]))
    p, q = (MultivariateNormal(mean, covariance) for mean in ([0.0, 0.0], [3.0, 4.0]))
    assert w1(p, q) == w2(p, q) == 5


@pytest.mark.parametrize(
    ("function", "p", "q", "message"),
    [
        (w1, Gamma(1, 1), Gamma(2, 2), "`w1` of two Gamma distributions is known only where"),
        (
            w1,
            Beta(1e-200, 1e-200),
            Beta(2e-200, 2e-200),
            "`w1` of two Beta distributions is known only where",
        ),
        (w1, Categorical([1]), Categorical([1]), "`w1` of two Categorical .*divergences.emd take"),
        (w2, Poisson(1), Poisson(2), "`w2` of two Poisson distributions has no closed form"),
        (w2, Gamma(1, 1), Gamma(2, 1), "only for equal shapes, but they are 1.0 and 2.0"),
        (
            w1,
            MultivariateNormal([0.0], [[1.0]]),
            MultivariateNormal([0.0], [[2.0]]),
            "known only where their covariances are equal; use w2",
        ),
    ],
)
def test_what_is_not_known_is_refused_with_advice(function, p, q, message):
    with pytest.raises(DistributionError, match=message):
        function(p, q)


def test_distances_of_huge_parameters_do_not_overflow_on_the_way():
    assert w1(Uniform(0, 1e-200), Uniform(1e300, 1e308)) == pytest.approx(5e307, rel=1e-7)
    assert w2(Normal(1e200, 1), Normal(0, 1e200)) == pytest.approx(math.sqrt(2) * 1e200)
