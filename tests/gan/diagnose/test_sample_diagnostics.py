"""Diagnostics of finite samples and of images."""

import numpy as np
import pytest
import torch
from torch import nn

from gan.data.mnist import Digits
from gan.diagnose import overfitting, squared_error
from gan.diagnose.overfitted_discriminator import (
    OverfittedDiscriminators,
    _bump_mixture,
    _discriminator,
    _normal,
    _true_js,
)
from gan.diagnose.pixel_errors import (
    PixelErrors,
    _digits_with_room,
    _emds,
    _noised,
    _shifted,
    _squared_errors,
    _standardized_scores,
)
from gan.errors import ConfigError
from gan.networks import Critic


def test_a_strong_discriminator_separates_two_samples_of_one_distribution():
    rng = torch.Generator().manual_seed(0)
    steps, training, fresh = _discriminator(_normal, 24, 64, 60, rng)
    assert steps[0] == 0
    assert training[-1] > 0.4
    assert fresh[-1] < 0


def test_the_populations_have_equal_moments_and_a_js_of_their_own():
    bumps = _bump_mixture()
    variance = float(bumps.centers.square().mean()) + bumps.sigma**2
    assert variance == pytest.approx(1, abs=1e-4)
    assert 0.1 < _true_js() < 0.2


def test_noise_has_the_squared_error_that_is_asked_for():
    rng = torch.Generator().manual_seed(0)
    images = torch.rand(3, 1, 8, 8, generator=rng)
    errors = torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)
    noised = _noised(images, errors, rng)
    assert _squared_errors(images, noised).numpy() == pytest.approx(errors.numpy(), rel=1e-5)
    assert noised.min() >= 0
    assert noised.max() <= 1


def test_a_shift_by_two_pixels_has_an_emd_of_two():
    image = torch.zeros(1, 1, 12, 12)
    image[0, 0, 3:9, 4:8] = torch.rand(6, 4, generator=torch.Generator().manual_seed(0))
    assert _emds(image, _shifted(image)) == pytest.approx([2.0], rel=1e-9)


def test_a_shift_moves_no_ink_to_the_other_border():
    image = torch.ones(1, 1, 4, 4)
    assert _shifted(image)[0, 0, 0].tolist() == [0, 0, 1, 1]
    full, empty = torch.full((28, 28), 255), torch.zeros(28, 28)
    test = Digits(torch.stack([full, empty, full]).byte().flatten(1))
    assert _digits_with_room(test, 3, torch.Generator().manual_seed(0)).shape == (1, 1, 28, 28)


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (overfitting, {"n": 1}, "`n` must be at least 2"),
        (squared_error, {"n": 0}, "`n` must be from 1 to 9859"),
    ],
)
def test_numbers_out_of_range_are_refused(function, arguments, message):
    with pytest.raises(ConfigError, match=message):
        function(**arguments)


def test_overfitting_is_judged_by_the_strongest_and_the_weakest_discriminator():
    curve, told, fresh = np.zeros(1), np.array([0.1, 0.69]), np.array([0.2, -0.3])
    result = OverfittedDiscriminators(
        8, 0.2, (0,), curve, curve, (0, 8), told, fresh, fresh / 4, told
    )
    assert [c.measured for c in result.criteria()] == pytest.approx([0.69, -0.3, 0.25])


def test_the_critic_is_judged_by_scores_of_noised_against_shifted_digits():
    ones, digits = np.ones(2), np.zeros((1, 3, 28, 28))
    score, shifted, noised = np.array([0.0, 1.0]), np.array([2.0, 2.0]), np.array([1.0, 2.5])
    result = PixelErrors(ones, ones, ones, 2 * ones, score, shifted, noised, digits)
    assert [criterion.measured for criterion in result.criteria()] == [0, 2, 1, 0.5]


def test_scores_are_in_standard_deviations_of_the_reference():
    reference, images = torch.tensor([[1.0], [3.0], [5.0]]), torch.tensor([[3.0], [7.0]])
    (scores,) = _standardized_scores(Critic(nn.Identity()), reference, [images])
    assert scores.tolist() == [0, 2]
