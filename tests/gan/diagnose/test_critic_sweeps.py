"""Sweeps over lambda and c, and value surfaces: values and criteria of tiny critics."""

import numpy as np
import pytest
import torch

from gan.diagnose.clipping_bounds import CLIPS, ClippedCritic, ClippingSweep, clipping
from gan.diagnose.penalty_weights import PENALTY_WEIGHTS, PenaltyWeightSweep, lambda_
from gan.diagnose.value_surfaces import DATA, KINDS, _surface, surfaces


def test_a_clipped_critic_scales_with_its_bound():
    result = clipping(steps=5, width=8, points=40)
    gaps = [abs(critic.ratio) for critic in result.clipped]
    assert gaps[0] < 1e-3 * gaps[-1]
    assert result.exact == pytest.approx(1, abs=0.4)
    assert all(0 <= critic.knowledge <= 1 for critic in result.clipped)


def test_criteria_of_clipping_are_of_the_gap_and_of_the_penalised_critic():
    clipped = tuple(ClippedCritic(c**2, 0.1, 0.8) for c in CLIPS)
    result = ClippingSweep(np.array(CLIPS), clipped, ClippedCritic(1.0, 0.9, 0.95), 1.0)
    assert [c.measured for c in result.criteria()] == pytest.approx([6, 9, 0.15])
    assert result.verdict.status == "shown"


def test_cosines_of_clipped_critics_are_drawn_with_their_sign_and_gaps_without():
    clipped = tuple(ClippedCritic(-c, 0.1, -0.8) for c in CLIPS)
    result = ClippingSweep(np.array(CLIPS), clipped, ClippedCritic(-2.0, 0.9, 0.95), 1.0)
    gap, knowledge, cosine = result.figure().axes
    assert gap.lines[0].get_ydata() == pytest.approx(CLIPS)
    assert gap.lines[1].get_ydata() == pytest.approx([2, 2])
    assert set(knowledge.lines[0].get_ydata()) == {0.1}
    assert set(cosine.lines[0].get_ydata()) == {-0.8}
    assert set(cosine.lines[1].get_ydata()) == {0.95}


def test_criteria_of_lambda_are_read_at_its_weights():
    ratios = np.ones((2, len(PENALTY_WEIGHTS)))
    ratios[:, 0] = 5, 4
    ratios[0, PENALTY_WEIGHTS.index(10.0)] = 0.7
    result = PenaltyWeightSweep(1.0, np.array(PENALTY_WEIGHTS), ratios, ratios)
    assert [c.measured for c in result.criteria()] == [4, 0.7, 1]
    assert result.verdict.status == "shown"


def test_lambda_gives_two_curves():
    result = lambda_(steps=2, width=4, points=20)
    assert result.ratios.shape == result.knowledge.shape == (2, len(PENALTY_WEIGHTS))


def test_each_surface_is_over_its_data():
    result = surfaces(steps=2, width=4, points=60)
    assert [(s.kind, s.data) for s in result.surfaces] == [(k, d) for k in KINDS for d in DATA]
    grid = result.surfaces[1]
    assert grid.x.min() < -4 < 4 < grid.x.max()
    assert grid.values.shape == (len(grid.y), len(grid.x))
    assert len(result.criteria()) == 6


def test_columns_of_a_surface_are_abscissas():
    real = torch.tensor([[0.0, 0.0], [1.0, 3.0]])
    surface = _surface("data", "clipped", lambda points: points[:, 0], real, 0.0)
    np.testing.assert_allclose(surface.values, np.broadcast_to(surface.x, surface.values.shape))
