"""The Swiss roll and vertical segments: where points fall, the density, what is refused."""

import math
from itertools import pairwise

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import torch

from gan.data.curves import FROM, SCALE, TO, SwissRoll, VerticalSegments
from gan.datasets import DATA


def roll_at(angle):
    return angle * math.cos(angle) / SCALE, angle * math.sin(angle) / SCALE


def density(point, sigma):
    """The density of the roll at a point by adaptive quadrature along the curve."""

    def along(angle):
        x, y = roll_at(angle)
        square = (point[0] - x) ** 2 + (point[1] - y) ** 2
        return math.exp(-square / (2 * sigma**2)) / (2 * math.pi * sigma**2)

    # Panels of a tenth: the integrand is as narrow as sigma, and quad must not step over it.
    total = 0.0
    for low, high in pairwise(FROM + (TO - FROM) * i / 100 for i in range(101)):
        total += scipy.integrate.quad(along, low, high, epsabs=0, epsrel=1e-11, limit=200)[0]
    return total / (TO - FROM)


POINTS = [roll_at(FROM), roll_at(7.0), roll_at(TO), (0.0, 0.0), (0.5, -0.6), (0.05, 1.07)]


@pytest.mark.parametrize("sigma", [0.01, 0.25 / SCALE, 0.5])
def test_the_log_density_of_the_roll_is_that_of_adaptive_quadrature(sigma):
    near = [(x + 2 * sigma, y - sigma) for x, y in POINTS[:3]] + POINTS
    found = SwissRoll(sigma).log_density(torch.tensor(near, dtype=torch.float64))
    for value, point in zip(found.tolist(), near, strict=True):
        expected = density(point, sigma)
        if expected > 1e-290:  # else quad has lost it
            assert value == pytest.approx(math.log(expected), abs=1e-8), point


def test_the_density_of_the_roll_integrates_to_1():
    # A grid of step h: its error for a normal density is exp(-2 pi^2 (sigma / h)^2), 1e-23 here.
    roll, step = SwissRoll(0.2), 0.12
    axis = torch.arange(-3.3, 3.4, step, dtype=torch.float64)  # 7 sigma beyond the curve
    grid = torch.cartesian_prod(axis, axis)
    assert float(roll.log_density(grid).exp().sum() * step**2) == pytest.approx(1, abs=1e-9)


def test_the_roll_is_finite_far_away_and_in_the_precision_of_the_points():
    far = torch.tensor([[1e3, 0.0]])
    assert SwissRoll().log_density(far.double()).isfinite().all()
    assert SwissRoll().log_density(far).dtype == torch.float32
    near = torch.tensor(POINTS)
    assert torch.allclose(
        SwissRoll().log_density(near).double(), SwissRoll().log_density(near.double()), atol=1e-3
    )


def test_points_of_the_roll_follow_its_density():
    # Mean log density of points, against that of others drawn by another generator (numpy's
    # formula of scikit-learn): equal but for the luck of both, 5 standard errors (1 in 10^6).
    from sklearn.datasets import make_swiss_roll

    other = torch.from_numpy(make_swiss_roll(2000, noise=0.25, random_state=0)[0][:, [0, 2]])
    points = SwissRoll().sample(2000, torch.Generator().manual_seed(0)).double()
    mine, theirs = (SwissRoll().log_density(part) for part in (points, other / SCALE))
    error = math.sqrt((mine.var() + theirs.var()) / len(mine))
    assert abs(float(mine.mean() - theirs.mean())) < 5 * error


def test_points_fall_into_squares_as_often_as_the_density_says():
    # Chi-squared over squares of one sigma that hold 5 points or more; the seed is fixed, and over
    # seeds the false-alarm rate is 1e-4.
    roll, side = SwissRoll(0.2), 0.2
    points = roll.sample(20_000, torch.Generator().manual_seed(0)).double()
    ticks = torch.arange(-15, 15, dtype=torch.float64) * side
    corners = torch.cartesian_prod(ticks, ticks)
    nodes, weights = (torch.from_numpy(part) / 2 for part in np.polynomial.legendre.leggauss(3))
    inner = torch.cartesian_prod(*[side * (nodes + 0.5)] * 2)
    densities = roll.log_density((corners[:, None] + inner).flatten(0, 1)).exp().reshape(-1, 9)
    expected = len(points) * side**2 * densities @ torch.cartesian_prod(weights, weights).prod(1)
    index = ((points / side).floor() + 15).long().clamp(0, 29)
    counted = torch.bincount(index[:, 0] * 30 + index[:, 1], minlength=900).double()
    many = expected >= 5
    assert float(expected[many].sum()) > 0.99 * len(points)
    statistic = float(((counted - expected)[many].square() / expected[many]).sum())
    assert statistic < scipy.stats.chi2.isf(1e-4, int(many.sum()))
    assert statistic > scipy.stats.chi2.ppf(1e-4, int(many.sum()) - 1)


def test_a_seed_gives_the_same_points_of_a_curve():
    for curve in (SwissRoll(), VerticalSegments()):
        first, second = (curve.sample(9, torch.Generator().manual_seed(3)) for _ in range(2))
        assert torch.equal(first, second)
        assert not torch.equal(first, curve.sample(9, torch.Generator().manual_seed(4)))


@pytest.mark.parametrize("sigma", [0.0, -1.0, 0.009, math.nan, math.inf])
def test_a_roll_too_thin_for_its_quadrature_is_refused(sigma):
    with pytest.raises(ValueError, match=r"`sigma` must be at least 0\.01, but is"):
        SwissRoll(sigma)


@pytest.mark.parametrize("places", [(), (math.nan,), (0.0, math.inf)])
def test_segments_that_stand_nowhere_are_refused(places):
    with pytest.raises(ValueError, match="`places` must be finite, one or more, but are"):
        VerticalSegments(places)


def test_points_of_segments_are_on_them_and_spread_evenly(rng):
    segments, n = VerticalSegments((-1.0, 0.5, 2.0)), 30_000
    points = segments.sample(n, rng)
    part, distance = segments.nearest(points)
    assert distance.max() == 0
    shares = torch.bincount(part, minlength=3) / n
    assert (shares - 1 / 3).abs().max() < 5 * math.sqrt(2 / 9 / n)  # 5 sigma: 1 in 10^6
    for place in range(3):
        heights = points[part == place, 1].numpy()
        assert scipy.stats.kstest(heights, "uniform").pvalue > 1e-6  # its false-alarm rate


def test_the_nearest_segment_is_measured_to_its_end_where_a_point_is_beyond_it():
    points = torch.tensor([
        [0.0, 0.5],
        [0.25, 0.5],
        [0.9, 0.1],
        [0.3, -0.4],
        [1.0, 3.0],
        [4.0, 5.0],
    ])
    part, distance = VerticalSegments((0.0, 1.0)).nearest(points)
    assert part.tolist() == [0, 0, 1, 0, 1, 1]
    assert distance.tolist() == pytest.approx([0, 0.25, 0.1, 0.5, 2, 5])


def test_data_of_segments_is_measured_by_shares_distance_and_place():
    two = DATA["two-segments"](None)
    points = torch.tensor([[0.0, 0.5], [0.5, 0.0], [1.0, 2.0], [1.5, 0.5]])
    found = two.measure(points)
    assert found == {"shares": [0.5, 0.5], "distance_to_segments": 2.0 / 4, "theta": 0.75}
    assert two.log_density is None
    one = DATA["segment"](None)
    assert one.measure(points)["shares"] == [1.0]
    assert one.sample(5, torch.Generator().manual_seed(0))[:, 0].abs().max() == 0
    assert one.networks == "segment"


def test_the_roll_in_the_catalogue_is_measured_by_its_density(rng):
    data = DATA["swiss-roll"](None)
    points = data.sample(2000, rng)
    found = data.measure(points)
    assert set(found) == {"density_reverse_kl", "density_js"}
    # Real points: 0 but for the nearest-neighbour estimates, hundredths at 2000 points.
    assert abs(found["density_reverse_kl"]) < 0.15
    assert 0 <= found["density_js"] < 0.15
    assert data.measure(points + 0.3)["density_reverse_kl"] > 1
