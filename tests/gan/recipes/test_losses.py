"""The losses against their definitions, where sigmoids do not saturate and where they do."""

import math

import pytest
import torch

from gan.recipes import losses


def test_the_discriminator_loss_is_minus_the_value():
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


def test_far_logits_are_exact_not_clipped_by_an_epsilon():
    far = torch.tensor([-200.0])
    assert float(losses.non_saturating_loss(far)) == 200.0
    assert float(losses.minimax_loss(-far)) == -200.0
    assert float(losses.discriminator_loss(far, -far)) == 400.0


def test_minimax_saturates_where_the_discriminator_is_sure_and_non_saturating_does_not():
    logit = torch.tensor([-20.0], requires_grad=True)
    (minimax,) = torch.autograd.grad(losses.minimax_loss(logit), logit)
    (other,) = torch.autograd.grad(losses.non_saturating_loss(logit), logit)
    assert abs(float(minimax)) == pytest.approx(math.exp(-20), rel=1e-5)
    assert float(other) == pytest.approx(-1, rel=1e-5)


def test_the_wasserstein_losses_are_means_of_scores():
    real, generated = torch.tensor([1.0, 3.0]), torch.tensor([0.5, 0.0, 1.0])
    assert float(losses.wasserstein_critic_loss(real, generated)) == -1.5
    assert float(losses.wasserstein_generator_loss(generated)) == -0.5


@pytest.mark.parametrize(
    "loss", [losses.minimax_loss, losses.non_saturating_loss, losses.wasserstein_generator_loss]
)
def test_every_generator_loss_falls_when_the_critic_likes_the_points_more(loss):
    scores = torch.linspace(-2, 2, 5)
    assert loss(scores + 0.1) < loss(scores)
