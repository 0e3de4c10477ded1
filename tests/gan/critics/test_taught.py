"""Critics fitted to exact potentials: targets, network, selection, knowledge of fresh points."""

import math

import pytest
import torch
from torch import nn

from gan.critics import Budget, Problem, fitted
from gan.critics.pairs import named_pair
from gan.critics.taught import ScoredPoints, SelectedCritic, TaughtCritic
from gan.critics.two_sided import TwoSidedWitness, TwoSidedWitnessCritic
from gan.critics.witness import WitnessCritic
from gan.evaluation.critic_gap import ExactTransport, critic_gap
from gan.evaluation.exact_potentials import exact_potentials
from gan.networks import Critic
from gan.networks.principal import PrincipalFeatures, principal_critic
from gan.recipes.losses import taught_critic_loss

PAIR = named_pair("translation-8")
PROBLEM = Problem(PAIR.real, PAIR.generated, PAIR.shape)


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


FRESH = ExactTransport.between(PAIR.real(300, rng(9)), PAIR.generated(300, rng(8)))


def test_exact_potentials_are_optimal_and_centered():
    x, y = PAIR.real(80, rng(1)), PAIR.generated(70, rng(2))
    on_real, on_generated = exact_potentials(x, y)
    exact = ExactTransport.between(x, y).exact
    assert float(on_real.mean()) == pytest.approx(exact / 2, abs=1e-6)
    assert float(on_generated.mean()) == pytest.approx(-exact / 2, abs=1e-6)
    assert (on_real[:, None] - on_generated <= torch.cdist(x, y) + 1e-5).all()


def test_the_loss_of_exact_potentials_is_zero_at_any_constant():
    potentials = exact_potentials(PAIR.real(30, rng(1)), PAIR.generated(20, rng(2)))
    real, generated = (part + 5.0 for part in potentials)
    assert float(taught_critic_loss(real, generated, potentials)) == pytest.approx(0, abs=1e-10)
    assert float(taught_critic_loss(-potentials[0], potentials[1], potentials)) > 0.01


def test_a_taught_critic_knows_more_of_fresh_points_than_the_witness_of_as_many():
    estimator = TaughtCritic(sample_size=300, sample_count=4, hidden=(64, 64))
    taught = fitted(estimator, PROBLEM, budget=Budget(60), rng=rng())
    witness = fitted(WitnessCritic(sample_size=300), PROBLEM, budget=Budget(1), rng=rng())
    knowledge = [FRESH.critic_gap(fit.score).knowledge for fit in (taught, witness)]
    assert knowledge[0] > knowledge[1] + 0.05


def test_the_mean_of_witnesses_is_1_lipschitz_and_knows_more_than_one():
    fits = [
        fitted(WitnessCritic(150, count), PROBLEM, budget=Budget(1), rng=rng()) for count in (1, 6)
    ]
    one, several = (FRESH.critic_gap(fit.score) for fit in fits)
    assert several.slope <= 1 + 1e-9
    assert several.gap <= several.exact
    assert several.knowledge > one.knowledge + 0.05


def test_the_candidate_that_certifies_most_is_selected():
    x, y = FRESH.points.real, FRESH.points.generated
    torch.manual_seed(0)
    constant, good = (principal_critic(rng(), x, hidden=[4]) for _ in range(2))
    with torch.no_grad():
        for weight in constant.parameters():
            weight.zero_()
    bounds = [critic_gap(critic, x, y).certified for critic in (constant, good)]
    selected = SelectedCritic([constant, good])
    assert torch.equal(selected(x), constant(x))
    selected.select(x, y)
    assert selected.selected == bounds.index(max(bounds))


def test_the_candidates_are_compared_at_checkpoints_and_at_the_end(monkeypatch):
    calls = []
    monkeypatch.setattr(SelectedCritic, "select", lambda *_: calls.append(len(steps) + 1))
    problem, steps = Problem.of_points(PAIR.real(20, rng(1)), PAIR.generated(20, rng(2))), []
    for fit in TaughtCritic(hidden=(4,)).fit(problem, budget=Budget(12), rng=rng()):
        steps.append(fit.step)
    assert calls == [1, 3, 10, 12]


def test_the_two_sided_witness_has_a_right_gap_where_the_sides_are_separate():
    pair = named_pair("translation-8")

    def generated(n, source):  # W1 is about 6, and a classifier tells the sides apart
        return pair.generated(n, source) + 2.0

    problem = Problem(pair.real, generated, pair.shape)
    fresh = ExactTransport.between(pair.real(200, rng(9)), generated(200, rng(8)))
    two_sided = TwoSidedWitnessCritic(150, 4, hidden=(16,), learning_rate=0.03)
    fits = [
        fitted(estimator, problem, budget=Budget(60), rng=rng())
        for estimator in (two_sided, WitnessCritic(150, 4))
    ]
    gaps = [fresh.critic_gap(fit.score) for fit in fits]
    assert abs(gaps[0].error) < 0.03 < abs(gaps[1].error)
    assert gaps[0].knowledge > gaps[1].knowledge - 0.05


def test_the_two_sided_witness_has_no_mean_error_on_the_sample_of_its_calibration():
    sizes = (150, 120)
    samples = [
        ScoredPoints.of_sample(PAIR.real(sizes[0], rng(k)), PAIR.generated(sizes[1], rng(k + 9)))
        for k in range(4)
    ]
    for logit, side in ((50.0, "real"), (-50.0, "generated")):
        last = torch.nn.Linear(PAIR.shape[0], 1)
        torch.nn.init.zeros_(last.weight)
        torch.nn.init.constant_(last.bias, logit)  # all points are of one side
        classifier = Critic(last)
        critic = TwoSidedWitness.calibrated(samples[:3], classifier, samples[3])
        scores = critic(getattr(samples[3], side)).detach()
        errors = scores - getattr(samples[3], f"{side}_scores")
        assert errors.abs().mean() > 0.01 > 1e-5 > abs(float(errors.mean()))


def test_the_two_sided_witness_of_fixed_points_has_their_potentials():
    points = PAIR.real(60, rng(1)), PAIR.generated(50, rng(2))
    estimator = TwoSidedWitnessCritic(hidden=(16,))
    fit = fitted(estimator, Problem.of_points(*points), budget=Budget(1), rng=rng())
    of_real, of_generated = exact_potentials(*points)
    score = fit.score
    assert isinstance(score, TwoSidedWitness)
    torch.testing.assert_close(score.upper(points[0]), of_real, atol=1e-5, rtol=0)
    torch.testing.assert_close(score.lower(points[1]), of_generated, atol=1e-5, rtol=0)
    assert score.offsets == pytest.approx((0, 0), abs=1e-5)


def test_principal_features_are_standardized_and_complete():
    plane = torch.randn(500, 3, generator=rng()) @ torch.randn(3, 10, generator=rng(1)) + 7.0
    features = PrincipalFeatures(plane)
    assert features.directions.shape == (10, 3)  # the rank of the points
    values = features(plane)
    assert values.shape == (500, features.size) == (500, 5)
    assert values[:, :4].mean(dim=0).abs().max() < 1e-3
    assert (values[:, :4].std(dim=0, correction=0) - 1).abs().max() < 1e-3
    moved = plane + 2 * torch.linalg.svd(plane - plane.mean(dim=0))[2][-1]  # off the plane
    torch.testing.assert_close(features(moved)[:, :3], values[:, :3], atol=1e-3, rtol=0)
    assert (features(moved)[:, 4] > values[:, 4] + 1).all()


@pytest.mark.parametrize("size", [1e-6, 1e6])
def test_the_scores_of_a_taught_critic_are_in_the_unit_of_the_points(size):
    points = PAIR.real(100, rng(1)), PAIR.generated(100, rng(2))
    gaps = []
    for unit in (1.0, size):
        problem = Problem.of_points(*(unit * part for part in points), unit=unit)
        fit = fitted(TaughtCritic(hidden=(16,)), problem, budget=Budget(20), rng=rng())
        gaps.append(fit.gap(*problem.points) / unit)
    assert gaps[1] == pytest.approx(gaps[0], rel=0.02)


def test_points_that_all_coincide_are_fitted():
    problem = Problem.of_points(torch.zeros(5, 2), torch.zeros(4, 2))
    fit = fitted(TaughtCritic(hidden=(4,)), problem, budget=Budget(3), rng=rng())
    assert isinstance(fit.score, nn.Module)
    assert math.isfinite(fit.gap(*problem.points))


def test_one_point_of_each_side_is_fitted():
    problem = Problem.of_points(torch.zeros(1, 2), torch.ones(1, 2))
    estimator = TaughtCritic(hidden=(16,), learning_rate=0.05)
    assert fitted(estimator, problem, budget=Budget(30), rng=rng()).gap(
        *problem.points
    ) == pytest.approx(2**0.5, rel=0.1)


def test_samples_are_pooled_with_their_scores():
    samples = [
        ScoredPoints.of_sample(PAIR.real(5, rng(s)), PAIR.generated(4, rng(s))) for s in (1, 2)
    ]
    pooled = ScoredPoints.pooled(samples)
    assert (len(pooled.real), len(pooled.generated_scores)) == (10, 8)
    real, scores, *_ = pooled.batch((50, 3), rng())
    for point, score in zip(real, scores, strict=True):
        (index,) = (pooled.real == point).all(dim=1).nonzero()[:, 0].tolist()
        assert score == pooled.real_scores[index]
