"""A fixed generator, and the critics that are trained against it."""

from dataclasses import replace
from functools import partial

import pytest
import torch

from gan.diagnose.fixed_generator import data_with_unit_noise, trained_critic, with_he_weights
from gan.errors import ConfigError
from gan.networks.mlp import mlp_critic
from gan.recipes.registry import RECIPES


def test_the_generator_adds_noise_of_the_unit_of_the_data():
    pair = data_with_unit_noise("twenty-five-gaussians")
    real, generated = pair.samples(4000, torch.Generator().manual_seed(0))
    added = generated.var(0) - real.var(0)
    torch.testing.assert_close(added, torch.full((2,), pair.unit**2), rtol=0.15, atol=0)


def test_a_critic_is_trained_and_repeats():
    pair = data_with_unit_noise("eight-gaussians")
    recipe = replace(RECIPES["wgan"].quick, batch_size=8)
    network = partial(mlp_critic, hidden=[4])
    first, second = (
        trained_critic(pair, recipe, network, steps=2, rng=torch.Generator().manual_seed(0))
        for _ in range(2)
    )
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)
        assert one.abs().max() <= recipe.clip


def test_data_outside_of_the_plane_are_refused():
    with pytest.raises(ConfigError, match="must be a data set of the plane"):
        data_with_unit_noise("characters")


def test_he_weights_have_variance_two_over_the_number_of_inputs():
    critic = with_he_weights(mlp_critic(torch.Generator().manual_seed(0), (64,), hidden=[256] * 3))
    variances = [
        w.numel() / len(w) * float(w.detach().var()) for w in critic.parameters() if w.ndim == 2
    ]
    assert variances == pytest.approx([2, 2, 2, 1], rel=0.2)
