"""What a run is measured by."""

import pytest
import torch

from gan.data.dataset import DataSet
from gan.data.mixtures import eight_gaussians
from gan.datasets import eight_gaussians_set
from gan.metrics.modes import modes
from gan.networks import plane_critic, plane_generator
from gan.recipes.registry import RECIPES, WGAN_GP
from gan.runs import measures
from gan.training.loop import Training, train
from tests.tiny_training import REAL, started

RING = eight_gaussians_set(None)


@pytest.fixture
def training(rng):
    return Training.start(plane_generator(rng), plane_critic(rng), WGAN_GP, steps=10, rng=rng)


def test_real_points_find_all_modes(rng):
    found = modes(eight_gaussians(), RING.sample(4000, rng))
    assert found.covered == 8
    assert sum(found.shares) == pytest.approx(1)
    assert all(0.09 < share < 0.16 for share in found.shares)  # 12.5 % +- 6.7 standard errors
    assert found.within_3_sigma > 0.98


def test_points_between_modes_find_none():
    middle = torch.zeros(100, 2) + torch.tensor([1.9, 0.5])
    found = modes(eight_gaussians(), middle)
    assert (found.covered, found.within_3_sigma) == (0, 0.0)


def test_a_collapsed_generator_finds_one_mode():
    found = modes(eight_gaussians(), torch.tensor([[2.0, 0.0]]).expand(100, 2))
    assert found.covered == 1
    assert found.shares == [1.0, 0, 0, 0, 0, 0, 0, 0]


def test_a_hundredth_of_the_points_is_a_mode_found_and_less_is_not():
    points = torch.tensor([[2.0, 0.0]]).repeat(1000, 1)
    points[:10] = torch.tensor([0.0, 2.0])
    points[10:19] = torch.tensor([-2.0, 0.0])
    assert modes(eight_gaussians(), points).covered == 2


def test_measuring_does_not_change_the_run(training):
    before = training.rng.get_state()
    weights = [weight.clone() for weight in training.critic.parameters()]
    measures.measured(training, RING, 50, measures.seeded(torch.device("cpu"), 0, 1))
    assert torch.equal(training.rng.get_state(), before)
    assert all(map(torch.equal, weights, training.critic.parameters()))


def test_the_critic_certifies_most_of_a_large_distance(training):
    rng = measures.seeded(torch.device("cpu"), 0, 1)
    found = measures.measured(training, RING, 200, rng)
    truth = found.live.exact
    assert found.caught_up.exact == truth
    assert 0.9 * truth <= found.caught_up.certified <= truth
    assert abs(found.live.gap) < 0.1 * truth  # untrained
    assert 0 <= found.live.certified <= truth
    assert 0.95 * truth <= found.refined.certified <= truth
    record = found.record()
    assert record["refined_certified"] == found.refined.certified
    assert record["certified"] == found.caught_up.certified
    assert set(found.record()) >= {"gap", "certified", "exact", "live_gap", "live_certified"}


def test_a_copy_that_climbed_to_less_than_the_critic_proves_is_not_taken(training, monkeypatch):
    def flat(*args):
        return lambda points: torch.zeros(len(points))

    monkeypatch.setattr(measures, "refined", flat)
    for _ in train(training, real=REAL):  # the critic then proves more than a flat one
        pass
    rng = measures.seeded(torch.device("cpu"), 0, 1)
    found = measures.measured(training, RING, 200, rng)
    assert found.refined == found.live


def test_a_perfect_generator_is_at_the_floor(training, monkeypatch):
    monkeypatch.setattr(measures, "averaged_samples", lambda training, n, rng: RING.sample(n, rng))
    rng = measures.seeded(torch.device("cpu"), 0, 2)
    emd, floor = measures.emd_beside_floor(training, RING, 200, rng, pairs=6)
    # Both are means of 6 draws that vary by about 25 % each: within 60 % but for 1 seed in 10^4.
    assert emd == pytest.approx(floor, rel=0.6)


def test_the_floor_is_the_distance_of_two_real_samples(rng):
    # The shares of 200 points vary by 3.3 % a mode, and modes are 1.5 apart: never near 0.
    assert 0.05 < measures.floor(RING, 200, rng) < 1.0


def test_two_samples_of_a_finite_set_have_no_point_in_common():
    """All ten points, five on each side: with replacement only for 4 seeds in 10,000."""
    points = torch.arange(20.0).reshape(10, 2)

    def sample(n, rng):
        return points[torch.randint(10, (n,), generator=rng)]

    def distinct(n, rng):
        return points[torch.randperm(10, generator=rng)[:n]]

    for seed in range(20):
        rng = torch.Generator().manual_seed(seed)
        both = torch.cat(
            DataSet((2,), sample, sample_without_replacement=distinct).two_samples(5, rng)
        )
        assert len(both.unique(dim=0)) == 10
    assert (
        measures.floor(DataSet((2,), sample, sample_without_replacement=distinct), 5, rng)
        >= 8**0.5
    )


def test_seeds_differ_by_every_part_and_repeat():
    def drawn(*seeds):
        return torch.rand(1, generator=measures.seeded(torch.device("cpu"), *seeds)).item()

    assert drawn(0, 1) == drawn(0, 1)
    assert len({drawn(0), drawn(1), drawn(0, 0), drawn(0, 1), drawn(1, 0), drawn(1, 1)}) == 6


def test_the_certified_recipe_shows_a_rigorous_bound_as_its_progress():
    training = started(RECIPES["wgan-certified"].quick, steps=3)
    for step in train(training, real=REAL):
        assert step.gap > 0
    found = measures.measured(training, RING, 60, measures.seeded(torch.device("cpu"), 0, 1))
    record = found.record()
    assert 0 < record["live_gap"] <= record["gap"] == record["certified"] <= record["exact"]
