"""A choice in the generator's noise: one of k, equally likely, and a jump between two of them."""

import pytest
import torch

from gan.networks.categorical_latent import CODE_SCALE, CategoricalLatent
from gan.networks.convolutional import convolutional_generator

SHAPE = (1, 28, 28)


def test_the_largest_of_the_first_numbers_is_the_choice_and_the_rest_stay():
    noise = torch.tensor([[0.3, -1.0, 0.2, 9.0, -0.5], [-2.0, -1.0, -3.0, 0.0, 7.0]])
    expected = torch.tensor([[1.0, 0.0, 0.0, 9.0, -0.5], [0.0, 1.0, 0.0, 0.0, 7.0]])
    expected[:, :3] *= CODE_SCALE
    assert torch.equal(CategoricalLatent(3)(noise), expected)


def test_each_is_chosen_as_often(rng):
    """Within five standard deviations: a false alarm in 1e5 seeds."""
    n, k = 20_000, 16
    counts = CategoricalLatent(k)(torch.randn(n, 20, generator=rng))[:, :k].count_nonzero(dim=0)
    assert counts.sum() == n
    assert (counts - n / k).abs().max() < 5 * (n / k * (1 - 1 / k)) ** 0.5


@pytest.mark.parametrize(("categories", "is_discontinuous"), [(0, False), (4, True)])
def test_only_a_generator_that_chooses_jumps(categories, is_discontinuous, rng):
    """At a tie of the two largest of the first numbers, moved by 1e-6 to either side."""
    generator = convolutional_generator(
        rng, SHAPE, channels=8, noise_size=8, categories=categories
    )
    noise = torch.zeros(2, 8)
    noise[:, 1] = 1.0
    noise[:, 2] = 1.0 + torch.tensor([-1e-6, 1e-6])
    one, other = generator(noise)
    assert bool((one - other).abs().max() > 1e-3) == is_discontinuous


def test_more_choices_than_numbers_are_refused(rng):
    with pytest.raises(ValueError, match="`categories` must be at most `noise_size`, 8, but is 9"):
        convolutional_generator(rng, SHAPE, noise_size=8, categories=9)
