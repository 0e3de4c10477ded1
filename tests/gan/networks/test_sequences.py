"""Networks of sequences: rows of probabilities, and scores of each sequence by itself."""

import torch

from gan.networks.registry import NETWORKS
from gan.networks.sequences import sequence_critic, sequence_generator

SHAPE = (10, 6)


def test_generated_rows_are_probabilities():
    rng = torch.Generator().manual_seed(0)
    generator = sequence_generator(rng, SHAPE, channels=8, blocks=1)
    points = generator.sample(7, rng)
    assert points.shape == (7, *SHAPE)
    assert (points > 0).all()
    torch.testing.assert_close(points.sum(dim=2), torch.ones(7, 10))


def test_the_score_of_a_sequence_depends_on_it_alone():
    rng = torch.Generator().manual_seed(0)
    critic = sequence_critic(rng, SHAPE, channels=8, blocks=1)
    points = torch.rand(5, *SHAPE, generator=rng)
    torch.testing.assert_close(critic(points)[2:3], critic(points[2:3]))


def test_networks_of_sequences_are_for_sequences():
    assert NETWORKS["sequence"].fits((32, 27))
    assert not NETWORKS["sequence"].fits((1, 28, 28))
    assert not NETWORKS["sequence"].fits((2,))


def test_a_series_is_not_bounded():
    rng = torch.Generator().manual_seed(0)
    points = NETWORKS["series"].generator(rng, SHAPE).sample(20, rng)
    assert points.min() < 0 < points.max()
