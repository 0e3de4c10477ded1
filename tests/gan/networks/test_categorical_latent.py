"""The categorical latent code: one-hot, uniform, and a discontinuity of the generator."""

import pytest
import torch

from gan.networks.categorical_latent import CODE_SCALE, CategoricalLatent
from gan.networks.convolutional import convolutional_generator

SHAPE = (1, 28, 28)


def test_the_code_is_the_maximum_of_the_first_coordinates_and_the_rest_stay():
    noise = torch.tensor([[0.3, -1.0, 0.2, 9.0, -0.5], [-2.0, -1.0, -3.0, 0.0, 7.0]])
    expected = torch.tensor([[1.0, 0.0, 0.0, 9.0, -0.5], [0.0, 1.0, 0.0, 0.0, 7.0]])
    expected[:, :3] *= CODE_SCALE
    assert torch.equal(CategoricalLatent(3)(noise), expected)


def test_categories_are_equally_likely(rng):
    """Sixteen bounds of five standard deviations: false-alarm rate over seeds 1e-5."""
    n, k = 20_000, 16
    counts = CategoricalLatent(k)(torch.randn(n, 20, generator=rng))[:, :k].count_nonzero(dim=0)
    assert counts.sum() == n
    assert (counts - n / k).abs().max() < 5 * (n / k * (1 - 1 / k)) ** 0.5


@pytest.mark.parametrize(("categories", "is_discontinuous"), [(0, False), (4, True)])
def test_only_a_categorical_generator_is_discontinuous(categories, is_discontinuous, rng):
    """At a tie of two coordinates, changed by 1e-6 to either side."""
    generator = convolutional_generator(
        rng, SHAPE, channels=8, noise_size=8, categories=categories
    )
    noise = torch.zeros(2, 8)
    noise[:, 1] = 1.0
    noise[:, 2] = 1.0 + torch.tensor([-1e-6, 1e-6])
    below, above = generator(noise)
    assert bool((below - above).abs().max() > 1e-3) == is_discontinuous


def test_more_categories_than_coordinates_of_the_noise_are_refused(rng):
    with pytest.raises(ValueError, match="`categories` must be at most `noise_size`, 8, but is 9"):
        convolutional_generator(rng, SHAPE, noise_size=8, categories=9)
