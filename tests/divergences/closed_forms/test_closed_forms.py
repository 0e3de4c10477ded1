"""KL and JS of the families: many digits of mpmath, laws, torch where it is right, refusals."""

import math

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import assume, example, given
from hypothesis import strategies as st
from torch import distributions as peers

from divergences import DistributionError, SolverError
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
    w1,
    w2,
)

LOG_2 = math.log(2)
# Sums of terms >= 0, each of which squares a difference that is rounded once: a dozen roundings.
RELATIVE = 2e-15


@st.composite
def sizes(draw, low=-8.0, high=10.0):
    """Positive numbers of many magnitudes."""
    return 10.0 ** draw(st.floats(low, high))


@st.composite
def size_pairs(draw, low=-8.0, high=10.0):
    """A positive number and another: the same, slightly moved, or of a quite different size."""
    x = draw(sizes(low, high))
    moved = 10.0 ** draw(st.floats(-13.0, -0.3)) * draw(st.sampled_from([-1.0, 1.0]))
    return x, draw(st.sampled_from([x, x * (1 + moved), x * (1 + moved), draw(sizes(low, high))]))


@st.composite
def family_pairs(draw):
    """Two Normal, Exponential, Gamma, Beta or Poisson distributions."""
    (a, c), (b, d) = draw(size_pairs()), draw(size_pairs())
    family = draw(st.sampled_from([Normal, Exponential, Gamma, Beta, Poisson]))
    if family in (Exponential, Poisson):
        return family(a), family(c)
    sign = draw(st.sampled_from([-1, 1])) if family is Normal else 1
    return family(sign * a, b), family(sign * c, d)


def exact_kl(p, q, digits):
    """KL by the textbook formula."""
    with mpmath.workdps(digits):
        names = type(p).__dataclass_fields__
        p_all, q_all = ([mpmath.mpf(getattr(x, name)) for name in names] for x in (p, q))
        return TEXTBOOK[type(p)](*p_all, *q_all)


def textbook_gamma(k, b, k_q, b_q):
    shapes = mpmath.loggamma(k_q) - mpmath.loggamma(k) + (k - k_q) * mpmath.digamma(k)
    return shapes + k_q * mpmath.log(b / b_q) + k * (b_q / b - 1)


def textbook_beta(a, b, a_q, b_q):
    def log_beta(x, y):
        return mpmath.loggamma(x) + mpmath.loggamma(y) - mpmath.loggamma(x + y)

    s, s_q = a + b, a_q + b_q
    slope = (a - a_q) * mpmath.digamma(a) + (b - b_q) * mpmath.digamma(b)
    return log_beta(a_q, b_q) - log_beta(a, b) + slope + (s_q - s) * mpmath.digamma(s)


TEXTBOOK = {
    Normal: lambda m, s, n, t: mpmath.log(t / s) + (s**2 + (m - n) ** 2) / (2 * t**2) - 0.5,
    Exponential: lambda a, b: mpmath.log(a / b) + b / a - 1,
    Poisson: lambda a, b: a * mpmath.log(a / b) + b - a,
    Gamma: textbook_gamma,
    Beta: textbook_beta,
}


def assert_right(p, q, digits=80):
    value = kl(p, q)
    if p == q:
        assert value == 0
    else:
        truth = exact_kl(p, q, digits)
        assert abs(value - truth) <= RELATIVE * truth, (p, q, value)


@given(family_pairs())
@example((Exponential(1), Exponential(1 + 1e-8)))
@example((Gamma(1e9, 1), Gamma(1e9 * (1 + 1e-6), 1)))
@example((Gamma(1e9, 1), Gamma(1e9 * (1 + 1e-6), 1 + 1e-6)))  # the means agree to rounding
@example((Gamma(1e9, 1), Gamma(2e9, 3)))
@example((Beta(1e6, 2e6), Beta(1e6 + 1e-3, 2e6 - 1e-3)))
@example((Beta(1e6, 2e6), Beta(1e6 + 1e-3, 2e6 + 2e-3)))  # so do these
@example((Beta(1e6, 1e-10), Beta(1e6 + 1, 1e-10)))  # 16 digits of log Gamma cancel
@example((Beta(1e-10, 1e10), Beta(1e-10, 1e10 + 5)))
@example((Poisson(1e10), Poisson(1e10 + 1)))
@example((Normal(1e5, 1e-5), Normal(1e5 + 1e-10, 1e-5)))
def test_kl_is_right_to_the_last_digits_however_close_or_far(pair):
    assert_right(*pair)


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
def test_extreme_parameters_do_not_overflow_on_the_way(p, q):
    assert_right(p, q, digits=700 if type(p) in (Gamma, Beta) else 1300)


@given(family_pairs())
def test_kl_is_at_least_0_and_0_only_for_equal_parameters(pair):
    p, q = pair
    assert kl(p, p) == 0
    assert kl(p, q) > 0 or p == q
    assert reverse_kl(p, q) == kl(q, p)


@given(size_pairs(), size_pairs(), st.integers(-60, 60))
def test_a_change_of_unit_changes_nothing(shapes, rates, exponent):
    (a, b), (c, d), unit = shapes, rates, 2.0**exponent
    assert kl(Gamma(a, c * unit), Gamma(b, d * unit)) == kl(Gamma(a, c), Gamma(b, d))
    assert kl(Normal(a * unit, c * unit), Normal(b * unit, d * unit)) == kl(
        Normal(a, c), Normal(b, d)
    )


@given(size_pairs(), size_pairs())
def test_a_beta_mirrored_is_the_same_to_rounding(alphas, betas):
    (a, b), (c, d) = alphas, betas
    mirrored = kl(Beta(c, a), Beta(d, b))
    assert kl(Beta(a, c), Beta(b, d)) == pytest.approx(mirrored, rel=RELATIVE, abs=0)


@given(size_pairs())
def test_a_gamma_of_shape_1_is_an_exponential(rates):
    a, b = rates
    assert kl(Gamma(1, a), Gamma(1, b)) == kl(Exponential(a), Exponential(b))


@given(size_pairs(-8, 3), size_pairs(-8, 3))
def test_adding_a_poisson_splits_like_a_sum_of_independent_counts(first, second):
    (a, b), (c, d) = first, second
    # Data processing: the sum of two counts tells less than both.
    both = kl(Poisson(a), Poisson(b)) + kl(Poisson(c), Poisson(d))
    assert kl(Poisson(a + c), Poisson(b + d)) <= both * (1 + 1e-9) + 1e-25 * (a + c)


def test_a_poisson_of_rate_0_is_the_point_mass_at_0():
    assert kl(Poisson(0), Poisson(3)) == 3
    assert kl(Poisson(3), Poisson(0)) == math.inf
    assert kl(Poisson(0), Poisson(0)) == 0


PROBABILITIES = st.one_of(
    st.sampled_from([0.0, 1.0, 5e-324, 1 - 2**-53]), st.floats(0, 1), sizes(-300, -1)
)


def exact_bernoulli(formula, p, q):
    with mpmath.workdps(1000 if min(x for x in (p, q, 1) if x > 0) < 1e-20 else 80):
        p, q = mpmath.mpf(p), mpmath.mpf(q)
        return formula([1 - p, p], [1 - q, q])


def bernoulli_kl(p, q):
    if any(a > 0 and b == 0 for a, b in zip(p, q, strict=True)):
        return mpmath.inf
    return mpmath.fsum(a * mpmath.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)


def bernoulli_js(p, q):
    m = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    return (bernoulli_kl(p, m) + bernoulli_kl(q, m)) / 2


@given(PROBABILITIES, PROBABILITIES, st.floats(-13, 0))
@example(1e-9, 1e-9, -8.0)  # 1 - p has lost what 1 - p - (1 - q) is
def test_bernoulli_is_right_near_0_and_1_too(p, q, move):
    for other in (q, min(p * (1 + 10.0**move), 1.0)):
        first, second = Bernoulli(p), Bernoulli(other)
        truth = exact_bernoulli(bernoulli_kl, p, other)
        assert kl(first, second) == truth or abs(kl(first, second) - truth) <= (
            RELATIVE * truth + 1e-320
        )
        truth = exact_bernoulli(bernoulli_js, p, other)
        assert abs(js(first, second) - truth) <= RELATIVE * truth + 1e-320
        assert js(first, second) == js(second, first) <= LOG_2
    assert js(Bernoulli(0), Bernoulli(1)) == LOG_2


def test_categorical_is_the_discrete_divergence():
    p, q = Categorical([0.2, 0.3, 0.5]), Categorical([0.25, 0.25, 0.5])
    truth = 0.2 * math.log(0.8) + 0.3 * math.log(1.2)
    assert kl(p, q) == pytest.approx(truth, rel=1e-14)
    assert js(Categorical([1, 0]), Categorical([0, 1])) == LOG_2


ENDS = st.floats(-10, 10).map(lambda x: round(x, 2))


@given(st.lists(ENDS, min_size=2, max_size=2, unique=True).map(sorted), st.floats(0, 1))
@example([0.0, 1.0], 1e-9)
def test_uniform_kl_is_the_log_of_the_ratio_of_lengths(ends, grow):
    low, high = ends
    p, q = Uniform(low, high), Uniform(low - grow, high + grow / 2)
    with mpmath.workdps(400):
        length = mpmath.mpf(high) - mpmath.mpf(low)
        truth = mpmath.log((mpmath.mpf(q.high) - mpmath.mpf(q.low)) / length)
    assert abs(kl(p, q) - truth) <= RELATIVE * truth + 5e-324
    assert kl(q, p) == (math.inf if p != q else 0)


def test_uniform_js_counts_three_outcomes():
    assert js(Uniform(0, 1), Uniform(1, 2)) == LOG_2
    assert js(Uniform(0, 1), Uniform(5, 7)) == LOG_2
    assert js(Uniform(0, 1), Uniform(0, 1)) == 0
    # In both: 1 of p and 1/2 of q; only in q: 1/2.
    p, q = Categorical([1, 0]), Categorical([0.5, 0.5])
    assert js(Uniform(0, 1), Uniform(0, 2)) == pytest.approx(js(p, q), rel=RELATIVE)
    p, q = Categorical([0.5, 0.5, 0]), Categorical([0.5, 0, 0.5])
    assert js(Uniform(0, 2), Uniform(1, 3)) == pytest.approx(js(p, q), rel=RELATIVE)
    assert js(Uniform(0, 2), Uniform(1, 3)) == pytest.approx(LOG_2 / 2, rel=RELATIVE)


def tensors(*numbers):
    return [torch.tensor(x, dtype=torch.float64) for x in numbers]


@pytest.mark.parametrize(
    ("ours", "theirs", "p", "q"),
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
def test_torch_agrees_where_the_two_are_far_apart(ours, theirs, p, q):
    peer = peers.kl_divergence(theirs(*tensors(*p)), theirs(*tensors(*q)))
    assert kl(ours(*p), ours(*q)) == pytest.approx(float(peer), rel=1e-12)


@pytest.mark.parametrize("pair", [(Exponential(1), 3), ([0.5, 0.5], [1, 0]), (Normal, Normal)])
@pytest.mark.parametrize("function", [kl, reverse_kl, js, w1, w2])
def test_what_is_of_no_family_is_refused(function, pair):
    message = r"must be a distribution of divergences.closed_forms \(Normal, .*but is a "
    with pytest.raises(DistributionError, match=message):
        function(*pair)


@pytest.mark.parametrize("function", [kl, js, w1, w2])
def test_two_families_are_refused(function):
    with pytest.raises(DistributionError, match="of one family, but are Gamma and Exponential; "):
        function(Gamma(1, 1), Exponential(1))


def test_an_unknown_js_is_refused_with_what_there_is_instead():
    message = (
        "`js` of two Normal distributions has no closed form, it is known for Bernoulli, "
        "Categorical, Uniform; for densities on the line divergences.densities.js"
    )
    with pytest.raises(DistributionError, match=message):
        js(Normal(0, 1), Normal(1, 1))


def test_what_overflows_on_the_way_is_an_error_and_no_number():
    tiny, huge = (MultivariateNormal([0.0], [[x]]) for x in (1e-200, 1e200))
    with pytest.raises(SolverError, match="overflows; divide `mean` by a length"):
        kl(huge, tiny)
    assert kl(tiny, huge) == pytest.approx((400 * math.log(10) - 1) / 2, rel=RELATIVE)


REFUSED = [
    (Normal, (0, 0), "`standard_deviation` must be above 0, but is 0.0; "),
    (Normal, (math.nan, 1), "`mean` must be finite, but is nan; "),
    (Normal, ([0, 1], 1), r"`mean` must be one number, but has shape \(2,\); "),
    (Normal, (1j, 1), "`mean` must be a real number, but is 1j; "),
    (Normal, (True, 1), "`mean` must be a real number, but is True; "),
    (Exponential, (-1,), "`rate` must be above 0, but is -1.0; it is 1 / mean"),
    (Gamma, (0, 1), "`shape` must be above 0"),
    (Gamma, (1, math.inf), "`rate` must be finite, but is inf"),
    (Beta, (-2, 1), "`alpha` must be above 0, but is -2.0"),
    (Beta, (2, 0), "`beta` must be above 0"),
    (Poisson, (-0.5,), "`rate` must be at least 0, but is -0.5; it is the mean"),
    (Bernoulli, (1.5,), r"`probability` must be in \[0, 1\], but is 1.5; from log-odds"),
    (Categorical, ([0.5, 0.6],), r"`probabilities` must sum to 1 .*normalise it"),
    (Categorical, ([[0.5, 0.5]],), r"`probabilities` must have 1 axis, but has shape \(1, 2\)"),
    (Categorical, ([1.5, -0.5],), r"`probabilities`\[1\] = -0.5 is negative"),
    (Uniform, (1, 1), "`high` must be above `low`, but they are 1.0 and 1.0"),
    (MultivariateNormal, ([0, 0], [[1]]), r"`covariance` must have shape \(d, d\) = \(2, 2\)"),
    (MultivariateNormal, (0, [[1]]), r"`mean` must have 1 axis, but has shape \(\)"),
    (MultivariateNormal, ([0, 0], [[1, 0.1], [0.2, 1]]), "must be symmetric, but is not; "),
    (MultivariateNormal, ([0, 0], [[1, 2], [2, 1]]), "`covariance` must be positive definite"),
    (MultivariateNormal, ([0], [[math.inf]]), "`covariance` must be finite"),
]


@pytest.mark.parametrize(("family", "parameters", "message"), REFUSED)
def test_parameters_of_no_distribution_are_refused_with_the_reason(family, parameters, message):
    with pytest.raises(DistributionError, match=message):
        family(*parameters)


def test_parameters_are_kept_as_floats_that_do_not_change():
    assert Gamma(np.float32(2), 3) == Gamma(2.0, 3.0)
    given_array = np.array([0.5, 0.5])
    kept = Categorical(given_array)
    given_array[0] = 0.9
    assert np.array_equal(kept.probabilities, [0.5, 0.5])
    with pytest.raises(ValueError, match="read-only"):
        kept.probabilities[0] = 1


@given(st.integers(1, 5), st.floats(-13, 1), st.integers(0, 2**32 - 1))
@example(4, -8.0, 0)
def test_multivariate_kl_is_right_for_close_and_far_covariances(d, size, seed):
    p, q, eps = multivariate_pair(d, size, seed)
    truth = exact_multivariate_kl(p, q)
    assume(truth > 0)
    # Two triangular solves of d steps and d eigenvalues, well conditioned.
    assert abs(kl(p, q) - truth) <= 4 * d * eps * truth


def multivariate_pair(d, size, seed):
    """Two normals as far apart as ``size`` says, and the rounding of q's condition."""
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((d, 2 * d + 3))
    covariance = root @ root.T / (2 * d)
    other = rng.standard_normal((d, 2 * d + 3))
    change = 10.0**size * (other @ other.T)
    mean = rng.standard_normal(d)
    p = MultivariateNormal(mean, symmetric(covariance + change))
    q = MultivariateNormal(mean * (1 + 10.0**size), symmetric(covariance))
    return p, q, np.finfo(float).eps * np.linalg.cond(covariance)


def symmetric(a):
    return (a + a.T) / 2


def exact_multivariate_kl(p, q):
    with mpmath.workdps(60):
        (m, s), (n, t) = (
            (mpmath.matrix(x.mean.tolist()), mpmath.matrix(x.covariance.tolist())) for x in (p, q)
        )
        inverse = t**-1
        product = inverse * s
        trace = mpmath.fsum(product[i, i] for i in range(s.rows))
        shift = ((m - n).T * inverse * (m - n))[0]
        return (trace - s.rows - mpmath.log(mpmath.det(product)) + shift) / 2


@given(st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_multivariate_kl_does_not_depend_on_the_units_of_the_coordinates(d, seed):
    p, q, _ = multivariate_pair(d, -1.0, seed)
    units = 2.0 ** np.random.default_rng(seed).integers(-40, 40, d)
    scaled = [
        MultivariateNormal(x.mean * units, x.covariance * units * units[:, None]) for x in (p, q)
    ]
    assert kl(*scaled) == pytest.approx(kl(p, q), rel=1e-13)


def test_independent_coordinates_add_up():
    p, q = [(0.0, 1.0), (1.0, 1e-9), (2.0, 3e8)], [(0.5, 1.0), (1.0, 2e-6), (9.0, 3.1e8)]
    sides = [MultivariateNormal([m for m, _ in x], np.diag([s * s for _, s in x])) for x in (p, q)]
    total = math.fsum(kl(Normal(*a), Normal(*b)) for a, b in zip(p, q, strict=True))
    assert kl(*sides) == pytest.approx(total, rel=4 * RELATIVE)


def test_different_dimensions_are_refused():
    p, q = MultivariateNormal([0.0], [[1.0]]), MultivariateNormal([0.0, 0.0], np.eye(2))
    for function in (kl, w1, w2):
        with pytest.raises(DistributionError, match="same dimension, but have 1 and 2"):
            function(p, q)
