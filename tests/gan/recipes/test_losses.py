"""The losses against their definitions, for moderate and for saturated logits."""

import math

import numpy as np
import pytest
import torch

import divergences
from gan.recipes import losses


def test_the_discriminator_loss_is_minus_the_value_of_the_game():
    real, generated = torch.tensor([0.5, -1.0, 3.0]), torch.tensor([0.2, -2.0])
    value = real.sigmoid().log().mean() + (1 - generated.sigmoid()).log().mean()
    assert float(losses.discriminator_loss(real, generated)) == pytest.approx(
        -float(value), rel=1e-6
    )


def test_the_minimax_loss_is_the_mean_of_log_1_minus_d():
    generated = torch.tensor([0.2, -2.0, 1.0])
    value = (1 - generated.sigmoid()).log().mean()
    assert float(losses.minimax_loss(generated)) == pytest.approx(float(value), rel=1e-6)


def test_the_non_saturating_loss_is_minus_the_mean_of_log_d():
    generated = torch.tensor([0.2, -2.0, 1.0])
    value = -generated.sigmoid().log().mean()
    assert float(losses.non_saturating_loss(generated)) == pytest.approx(float(value), rel=1e-6)


def test_losses_of_saturated_logits_are_exact():
    logit = torch.tensor([-200.0])
    assert float(losses.non_saturating_loss(logit)) == 200.0
    assert float(losses.minimax_loss(-logit)) == -200.0
    assert float(losses.discriminator_loss(logit, -logit)) == 400.0


def test_only_the_minimax_gradient_vanishes_where_the_discriminator_rejects():
    logit = torch.tensor([-20.0], requires_grad=True)
    (minimax,) = torch.autograd.grad(losses.minimax_loss(logit), logit)
    (non_saturating,) = torch.autograd.grad(losses.non_saturating_loss(logit), logit)
    assert abs(float(minimax)) == pytest.approx(math.exp(-20), rel=1e-5)
    assert float(non_saturating) == pytest.approx(-1, rel=1e-5)


def test_the_wasserstein_losses_are_means_of_scores():
    real, generated = torch.tensor([1.0, 3.0]), torch.tensor([0.5, 0.0, 1.0])
    assert float(losses.wasserstein_critic_loss(real, generated)) == -1.5
    assert float(losses.wasserstein_generator_loss(generated)) == -0.5


@pytest.mark.parametrize(
    "loss", [losses.minimax_loss, losses.non_saturating_loss, losses.wasserstein_generator_loss]
)
def test_every_generator_loss_decreases_in_the_scores(loss):
    scores = torch.linspace(-2, 2, 5)
    assert loss(scores + 0.1) < loss(scores)


@pytest.mark.parametrize("optimal_side", ["real", "generated"])
def test_the_certified_bound_is_exact_if_the_scores_of_one_side_are_optimal(optimal_side, rng):
    """The bound is the larger of two dual objectives; the loss averages them."""
    real, generated = torch.randn(2, 12, 3, generator=rng, dtype=torch.float64)
    distances = torch.cdist(real, generated)
    plan = divergences.transport(np.full(12, 1 / 12), np.full(12, 1 / 12), distances.numpy())
    if optimal_side == "real":
        scores = torch.from_numpy(plan.source_potential), torch.zeros(12).double()
        poor_bound = distances.amin(dim=1).mean()  # of scores that are 0
    else:
        scores = torch.zeros(12).double(), -torch.from_numpy(plan.target_potential)
        poor_bound = distances.amin(dim=0).mean()
    loss, bound = losses.certified_critic_loss(*scores, distances)
    assert poor_bound < 0.95 * plan.cost
    assert float(bound) == pytest.approx(plan.cost, rel=1e-12, abs=0)
    assert float(-loss) == pytest.approx((plan.cost + float(poor_bound)) / 2, rel=1e-12, abs=0)
