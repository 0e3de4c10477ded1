"""Eight and twenty-five Gaussians: centers, samples and density."""

import math

import numpy as np
import pytest
import scipy.stats
import torch

from gan.data.mixtures import GaussianMixture, eight_gaussians, twenty_five_gaussians


def test_modes_are_equally_likely_and_distances_are_rayleigh(rng):
    # Fixed seed; ten bounds of 5 sigma: false-alarm rate over seeds 6e-6.
    mixture, n = eight_gaussians(), 80_000
    component, distance = mixture.nearest(mixture.sample(n, rng))
    shares = torch.bincount(component, minlength=8) / n
    assert (shares - 1 / 8).abs().max() < 5 * math.sqrt(1 / 8 * 7 / 8 / n)
    within = float((distance <= 3).float().mean())
    assert abs(within - (1 - math.exp(-4.5))) < 5 * math.sqrt(math.exp(-4.5) / n)  # Rayleigh
    assert float(distance.square().mean()) == pytest.approx(2, abs=5 * 2 / math.sqrt(n))


def test_the_ring_has_its_modes_at_the_multiples_of_45_degrees():
    half = math.sqrt(2)
    corners = [(2, 0), (half, half), (0, 2), (-half, half)]
    exact = torch.tensor([*corners, *((-x, -y) for x, y in corners)])
    assert torch.allclose(eight_gaussians(radius=2.0).centers, exact, atol=1e-6)


def test_the_log_density_agrees_with_scipy(rng):
    mixture = eight_gaussians(radius=1.0, sigma=0.3)
    points = torch.randn(50, 2, generator=rng, dtype=torch.float64)
    densities = [
        scipy.stats.multivariate_normal(c, 0.09).pdf(points) for c in mixture.centers.double()
    ]
    assert np.allclose(mixture.log_density(points), np.log(np.mean(densities, axis=0)), rtol=1e-12)


def test_the_log_density_is_finite_far_from_the_modes():
    far = torch.tensor([[1e3, 0.0]], dtype=torch.float64)
    assert float(eight_gaussians().log_density(far)) == pytest.approx(
        -(998.0**2) / (2 * 0.02**2), rel=1e-4
    )


def test_the_density_integrates_to_1():
    mixture = eight_gaussians(radius=1.0, sigma=0.2)
    axis = torch.linspace(-3, 3, 301, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    assert float(mixture.log_density(grid).exp().sum() * 0.02**2) == pytest.approx(1, abs=1e-9)


def test_the_same_seed_draws_the_same_points():
    first, second = (
        eight_gaussians().sample(9, torch.Generator().manual_seed(3)) for _ in range(2)
    )
    assert torch.equal(first, second)


@pytest.mark.parametrize(
    "options", [{"radius": 0.0}, {"radius": -1.0}, {"sigma": 0.0}, {"sigma": math.nan}]
)
def test_a_ring_of_no_positive_size_is_refused(options):
    (name,) = options
    with pytest.raises(ValueError, match=f"`{name}` must be a positive number"):
        eight_gaussians(**options)


def test_centers_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="`centers` must be finite"):
        GaussianMixture(torch.tensor([[math.nan, 0.0]]), 1.0)


def test_the_grid_has_five_rows_of_five_modes_around_the_origin():
    centers = twenty_five_gaussians(step=3.0).centers
    expected = {(x, y) for x in (-6.0, -3.0, 0.0, 3.0, 6.0) for y in (-6.0, -3.0, 0.0, 3.0, 6.0)}
    assert set(map(tuple, centers.tolist())) == expected
    assert centers.shape == (25, 2)
    assert twenty_five_gaussians().sigma == 0.05
    neighbours = torch.cdist(centers, centers).fill_diagonal_(math.inf).min(dim=1).values
    assert (neighbours == 3.0).all()


def test_modes_of_the_grid_are_equally_likely(rng):
    mixture, n = twenty_five_gaussians(), 50_000
    component, distance = mixture.nearest(mixture.sample(n, rng))
    shares = torch.bincount(component, minlength=25) / n
    # Fixed seed; 26 bounds of 5 sigma: false-alarm rate over seeds 1.5e-5.
    assert (shares - 1 / 25).abs().max() < 5 * math.sqrt(1 / 25 * 24 / 25 / n)
    assert float(distance.square().mean()) == pytest.approx(2, abs=5 * 2 / math.sqrt(n))


def test_the_log_density_of_the_grid_agrees_with_scipy_and_integrates_to_1(rng):
    mixture = twenty_five_gaussians(step=0.5, sigma=0.2)
    points = torch.randn(50, 2, generator=rng, dtype=torch.float64)
    densities = [
        scipy.stats.multivariate_normal(c, 0.04).pdf(points) for c in mixture.centers.double()
    ]
    assert np.allclose(mixture.log_density(points), np.log(np.mean(densities, axis=0)), rtol=1e-12)
    axis = torch.arange(-2.6, 2.6, 0.05, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    assert float(mixture.log_density(grid).exp().sum() * 0.05**2) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(
    "options", [{"step": 0.0}, {"step": math.inf}, {"sigma": 0.0}, {"sigma": math.nan}]
)
def test_a_grid_of_no_positive_size_is_refused(options):
    (name,) = options
    with pytest.raises(ValueError, match=f"`{name}` must be a positive number"):
        twenty_five_gaussians(**options)


def test_the_nearest_component_is_exact_far_from_the_origin(rng):
    far = GaussianMixture(torch.tensor([[1000.0, 0.0], [1001.0, 0.0]]), 0.01)
    _, distance = far.nearest(far.sample(20_000, rng))
    # 98.9 % are within 3 sigma, with standard error 0.07 %; float32 is spaced by 0.6 % of sigma.
    assert (distance <= 3).float().mean() == pytest.approx(0.989, abs=0.005)
