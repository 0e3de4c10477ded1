"""Defects of maintained GAN repositories, each with a test that fails on code with the defect."""

import copy
import math
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import scipy.optimize
import scipy.stats
import torch

from gan.data.mixtures import eight_gaussians
from gan.evaluation.critic_gap import critic_gap
from gan.networks import NETWORKS, Critic
from gan.recipes.penalties import gradient_norms, gradient_penalty
from gan.recipes.registry import GAN, WGAN, WGAN_GP
from gan.training.devices import Devices
from gan.training.loop import train
from gan.training.steps import critic_batch, critic_step, generator_step
from tests.tiny_training import PAPERS, QUICK, REAL, same, started

PENALISED = [recipe for recipe in PAPERS.values() if recipe.penalized]


@pytest.fixture
def batch(rng):
    real, generated = torch.randn(2, 64, 3, generator=rng)
    return real, generated, torch.rand(64, generator=rng)


def linear(slope):
    """The linear critic of the given slope along the first axis."""
    return lambda points: slope * points.flatten(1)[:, 0]


def test_the_gradient_norm_is_per_point_and_not_over_the_batch(batch):
    """Defect: the gradient norm is taken over the whole batch."""
    # Over the whole batch, 64 unit gradients have norm 8 and penalty (8 - 1)^2 = 49.
    assert float(gradient_penalty(gradient_norms(linear(1.0), *batch))) == pytest.approx(
        0, abs=1e-10
    )


@pytest.mark.parametrize("recipe", PENALISED, ids=lambda recipe: recipe.constraint)
def test_every_pair_has_its_own_uniform_interpolation_weight(recipe, rng):
    """Defect: one epsilon per batch, one per pixel, or normal instead of uniform epsilons."""
    images = torch.zeros(4000, 1, 2, 2)
    devices = Devices(rng.device)
    mix = critic_batch(recipe, images, images, noise=0.0, rng=rng, devices=devices).mix
    chords = recipe.constraint == "finite-difference"
    assert mix.shape == ((2, 4000) if chords else (4000,))  # none per pixel
    for weights in mix.reshape(-1, 4000).double().numpy():
        assert scipy.stats.kstest(weights, "uniform").pvalue > 1e-4  # false-alarm rate
    next_mix = critic_batch(recipe, images, images, noise=0.0, rng=rng, devices=devices).mix
    assert not torch.eq(mix, next_mix).any(dim=-1).all()


def test_penalised_points_are_on_the_segments_between_their_images(rng):
    """Defect: one epsilon per pixel, so that points are anywhere in a box."""
    batches = []

    def critic(points):
        batches.append(points.detach())
        return points.flatten(1).sum(1)

    real, generated = torch.rand(2, 50, 3, 4, 4, generator=rng, dtype=torch.float64)
    mix = torch.rand(50, generator=rng, dtype=torch.float64)
    gradient_norms(critic, real, generated, mix)
    (points,) = batches
    real_distance, generated_distance = (
        (points - end).flatten(1).norm(dim=1) for end in (real, generated)
    )
    length = (real - generated).flatten(1).norm(dim=1)
    assert torch.allclose(real_distance + generated_distance, length, rtol=1e-12)
    assert torch.allclose(generated_distance / length, mix, rtol=1e-9)


def test_the_norm_is_over_all_pixels_and_channels(rng):
    """Defect: the gradient norm of an image is over the channel axis only."""
    real, generated = torch.randn(2, 5, 3, 4, 4, generator=rng)
    slopes = gradient_norms(
        lambda x: x.sum(dim=(1, 2, 3)), real, generated, torch.rand(5, generator=rng)
    )
    assert torch.allclose(slopes, torch.full((5,), 48**0.5))


def test_clipped_weights_are_within_the_bound_after_every_step():
    """Defect: weights are clipped before the critic's step, which exceeds the bound again."""
    training = started(WGAN)
    for _ in train(training, real=REAL):
        assert all(weight.abs().max() <= WGAN.clip for weight in training.critic.parameters())
    assert any(weight.abs().max() > WGAN.clip for weight in training.generator.parameters())


def test_the_penalty_of_a_constant_critic_has_a_finite_gradient(batch):
    """Defect: the square root of a sum of squares has gradient NaN at 0."""
    weight = torch.zeros(3, requires_grad=True)
    slopes = gradient_norms(lambda x: x @ weight, *batch)
    (gradient,) = torch.autograd.grad(gradient_penalty(slopes), weight)
    assert gradient.isfinite().all()


def test_the_penalty_is_added_to_the_critics_loss():
    """Defect: the penalty is computed and never added to the loss."""
    unpenalised, penalised = (
        started(replace(WGAN_GP, critic_steps=1, penalty_weight=w)) for w in (0.0, 10.0)
    )
    unpenalised, penalised = (
        next(train(training, real=REAL)) for training in (unpenalised, penalised)
    )
    assert unpenalised.gap == penalised.gap
    assert unpenalised.critic_loss == pytest.approx(-unpenalised.gap, abs=1e-6)
    # An initial critic is nearly constant: its penalty is about 10 (0 - 1)^2.
    assert penalised.critic_loss > unpenalised.critic_loss + 1


@pytest.mark.parametrize("recipe", PENALISED, ids=lambda recipe: recipe.constraint)
def test_every_penalty_is_in_the_gradient_of_the_critic_step(recipe):
    """Defect: the penalty is in the reported loss, not in the one that is differentiated."""
    strong = replace(recipe, penalty_weight=1000.0, learning_rate=1e-2)
    training = started(strong)
    with torch.no_grad():
        for weight in training.critic.parameters():
            weight.mul_(3)
    points = REAL(16, training.rng)
    devices = training.devices
    losses = []
    for _ in range(30):
        batch = critic_batch(strong, points, -points, noise=0.0, rng=training.rng, devices=devices)
        _, loss, _ = critic_step(
            training.critic, training.critic_optimizer, strong, batch, devices
        )
        losses.append(loss)
    assert losses[0] > 100  # dominated by the penalty
    assert losses[-1] < losses[0] / 2  # without its gradient, slopes and loss grow


@pytest.mark.parametrize("recipe", [GAN, replace(GAN, loss="minimax"), WGAN, WGAN_GP])
def test_generator_steps_increase_the_scores(recipe):
    """Defect: the generator is trained in the wrong direction."""
    training = started(replace(recipe, learning_rate=1e-3))
    critic = copy.deepcopy(training.critic)
    noise = torch.randn(500, 2, generator=torch.Generator().manual_seed(9))
    before = critic(training.generator(noise)).mean()
    for _ in range(20):
        generator_step(training)
    assert critic(training.generator(noise)).mean() > before


def test_the_ring_has_eight_distinct_modes_at_the_radius():
    """Defect: angles of linspace(0, 2 pi, 8), whose first and last mode coincide."""
    centers = eight_gaussians(radius=3.0).centers
    assert torch.allclose(centers.norm(dim=1), torch.full((8,), 3.0))
    neighbours = torch.cdist(centers, centers).fill_diagonal_(math.inf).min(dim=1).values
    assert torch.allclose(neighbours, torch.full((8,), 6 * math.sin(math.pi / 8)))


@pytest.mark.parametrize("recipe", QUICK.values())
def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(recipe, tmp_path):
    """Defect: a resumed run differs from an uninterrupted one."""
    whole = started(recipe)
    steps = list(train(whole, real=REAL))
    stopped = started(recipe)
    first_steps = list(islice(train(stopped, real=REAL), 2))
    torch.save(stopped.state_dict(), tmp_path / "state.pt")
    resumed = started(recipe, seed=5)
    resumed.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert first_steps + list(train(resumed, real=REAL)) == steps
    assert same(resumed.state_dict(), whole.state_dict())


@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize(
    "name", [name for name, pair in NETWORKS.items() if pair.fits((2, 28, 28))]
)
def test_images_may_have_any_number_of_channels(name, channels, rng):
    """Defect: three channels are hard-coded."""
    pair, shape = NETWORKS[name], (channels, 28, 28)
    images = pair.generator(rng, shape).sample(2, rng)
    critic = pair.critic(rng, shape)
    assert images.shape == (2, *shape)
    assert isinstance(critic, Critic)
    slopes = gradient_norms(critic, images, 1 - images, torch.tensor([0.25, 0.75]))
    assert slopes.shape == (2,)
    assert (slopes > 0).all()


def test_the_gap_of_a_critic_is_compared_with_the_exact_emd(rng):
    """Defect: the gap of the critic is reported as the distance, without the exact one."""
    real, generated = REAL(60, rng).double(), torch.randn(60, 2, generator=rng).double()
    cost = torch.cdist(real, generated).numpy()
    exact = cost[scipy.optimize.linear_sum_assignment(cost)].mean()

    def steep_critic(points):
        return 5 * points.norm(dim=1)  # slope 5

    result = critic_gap(steep_critic, real, generated)
    assert result.exact == pytest.approx(exact, rel=1e-12, abs=0)
    assert result.gap == pytest.approx(
        float(steep_critic(real).mean() - steep_critic(generated).mean()), rel=1e-12, abs=0
    )
    assert result.gap > result.exact >= result.certified > 0
    assert np.sign(result.error) == 1
