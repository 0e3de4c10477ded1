"""Confidence interval of the populations' Wasserstein distance around an exact EMD.

Statistical tests fix their seeds and state their false-alarm rate.
"""

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given

from divergences import DistributionError, sampled
from tests.strategies import cloud_pairs


def translated_normals(d, n=150, m=120, seed=0, by=1.0):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n, d)), rng.normal(size=(m, d))
    y[:, 0] += by
    return x, y


@pytest.mark.parametrize("by", [0.0, 1.0])
@pytest.mark.parametrize("d", [1, 2, 5, 20])
def test_the_interval_covers_the_distance_of_the_populations(d, by):
    """Of 40 intervals of exact coverage 95 %, 5 or more would miss for 5 % of all seeds."""
    estimates = [sampled.emd(*translated_normals(d, seed=seed, by=by)) for seed in range(40)]
    assert sum(not estimate.low <= by <= estimate.high for estimate in estimates) <= 4


@pytest.mark.parametrize("d", [1, 2])
def test_in_few_dimensions_both_endpoints_are_near_the_distance(d):
    estimate = sampled.emd(*translated_normals(d, 800, 800))
    assert 0.7 < estimate.low < 1 < estimate.high < 1.3


@given(cloud_pairs())
def test_the_endpoints_are_in_order(pair):
    estimate = sampled.emd(*pair)
    assert 0 <= estimate.low <= estimate.high
    assert estimate.value <= estimate.high * (1 + 1e-12) + 1e-14


def test_the_interval_widens_with_the_confidence():
    x, y = translated_normals(2)
    ends = [sampled.emd(x, y, confidence=confidence) for confidence in (0.5, 0.95, 0.999)]
    assert ends[0].low > ends[1].low > ends[2].low
    assert ends[0].high < ends[1].high < ends[2].high


def test_the_lower_endpoint_does_not_average_the_errors_of_the_halves():
    """The gaps of both halves are dependent: their error is the mean of both errors.

    For separated samples on the line the witness is the coordinate, so each half has sqrt(2)
    times the standard error of all points, up to 2 % for the halves' variances and the extremes.
    Were the halves independent, the factor would be 1.
    """
    x, y = translated_normals(1, 400, 400, by=20.0)
    low_50, low_95 = (sampled.emd(x, y, confidence=confidence).low for confidence in (0.5, 0.95))
    quantile_50, quantile_95 = scipy.stats.norm.ppf([0.75, 0.975])
    error = (low_50 - low_95) / (quantile_95 - quantile_50)
    of_all_points = np.hypot(*(scipy.stats.sem(z[:, 0]) for z in (x, y)))
    assert error == pytest.approx(np.sqrt(2) * of_all_points, rel=0.02)


def test_the_interval_has_the_unit_of_the_points():
    x, y = translated_normals(3)
    plain, scaled = sampled.emd(x, y), sampled.emd(x * 2.0**300, y * 2.0**300)
    assert scaled.low == pytest.approx(plain.low * 2.0**300, rel=1e-9)
    assert scaled.high == pytest.approx(plain.high * 2.0**300, rel=1e-9)


def test_squares_and_orders_have_intervals_in_their_units():
    x, y = translated_normals(1, 800, 800)
    squared, second = sampled.emd(x, y, metric="sqeuclidean"), sampled.emd(x, y, order=2)
    assert squared.low < 1 < squared.high
    assert second.low < 1 < second.high
    assert squared.high == pytest.approx(second.high**2, rel=1e-9)
    assert squared.low == pytest.approx(second.low**2, rel=1e-9)


def test_weights_move_both_endpoints():
    x, y = translated_normals(1, 400, 400)
    weights = np.exp(x[:, 0])  # of N(1, 1), where y is
    estimate = sampled.emd(x, y, x_weights=weights)
    assert estimate.low < 0.05
    assert estimate.high < sampled.emd(x, y).high


def test_the_order_of_the_points_changes_only_the_split():
    x, y = translated_normals(1, 400, 400)
    estimate, turned = sampled.emd(x, y), sampled.emd(np.sort(x, axis=0), np.sort(y, axis=0))
    assert turned.high == pytest.approx(estimate.high, rel=1e-12, abs=0)
    assert turned.low == pytest.approx(estimate.low, abs=0.05)


def test_a_single_point_has_an_unbounded_interval():
    estimate = sampled.emd([0.0], [1.0, 2.0, 3.0])
    assert (estimate.low, estimate.high) == (0, np.inf)
    assert sampled.emd([0.0, 0.0], [1.0, 1.0]).high == 1


def test_the_lower_endpoint_is_computed_on_first_access():
    estimate = sampled.emd(*translated_normals(2))
    assert not estimate.interval.is_low_known
    assert repr(estimate.interval) == f"<PopulationInterval up to {estimate.high:.6g}>"
    assert estimate.low > 0
    assert estimate.interval.is_low_known
    low, high = f"{estimate.low:.6g}", f"{estimate.high:.6g}"
    assert repr(estimate.interval) == f"<PopulationInterval from {low} up to {high}>"


def test_tensors_have_an_interval_and_the_value_has_its_gradient():
    x, y = (torch.as_tensor(points) for points in translated_normals(2))
    estimate = sampled.emd(x.requires_grad_(), y)
    assert estimate.low < estimate.value < estimate.high
    (gradient,) = torch.autograd.grad(estimate.value, x)
    assert gradient.norm() > 0


def test_a_function_that_is_no_metric_has_no_lower_endpoint():
    x, y = translated_normals(2)
    estimate = sampled.emd(x, y, metric=lambda a, b: ((a[:, None] - b) ** 2).sum(-1))
    assert estimate.value > 0
    with pytest.raises(DistributionError, match="`metric` must satisfy the triangle inequality"):
        _ = estimate.low


@pytest.mark.parametrize("confidence", [0, 1, 95, "0.95", None])
def test_a_confidence_is_a_probability(confidence):
    with pytest.raises(DistributionError, match="`confidence` must be strictly between 0 and 1"):
        sampled.emd([0.0], [1.0], confidence=confidence)


def test_the_interval_does_not_change_with_the_callers_arrays():
    x, y = translated_normals(2)
    estimate, same = sampled.emd(x, y), sampled.emd(x.copy(), y.copy())
    x += 100.0
    assert (estimate.low, estimate.high) == (same.low, same.high)


def test_points_of_weight_0_do_not_change_the_interval():
    x, y = translated_normals(1, 60, 60)
    weights = np.arange(60) % 2
    far = np.where(weights[:, None] == 0, 1e6, x)
    estimate, there = sampled.emd(far, y, x_weights=weights), sampled.emd(x[weights == 1], y)
    assert estimate.high == pytest.approx(there.high, rel=1e-9)
    assert estimate.low == pytest.approx(there.low, rel=1e-9, abs=1e-9)
    alone = sampled.emd([0.0, 1, 2, 3], [5.0, 6, 7, 8], x_weights=[1, 0, 0, 0])
    assert (alone.low, alone.high) == (0, np.inf)
