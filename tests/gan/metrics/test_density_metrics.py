"""Divergences of generated points by an exact density, and mode coverage of mixtures."""

import math

import pytest
import torch

from gan.data.mixtures import GaussianMixture, eight_gaussians
from gan.metrics.densities import ENTROPY_NEIGHBOURS, density_js, density_reverse_kl
from gan.metrics.modes import Modes, modes


def gaussian(*center, sigma=1.0):
    return GaussianMixture(torch.tensor([[*map(float, center)]]), sigma)


N = 4000
# Five standard errors (false-alarm rate 6e-7). In 2-D the variance of the log distance to the
# fifth neighbour is pi^2/6 - 1 - 1/4 - 1/9 - 1/16 = 0.22, that of -log p of a Gaussian is 1: the
# standard error is at most sqrt(1.3 / n) = 0.018. The bias, of the order 5 / n, is smaller.
TOLERANCE = 5 * math.sqrt(1.3 / N)


@pytest.mark.parametrize(("shift", "sigma"), [(0.0, 1.0), (1.5, 1.0), (0.5, 0.5), (0.0, 2.0)])
def test_the_reverse_kl_of_a_gaussian_agrees_with_its_closed_form(shift, sigma, rng):
    generated = gaussian(shift, 0, sigma=sigma).sample(N, rng)
    truth = 2 * (sigma**2 / 2 - 0.5 - math.log(sigma)) + shift**2 / 2
    spread = max(1.0, sigma**2 + shift)  # bounds the standard deviation of log p
    estimate = density_reverse_kl(gaussian(0, 0).log_density, generated)
    assert estimate == pytest.approx(truth, abs=spread * TOLERANCE)


def test_the_reverse_kl_is_right_in_three_dimensions(rng):
    generated = gaussian(1, 0, 0).sample(N, rng)
    estimate = density_reverse_kl(gaussian(0, 0, 0).log_density, generated)
    assert estimate == pytest.approx(
        0.5, abs=2 * TOLERANCE
    )  # the bias is larger than in the plane


def test_the_reverse_kl_of_a_mixture_agrees_with_monte_carlo(rng):
    real = eight_gaussians(radius=2.0, sigma=0.3)
    shifted = GaussianMixture(real.centers + torch.tensor([0.4, -0.1]), 0.25)
    draws = shifted.sample(1_000_000, rng).double()
    log_ratio = shifted.log_density(draws) - real.log_density(draws)
    truth = float(log_ratio.mean())  # its own standard error is 0.001
    assert 0.5 < truth < 2
    estimate = density_reverse_kl(real.log_density, shifted.sample(N, rng))
    assert estimate == pytest.approx(truth, abs=2 * TOLERANCE)


def test_the_reverse_kl_does_not_depend_on_the_unit_of_length(rng):
    points = gaussian(1, 0).sample(500, rng).double()
    plain = density_reverse_kl(gaussian(0, 0).log_density, points)
    scaled = density_reverse_kl(gaussian(0, 0, sigma=1e-3).log_density, 1e-3 * points)
    assert scaled == pytest.approx(plain, rel=1e-6)  # the mixture's sigma is a float64


def test_the_reverse_kl_is_infinite_if_six_points_coincide(rng):
    points = torch.randn(100, 2, generator=rng)
    points[: ENTROPY_NEIGHBOURS + 1] = 0.5
    assert density_reverse_kl(gaussian(0, 0).log_density, points) == math.inf
    points[0] = 0.6  # five coincide: the distance to the fifth neighbour is positive
    assert math.isfinite(density_reverse_kl(gaussian(0, 0).log_density, points))
    assert density_reverse_kl(gaussian(0, 0).log_density, torch.zeros(100, 2)) == math.inf


def test_js_is_between_0_and_log_2(rng):
    real = gaussian(0, 0).sample(1000, rng)
    near, far = density_js(real, gaussian(0, 0).sample(1000, rng)), density_js(real, real + 100)
    assert 0 <= near < 0.05  # sampling error of 1000 points
    assert near < density_js(real, gaussian(1, 0).sample(1000, rng)) < far
    assert 0.95 * math.log(2) < far <= math.log(2)  # the estimator shrinks by 1 / neighbours
    collapsed = density_js(real, torch.zeros(1000, 2))
    assert 0.6 < collapsed <= math.log(2)


def test_the_kl_of_shares_is_0_if_uniform_and_log_8_for_one_of_eight_modes():
    assert Modes(8, [1 / 8] * 8, 1.0).reverse_kl == pytest.approx(0, abs=1e-15)
    assert Modes(1, [1.0] + [0.0] * 7, 1.0).reverse_kl == pytest.approx(math.log(8))
    half = Modes(4, [1 / 4] * 4 + [0.0] * 4, 1.0).reverse_kl
    assert half == pytest.approx(math.log(2))
    uneven = Modes(2, [0.75, 0.25], 1.0).reverse_kl
    assert uneven == pytest.approx(0.75 * math.log(1.5) + 0.25 * math.log(0.5))


def test_with_min_share_0_one_point_within_3_sigma_covers_a_mode():
    ring = eight_gaussians()
    points = ring.centers[:1].repeat(1000, 1)
    assert modes(ring, points, min_share=0.0).covered == 1
    points[0] = ring.centers[3]
    points[1] = ring.centers[5] + torch.tensor([0.061, 0.0])  # 3.05 sigma
    assert modes(ring, points, min_share=0.0).covered == 2
    assert modes(ring, points).covered == 1
    assert modes(ring, points, min_share=0.0).within_3_sigma == pytest.approx(0.999)


@pytest.mark.parametrize(("distance", "is_counted"), [(2.9, True), (3.1, False), (3.9, False)])
def test_a_point_counts_up_to_3_sigma(distance, is_counted):
    ring = eight_gaussians(radius=2.0, sigma=0.02)
    points = ring.centers + torch.tensor([0.0, 0.02 * distance])
    coverage = modes(ring, points)
    assert coverage.covered == 8 * is_counted
    assert coverage.within_3_sigma == is_counted
