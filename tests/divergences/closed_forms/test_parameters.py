"""Refusals of the closed forms: invalid parameters and pairs without a formula."""

import math

import numpy as np
import pytest

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
    js,
    kl,
    reverse_kl,
    w1,
    w2,
)


@pytest.mark.parametrize("pair", [(Exponential(1), 3), ([0.5, 0.5], [1, 0]), (Normal, Normal)])
@pytest.mark.parametrize("function", [kl, reverse_kl, js, w1, w2])
def test_an_argument_of_no_family_is_refused(function, pair):
    message = r"must be a distribution of divergences.closed_forms \(Normal, .*but is a "
    with pytest.raises(DistributionError, match=message):
        function(*pair)


@pytest.mark.parametrize("function", [kl, js, w1, w2])
def test_arguments_of_two_families_are_refused(function):
    with pytest.raises(DistributionError, match="of one family, but are Gamma and Exponential; "):
        function(Gamma(1, 1), Exponential(1))


def test_js_without_a_closed_form_is_refused_with_its_alternatives():
    message = (
        "`js` of two Normal distributions has no closed form, unlike that of Bernoulli, "
        "Categorical, Uniform; use divergences.densities.js for densities on the line"
    )
    with pytest.raises(DistributionError, match=message):
        js(Normal(0, 1), Normal(1, 1))


INVALID_PARAMETERS = [
    (Normal, (0, 0), "`standard_deviation` must be above 0, but is 0.0; "),
    (Normal, (math.nan, 1), "`mean` must be finite, but is nan; "),
    (Normal, ([0, 1], 1), r"`mean` must be one number, but is \[0, 1\]; "),
    (Normal, (1j, 1), "`mean` must be a real number, but is 1j; "),
    (Normal, (True, 1), "`mean` must be a real number, but is True; "),
    (Exponential, (-1,), "`rate` must be above 0, but is -1.0; it is 1 / mean"),
    (Gamma, (0, 1), "`shape` must be above 0"),
    (Gamma, (1, math.inf), "`rate` must be finite, but is inf"),
    (Beta, (-2, 1), "`alpha` must be above 0, but is -2.0"),
    (Beta, (2, 0), "`beta` must be above 0"),
    (Poisson, (-0.5,), "`rate` must be at least 0, but is -0.5; it is the mean"),
    (Bernoulli, (1.5,), r"`probability` must be in \[0, 1\], but is 1.5; from log-odds"),
    (Categorical, ([0.5, 0.6],), r"`probabilities` must sum to 1 .*normali[sz]e it"),
    (Categorical, ([[0.5, 0.5]],), r"`probabilities` must have 1 axis, but has shape \(1, 2\)"),
    (Categorical, ([1.5, -0.5],), r"`probabilities`\[1\] = -0.5 is negative"),
    (Uniform, (1, 1), "`high` must be above `low`, but they are 1.0 and 1.0"),
    (MultivariateNormal, ([0, 0], [[1]]), r"`covariance` must have shape \(d, d\) = \(2, 2\)"),
    (MultivariateNormal, (0, [[1]]), r"`mean` must have 1 axis, but has shape \(\)"),
    (MultivariateNormal, ([0, 0], [[1, 0.1], [0.2, 1]]), "must be symmetric, but is not; "),
    (MultivariateNormal, ([0, 0], [[1, 2], [2, 1]]), "`covariance` must be positive definite"),
    (MultivariateNormal, ([0], [[math.inf]]), "`covariance` must be finite"),
]


@pytest.mark.parametrize(("family", "parameters", "message"), INVALID_PARAMETERS)
def test_invalid_parameters_are_refused_with_the_reason(family, parameters, message):
    with pytest.raises(DistributionError, match=message):
        family(*parameters)


def test_parameters_are_stored_read_only():
    assert Gamma(np.float32(2), 3) == Gamma(2.0, 3.0)
    array = np.array([0.5, 0.5])
    distribution = Categorical(array)
    array[0] = 0.9
    assert np.array_equal(distribution.probabilities, [0.5, 0.5])
    with pytest.raises(ValueError, match="read-only"):
        distribution.probabilities[0] = 1
