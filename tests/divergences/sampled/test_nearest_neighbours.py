"""Estimates of KL from nearest neighbours: ranks, extrapolation, bias, coverage.

Statistical tests fix their seeds; within four standard errors, 6 seeds in 100,000 would fail.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divergences import sampled
from divergences.sampled._density_ratio.nearest_neighbours import (
    bias_order,
    level_weights,
    neighbour_counts,
    neighbour_log_ratios,
)
from divergences.sampled._density_ratio.pooled_sample import PooledSample

MEAN_SHIFT, EXACT = 0.5, 0.125  # N(0, 1) against N(.5, 1)


def shifted_normals(seed, n):
    rng = np.random.default_rng(seed)
    return rng.normal(size=n), rng.normal(MEAN_SHIFT, 1, n)


def pooled(x, y):
    return PooledSample.of(np.reshape(x, (len(x), -1)), np.reshape(y, (len(y), -1)))


@pytest.mark.parametrize(("n", "repetitions"), [(1000, 40), (5000, 8)])
def test_kl_of_shifted_normals_is_unbiased(n, repetitions):
    """The mean of the repetitions, within four of its standard errors."""
    estimates = [
        sampled.kl(*shifted_normals(seed, n), method="knn").value for seed in range(repetitions)
    ]
    error = np.std(estimates, ddof=1) / np.sqrt(repetitions)
    assert error < 0.007
    assert np.mean(estimates) == pytest.approx(EXACT, abs=4 * error)


def test_intervals_hold_kl_of_shifted_normals_in_35_of_40_repetitions():
    """At coverage 95 %, 1 set of 40 seeds in 70 would fail."""
    estimates = [sampled.kl(*shifted_normals(seed, 300), method="knn") for seed in range(40)]
    assert sum(estimate.low <= EXACT <= estimate.high for estimate in estimates) >= 35


@settings(max_examples=5, deadline=None)
@given(
    st.integers(1, 8), st.integers(10, 60), st.integers(10, 60), st.integers(1, 3), st.integers(0)
)
def test_log_ratios_of_equal_populations_have_mean_0_and_the_stated_variance(k, n, m, d, seed):
    """Exactly, for any sizes: 200 draws, within five standard errors, at a point of each side."""
    rng = np.random.default_rng(seed)
    draws = [
        neighbour_log_ratios(pooled(*np.split(rng.normal(size=(n + m, d)), [n])), (k,))[:2]
        for _ in range(200)
    ]
    log_ratios, variances = np.array(draws)[:, :, 0, [0, n]].transpose(1, 0, 2)
    assert np.abs(log_ratios.mean(axis=0) / log_ratios.std(axis=0)).max() < 5 / np.sqrt(200)
    ratio = variances.mean(axis=0) / log_ratios.var(axis=0)
    assert ratio == pytest.approx(1, abs=0.5)


def test_exchanging_the_samples_changes_the_sign_of_the_log_ratios():
    x, y = shifted_normals(0, 60)
    there, back = (neighbour_log_ratios(pooled(*pair), (5, 20))[0] for pair in ((x, y), (y, x)))
    assert there == pytest.approx(-np.roll(back, 60, axis=1), rel=1e-12, abs=0)


@given(st.integers(1, 30), st.floats(0.25, 1), st.floats(-3, 3), st.floats(-3, 3))
def test_the_weights_recover_the_limit_of_a_bias_of_the_stated_order(k, order, limit, slope):
    ks = (k, 4 * k)
    values = limit + slope * np.array(ks, float) ** order
    assert level_weights(ks, order).sum() == pytest.approx(1)
    assert level_weights(ks, order) @ values == pytest.approx(limit, abs=1e-10 * 120)


def test_one_number_of_neighbours_is_not_extrapolated():
    assert neighbour_counts(5, 6) == (5,)
    assert neighbour_counts(5, 15) == (5, 14)
    assert neighbour_counts(5, 1000) == (5, 20)
    assert level_weights((5,), 0.5).tolist() == [1.0]


@pytest.mark.parametrize(("intrinsic", "d"), [(1, 3), (2, 2), (2, 10), (4, 4)])
def test_the_dimension_is_that_of_the_manifold(intrinsic, d):
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.normal(size=(d, d)))[0][:intrinsic]
    x, y = rng.uniform(size=(2, 2000, intrinsic)) @ basis
    dimension = neighbour_log_ratios(pooled(x, y), (5, 20))[2]
    assert dimension == pytest.approx(intrinsic, rel=0.15)
    assert bias_order(dimension) == pytest.approx(2 / max(intrinsic, 2), rel=0.15)


def test_the_order_of_the_bias_is_bounded():
    assert (bias_order(0.5), bias_order(1e9)) == (1, 0.25)


def test_coincident_points_have_finite_log_ratios():
    x, y = np.repeat(np.arange(3.0), 40), np.repeat(np.arange(3.0), 20)
    log_ratios, variances, dimension = neighbour_log_ratios(pooled(x, y), (5, 19))
    assert np.isfinite(log_ratios).all()
    assert (variances > 0).all()
    assert dimension == 2


def test_extrapolation_reduces_the_bias_of_a_smooth_density():
    """Means of 20 draws in the plane: -.042 with 5 neighbours, -.028 extrapolated, 1000 points."""
    rng = np.random.default_rng(0)
    biases = []
    for _ in range(20):
        x, y = rng.normal(size=(2, 1000, 2))
        log_ratios, *_ = neighbour_log_ratios(pooled(x, y + np.array([1, 0])), (5, 20))
        by_k = log_ratios[:, :1000].mean(axis=1) - 0.5
        biases.append([by_k[0], level_weights((5, 20), 1.0) @ by_k])
    plain, extrapolated = np.abs(np.mean(biases, axis=0))
    assert extrapolated < 0.85 * plain
