"""Critics divided by a measured slope: the slope, its error, the gap."""

import pytest
import torch

from gan.critics import Budget, Fit, Problem
from gan.critics.normalized import MeasuredSlope, NormalizedCritic
from gan.critics.pairs import named_pair

PAIR = named_pair("translation-2")


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


X, Y = PAIR.real(400, rng(1)), PAIR.generated(400, rng(2))


def test_the_slope_of_a_linear_critic_is_its_norm_where_that_is_above_1():
    steep = MeasuredSlope.of(lambda points: points @ torch.tensor([3.0, 4.0]), X, Y, rng())
    assert (steep.value, steep.standard_error) == pytest.approx((5, 0), abs=1e-6)
    flat = MeasuredSlope.of(lambda points: points @ torch.tensor([0.3, 0.4]), X, Y, rng())
    assert flat == MeasuredSlope(1.0, 0.0)


def test_the_standard_error_is_that_of_the_mean_over_points():
    def score(points):  # slope 3 where the first coordinate is positive, else 1
        return 2 * points[:, 0].clamp_min(0) + points[:, 0]

    slope = MeasuredSlope.of(score, X, Y, rng())
    share = (slope.value - 1) / 2
    assert 0.2 < share < 0.8
    assert slope.standard_error == pytest.approx(2 * (share * (1 - share) / len(X)) ** 0.5)


class SteepCritic:
    """An estimator of slope 3 in the first step, 2 in the second."""

    def fit(self, problem, /, *, budget, rng):
        for step in (1, 2):
            yield Fit(lambda points, s=step: (4 - s) * points[:, 0], step, 0.0, step == 2)


def test_a_normalized_gap_is_the_gap_over_the_slope_of_each_critic():
    problem = Problem(PAIR.real, PAIR.generated, PAIR.shape)
    fits = NormalizedCritic(SteepCritic(), 64).fit(problem, budget=Budget(2), rng=rng())
    for fit in list(fits):
        assert fit.gap(X, Y) == pytest.approx(float(X[:, 0].mean() - Y[:, 0].mean()))
