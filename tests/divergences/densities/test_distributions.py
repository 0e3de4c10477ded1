"""Divergences of distributions of scipy.stats: closed forms, bounds of infinite sums, refusals."""

import math

import mpmath
import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

import divergences
from divergences import DistributionError, SolverError, closed_forms
from divergences.densities import js, kl, reverse_kl
from divergences.densities._distributions import log_density_of
from divergences.densities._tails import kl_bound, mass_bound, tail_from

LINE = (-math.inf, math.inf)

CONTINUOUS_PAIRS = [
    (
        (scipy.stats.norm(0.5, 2), scipy.stats.norm(-1, 3)),
        (closed_forms.Normal(0.5, 2), closed_forms.Normal(-1, 3)),
    ),
    (
        (scipy.stats.Normal(mu=0.5, sigma=2), scipy.stats.Normal(mu=-1, sigma=3)),
        (closed_forms.Normal(0.5, 2), closed_forms.Normal(-1, 3)),
    ),
    (
        (scipy.stats.norm(1000, 0.01), scipy.stats.norm(1000, 0.02)),
        (closed_forms.Normal(1000, 0.01), closed_forms.Normal(1000, 0.02)),
    ),
    (
        (scipy.stats.gamma(2.5, scale=1 / 0.7), scipy.stats.gamma(0.4, scale=1 / 3)),
        (closed_forms.Gamma(2.5, 0.7), closed_forms.Gamma(0.4, 3)),
    ),
    (
        (scipy.stats.beta(2.5, 3), scipy.stats.beta(0.3, 1.5)),
        (closed_forms.Beta(2.5, 3), closed_forms.Beta(0.3, 1.5)),
    ),
    (
        (scipy.stats.uniform(0, 1), scipy.stats.uniform(-1, 3.5)),
        (closed_forms.Uniform(0, 1), closed_forms.Uniform(-1, 2.5)),
    ),
]


@pytest.mark.parametrize(("pair", "families"), CONTINUOUS_PAIRS)
def test_the_closed_form_of_a_continuous_pair_lies_within_the_error(pair, families):
    result, exact = kl(*pair), closed_forms.kl(*families)
    assert abs(result.value - exact) <= result.error + 1e-15 * exact
    assert result.error <= 1e-9 * exact


def quadrature(log_p, log_q, limits):
    """KL in multiprecision."""

    def integrand(x):
        return mpmath.exp(log_p(x)) * (log_p(x) - log_q(x))

    with mpmath.workdps(25):
        return mpmath.quad(integrand, limits)


def log_student(x, degrees):
    constant = mpmath.loggamma((degrees + 1) / 2) - mpmath.loggamma(degrees / 2)
    growth = (degrees + 1) / 2 * mpmath.log1p(x * x / degrees)
    return constant - mpmath.log(degrees * mpmath.pi) / 2 - growth


def log_normal(x, mean=0, deviation=1):
    constant = mpmath.log(deviation) + mpmath.log(2 * mpmath.pi) / 2
    return -(((x - mean) / deviation) ** 2) / 2 - constant


@pytest.mark.parametrize("degrees", [3, 5, 30])
def test_kl_of_student_t_from_the_normal_distribution_agrees_with_multiprecision(degrees):
    limits = [-mpmath.inf, -10, -3, 0, 3, 10, mpmath.inf]
    degrees_of_freedom = mpmath.mpf(degrees)
    exact = quadrature(lambda x: log_student(x, degrees_of_freedom), log_normal, limits)
    result = kl(scipy.stats.t(degrees), scipy.stats.norm())
    assert abs(result.value - exact) <= result.error <= 1e-9


def test_kl_of_student_t_without_a_variance_from_the_normal_distribution_is_an_error():
    with pytest.raises(SolverError, match="check that the divergence is finite"):
        kl(scipy.stats.t(2), scipy.stats.norm())


def test_divergences_of_mixtures_of_normals_agree_with_multiprecision():
    parts, weights = [(0, 1), (4, 0.5), (-20, 0.01)], [0.3, 0.6, 0.1]
    mixture = scipy.stats.Mixture(
        [scipy.stats.Normal(mu=float(m), sigma=s) for m, s in parts], weights=weights
    )
    broad = scipy.stats.Normal(mu=0.0, sigma=10.0)

    def log_mixture(x):
        terms = (
            w * mpmath.exp(log_normal(x, m, s)) for w, (m, s) in zip(weights, parts, strict=True)
        )
        return mpmath.log(mpmath.fsum(terms))

    limits = [-60, -20.1, -20.03, -20, -19.97, -19.9, -8, -4, 0, 2, 3, 4, 5, 6, 9]
    exact = quadrature(log_mixture, lambda x: log_normal(x, 0, 10), limits)
    result = kl(mixture, broad)
    assert abs(result.value - exact) <= result.error + 1e-12
    assert result.error <= 1e-9
    assert js(mixture, broad).value == pytest.approx(js(broad, mixture).value, rel=1e-12, abs=0)


def test_a_distribution_may_stand_beside_a_log_density():
    result = kl(scipy.stats.norm(), lambda x: -np.abs(x) - math.log(2), points=[0])
    exact = math.log(2) + math.sqrt(2 / math.pi) - math.log(2 * math.pi) / 2 - 0.5
    assert abs(result.value - exact) <= result.error <= 1e-10


def test_the_support_is_that_of_both_distributions():
    assert kl(scipy.stats.norm(), scipy.stats.uniform()).value == math.inf
    half = js(scipy.stats.uniform(0, 1), scipy.stats.uniform(0.5, 1))
    exact = closed_forms.js(closed_forms.Uniform(0, 1), closed_forms.Uniform(0.5, 1.5))
    assert abs(half.value - exact) <= half.error <= 1e-10


def geometric_kl(p, q):
    return math.log(p / q) + (1 - p) / p * (math.log1p(-p) - math.log1p(-q))


@settings(max_examples=30)
@given(st.floats(1e-3, 500), st.floats(1e-3, 500))
def test_kl_of_poisson_distributions_is_the_closed_form(p, q):
    result = kl(scipy.stats.poisson(p), scipy.stats.poisson(q))
    exact = closed_forms.kl(closed_forms.Poisson(p), closed_forms.Poisson(q))
    assert abs(result.value - exact) <= result.error + 1e-15 * exact
    assert result.error <= 1e-9 * exact + 1e-13


@settings(max_examples=30)
@given(st.floats(1e-3, 0.99), st.floats(1e-3, 0.99))
def test_kl_of_geometric_distributions_is_the_closed_form(p, q):
    result, exact = kl(scipy.stats.geom(p), scipy.stats.geom(q)), geometric_kl(p, q)
    assert abs(result.value - exact) <= result.error + 1e-13 * exact + 1e-14
    assert result.error <= 1e-9 * exact + 1e-13


DISCRETE = [
    scipy.stats.poisson(3),
    scipy.stats.poisson(20, loc=1),
    scipy.stats.geom(0.25, loc=-1),
    scipy.stats.geom(0.003),
    scipy.stats.nbinom(2.5, 0.3),
    scipy.stats.nbinom(0.4, 0.1),
    scipy.stats.logser(0.9),
    scipy.stats.planck(0.5),
    scipy.stats.binom(40, 0.3),
]


@pytest.mark.parametrize("p", DISCRETE)
@pytest.mark.parametrize("q", DISCRETE)
def test_an_infinite_sum_is_that_of_many_more_terms(p, q):
    result, numbers = kl(p, q), np.arange(20_000)
    log_p, log_q = log_density_of(p)(numbers), log_density_of(q)(numbers)
    if (log_p[np.isneginf(log_q)] > -np.inf).any():
        assert result.value == math.inf
        return
    terms = [
        math.exp(a) * (a - b) - math.exp(a) + math.exp(b) if a > -math.inf else math.exp(b)
        for a, b in zip(log_p.tolist(), log_q.tolist(), strict=True)
    ]
    assert result.value == pytest.approx(math.fsum(terms), rel=1e-11, abs=1e-14)
    assert result.error <= 1e-9 * max(result.value, 1e-3)


def test_the_bound_of_the_end_of_a_sum_is_above_it():
    for p in DISCRETE[:-1]:
        for q in DISCRETE[:-1]:
            first = 40
            tail, other = tail_from(p, first), tail_from(q, first)
            numbers = np.arange(first + 1, first + 20_000)
            log_p, log_q = log_density_of(p)(numbers), log_density_of(q)(numbers)
            here = p.logpmf(first), q.logpmf(first)
            end = math.fsum(np.exp(log_p) * np.where(log_p > -np.inf, log_p - log_q, 0))
            bound = kl_bound(math.exp(here[0]), here[0] - here[1], tail, other, first)
            assert end <= bound * (1 + 1e-9)
            assert p.sf(first) <= mass_bound(math.exp(here[0]), tail) * (1 + 1e-9)


def test_finite_discrete_distributions_are_summed_over_their_support():
    p, q = scipy.stats.binom(10, 0.3), scipy.stats.Binomial(n=10, p=0.4)
    exact = 10 * (0.3 * math.log(0.3 / 0.4) + 0.7 * math.log(0.7 / 0.6))
    for result in (kl(p, q), reverse_kl(q, p)):
        assert abs(result.value - exact) <= result.error + 1e-15 <= 1e-13
    values = scipy.stats.rv_discrete(values=([1, 2, 5], [0.2, 0.3, 0.5]))
    dice = scipy.stats.randint(1, 7)
    expected = divergences.kl([0.2, 0.3, 0.5, 0], [1 / 6, 1 / 6, 1 / 6, 1 / 2])
    assert kl(values, dice).value == pytest.approx(expected, rel=1e-13, abs=0)


def test_kl_of_discrete_distributions_is_infinite_without_common_support():
    assert kl(scipy.stats.poisson(3), scipy.stats.binom(100, 0.03)).value == math.inf
    assert kl(scipy.stats.poisson(3), scipy.stats.poisson(3, loc=2)).value == math.inf
    gap = scipy.stats.rv_discrete(values=([1, 3], [0.5, 0.5]))
    assert kl(scipy.stats.randint(1, 4), gap).value == math.inf


def test_probabilities_that_underflow_are_no_zeros():
    geometric, planck = scipy.stats.geom(0.003, loc=-1), scipy.stats.planck(0.5)
    exact = geometric_kl(0.003, -math.expm1(-0.5))
    assert kl(geometric, planck).value == pytest.approx(exact, rel=1e-12, abs=0)
    with pytest.raises(SolverError, match="probabilities of `log_q` underflow"):
        kl(scipy.stats.randint(0, 2000), scipy.stats.boltzmann(0.5, 2000))


def test_js_of_discrete_distributions_is_bounded_for_any_family():
    p, q = scipy.stats.skellam(3, 2), scipy.stats.skellam(2, 2)
    numbers = np.arange(-100, 101)
    expected = divergences.js(*(divergences.normalize(d.pmf(numbers)) for d in (p, q)))
    assert js(p, q).value == pytest.approx(expected, rel=1e-12, abs=0)
    assert js(p, scipy.stats.poisson(3)).value <= math.log(2)


def refusal_of(call):
    with pytest.raises(DistributionError) as error:
        call()
    return str(error.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kl(scipy.stats.norm().logpdf, scipy.stats.norm().logpdf), "`support` is needed"),
        (lambda: kl(scipy.stats.gamma, scipy.stats.norm()), "family .* without parameters"),
        (lambda: kl(scipy.stats.norm([0, 1]), scipy.stats.norm()), "one distribution.*one by one"),
        (lambda: kl(scipy.stats.norm(0, -1), scipy.stats.norm()), "has invalid parameters"),
        (lambda: kl(scipy.stats.poisson(3), scipy.stats.norm()), "KL of the two is infinite"),
        (lambda: kl(scipy.stats.poisson(3), scipy.stats.poisson(2), (0, 10)), "drop them"),
        (lambda: kl(scipy.stats.norm(), scipy.stats.norm(1), points=3), r"pass one .* \[number\]"),
        (
            lambda: kl(scipy.stats.multivariate_normal([0, 0]), scipy.stats.norm()),
            "closed_forms.kl of two MultivariateNormal",
        ),
        (lambda: kl(lambda x: -x * x / 2 + 0j, scipy.stats.norm()), "complex128"),
        (lambda: kl(scipy.stats.zipf(3), scipy.stats.zipf(2.5)), "KL of zipf and zipf .* bound"),
    ],
)
def test_what_is_no_pair_of_distributions_of_the_line_is_refused(call, message):
    with pytest.raises(DistributionError, match=message):
        call()


def test_an_infinite_sum_of_heavy_tails_is_an_error():
    with pytest.raises(SolverError, match=r"more than 4e\+06 terms"):
        js(scipy.stats.zipf(1.5), scipy.stats.zipf(2.5))


# case R7
def test_a_density_in_place_of_its_logarithm_is_refused_with_a_remedy_that_runs():
    f, g = scipy.stats.norm(), scipy.stats.norm(1)
    assert "the distribution itself" in refusal_of(lambda: kl(f.pdf, g.logpdf, LINE))
    message = refusal_of(lambda: kl(lambda x: f.pdf(x), g.logpdf, LINE))
    assert "pass lambda x: numpy.log(log_p(x))" in message
    remedy = eval("lambda x: numpy.log(log_p(x))", {"numpy": np, "log_p": f.pdf})
    with np.errstate(divide="ignore"):
        assert kl(remedy, g.logpdf, (-20, 20)).value == pytest.approx(0.5, rel=1e-8)
    beta = scipy.stats.beta(2, 2)
    message = refusal_of(lambda: kl(beta.logpdf, lambda x: beta.pdf(x), (0, 1)))
    assert "`log_q` must be a log-density, but its values are at least 0" in message


# case R7
@pytest.mark.parametrize(
    ("p", "q", "family"),
    [
        (scipy.stats.norm(), scipy.stats.norm(1), "Normal"),
        (scipy.stats.Normal(), scipy.stats.Normal(mu=1.0), "Normal"),
        (scipy.stats.poisson(2), scipy.stats.poisson(3), "Poisson"),
    ],
)
def test_distributions_in_place_of_probabilities_are_refused_with_a_remedy_that_runs(p, q, family):
    message = refusal_of(lambda: divergences.kl(p, q))
    assert f"such as kl, of two {family}" in message
    assert "divergences.densities, such as kl(p, q)" in message
    assert eval("divergences.densities.kl(p, q)", {"divergences": divergences, "p": p, "q": q}) > 0


def test_the_remedy_for_a_sum_without_a_bound_runs():
    p, q = scipy.stats.zipf(3), scipy.stats.zipf(2.5)
    message = refusal_of(lambda: kl(p, q))
    code = message.partition("probabilities, ")[2]
    names = {"numpy": np, "divergences": divergences, "log_p": p, "log_q": q}
    exec(code.replace("divergences.kl(", "value = divergences.kl(", 1), names)
    assert 0 < names["value"] < 1
