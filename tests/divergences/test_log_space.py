"""Divergences of log-probabilities: equal to those of probabilities, and accurate in the tails."""

import math

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given

import divergences
from divergences import DistributionError, log_space
from tests import oracles
from tests.divergences._discrete.definitions import (
    FUNCTIONS_AND_DEFINITIONS,
    LOG_2,
    LOG_SPACE_FUNCTIONS,
)
from tests.strategies import distribution_pairs


def logarithms(p, q):
    with np.errstate(divide="ignore"):
        return np.log(p), np.log(q)


@pytest.mark.parametrize("name", LOG_SPACE_FUNCTIONS)
@given(pair=distribution_pairs())
def test_log_probabilities_give_the_divergence_of_the_probabilities(name, pair):
    p, q = (v / v.sum() for v in pair)
    function, _ = FUNCTIONS_AND_DEFINITIONS[name]
    value, expected = LOG_SPACE_FUNCTIONS[name](*logarithms(p, q)), function(p, q)
    # A logarithm has an error of eps times its size, at most 745: p has one of 745 eps times p.
    absolute = 1e-12 * (1 + np.where(np.isfinite(expected), expected, 0))
    assert value == pytest.approx(expected, rel=1e-9, abs=absolute)


@pytest.mark.parametrize("eps", [1e-3, 1e-6, 1e-9])
def test_the_relative_error_is_a_few_units_in_the_last_place_for_close_logarithms(eps):
    rng = np.random.default_rng(1)
    log_p = np.log(rng.dirichlet(np.ones(50)))
    log_q = log_p + eps * rng.standard_normal(50)
    log_q -= np.log(np.exp(log_q).sum())
    with mpmath.workdps(60):
        p, q = ([mpmath.exp(mpmath.mpf(float(x))) for x in v] for v in (log_p, log_q))
        p, q = ([x / mpmath.fsum(v) for x in v] for v in (p, q))
        for function, definition in ((log_space.kl, oracles.kl), (log_space.js, oracles.js)):
            exact = definition(p, q)
            assert abs(function(log_p, log_q) - exact) <= 4e-15 * exact


def test_tails_far_below_the_smallest_float_count():
    log_p, log_q = [-LOG_2, -LOG_2], [-1e5, 0.0]
    assert log_space.kl(log_p, log_q) == pytest.approx(5e4 - LOG_2, rel=1e-15, abs=0)
    assert log_space.renyi(log_p, log_q, 3) == pytest.approx(
        (2e5 - 3 * LOG_2) / 2, rel=1e-15, abs=0
    )
    assert log_space.js([0.0, -math.inf], [-math.inf, 0.0]) == LOG_2
    assert log_space.kl([0.0, -math.inf], [-math.inf, 0.0]) == math.inf


@given(distribution_pairs())
def test_log_probabilities_give_the_entropies_of_the_probabilities(pair):
    p, q = (v / v.sum() for v in pair)
    log_p, log_q = logarithms(p, q)
    value, expected = log_space.cross_entropy(log_p, log_q), divergences.cross_entropy(p, q)
    assert value == pytest.approx(expected, rel=1e-12, abs=1e-12)
    value, expected = log_space.entropy(log_p), divergences.entropy(p)
    assert value == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_entropies_of_tails_and_of_point_masses():
    assert log_space.cross_entropy([-LOG_2, -LOG_2], [-1e5, 0.0]) == pytest.approx(
        5e4, rel=1e-15, abs=0
    )
    assert log_space.cross_entropy([-LOG_2, -LOG_2], [-math.inf, 0.0]) == math.inf
    assert log_space.entropy([0.0, -math.inf]) == 0
    small = 1e-20  # 1 - small rounds to 1
    value = log_space.entropy([math.log1p(-small), math.log(small)])
    assert value == pytest.approx(small * (1 - math.log(small)), rel=1e-12, abs=0)


def test_an_f_divergence_takes_log_probabilities():
    p, q = np.array([0.3, 0.7]), np.array([0.6, 0.4])
    value = log_space.f_divergence(np.log(p), np.log(q), lambda t: (t - 1) ** 2)
    assert value == pytest.approx(divergences.chi2(p, q), rel=1e-14, abs=0)


@pytest.mark.parametrize("function", LOG_SPACE_FUNCTIONS.values())
def test_gradients_by_logits_are_right(function):
    logits = torch.tensor([[0.3, -1.0, 2.0], [0.5, 0.1, -30.0]], dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda z: function(*z.log_softmax(dim=1)), logits.requires_grad_()
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ([0.5, 0.5], [0.0, -math.inf]),
            "exponentials of `log_p` must sum to 1 along axis -1",
        ),
        (
            ([math.nan, 0.0], [0.0, -math.inf]),
            r"`log_p` must hold log-probabilities.*\[0\] = nan",
        ),
        (
            ([0.0, -math.inf], [math.inf, 0.0]),
            r"`log_q` must hold log-probabilities.*\[0\] = inf",
        ),
    ],
)
@pytest.mark.parametrize("function", LOG_SPACE_FUNCTIONS.values())
def test_input_that_is_no_log_probabilities_is_refused(function, arguments, message):
    with pytest.raises(DistributionError, match=message):
        function(*arguments)
