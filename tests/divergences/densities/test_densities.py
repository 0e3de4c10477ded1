"""Divergences by quadrature: closed forms, multiprecision, error bounds and refusals."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divergences import DistributionError, SolverError, closed_forms
from divergences.densities import js, kl, reverse_kl

LINE = (-math.inf, math.inf)
HALF_LINE = (0, math.inf)
MAX_RELATIVE_ERROR = 1e-10


def normal(mean=0.0, deviation=1.0):
    constant = math.log(deviation) + math.log(2 * math.pi) / 2
    return lambda x: -(((x - mean) / deviation) ** 2) / 2 - constant


def laplace(x):
    return -np.abs(x) - math.log(2)


def cauchy(x):
    return -np.log1p(x * x) - math.log(math.pi)


def uniform(low, high):
    return lambda x: np.where((x >= low) & (x <= high), -math.log(high - low), -math.inf)


def gamma(shape, rate):
    constant = shape * math.log(rate) - math.lgamma(shape)
    return lambda x: (shape - 1) * np.log(x) - rate * x + constant


def beta(a, b):
    constant = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return lambda x: (a - 1) * np.log(x) + (b - 1) * np.log1p(-x) + constant


def assert_accurate(result, exact):
    """Assert that the error is within its bound, and that the bound is small."""
    assert abs(result.value - exact) <= result.error
    assert result.error <= MAX_RELATIVE_ERROR * max(exact, 1e-3)


PAIRS_WITH_CLOSED_FORMS = [
    (normal(0.5, 2), normal(-1, 3), LINE, closed_forms.Normal(0.5, 2), closed_forms.Normal(-1, 3)),
    (
        lambda x: math.log(2) - 2 * x,
        lambda x: math.log(0.3) - 0.3 * x,
        HALF_LINE,
        closed_forms.Exponential(2),
        closed_forms.Exponential(0.3),
    ),
    (
        gamma(2.5, 0.7),
        gamma(0.4, 3),
        HALF_LINE,
        closed_forms.Gamma(2.5, 0.7),
        closed_forms.Gamma(0.4, 3),
    ),
    (
        beta(2.5, 3),
        beta(0.3, 1.5),
        (0, 1),
        closed_forms.Beta(2.5, 3),
        closed_forms.Beta(0.3, 1.5),
    ),
    (
        uniform(0, 1),
        uniform(-1, 2.5),
        (-1, 2.5),
        closed_forms.Uniform(0, 1),
        closed_forms.Uniform(-1, 2.5),
    ),
]


@pytest.mark.parametrize(("log_p", "log_q", "support", "p", "q"), PAIRS_WITH_CLOSED_FORMS)
def test_closed_forms_lie_within_the_error_bound(log_p, log_q, support, p, q):
    points = [0, 1] if isinstance(p, closed_forms.Uniform) else []
    assert_accurate(kl(log_p, log_q, support, points=points), closed_forms.kl(p, q))
    reverse = reverse_kl(log_p, log_q, support, points=points)
    if math.isfinite(closed_forms.kl(q, p)):
        assert_accurate(reverse, closed_forms.kl(q, p))
    else:
        assert (reverse.value, reverse.error) == (math.inf, 0)


def test_the_error_bound_covers_the_rounding_of_points_near_a_singularity():
    result = reverse_kl(beta(2.5, 3), beta(1.5, 0.8), (0, 1))  # infinite at 1
    exact = closed_forms.kl(closed_forms.Beta(1.5, 0.8), closed_forms.Beta(2.5, 3))
    assert abs(result.value - exact) <= result.error <= 1e-9


@pytest.mark.parametrize("shift", [1e-4, 1e-6])
@pytest.mark.parametrize("function", [kl, reverse_kl, js])
def test_the_error_bound_covers_the_rounding_of_the_log_densities(function, shift):
    # KL and JS of close densities are of order shift^2, and rounding errors of the log-densities
    # change them by order eps * shift: more than the error estimate of the quadrature.
    middle = shift / 2  # where p = q

    def rounded(log_density, direction):
        """Half the assumed rounding error, 2^-50 of 1 + |log|, with the signs that add up."""

        def log_density_with_error(x):
            values = log_density(x)
            return values + direction * 2.0**-51 * (1 + np.abs(values)) * np.sign(middle - x)

        return log_density_with_error

    p, q = normal(0), normal(shift)
    exact = function(p, q, LINE, points=[middle])
    result = function(rounded(p, 1), rounded(q, -1), LINE, points=[middle])
    # Half the assumed errors change KL by half the bound; JS, a quarter of KL, by an eighth.
    assert 0.1 * result.error <= result.value - exact.value <= result.error


@settings(max_examples=15)
@given(st.floats(-3, 3), st.floats(-1, 1), st.floats(-6, 0))
def test_kl_of_normal_densities_is_accurate_for_any_mean_scale_and_difference(
    mean, log_scale, log_change
):
    change, scale = 10.0**log_change, 10.0**log_scale
    p, q = (mean, scale), (mean + change * scale, scale * (1 + change / 2))
    result = kl(normal(*p), normal(*q), LINE, points=[mean])
    exact = closed_forms.kl(closed_forms.Normal(*p), closed_forms.Normal(*q))
    assert abs(result.value - exact) <= result.error
    rounding = 1e-13 / change  # of the log-densities, relative to KL
    assert result.error <= (MAX_RELATIVE_ERROR + rounding) * exact


def test_js_of_normal_densities_agrees_with_multiprecision():
    log_p, log_q = normal(0, 1), normal(1, 2)

    def integrand(x):
        p = mpmath.npdf(x, 0, 1)
        q = mpmath.npdf(x, 1, 2)
        m = (p + q) / 2
        return (p * mpmath.log(p / m) + q * mpmath.log(q / m)) / 2

    with mpmath.workdps(25):
        exact = mpmath.quad(integrand, [-30, -8, -4, -2, 0, 2, 4, 8, 30])
    assert_accurate(js(log_p, log_q, LINE), exact)
    assert js(log_p, log_q, LINE).value == pytest.approx(
        js(log_q, log_p, LINE).value, rel=1e-14, abs=0
    )


def test_js_of_uniform_densities_is_the_closed_form():
    p, q = closed_forms.Uniform(0, 2), closed_forms.Uniform(1, 4)
    result = js(uniform(0, 2), uniform(1, 4), (0, 4), points=[1, 2])
    assert_accurate(result, closed_forms.js(p, q))


def test_js_of_disjoint_densities_is_log_2():
    result = js(uniform(0, 1), uniform(1, 2), (0, 2), points=[1])
    assert_accurate(result, math.log(2))


def test_divergences_of_equal_densities_are_0():
    for function in (kl, reverse_kl, js):
        assert function(normal(), normal(), LINE).value == 0


@pytest.mark.parametrize("support", [(-math.inf, 0), (0, math.inf)])
def test_the_support_may_be_either_half_line(support):
    def folded(scale):
        return lambda x: normal(0, scale)(x) + math.log(2)

    exact = closed_forms.kl(closed_forms.Normal(0, 1), closed_forms.Normal(0, 2))
    assert_accurate(kl(folded(1), folded(2), support), exact)


def test_derivatives_of_a_tiny_support_may_underflow():
    width = 1e-290  # the derivative of x(u) is 0 at the ends; warnings are errors

    def triangular(distance):
        return lambda x: np.log(distance(x)) + math.log(2) - 2 * math.log(width)

    log_p, log_q = triangular(lambda x: x), triangular(lambda x: width - x)
    assert_accurate(kl(log_p, log_q, (0, width)), 1)


def test_heavy_tails_are_integrated_to_infinity():
    # Chyzak and Nielsen 2019: KL of Cauchy densities, log [((s + t)^2 + (l - m)^2) / 4 s t].
    def shifted(x):
        return cauchy((x - 1) / 3) - math.log(3)

    assert_accurate(kl(cauchy, shifted, LINE), math.log(17 / 12))


def test_a_log_density_may_have_a_kink():
    exact = math.log(2 * math.pi) / 2 + 1 - math.log(2) - 1
    assert_accurate(kl(laplace, normal(), LINE, points=[0]), exact)


def test_kl_is_infinite_where_p_has_mass_and_q_has_none():
    assert kl(uniform(0, 2), uniform(0, 1), (0, 2)).value == math.inf
    assert reverse_kl(uniform(0, 1), uniform(0, 2), (0, 2)).value == math.inf
    assert kl(uniform(0, 1), uniform(0, 2), (0, 2), points=[1]).value == pytest.approx(
        math.log(2), rel=MAX_RELATIVE_ERROR, abs=0
    )


def test_a_divergent_integral_is_an_error_and_no_number():
    for log_q in (laplace, normal()):  # integrands of order 1 / x, and of order 1
        with pytest.raises(SolverError, match=r"did not converge: its value is .* is finite"):
            kl(cauchy, log_q, LINE)


def test_an_unnormalized_q_within_the_tolerance_changes_kl_to_second_order():
    def scaled(x):
        return normal(1, 1)(x) + 5e-9

    assert kl(normal(), scaled, LINE).value == pytest.approx(0.5, rel=1e-10, abs=0)


def not_a_number(x):
    return np.full_like(x, math.nan)


@pytest.mark.parametrize(
    ("log_p", "log_q", "support", "points", "message"),
    [
        (normal(), lambda x: -x * x / 2, LINE, [], "`log_q` must integrate to 1 .* 2.50662827463"),
        (
            normal(),
            normal(),
            (0, 5),
            [],
            r"`log_[pq]` must integrate to 1 over .*widen the support",
        ),
        (normal(1e6, 1e-6), normal(), LINE, [], "`log_p` must integrate to 1 .* narrow peak"),
        (
            normal(),
            not_a_number,
            LINE,
            [],
            "`log_q` must be below 709 and not NaN, but is nan at ",
        ),
        (lambda x: x * math.inf, normal(), (1, 2), [], "`log_p` must be .* but is inf at"),
        (lambda x: np.zeros(3), normal(), (0, 1), [], r"returned an array of shape \(3,\)"),
        (normal(), normal(), (1, 1), [], r"`support` must be \(a, b\) with a < b"),
        (normal(), normal(), (math.nan, 1), [], r"`support` must be \(a, b\) with a < b"),
        (normal(), normal(), 3, [], r"`support` must be a pair of numbers \(a, b\), but is 3"),
        (normal(), normal(), LINE, [math.inf], "`points` must lie within the support"),
    ],
)
@pytest.mark.parametrize("function", [kl, reverse_kl, js])
def test_invalid_densities_and_supports_are_refused_with_the_reason(
    function, log_p, log_q, support, points, message
):
    with pytest.raises(DistributionError, match=message):
        function(log_p, log_q, support, points=points)
