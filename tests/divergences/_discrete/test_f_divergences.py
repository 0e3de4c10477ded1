"""The f-divergences, Renyi divergences and entropies: each equal to its definition."""

import itertools
import math
from collections import Counter
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import example, given

import divergences
from divergences import DistributionError
from tests import oracles
from tests.divergences._discrete.definitions import FUNCTIONS_AND_DEFINITIONS
from tests.strategies import distribution_pairs


@pytest.mark.parametrize("name", FUNCTIONS_AND_DEFINITIONS)
@given(pair=distribution_pairs())
@example(pair=(np.array([0.5, 0.5]), np.array([5e-324, 1.0])))
@example(pair=(np.array([0.0, 1.0]), np.array([1.0, 0.0])))
def test_a_divergence_is_its_definition(name, pair):
    p, q = pair
    function, definition = FUNCTIONS_AND_DEFINITIONS[name]
    value, exact = float(function(p, q)), oracles.exact(p, q, definition)
    exact = exact if exact > 1e-140 else mpmath.mpf(0)  # below, the oracle itself is rounded
    assert value >= 0
    if math.isinf(value) or exact > 1e300:
        assert value == exact or exact > 1e300
        return
    # About twenty roundings per term. Delta has an error of eps times the largest difference,
    # which is everything if p and q are proportional. Total variation and Hellinger are of first
    # order in delta, the other divergences of second order.
    delta_error = 1e-15 * np.abs(p - q).max()
    first_order = name in ("total_variation", "hellinger")
    absolute = delta_error if first_order else delta_error * (delta_error + exact**0.5)
    assert abs(value - exact) <= 5e-15 * exact + 1e-140 + absolute


@pytest.mark.parametrize("name", FUNCTIONS_AND_DEFINITIONS)
@pytest.mark.parametrize("eps", [1.0, 1e-2, 1e-5, 1e-8, 1e-12])
def test_the_relative_error_is_a_few_units_in_the_last_place_for_close_distributions(name, eps):
    rng = np.random.default_rng(1)
    p = rng.random(100)
    q = p * np.abs(1 + eps * rng.standard_normal(100))
    p, q = p / p.sum(), q / q.sum()
    function, definition = FUNCTIONS_AND_DEFINITIONS[name]
    exact = oracles.exact(p, q, definition)
    assert abs(function(p, q) - exact) <= 2e-15 * exact


@given(distribution_pairs())
def test_jeffreys_total_variation_and_hellinger_are_symmetric_to_the_last_bit(pair):
    p, q = pair
    for function in (divergences.jeffreys, divergences.total_variation, divergences.hellinger):
        assert function(p, q) == function(q, p)


@given(distribution_pairs())
def test_bounded_divergences_are_1_exactly_for_disjoint_supports(pair):
    p, q = pair
    for function in (divergences.total_variation, divergences.hellinger):
        assert 0 <= function(p, q) <= 1
        if not np.minimum(p, q).any():
            assert function(p, q) == 1


@given(distribution_pairs())
def test_renyi_is_nondecreasing_in_its_order_including_its_limits(pair):
    p, q = pair
    orders = (0, 0.25, 0.5, 0.9, 1, 1.5, 4, 50, math.inf)
    values = [divergences.renyi(p, q, order) for order in orders]
    for lower, higher in itertools.pairwise(values):
        assert lower <= higher * (1 + 1e-12) + 1e-15


def test_renyi_has_its_limits_at_orders_0_1_and_infinity():
    p, q = [0.5, 0.5, 0.0], [0.2, 0.3, 0.5]
    assert divergences.renyi(p, q, 0) == pytest.approx(-math.log(0.5), rel=1e-15, abs=0)
    assert divergences.renyi(p, q, 1) == divergences.kl(p, q)
    assert divergences.renyi(p, q, math.inf) == pytest.approx(math.log(2.5), rel=1e-15, abs=0)
    assert divergences.renyi([1, 0], [1e-300, 1], 3) == pytest.approx(
        300 * math.log(10), rel=1e-14, abs=0
    )


def test_alpha_has_its_special_cases():
    p, q = [0.5, 0.5, 0.0], [0.2, 0.3, 0.5]
    assert divergences.alpha(p, q, 1) == divergences.kl(p, q)
    assert divergences.alpha(q, p, 0) == pytest.approx(divergences.kl(p, q), rel=1e-15, abs=0)
    assert divergences.alpha(p, q, 2) == pytest.approx(
        divergences.chi2(p, q) / 2, rel=1e-14, abs=0
    )
    assert divergences.alpha(p, q, 0.5) == pytest.approx(4 * divergences.hellinger(p, q) ** 2)


@given(distribution_pairs())
def test_cross_entropy_is_its_definition(pair):
    p, q = pair
    value = float(divergences.cross_entropy(p, q))
    exact = oracles.exact(p, q, oracles.cross_entropy)
    assert value == exact or abs(value - exact) <= 2e-15 * exact + 1e-307


@pytest.mark.parametrize("small", [0.4, 1e-3, 1e-9, 1e-15])
def test_entropy_is_accurate_near_a_point_mass(small):
    p = np.array([1 - small, small])
    exact = oracles.exact(p, p, oracles.cross_entropy)
    assert abs(divergences.entropy(p) - exact) <= 1e-15 * exact


def test_entropy_is_log_k_for_k_equal_probabilities_and_0_for_a_point_mass():
    assert divergences.entropy(np.full(8, 1 / 8), base=2) == 3
    assert divergences.entropy([1, 0]) == 0


@given(distribution_pairs())
def test_an_f_divergence_equals_the_named_divergence_of_its_generator(pair):
    p, q = pair
    generators_and_limits = {
        divergences.chi2: (lambda t: (t - 1) ** 2, 1.0, math.inf),
        divergences.total_variation: (lambda t: abs(t - 1) / 2, 0.5, 0.5),
    }
    for function, (generator, at_zero, slope) in generators_and_limits.items():
        with np.errstate(all="ignore"):
            value = divergences.f_divergence(
                p, q, generator, at_zero=at_zero, slope_at_infinity=slope
            )
        named = function(p, q)
        close = value == pytest.approx(named, rel=1e-6, abs=1e-12)
        assert value == named or named > 1e290 or close


def test_an_f_divergence_requires_the_limit_that_its_value_depends_on():
    with pytest.raises(DistributionError, match=r"`slope_at_infinity` is needed, .* is missing"):
        divergences.f_divergence([1, 0], [0, 1], lambda t: t, at_zero=1.0)
    with pytest.raises(DistributionError, match=r"`at_zero` is needed, .* is missing"):
        divergences.f_divergence([1, 0], [0.5, 0.5], lambda t: t, slope_at_infinity=1.0)


@pytest.mark.parametrize("name", FUNCTIONS_AND_DEFINITIONS)
def test_distributions_may_be_dicts_by_outcome(name):
    p, q = {"a": 0.5, "b": 0.5}, {"c": 0.5, "b": 0.25, "a": 0.25}
    function, _ = FUNCTIONS_AND_DEFINITIONS[name]
    assert function(p, q) == function([0.5, 0.5, 0.0], [0.25, 0.25, 0.5])


def test_counts_are_refused_as_probabilities():
    with pytest.raises(DistributionError, match=r"`p` must sum to 1 .* sums to 3"):
        divergences.kl(Counter("aab"), Counter("ab"))


def test_a_dict_beside_a_list_is_refused():
    p: Any = {"a": 1.0}
    message = r"`p` has outcomes by label .*list\(p.values\(\)\)"
    with pytest.raises(DistributionError, match=message):
        divergences.kl(p, [1.0])


@pytest.mark.parametrize("order", [-1, math.nan, "2", None])
def test_an_invalid_renyi_order_is_refused(order):
    with pytest.raises(DistributionError, match=r"`order` must be a number in \[0, inf\]"):
        divergences.renyi([0.5, 0.5], [0.5, 0.5], order)


def test_an_infinite_order_of_alpha_is_refused():
    with pytest.raises(DistributionError, match="`order` must be a finite number"):
        divergences.alpha([0.5, 0.5], [0.5, 0.5], math.inf)
