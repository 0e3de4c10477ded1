"""Alpha and Renyi divergences at any order: near 0 and 1, huge, tiny and infinite ones."""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import divergences
from divergences import log_space
from tests import oracles
from tests.strategies import distribution_pairs

SLOW_EXAMPLES = settings().max_examples // 4  # mpmath takes 20 ms for each
P, Q = [0.3, 0.7], [0.4, 0.6]
ORDERS = st.one_of(
    st.floats(-10, 10),
    st.sampled_from([0.0, 1.0]).flatmap(
        lambda limit: st.tuples(st.integers(-320, -1), st.sampled_from([-1, 1])).map(
            lambda power_and_sign: limit + power_and_sign[1] * 10.0 ** power_and_sign[0]
        )
    ),
    st.tuples(st.floats(0, 308), st.sampled_from([-1, 1])).map(lambda x: x[1] * 10 ** x[0]),
)


def exact_value(name, p, q, order):
    """The definition with digits for the cancellation of masses, orders and close pairs."""
    fractions = [[Fraction(float(x)) for x in v] for v in (p, q)]
    p_sum, q_sum = map(sum, fractions)
    if all(x * q_sum == y * p_sum for x, y in zip(*fractions, strict=True)):
        return mpmath.mpf(0)
    masses = [float(x) for x in (*p, *q) if x > 0]
    distances = [abs(x) for x in (order, order - 1) if 0 < abs(x) < math.inf]
    digits = 60 + 3 * sum(abs(math.log10(x)) for x in (min(masses), *distances))
    with mpmath.workdps(int(digits)):
        p, q = ([mpmath.mpf(float(x)) for x in v] for v in (p, q))
        p, q = ([x / mpmath.fsum(v) for x in v] for v in (p, q))
        if order == 1 or (order == 0 and name == "alpha"):
            return oracles.kl(p, q) if order == 1 else oracles.kl(q, p)
        if order == 0:
            inside = mpmath.fsum(y for x, y in zip(p, q, strict=True) if x > 0)
            return mpmath.inf if inside == 0 else -mpmath.log(inside)
        return getattr(oracles, name)(order)(p, q)


def bound(p, q, order):
    """The relative error that the docstrings state."""
    moderate = abs(order) <= 10 and min(x for x in (*p, *q) if x > 0) > 1e-290
    return 1e-14 if moderate else 1e-12


def assert_accurate(name, value, p, q, order):
    exact = exact_value(name, p, q, order)
    if exact == mpmath.inf or exact > 1.79e308:
        assert value >= 1.79e308
        return
    # Rounded totals shift delta, whose square the value is for close pairs.
    total_error, delta_error = 4e-16 * abs(p.sum() - q.sum()), 1e-15 * np.abs(p - q).max()
    squared = delta_error**2 + total_error * mpmath.sqrt(abs(exact))
    absolute = squared * mpmath.mpf(1 + abs(order)) ** 2
    assert abs(value - exact) <= bound(p, q, order) * exact + 1e-320 + absolute


def with_examples(test):
    """Cases from practice: orders that are 0 or 1 but for rounding, and tiny masses."""
    p, q = np.array(P), np.array(Q)
    for order in (np.arange(-1, 2, 0.1)[10], sum([0.1] * 10), -1e-20, 1e160, 1e308, -1e308):
        test = example(pair=(p, q), order=float(order))(test)
    for pair in (
        (np.array([1.0, 0.0]), np.array([1e-300, 1.0])),
        (np.array([5e-324, 1.0]), np.array([1e-320, 1.0])),
        (np.array([1e-320, 1.0]), np.array([5e-324, 1.0])),
        (np.array([1.0, 1e-200]), np.array([1.0, 2e-200])),
        (np.array([0.0, 1.0]), np.array([1.0, 0.0])),
    ):
        for order in (1e308, 7.5, 1 - 1.1e-16):
            test = example(pair=pair, order=order)(test)
    return test


@settings(max_examples=SLOW_EXAMPLES)
@given(pair=distribution_pairs(), order=ORDERS)
@with_examples
def test_alpha_is_its_definition_at_every_order(pair, order):
    p, q = pair
    assert_accurate("alpha", float(divergences.alpha(p, q, order)), p, q, order)


@settings(max_examples=SLOW_EXAMPLES)
@given(pair=distribution_pairs(), order=ORDERS.map(abs))
@with_examples
def test_renyi_is_its_definition_at_every_order(pair, order):
    (p, q), order = pair, abs(order)
    assert_accurate("renyi", float(divergences.renyi(p, q, order)), p, q, order)


@pytest.mark.parametrize("order", [1e-20, 1e-8, 0.5, 1 - 1e-12, 1 + 1e-9, 3, 30, 1e4, math.inf])
@pytest.mark.parametrize("eps", [1.0, 1e-3, 1e-6, 1e-9, 1e-13, 1e-16])
def test_renyi_and_alpha_of_close_pairs_are_accurate(order, eps):
    # case W16: at order infinity the logarithm of the quotient is eps off
    q = np.array([0.3, 0.3, 0.4])
    p = q * (1 + eps * np.array([0.25, -0.5, 0.1875]))
    p = p / p.sum()
    if order == math.inf:
        exact = oracles.exact(p, q, lambda p, q: max(x / y for x, y in zip(p, q, strict=True)))
        with mpmath.workdps(60):
            exact = mpmath.log(exact)
        if exact > 0:
            assert abs(divergences.renyi(p, q, order) - exact) <= 1e-15 * exact
        return
    for name in ("alpha", "renyi"):
        exact = exact_value(name, p, q, order)
        value = getattr(divergences, name)(p, q, order)
        if exact > 1.79e308:
            assert value == math.inf
            continue
        assert abs(value - exact) <= bound(p, q, order) * exact


def test_orders_that_are_0_or_1_but_for_rounding_give_the_limits():
    # case W14
    nearly_0, nearly_1 = np.arange(-1, 2, 0.1)[10], sum([0.1] * 10)
    assert divergences.alpha(P, Q, nearly_0) == pytest.approx(0.0225824210843574, rel=1e-14, abs=0)
    assert divergences.alpha(P, Q, nearly_1) == pytest.approx(0.0216008541435465, rel=1e-14, abs=0)
    assert divergences.renyi(P, Q, nearly_1) == pytest.approx(0.0216008541435465, rel=1e-14, abs=0)
    for order in (1e-20, -1e-20):
        limit = divergences.reverse_kl(P, Q)
        assert divergences.alpha(P, Q, order) == pytest.approx(limit, rel=1e-15, abs=0)


def test_huge_orders_give_the_infinite_one_or_infinity():
    # case W14
    assert divergences.renyi([1, 0], [1e-300, 1], 1e308) == pytest.approx(690.7755278982137)
    assert divergences.alpha(P, Q, 1e160) == math.inf
    for order in (1e20, 1e300, 1.7e308):
        infinite = divergences.renyi(P, Q, math.inf)
        assert divergences.renyi(P, Q, order) == pytest.approx(infinite, rel=1e-15, abs=0)


def test_renyi_of_order_0_of_a_tiny_common_support_is_finite():
    assert divergences.renyi([1, 0], [1e-300, 1], 0) == pytest.approx(690.7755278982137)
    assert divergences.renyi([1, 0], [0, 1], 0) == math.inf


@given(distribution_pairs(), ORDERS)
def test_alpha_is_symmetric_under_exchange_of_the_arguments_and_of_the_order_and_1(pair, order):
    p, q = pair
    if 1 - (1 - order) != order:
        return  # 1 - order is rounded
    value, mirrored = divergences.alpha(p, q, order), divergences.alpha(q, p, 1 - order)
    assert value == mirrored or abs(value - mirrored) <= 1e-12 * value + 1e-320


@pytest.mark.parametrize("order", [1e-20, 0.3, 1 + 1e-12, 2.5, 40.0, 1e9])
def test_log_probabilities_below_the_floats_have_divergences_of_any_order(order):
    log_p, log_q = np.array([-1000.0, 0.0]), np.array([-1010.0, 0.0])
    with mpmath.workdps(1000):
        p, q = ([mpmath.exp(float(x)) for x in v] for v in (log_p, log_q))
        p, q = ([x / mpmath.fsum(v) for x in v] for v in (p, q))
        exact = oracles.renyi(order)(p, q)
    value = log_space.renyi(log_p, log_q, order)
    assert value == pytest.approx(float(exact), rel=1e-12, abs=1e-320)
