"""Exact EMD and certified bounds by sample size, and their extrapolation to populations."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from divergences import DistributionError
from gan.critics.pairs import named_pair
from gan.evaluation.critic_gap import critic_gap
from gan.evaluation.full_support import full_support_bound
from gan.evaluation.population_limit import population_limit
from gan.evaluation.sample_size import estimates_by_size

SIZES = (16, 32, 64, 128)


def samples(name, n, seed=0):
    return named_pair(name).samples(n, torch.Generator().manual_seed(seed))


def critic(points):
    return torch.sin(3 * points[:, 0]) / 4 + points.norm(dim=1)


@pytest.fixture(scope="module")
def estimates():
    x, y = samples("scaling-2", 256)
    return estimates_by_size(x, y, SIZES, critics={"sine": critic})


def test_means_over_blocks_do_not_increase_with_the_size(estimates):
    for values in (
        [np.mean(part.exact) for part in estimates],
        [np.mean(part.certified["sine"]) for part in estimates],
    ):
        assert all(b <= a * (1 + 1e-12) for a, b in pairwise(values))
    assert estimates[0].self_distance > estimates[-1].self_distance > 0


def test_estimates_are_those_of_the_blocks(estimates):
    x, y = (points[128:] for points in samples("scaling-2", 256))
    gap = critic_gap(critic, x, y)
    last = estimates[-1]
    assert (last.n, len(last.exact), len(estimates[0].exact)) == (128, 2, 16)
    assert last.exact[1] == pytest.approx(gap.exact, rel=1e-12, abs=0)
    assert last.baseline[1] == pytest.approx(gap.baseline, rel=1e-12, abs=0)
    assert last.certified["sine"][1] > last.baseline[1]
    assert last.certified["sine"][1] == pytest.approx(gap.certified, rel=1e-12, abs=0)


def test_the_gap_of_a_1_lipschitz_critic_is_at_most_its_certified_bound_at_every_size():
    x, y = samples("translation-4", 128)
    direction = torch.full((4,), 0.5)
    for part in estimates_by_size(x, y, (16, 32, 64), critics={"line": lambda p: p @ direction}):
        gaps = [
            float((a - b).mean())
            for a, b in zip(
                (x @ direction).split(part.n), (y @ direction).split(part.n), strict=True
            )
        ]
        assert all(g <= c + 1e-6 for g, c in zip(gaps, part.certified["line"], strict=True))


def test_the_interval_of_a_translation_holds_its_length_and_its_emd_does_not():
    pairs = [samples("translation-4", 512, seed) for seed in range(4)]
    draws = [estimates_by_size(x, y, SIZES) for x, y in pairs]
    emd = np.array([[np.mean(part.exact) for part in draw] for draw in draws])
    limit = population_limit(emd, np.array([[p.self_distance for p in draw] for draw in draws]))
    low, high = limit.interval()
    assert low <= 1 <= high < limit.upper_bound
    assert emd[:, -1].mean() > 1.2
    assert abs(limit.value - 1) < 0.1


@pytest.mark.parametrize("w1", [0.0, 0.3, 5.0])
@pytest.mark.parametrize("slope", [0.2, 1.0])
def test_a_series_of_the_model_has_its_limit_without_error(w1, slope):
    s = np.array([[1.2, 1.0, 0.9, 0.7, 0.6]] * 3)
    limit = population_limit(np.sqrt(w1**2 + slope * s**2), s)
    assert limit.value == pytest.approx(w1, abs=1e-6)
    assert limit.standard_error == pytest.approx(0, abs=2e-6)


def test_statistical_and_model_errors_are_those_of_draws_and_of_sizes():
    s = np.array([[1.0, 0.9, 0.8, 0.7]] * 3)
    shifted = np.sqrt(4 + s**2 + np.array([[-1.0], [0], [1]]))
    limit = population_limit(shifted, s)
    # The squared mean EMD is linear in that of each draw, to first order: the jackknife has the
    # standard error of the mean of the limits, each near sqrt(4 + shift).
    spread = np.std([math.sqrt(3), 2, math.sqrt(5)], ddof=1) / math.sqrt(3)
    assert limit.statistical_error == pytest.approx(spread, rel=0.2)
    bent = np.sqrt(4 + s**2 + 3 * (s - 0.7).clip(min=0) ** 2)
    other = population_limit(bent, s)
    assert other.statistical_error == 0
    assert other.model_error > abs(other.value - 2) > 0
    assert other.interval()[0] < other.value < other.interval()[1] <= other.upper_bound


def test_an_interval_is_within_its_bounds():
    s = np.array([[1.0, 0.9, 0.8, 0.7]] * 2)
    limit = population_limit(s + np.array([[0.0], [0.01]]), s)
    low, high = limit.interval(0.999)
    assert 0 <= low <= high
    assert limit.interval(0.5)[1] <= high


@pytest.mark.parametrize(
    ("emd", "self_distance", "message"),
    [
        (np.ones((2, 3)), np.ones((2, 3)), "at least 2 draws of 4 sizes"),
        (np.ones((1, 4)), np.ones((1, 4)), "at least 2 draws of 4 sizes"),
        (np.ones((2, 4)), np.ones((2, 5)), "must have one shape"),
        (np.ones((2, 4)), np.full((2, 4), np.nan), "`self_distance` must be finite"),
        (-np.ones((2, 4)), np.ones((2, 4)), "`emd` must be finite and at least 0"),
        (np.ones((2, 4)), np.ones((2, 4)), "must decrease with the size"),
    ],
)
def test_series_without_a_limit_are_refused(emd, self_distance, message):
    with pytest.raises(DistributionError, match=message):
        population_limit(emd, self_distance)


@pytest.mark.parametrize("size", [0, 3, 8])
def test_sizes_that_make_no_equal_blocks_are_refused(size):
    with pytest.raises(DistributionError, match=f"one is {size}; take divisors of 8 up to 4"):
        estimates_by_size(torch.zeros(8, 1), torch.ones(8, 1), [2, size])


def test_sets_of_unequal_size_are_refused():
    with pytest.raises(DistributionError, match="as many points, but have 8 and 6"):
        estimates_by_size(torch.zeros(8, 1), torch.ones(6, 1), [2])


@pytest.mark.parametrize("scale", [0.5, 4.0])
def test_linear_critics_certify_the_shift_along_them_of_gaussians(scale):
    x, y = samples("translation-4", 2048)
    for direction in (torch.full((4,), 0.5), torch.tensor([1.0, 0, 0, 0])):
        bound = full_support_bound(lambda p, v=direction: scale * p @ v, x, y)
        gap = float((x @ direction).mean() - (y @ direction).mean())
        assert bound.value == pytest.approx(gap, rel=1e-4)
        assert bound.standard_error == pytest.approx(math.sqrt(2 / 2048), rel=0.1)


def test_critics_of_no_gap_certify_nothing_and_steeper_ones_less_than_their_gap():
    x, y = samples("translation-4", 512)
    assert full_support_bound(lambda p: 0 * p[:, 0], x, y).value == 0
    assert full_support_bound(lambda p: -p.sum(dim=1), x, y).value == 0
    wave = full_support_bound(lambda p: p.sum(dim=1) / 2 + torch.sin(8 * p[:, 0]), x, y)
    plane = full_support_bound(lambda p: p.sum(dim=1) / 2, x, y)
    assert 0 < wave.value < 0.6 * plane.value
