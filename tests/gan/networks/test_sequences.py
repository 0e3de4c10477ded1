"""Networks of sequences and of text: rows of probabilities, and scores of each point by itself."""

import pytest
import torch

from gan.networks.registry import NETWORKS
from gan.networks.sequences import sequence_critic
from gan.networks.text import ngram_critic, text_generator

SHAPE = (10, 6)


def test_generated_rows_are_probabilities():
    rng = torch.Generator().manual_seed(0)
    generator = text_generator(rng, SHAPE, channels=8, blocks=1)
    points = generator.sample(7, rng)
    assert points.shape == (7, *SHAPE)
    assert (points > 0).all()
    torch.testing.assert_close(points.sum(dim=2), torch.ones(7, 10))


@pytest.mark.parametrize("critic_of", [sequence_critic, ngram_critic])
def test_the_score_of_a_sequence_depends_on_it_alone(critic_of):
    rng = torch.Generator().manual_seed(0)
    critic = critic_of(rng, SHAPE, channels=8)
    points = torch.rand(5, *SHAPE, generator=rng)
    torch.testing.assert_close(critic(points)[2:3], critic(points[2:3]))


def test_the_first_rows_of_text_are_neither_flat_nor_all_alike():
    rng = torch.Generator().manual_seed(0)
    points = NETWORKS["sequence"].generator(rng, (32, 20)).sample(100, rng)
    entropy = -(points * points.log()).sum(dim=2).mean()
    assert 0.3 < entropy < 2.9  # log 20 is 3.0
    assert points.std(dim=0).mean() > 0.02


def test_the_critic_of_text_tells_the_order_of_characters():
    rng = torch.Generator().manual_seed(0)
    critic = ngram_critic(rng, SHAPE, channels=8)
    rows = torch.eye(6)[torch.arange(10) % 6]
    assert critic(rows[None]) != critic(rows[None].flip(1))


def test_networks_of_sequences_are_for_sequences():
    assert NETWORKS["sequence"].fits((32, 27))
    assert not NETWORKS["sequence"].fits((1, 28, 28))
    assert not NETWORKS["sequence"].fits((2,))


def test_a_series_is_not_bounded():
    rng = torch.Generator().manual_seed(0)
    points = NETWORKS["series"].generator(rng, SHAPE).sample(20, rng)
    assert points.min() < 0 < points.max()


def test_the_gradient_of_text_does_not_vanish_where_all_characters_are_alike():
    rng = torch.Generator().manual_seed(0)
    generator = text_generator(rng, SHAPE, channels=8, blocks=1)
    weights = [m for m in generator.modules() if isinstance(m, torch.nn.Conv1d)][-1]
    with torch.no_grad():
        weights.bias[2] = 1000.0
    points = generator.sample(7, rng)
    assert (points.argmax(dim=2) == 2).all()
    (gradient,) = torch.autograd.grad(points[:, :, 1].mean().log(), weights.bias)
    assert points[:, :, 1].mean() > 1e-5
    assert gradient.norm() > 1e-5
