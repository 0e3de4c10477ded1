"""KL and JS of the families: multiprecision, laws, agreement with torch, refusals."""

import math

import mpmath
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch import distributions as peers

from divergences import SolverError
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
    js,
    kl,
    reverse_kl,
)
from tests.divergences.closed_forms.strategies import (
    family_pairs,
    positive_numbers,
    positive_pairs,
)

LOG_2 = math.log(2)
# Sums of non-negative terms, each the square of a difference rounded once: a dozen roundings.
RELATIVE_ERROR = 2e-15


def exact_kl(p, q, digits):
    """KL by the textbook formula, in multiprecision."""
    with mpmath.workdps(digits):
        names = type(p).__dataclass_fields__
        p_values, q_values = ([mpmath.mpf(getattr(x, name)) for name in names] for x in (p, q))
        return TEXTBOOK_KL[type(p)](*p_values, *q_values)


def textbook_gamma_kl(k, b, k_q, b_q):
    shapes = mpmath.loggamma(k_q) - mpmath.loggamma(k) + (k - k_q) * mpmath.digamma(k)
    return shapes + k_q * mpmath.log(b / b_q) + k * (b_q / b - 1)


def textbook_beta_kl(a, b, a_q, b_q):
    def log_beta(x, y):
        return mpmath.loggamma(x) + mpmath.loggamma(y) - mpmath.loggamma(x + y)

    s, s_q = a + b, a_q + b_q
    slope = (a - a_q) * mpmath.digamma(a) + (b - b_q) * mpmath.digamma(b)
    return log_beta(a_q, b_q) - log_beta(a, b) + slope + (s_q - s) * mpmath.digamma(s)


TEXTBOOK_KL = {
    Normal: lambda m, s, n, t: mpmath.log(t / s) + (s**2 + (m - n) ** 2) / (2 * t**2) - 0.5,
    Exponential: lambda a, b: mpmath.log(a / b) + b / a - 1,
    Poisson: lambda a, b: a * mpmath.log(a / b) + b - a,
    Gamma: textbook_gamma_kl,
    Beta: textbook_beta_kl,
}


def assert_accurate(p, q, digits=80):
    value = kl(p, q)
    if p == q:
        assert value == 0
    else:
        exact = exact_kl(p, q, digits)
        assert abs(value - exact) <= RELATIVE_ERROR * exact, (p, q, value)


@given(family_pairs())
@example((Exponential(1), Exponential(1 + 1e-8)))
@example((Gamma(1e9, 1), Gamma(1e9 * (1 + 1e-6), 1)))
@example((Gamma(1e9, 1), Gamma(1e9 * (1 + 1e-6), 1 + 1e-6)))  # equal means up to rounding
@example((Gamma(1e9, 1), Gamma(2e9, 3)))
@example((Beta(1e6, 2e6), Beta(1e6 + 1e-3, 2e6 - 1e-3)))
@example((Beta(1e6, 2e6), Beta(1e6 + 1e-3, 2e6 + 2e-3)))  # likewise
@example((Beta(1e6, 1e-10), Beta(1e6 + 1, 1e-10)))  # 16 digits of log Gamma cancel
@example((Beta(1e-10, 1e10), Beta(1e-10, 1e10 + 5)))
@example((Poisson(1e10), Poisson(1e10 + 1)))
@example((Normal(1e5, 1e-5), Normal(1e5 + 1e-10, 1e-5)))
def test_kl_is_accurate_for_close_and_distant_parameters(pair):
    assert_accurate(*pair)


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (Exponential(1e-300), Exponential(1e-8)),
        (Exponential(1e-8), Exponential(1e-300)),
        (Poisson(1e-310), Poisson(1)),
        (Gamma(1e-200, 1), Gamma(1, 1)),
        (Gamma(1, 1), Gamma(1e-200, 1)),
        (Gamma(1e-300, 1), Gamma(2e-300, 1)),
        (Gamma(1e200, 1), Gamma(3e200, 1)),
        (Gamma(1e-300, 1e-300), Gamma(1e-300, 1e300)),
        (Beta(1, 1e-200), Beta(1e-200, 1)),
        (Beta(1e250, 1e-200), Beta(1e249, 1e-210)),
        (Normal(1e308, 1e308), Normal(-1e308, 1e308)),
        (Normal(0, 1e-300), Normal(0, 1e300)),
    ],
)
def test_extreme_parameters_do_not_overflow_in_between(p, q):
    assert_accurate(p, q, digits=700 if type(p) in (Gamma, Beta) else 1300)


@given(family_pairs())
def test_kl_is_at_least_0_and_0_only_for_equal_parameters(pair):
    p, q = pair
    assert kl(p, p) == 0
    assert kl(p, q) > 0 or p == q
    assert reverse_kl(p, q) == kl(q, p)


@given(positive_pairs(), positive_pairs(), st.integers(-60, 60))
def test_kl_is_invariant_under_a_change_of_unit(shapes, rates, exponent):
    (a, b), (c, d), unit = shapes, rates, 2.0**exponent
    assert kl(Gamma(a, c * unit), Gamma(b, d * unit)) == kl(Gamma(a, c), Gamma(b, d))
    assert kl(Normal(a * unit, c * unit), Normal(b * unit, d * unit)) == kl(
        Normal(a, c), Normal(b, d)
    )


@given(positive_pairs(), positive_pairs())
def test_kl_of_beta_is_invariant_under_reflection(alphas, betas):
    (a, b), (c, d) = alphas, betas
    mirrored = kl(Beta(c, a), Beta(d, b))
    assert kl(Beta(a, c), Beta(b, d)) == pytest.approx(mirrored, rel=RELATIVE_ERROR, abs=0)


@given(positive_pairs())
def test_a_gamma_of_shape_1_is_an_exponential(rates):
    a, b = rates
    assert kl(Gamma(1, a), Gamma(1, b)) == kl(Exponential(a), Exponential(b))


@given(positive_pairs(-8, 3), positive_pairs(-8, 3))
def test_kl_of_sums_of_independent_poisson_counts_obeys_data_processing(first, second):
    (a, b), (c, d) = first, second
    # The sum of two counts is a function of both.
    both = kl(Poisson(a), Poisson(b)) + kl(Poisson(c), Poisson(d))
    assert kl(Poisson(a + c), Poisson(b + d)) <= both * (1 + 1e-9) + 1e-25 * (a + c)


def test_a_poisson_of_rate_0_is_the_point_mass_at_0():
    assert kl(Poisson(0), Poisson(3)) == 3
    assert kl(Poisson(3), Poisson(0)) == math.inf
    assert kl(Poisson(0), Poisson(0)) == 0


PROBABILITIES = st.one_of(
    st.sampled_from([0.0, 1.0, 5e-324, 1 - 2**-53]), st.floats(0, 1), positive_numbers(-300, -1)
)


def exact_bernoulli(definition, p, q):
    with mpmath.workdps(1000 if min(x for x in (p, q, 1) if x > 0) < 1e-20 else 80):
        p, q = mpmath.mpf(p), mpmath.mpf(q)
        return definition([1 - p, p], [1 - q, q])


def bernoulli_kl(p, q):
    if any(a > 0 and b == 0 for a, b in zip(p, q, strict=True)):
        return mpmath.inf
    return mpmath.fsum(a * mpmath.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)


def bernoulli_js(p, q):
    m = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    return (bernoulli_kl(p, m) + bernoulli_kl(q, m)) / 2


@given(PROBABILITIES, PROBABILITIES, st.floats(-13, 0))
@example(1e-9, 1e-9, -8.0)  # 1 - p - (1 - q) cancels
def test_bernoulli_is_accurate_near_0_and_1(p, q, log_change):
    for other in (q, min(p * (1 + 10.0**log_change), 1.0)):
        first, second = Bernoulli(p), Bernoulli(other)
        exact = exact_bernoulli(bernoulli_kl, p, other)
        assert kl(first, second) == exact or abs(kl(first, second) - exact) <= (
            RELATIVE_ERROR * exact + 1e-320
        )
        exact = exact_bernoulli(bernoulli_js, p, other)
        assert abs(js(first, second) - exact) <= RELATIVE_ERROR * exact + 1e-320
        assert js(first, second) == js(second, first) <= LOG_2
    assert js(Bernoulli(0), Bernoulli(1)) == LOG_2


def test_categorical_is_the_discrete_divergence():
    p, q = Categorical([0.2, 0.3, 0.5]), Categorical([0.25, 0.25, 0.5])
    exact = 0.2 * math.log(0.8) + 0.3 * math.log(1.2)
    assert kl(p, q) == pytest.approx(exact, rel=1e-14, abs=0)
    assert js(Categorical([1, 0]), Categorical([0, 1])) == LOG_2


INTERVAL_ENDS = st.floats(-10, 10).map(lambda x: round(x, 2))


@given(st.lists(INTERVAL_ENDS, min_size=2, max_size=2, unique=True).map(sorted), st.floats(0, 1))
@example([0.0, 1.0], 1e-9)
def test_uniform_kl_is_the_log_of_the_ratio_of_lengths(ends, grow):
    low, high = ends
    p, q = Uniform(low, high), Uniform(low - grow, high + grow / 2)
    with mpmath.workdps(400):
        length = mpmath.mpf(high) - mpmath.mpf(low)
        exact = mpmath.log((mpmath.mpf(q.high) - mpmath.mpf(q.low)) / length)
    assert abs(kl(p, q) - exact) <= RELATIVE_ERROR * exact + 5e-324
    assert kl(q, p) == (math.inf if p != q else 0)


def test_js_of_uniform_is_that_of_three_outcomes():
    assert js(Uniform(0, 1), Uniform(1, 2)) == LOG_2
    assert js(Uniform(0, 1), Uniform(5, 7)) == LOG_2
    assert js(Uniform(0, 1), Uniform(0, 1)) == 0
    # Common support: mass 1 of p and 1/2 of q; only in q: 1/2.
    p, q = Categorical([1, 0]), Categorical([0.5, 0.5])
    assert js(Uniform(0, 1), Uniform(0, 2)) == pytest.approx(js(p, q), rel=RELATIVE_ERROR, abs=0)
    p, q = Categorical([0.5, 0.5, 0]), Categorical([0.5, 0, 0.5])
    assert js(Uniform(0, 2), Uniform(1, 3)) == pytest.approx(js(p, q), rel=RELATIVE_ERROR, abs=0)
    assert js(Uniform(0, 2), Uniform(1, 3)) == pytest.approx(LOG_2 / 2, rel=RELATIVE_ERROR, abs=0)


def tensors(*numbers):
    return [torch.tensor(x, dtype=torch.float64) for x in numbers]


@pytest.mark.parametrize(
    ("family", "peer_family", "p", "q"),
    [
        (Normal, peers.Normal, (0.5, 2.0), (-1.0, 3.0)),
        (Exponential, peers.Exponential, (2.0,), (0.3,)),
        (Gamma, peers.Gamma, (2.5, 0.7), (0.4, 3.0)),
        (Beta, peers.Beta, (2.5, 0.7), (0.4, 3.0)),
        (Poisson, peers.Poisson, (7.0,), (2.0,)),
        (Bernoulli, peers.Bernoulli, (0.3,), (0.6,)),
        (Categorical, peers.Categorical, ([0.3, 0.2, 0.5],), ([0.1, 0.1, 0.8],)),
        (Uniform, peers.Uniform, (0.0, 1.0), (-1.0, 2.5)),
        (
            MultivariateNormal,
            peers.MultivariateNormal,
            ([1.0, 2.0], [[2.0, 0.3], [0.3, 1.0]]),
            ([0.0, 0.5], [[1.0, -0.4], [-0.4, 1.5]]),
        ),
    ],
)
def test_torch_agrees_for_distant_parameters(family, peer_family, p, q):
    expected = peers.kl_divergence(peer_family(*tensors(*p)), peer_family(*tensors(*q)))
    assert kl(family(*p), family(*q)) == pytest.approx(float(expected), rel=1e-12, abs=0)


def test_an_overflow_in_between_is_an_error_and_no_number():
    tiny, huge = (MultivariateNormal([0.0], [[x]]) for x in (1e-200, 1e200))
    with pytest.raises(SolverError, match="overflows; divide `mean` by a length"):
        kl(huge, tiny)
    assert kl(tiny, huge) == pytest.approx((400 * math.log(10) - 1) / 2, rel=RELATIVE_ERROR, abs=0)
