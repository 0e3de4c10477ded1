"""Ground costs of blocks and of pairs, in any unit, for named and callable metrics."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divergences import DistributionError, SolverError, sampled
from divergences._transport.ground import GroundCost
from divergences._transport.metrics import distances
from tests.strategies import cloud_pairs

METRIC_NAMES = ["euclidean", "sqeuclidean", "cityblock", "chebyshev"]
ALL = slice(None)


def cityblock(x, y):
    return np.abs(x[:, None] - y).sum(-1)


def chebyshev(x, y):
    return np.abs(x[:, None] - y).max(-1)


METRICS = [*METRIC_NAMES, cityblock]


@pytest.mark.parametrize("metric", METRICS)
@given(pair=cloud_pairs(), order=st.sampled_from([1.0, 1.5, 2.0, 3.0]))
def test_a_block_is_the_power_of_the_distances(metric, pair, order):
    x, y = pair
    ground = GroundCost.of(x, y, metric=metric, order=order)
    cost = np.ldexp(ground.block(ALL, ALL), ground.exponent)
    lengths = cityblock(x, y) if callable(metric) else distances(x, y, metric=metric)
    np.testing.assert_allclose(cost, lengths**order, rtol=1e-14, atol=0)


@pytest.mark.parametrize("metric", METRICS)
@given(pair=cloud_pairs(), order=st.sampled_from([1.0, 1.5, 2.0]), seed=st.integers(0, 9))
def test_costs_of_pairs_are_entries_of_the_block(metric, pair, order, seed):
    x, y = pair
    ground = GroundCost.of(x, y, metric=metric, order=order)
    rng = np.random.default_rng(seed)
    rows, cols = rng.integers(0, len(x), 20), rng.integers(0, len(y), 20)
    block = ground.block(ALL, ALL)
    np.testing.assert_allclose(ground.of_pairs(rows, cols), block[rows, cols], rtol=1e-15, atol=0)
    some = ground.block(np.arange(len(x))[::-1], slice(0, 1))
    np.testing.assert_array_equal(some, block[::-1, :1])


@pytest.mark.parametrize("metric", ["euclidean", "cityblock", "chebyshev", cityblock])
@pytest.mark.parametrize("order", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("d", [1, 3])
@pytest.mark.parametrize("exponent", range(-200, 201, 80))
def test_the_unit_of_length_does_not_matter(metric, order, d, exponent):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, d)), rng.normal(size=(20, d))
    plain = sampled.emd(x, y, metric=metric, order=order).value
    binary = 2.0 ** (3 * exponent)
    assert sampled.emd(x * binary, y * binary, metric=metric, order=order).value == pytest.approx(
        binary * plain, rel=2e-15, abs=0
    )
    decimal = 10.0**exponent
    value = sampled.emd(x * decimal, y * decimal, metric=metric, order=order).value
    assert value == pytest.approx(decimal * plain, rel=1e-14, abs=0)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_the_unit_of_a_callable_that_is_0_at_the_first_points_is_right(scale):
    x, y = np.array([0.0, 0.0, 2.0]) * scale, np.array([0.0, 0.0, 0.0, 5.0]) * scale
    x[0] = y[0] = 0.0
    named = sampled.emd(x, y, order=2).value
    assert sampled.emd(x, y, metric=chebyshev, order=2).value == pytest.approx(
        named, rel=1e-14, abs=0
    )


def test_the_unit_of_a_callable_that_is_no_metric_is_right():
    def distance_of_last(x, y):  # 0 from and to the first points
        return 1e200 * np.abs(x * y[:, 0])

    value = sampled.emd([0.0, 1.0], [0.0, 1.0], metric=distance_of_last, order=2).value
    assert value == 0
    value = sampled.emd([0.0, 1.0], [0.0, 1.0, 1.0], metric=distance_of_last, order=2).value
    assert value == pytest.approx(1e200 / np.sqrt(6), rel=1e-14, abs=0)


@pytest.mark.parametrize("metric", METRIC_NAMES)
def test_powers_that_underflow_are_an_error_not_a_number(metric):
    x, y = [[0.0, 0.0], [1.0, 0.0]], [[1e-200, 0.0], [1.0, 0.0]]
    with pytest.raises(SolverError, match="more orders of magnitude than floats have room for"):
        sampled.emd(x, y, metric=metric, order=2)


def test_close_points_whose_squares_underflow_are_an_error_not_0():
    with pytest.raises(SolverError, match="more orders of magnitude than floats have room for"):
        sampled.emd([[0.0, 0.0], [1.0, 1.0]], [[1e-200, 0.0], [1.0, 1.0]])
    assert sampled.emd([0.0, 1.0], [1e-200, 1.0]).value == 5e-201
    assert sampled.emd([[0.0, 2.0], [1.0, 2.0]], [[1e-200, 2.0], [1.0, 2.0]]).value == 5e-201


@pytest.mark.parametrize(("scale", "order"), [(1.0, 2), (1e200, 1), (1e200, 2)])
@pytest.mark.parametrize("d", [1, 2])
def test_masses_whose_cost_underflows_are_an_error_not_0(d, scale, order):
    x, y = scale * np.array([[0.75] * d, [1.0] * d]), scale * np.full((1, d), 0.75)
    with pytest.raises(SolverError, match="the masses span more orders of magnitude"):
        sampled.emd(x, y, x_weights=[1.0, 1e-323], order=order)
    # True to 9 digits, though the second mass has only 13.
    value = sampled.emd(x, y, x_weights=[1.0, 1e-310], order=order).value
    length = scale * 0.25 * np.sqrt(d)
    assert value == pytest.approx(length * 1e-310 ** (1 / order), rel=1e-9)


def test_a_cost_that_is_subnormal_in_the_callers_unit_is_rounded():
    value = sampled.emd([0.0, 0.25], [0.0], x_weights=[1.0, 2e-323]).value
    assert value == 5e-324


def test_powers_of_a_callable_that_overflow_are_refused():
    def unbounded(x, y):
        return np.where(x + y[:, 0] == 2, 1e300, 1.0)

    with pytest.raises(DistributionError, match=r"`metric` gives distances whose power 2 is more"):
        sampled.emd([0.0, 1.0], [0.0, 1.0], metric=unbounded, order=2)


@pytest.mark.parametrize("d", [1, 2])
def test_a_cost_that_floats_cannot_represent_is_refused_but_its_root_is_not(d):
    x, y = np.full((1, d), 0.0), np.full((1, d), 1.0)
    for scale, message in (
        (1e200, "exceed 1.8e308; divide both"),
        (1e-200, "too small for a float"),
    ):
        assert sampled.emd(x, y * scale, order=2).value == pytest.approx(scale * np.sqrt(d))
        with pytest.raises(DistributionError, match=message):
            sampled.transport(x, y * scale, order=2)
