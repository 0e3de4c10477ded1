"""The recipes have the settings of their papers, and refuse invalid ones."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from gan.recipes.losses import GENERATOR_LOSSES
from gan.recipes.registry import GAN, RECIPES, WGAN, WGAN_GP


def test_wgan_is_algorithm_1_of_its_paper():
    assert (WGAN.loss, WGAN.constraint, WGAN.clip) == ("wasserstein", "clip", 0.01)
    assert (WGAN.optimizer, WGAN.learning_rate, WGAN.critic_steps, WGAN.batch_size) == (
        "rmsprop",
        5e-5,
        5,
        64,
    )


def test_wgan_gp_is_algorithm_1_of_its_paper():
    assert (WGAN_GP.loss, WGAN_GP.constraint) == ("wasserstein", "gradient-penalty")
    assert (WGAN_GP.penalty_weight, WGAN_GP.critic_steps) == (10, 5)
    assert (WGAN_GP.optimizer, WGAN_GP.learning_rate, WGAN_GP.betas) == ("adam", 1e-4, (0.0, 0.9))


def test_gan_is_the_non_saturating_game():
    assert (GAN.loss, GAN.constraint, GAN.critic_steps) == ("non-saturating", "none", 1)


@pytest.mark.parametrize("name", RECIPES)
def test_quick_settings_keep_loss_constraint_optimizer_and_critic_steps(name):
    paper, quick = RECIPES[name].paper, RECIPES[name].quick
    assert (quick.loss, quick.optimizer, quick.critic_steps) == (
        paper.loss,
        paper.optimizer,
        paper.critic_steps,
    )
    assert quick.constraint == paper.constraint
    assert paper.loss in GENERATOR_LOSSES


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("constraint", "gradient_penalty", "must be one of none, clip, gradient-penalty"),
        ("optimizer", "Adam", "must be one of adam, rmsprop"),
        ("loss", "hinge", "must be one of minimax, non-saturating, wasserstein"),
        ("schedule", "steps", "must be one of constant, linear, cosine"),
        ("critic_steps", 0, "must be 1 or more"),
        ("batch_size", 2.5, "must be 1 or more"),
        ("learning_rate", -1e-3, "must be above 0"),
        ("penalty_weight", float("nan"), "must be 0 or more"),
        ("generator_decay", -1.0, "must be 0 or more"),
    ],
)
def test_an_invalid_setting_is_refused(setting, value, message):
    with pytest.raises(ValueError, match=f"`{setting}` {message}"):
        replace(WGAN_GP, **{setting: value})


def test_wgan_uses_rmsprop_without_momentum():
    optimizer = WGAN.make_optimizer(nn.Linear(1, 1))
    assert isinstance(optimizer, torch.optim.RMSprop)
    assert optimizer.defaults["momentum"] == 0
