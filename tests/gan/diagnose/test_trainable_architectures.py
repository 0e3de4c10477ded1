"""Recipes by architecture: the criterion, and exact EMD of pictures."""

import math

import pytest
import torch

from gan.diagnose.trainable_architectures import (
    ARCHITECTURES,
    SHAPE,
    TrainedArchitectures,
    architectures,
    exact_emd,
)
from gan.errors import ConfigError

NAMES = ("a", "b", "c", "d")


def made_up(penalized, *, gan=(9.0, 9.0, 9.0, 9.0), wgan=(9.0, 9.0, math.inf, 9.0)):
    """Results with a floor of 6 and a mean digit at 8: trained is at most 7."""
    return TrainedArchitectures(
        NAMES, {"GAN": gan, "WGAN": wgan, "WGAN-GP": penalized}, 6.0, 8.0, 100
    )


def test_trained_is_at_most_halfway_from_the_floor_to_the_mean_digit():
    result = made_up((6.5, 7.0, 7.1, 6.1))
    assert result.trained("WGAN-GP") == [True, True, False, True]
    assert result.only_penalized == ("a", "b", "d")
    assert result.verdict.status == "shown in part"
    assert made_up((6.0,) * 4).verdict.status == "shown"


def test_an_architecture_that_another_recipe_trains_does_not_count():
    result = made_up((6.0,) * 4, gan=(6.0, 9.0, 9.0, 9.0), wgan=(9.0, 6.9, 9.0, 9.0))
    assert result.only_penalized == ("c", "d")
    assert result.plot().get_title().endswith("c, d")


def test_emd_of_pictures_is_in_the_unit_of_pixels_and_takes_coincident_samples():
    black, white = torch.zeros(3, *SHAPE), torch.ones(3, *SHAPE)
    noise = 1e-9 * torch.rand(3, *SHAPE, generator=torch.Generator().manual_seed(0))
    assert exact_emd(black + noise, white) == pytest.approx(28)


def test_networks_of_each_architecture_fit_digits():
    rng = torch.Generator().manual_seed(0)
    for architecture in ARCHITECTURES.values():
        points = architecture.generator(rng, SHAPE).sample(2, rng)
        assert architecture.critic(rng, SHAPE)(points).shape == (2,)


def test_an_unknown_architecture_is_refused():
    with pytest.raises(ConfigError, match="unknown architecture 'narrow'; did you mean 'narrow M"):
        architectures(names=("narrow",))
    with pytest.raises(ConfigError, match="`names` must name an architecture"):
        architectures(names=())
