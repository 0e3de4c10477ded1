"""The Frechet distance: closed forms, two references, singular covariances, refusals."""

import numpy as np
import pytest
import scipy.linalg
import torch
from hypothesis import given
from hypothesis import strategies as st

from divergences import DistributionError
from divergences.closed_forms import MultivariateNormal, w2
from gan.metrics.frechet import Moments, frechet_distance

EPS = 2.0**-52


def moments(seed, n, d):
    rng = torch.Generator().manual_seed(seed)
    mixing = torch.randn(d, d, generator=rng)
    return Moments.of(torch.randn(n, d, generator=rng) @ mixing + torch.randn(d, generator=rng))


@pytest.mark.parametrize("d", [1, 2, 16, 64])
def test_it_equals_the_squared_w2_of_the_fitted_normals(d):
    p, q = moments(0, 4 * d + 2, d), moments(1, 5 * d + 2, d)
    distance = w2(
        MultivariateNormal(p.mean, p.covariance), MultivariateNormal(q.mean, q.covariance)
    )
    assert frechet_distance(p, q) == pytest.approx(distance**2, rel=1e-10, abs=0)


def test_it_agrees_with_the_trace_formula_by_scipys_matrix_root():
    p, q = moments(2, 300, 20), moments(3, 300, 20)
    root = scipy.linalg.sqrtm(p.covariance @ q.covariance).real
    traces = np.trace(p.covariance + q.covariance - 2 * root)
    expected = np.square(p.mean - q.mean).sum() + traces
    assert frechet_distance(p, q) == pytest.approx(expected, rel=1e-9)


def test_commuting_covariances_have_a_closed_form():
    p = Moments(np.array([0.0, 3.0]), np.diag([4.0, 1.0]))
    q = Moments(np.array([4.0, 0.0]), np.diag([1.0, 9.0]))
    assert frechet_distance(p, q) == pytest.approx(
        25 + (2 - 1) ** 2 + (1 - 3) ** 2, rel=1e-14, abs=0
    )


def test_normals_on_perpendicular_lines_are_at_the_sum_of_their_variances():
    # All couplings have the same cost, since the cross term x.y is 0.
    p = Moments(np.zeros(2), np.diag([4.0, 0.0]))
    q = Moments(np.zeros(2), np.diag([0.0, 9.0]))
    assert frechet_distance(p, q) == pytest.approx(13, rel=1e-14, abs=0)


def test_fewer_points_than_dimensions_are_accepted():
    p = moments(4, 5, 64)
    shifted = Moments(p.mean + 1, p.covariance)
    assert frechet_distance(p, shifted) == pytest.approx(64, rel=1e-12, abs=0)


def test_the_distance_to_the_point_mass_at_the_mean_is_the_total_variance():
    p = moments(5, 50, 3)
    point = Moments(p.mean, np.zeros((3, 3)))
    assert frechet_distance(p, point) == pytest.approx(np.trace(p.covariance), rel=1e-12, abs=0)


@given(st.integers(0, 10**6), st.integers(1, 8), st.integers(2, 20))
def test_it_is_symmetric_and_zero_for_equal_moments(seed, d, n):
    p, q = moments(seed, n, d), moments(seed + 1, n + 1, d)
    scale = np.trace(p.covariance + q.covariance) + np.square(p.mean - q.mean).sum()
    assert 0 <= frechet_distance(p, p) <= 1000 * EPS * scale
    assert frechet_distance(p, q) == pytest.approx(frechet_distance(q, p), abs=1e-7 * scale)


def test_moments_agree_with_numpy(rng):
    points = torch.randn(50, 4, generator=rng)
    sample = Moments.of(points)
    assert np.allclose(sample.mean, points.double().mean(0), rtol=0, atol=1e-14)
    assert np.allclose(sample.covariance, np.cov(points.double().numpy().T), rtol=0, atol=1e-14)


@pytest.mark.parametrize("shape", [(1, 3), (0, 3), (5, 0)])
def test_fewer_than_two_rows_or_no_columns_are_refused(shape):
    with pytest.raises(DistributionError, match=r"`points` must be two or more rows"):
        Moments.of(torch.zeros(shape))


@pytest.mark.usefixtures("unchecked")
def test_images_are_refused():
    with pytest.raises(DistributionError, match=r"have shape \(5, 1, 28, 28\)"):
        Moments.of(torch.zeros(5, 1, 28, 28))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_features_that_are_not_finite_are_refused(bad):
    with pytest.raises(DistributionError, match=r"`points` must be finite"):
        Moments.of(torch.tensor([[0.0], [bad]]))


def test_moments_of_different_dimensions_are_refused():
    with pytest.raises(DistributionError, match=r"the same dimension, but have 2 and 3"):
        frechet_distance(moments(0, 9, 2), moments(0, 9, 3))
