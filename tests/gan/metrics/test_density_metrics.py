"""What is said of generated points by the density of real ones: close to the truth, bounded."""

import math

import pytest
import torch

from gan.data.mixtures import GaussianMixture, eight_gaussians
from gan.metrics.densities import NEIGHBOURS, density_js, density_reverse_kl
from gan.metrics.modes import Modes, modes


def one(*centre, sigma=1.0):
    return GaussianMixture(torch.tensor([[*map(float, centre)]]), sigma)


N = 4000
# The entropy's standard error: the log distances to the fifth neighbour have variance
# (pi^2/6 - 1 - 1/4 - 1/9 - 1/16) = 0.22 in 2-D, that of -log p adds 1 for a Gaussian; their errors
# are at most sqrt(1.3 / n) in all, 0.018. Five of them: a false alarm in 10^6 seeds. The bias at
# smooth densities is of the order (5 / n), below it.
WITHIN = 5 * math.sqrt(1.3 / N)


@pytest.mark.parametrize(("shift", "sigma"), [(0.0, 1.0), (1.5, 1.0), (0.5, 0.5), (0.0, 2.0)])
def test_the_reverse_kl_of_a_shifted_gaussian_is_its_closed_form(shift, sigma, rng):
    generated = one(shift, 0, sigma=sigma).sample(N, rng)
    truth = 2 * (sigma**2 / 2 - 0.5 - math.log(sigma)) + shift**2 / 2
    spread = max(1.0, sigma**2 + shift)  # of log p over the points
    found = density_reverse_kl(one(0, 0).log_density, generated)
    assert found == pytest.approx(truth, abs=spread * WITHIN)


def test_the_reverse_kl_has_the_ball_of_its_dimension(rng):
    generated = one(1, 0, 0).sample(N, rng)
    found = density_reverse_kl(one(0, 0, 0).log_density, generated)
    assert found == pytest.approx(0.5, abs=2 * WITHIN)  # the bias is larger than in the plane


def test_the_reverse_kl_of_a_shifted_mixture_is_that_of_a_million_draws(rng):
    real = eight_gaussians(radius=2.0, sigma=0.3)
    moved = GaussianMixture(real.centers + torch.tensor([0.4, -0.1]), 0.25)
    many = moved.sample(1_000_000, rng).double()
    ratio = moved.log_density(many) - real.log_density(many)
    truth = float(ratio.mean())  # its own standard error is 0.001
    assert 0.5 < truth < 2
    found = density_reverse_kl(real.log_density, moved.sample(N, rng))
    assert found == pytest.approx(truth, abs=2 * WITHIN)


def test_the_estimate_is_the_same_in_another_unit_of_length(rng):
    points = one(1, 0).sample(500, rng).double()
    plain = density_reverse_kl(one(0, 0).log_density, points)
    scaled = density_reverse_kl(one(0, 0, sigma=1e-3).log_density, 1e-3 * points)
    assert scaled == pytest.approx(plain, rel=1e-6)  # the mixture's sigma is a float64


def test_points_that_coincide_have_no_density(rng):
    points = torch.randn(100, 2, generator=rng)
    points[: NEIGHBOURS + 1] = 0.5
    assert density_reverse_kl(one(0, 0).log_density, points) == math.inf
    points[0] = 0.6  # one neighbour fewer: there is a distance to the fifth again
    assert math.isfinite(density_reverse_kl(one(0, 0).log_density, points))
    assert density_reverse_kl(one(0, 0).log_density, torch.zeros(100, 2)) == math.inf


def test_js_is_between_0_and_log_2(rng):
    real = one(0, 0).sample(1000, rng)
    near, far = density_js(real, one(0, 0).sample(1000, rng)), density_js(real, real + 100)
    assert 0 <= near < 0.05  # the luck of 1000 points
    assert near < density_js(real, one(1, 0).sample(1000, rng)) < far
    assert 0.95 * math.log(2) < far <= math.log(2)  # the estimate shrinks by 1 / neighbours
    collapsed = density_js(real, torch.zeros(1000, 2))
    assert 0.6 < collapsed <= math.log(2)


def test_equal_shares_are_at_0_and_one_mode_of_eight_is_log_8_away():
    assert Modes(8, [1 / 8] * 8, 1.0).reverse_kl == pytest.approx(0, abs=1e-15)
    assert Modes(1, [1.0] + [0.0] * 7, 1.0).reverse_kl == pytest.approx(math.log(8))
    half = Modes(4, [1 / 4] * 4 + [0.0] * 4, 1.0).reverse_kl
    assert half == pytest.approx(math.log(2))
    uneven = Modes(2, [0.75, 0.25], 1.0).reverse_kl
    assert uneven == pytest.approx(0.75 * math.log(1.5) + 0.25 * math.log(0.5))


def test_with_least_0_one_point_within_3_sigma_finds_a_mode_and_none_does_not():
    ring = eight_gaussians()
    points = ring.centers[:1].repeat(1000, 1)
    assert modes(ring, points, min_share=0.0).covered == 1
    points[0] = ring.centers[3]
    points[1] = ring.centers[5] + torch.tensor([0.061, 0.0])  # 3.05 sigma
    assert modes(ring, points, min_share=0.0).covered == 2
    assert modes(ring, points).covered == 1
    assert modes(ring, points, min_share=0.0).within_3_sigma == pytest.approx(0.999)
