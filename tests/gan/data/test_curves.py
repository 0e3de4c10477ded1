"""The Swiss roll and vertical segments: samples, density, refusals."""

import math
from itertools import pairwise

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import torch

from gan.data.curves import FIRST_ANGLE, LAST_ANGLE, ROLL_SCALE, SwissRoll, VerticalSegments
from gan.datasets import DATA


def roll_at(angle):
    return angle * math.cos(angle) / ROLL_SCALE, angle * math.sin(angle) / ROLL_SCALE


def density(point, sigma):
    """Density of the roll at a point, by adaptive quadrature along the curve."""

    def integrand(angle):
        x, y = roll_at(angle)
        square = (point[0] - x) ** 2 + (point[1] - y) ** 2
        return math.exp(-square / (2 * sigma**2)) / (2 * math.pi * sigma**2)

    # 100 panels, since quad misses a peak that is much narrower than its interval.
    total = 0.0
    for low, high in pairwise(
        FIRST_ANGLE + (LAST_ANGLE - FIRST_ANGLE) * i / 100 for i in range(101)
    ):
        total += scipy.integrate.quad(integrand, low, high, epsabs=0, epsrel=1e-11, limit=200)[0]
    return total / (LAST_ANGLE - FIRST_ANGLE)


POINTS = [
    roll_at(FIRST_ANGLE),
    roll_at(7.0),
    roll_at(LAST_ANGLE),
    (0.0, 0.0),
    (0.5, -0.6),
    (0.05, 1.07),
]


@pytest.mark.parametrize("sigma", [0.01, 0.25 / ROLL_SCALE, 0.5])
def test_the_log_density_of_the_roll_agrees_with_adaptive_quadrature(sigma):
    points = [(x + 2 * sigma, y - sigma) for x, y in POINTS[:3]] + POINTS
    log_densities = SwissRoll(sigma).log_density(torch.tensor(points, dtype=torch.float64))
    for value, point in zip(log_densities.tolist(), points, strict=True):
        expected = density(point, sigma)
        if expected > 1e-290:  # below, quad loses its relative accuracy
            assert value == pytest.approx(math.log(expected), abs=1e-8), point


def test_the_density_of_the_roll_integrates_to_1():
    # Riemann sum of step h; its error for a normal density is exp(-2 pi^2 (sigma / h)^2) = 1e-23.
    roll, step = SwissRoll(0.2), 0.12
    axis = torch.arange(-3.3, 3.4, step, dtype=torch.float64)  # 7 sigma beyond the curve
    grid = torch.cartesian_prod(axis, axis)
    assert float(roll.log_density(grid).exp().sum() * step**2) == pytest.approx(1, abs=1e-9)


def test_the_log_density_is_finite_far_away_and_has_the_dtype_of_the_points():
    far = torch.tensor([[1e3, 0.0]])
    assert SwissRoll().log_density(far.double()).isfinite().all()
    assert SwissRoll().log_density(far).dtype == torch.float32
    near = torch.tensor(POINTS)
    assert torch.allclose(
        SwissRoll().log_density(near).double(), SwissRoll().log_density(near.double()), atol=1e-3
    )


def test_samples_have_the_mean_log_density_of_scikit_learns_samples():
    # Fixed seeds; 5 standard errors: false-alarm rate over seeds 6e-7.
    from sklearn.datasets import make_swiss_roll

    reference = torch.from_numpy(make_swiss_roll(2000, noise=0.25, random_state=0)[0][:, [0, 2]])
    points = SwissRoll().sample(2000, torch.Generator().manual_seed(0)).double()
    ours, theirs = (SwissRoll().log_density(sample) for sample in (points, reference / ROLL_SCALE))
    error = math.sqrt((ours.var() + theirs.var()) / len(ours))
    assert abs(float(ours.mean() - theirs.mean())) < 5 * error


def test_cell_counts_of_samples_pass_a_chi_squared_test_of_the_density():
    # Cells of side sigma with an expected count of at least 5. Fixed seed; false-alarm rate over
    # seeds 1e-4 on either side.
    roll, side = SwissRoll(0.2), 0.2
    points = roll.sample(20_000, torch.Generator().manual_seed(0)).double()
    ticks = torch.arange(-15, 15, dtype=torch.float64) * side
    corners = torch.cartesian_prod(ticks, ticks)
    nodes, weights = (torch.from_numpy(part) / 2 for part in np.polynomial.legendre.leggauss(3))
    inner = torch.cartesian_prod(*[side * (nodes + 0.5)] * 2)
    densities = roll.log_density((corners[:, None] + inner).flatten(0, 1)).exp().reshape(-1, 9)
    expected = len(points) * side**2 * densities @ torch.cartesian_prod(weights, weights).prod(1)
    index = ((points / side).floor() + 15).long().clamp(0, 29)
    counts = torch.bincount(index[:, 0] * 30 + index[:, 1], minlength=900).double()
    is_tested = expected >= 5
    assert float(expected[is_tested].sum()) > 0.99 * len(points)
    statistic = float(((counts - expected)[is_tested].square() / expected[is_tested]).sum())
    assert statistic < scipy.stats.chi2.isf(1e-4, int(is_tested.sum()))
    assert statistic > scipy.stats.chi2.ppf(1e-4, int(is_tested.sum()) - 1)


def test_the_same_seed_draws_the_same_points_of_a_curve():
    for curve in (SwissRoll(), VerticalSegments()):
        first, second = (curve.sample(9, torch.Generator().manual_seed(3)) for _ in range(2))
        assert torch.equal(first, second)
        assert not torch.equal(first, curve.sample(9, torch.Generator().manual_seed(4)))


@pytest.mark.parametrize("sigma", [0.0, -1.0, 0.009, math.nan, math.inf])
def test_a_roll_too_thin_for_its_quadrature_is_refused(sigma):
    with pytest.raises(ValueError, match=r"`sigma` must be at least 0\.01, but is"):
        SwissRoll(sigma)


@pytest.mark.parametrize("positions", [(), (math.nan,), (0.0, math.inf)])
def test_segments_at_no_finite_position_are_refused(positions):
    with pytest.raises(ValueError, match="`positions` must be finite, one or more, but are"):
        VerticalSegments(positions)


def test_samples_of_segments_are_uniform_on_them(rng):
    segments, n = VerticalSegments((-1.0, 0.5, 2.0)), 30_000
    points = segments.sample(n, rng)
    index, distance = segments.nearest(points)
    assert distance.max() == 0
    shares = torch.bincount(index, minlength=3) / n
    assert (shares - 1 / 3).abs().max() < 5 * math.sqrt(2 / 9 / n)  # false-alarm rate 2e-6
    for segment in range(3):
        heights = points[index == segment, 1].numpy()
        assert scipy.stats.kstest(heights, "uniform").pvalue > 1e-6  # its false-alarm rate


def test_the_distance_of_a_point_beyond_a_segment_is_to_its_end():
    points = torch.tensor([
        [0.0, 0.5],
        [0.25, 0.5],
        [0.9, 0.1],
        [0.3, -0.4],
        [1.0, 3.0],
        [4.0, 5.0],
    ])
    index, distance = VerticalSegments((0.0, 1.0)).nearest(points)
    assert index.tolist() == [0, 0, 1, 0, 1, 1]
    assert distance.tolist() == pytest.approx([0, 0.25, 0.1, 0.5, 2, 5])


def test_segments_are_measured_by_shares_distance_and_position():
    two = DATA["two-segments"](None)
    points = torch.tensor([[0.0, 0.5], [0.5, 0.0], [1.0, 2.0], [1.5, 0.5]])
    metrics = two.measure(points)
    assert metrics == {"shares": [0.5, 0.5], "distance_to_segments": 2.0 / 4, "theta": 0.75}
    assert two.log_density is None
    one = DATA["segment"](None)
    assert one.measure(points)["shares"] == [1.0]
    assert one.sample(5, torch.Generator().manual_seed(0))[:, 0].abs().max() == 0
    assert one.networks == "segment"


def test_the_registered_roll_is_measured_by_its_density(rng):
    data = DATA["swiss-roll"](None)
    points = data.sample(2000, rng)
    metrics = data.measure(points)
    assert set(metrics) == {"density_reverse_kl", "density_js"}
    # Real points: 0 up to the error of nearest-neighbour estimates, some 0.01 for 2000 points.
    assert abs(metrics["density_reverse_kl"]) < 0.15
    assert 0 <= metrics["density_js"] < 0.15
    assert data.measure(points + 0.3)["density_reverse_kl"] > 1
