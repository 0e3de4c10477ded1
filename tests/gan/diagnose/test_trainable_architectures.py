"""Recipes by architecture: the criterion, and exact EMD of pictures."""

import math

import pytest
import torch

from gan.data.mnist import Digits
from gan.diagnose.digit_architectures import ARCHITECTURES, SHAPE
from gan.diagnose.trainable_architectures import (
    SmallDigits,
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
    assert result.progress("WGAN-GP") == pytest.approx([0.75, 0.5, 0.45, 0.95])
    assert result.verdict.status == "shown in part"
    assert made_up((6.0,) * 4).verdict.status == "shown"


def test_an_architecture_that_another_recipe_trains_does_not_count():
    result = made_up((6.0,) * 4, gan=(6.0, 9.0, 9.0, 9.0), wgan=(9.0, 6.9, 9.0, 9.0))
    assert result.only_penalized == ("c", "d")
    assert result.plot().get_title().endswith("c, d")


def test_emd_of_pictures_is_in_the_unit_of_pixels_and_takes_coincident_samples():
    black, white = torch.zeros(3, *SHAPE), torch.ones(3, *SHAPE)
    noise = 1e-9 * torch.rand(3, *SHAPE, generator=torch.Generator().manual_seed(0))
    assert exact_emd(black + noise, white) == pytest.approx(16)


def test_networks_of_each_architecture_fit_digits():
    rng = torch.Generator().manual_seed(0)
    for architecture in ARCHITECTURES.values():
        points = architecture.generator(rng).sample(2, rng)
        assert points.shape == (2, *SHAPE)
        assert architecture.critic(rng)(points).shape == (2,)


def test_small_digits_are_means_of_four_pixels_within_a_border():
    pixels = torch.zeros(1, 28, 28, dtype=torch.uint8)
    pixels[0, 0, 0] = 255
    images = SmallDigits.of(Digits(pixels.flatten(1))).images
    assert images[0, 0, 1, 1] == 0.25
    assert images.sum() == 0.25


def test_an_unknown_architecture_is_refused():
    with pytest.raises(
        ConfigError, match="unknown architecture 'convolution'; did you mean 'conv"
    ):
        architectures(names=("convolution",))
    with pytest.raises(ConfigError, match="`names` must name an architecture"):
        architectures(names=())
