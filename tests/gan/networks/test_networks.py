"""The networks: shapes, initial weights from the given source, nothing that mixes points."""

import pytest
import torch
from torch import nn

from gan import networks

PAIRS = [
    (pair, shape)
    for pair in networks.NETWORKS.values()
    for shape in [(2,), (1, 28, 28), (3, 28, 28)]
    if pair.fits(shape)
]


@pytest.mark.parametrize(("pair", "shape"), PAIRS)
def test_a_generator_gives_points_of_its_shape(pair, shape, rng):
    points = pair.generator(rng, shape).sample(5, rng)
    assert points.shape == (5, *shape)
    if len(shape) == 3:
        assert 0 <= points.min() <= points.max() <= 1


@pytest.mark.parametrize(("pair", "shape"), PAIRS)
def test_a_critic_scores_each_point_by_itself(pair, shape, rng):
    critic = pair.critic(rng, shape)
    points = torch.randn(6, *shape, generator=rng)
    alone = torch.cat([critic(point[None]) for point in points])
    assert critic(points).shape == (6,)
    assert torch.allclose(critic(points), alone, atol=1e-5)
    assert not any(isinstance(part, nn.modules.batchnorm._BatchNorm) for part in critic.modules())


def test_weights_come_from_the_given_source_and_leave_the_global_one_alone():
    before = torch.get_rng_state()
    first, second = (networks.plane_critic(torch.Generator().manual_seed(1)) for _ in range(2))
    assert all(
        torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True)
    )
    assert torch.equal(torch.get_rng_state(), before)


def test_initial_weights_are_spread_as_torch_spreads_them():
    ours = networks.mlp.linear(100, 2000, torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    theirs = nn.Linear(100, 2000)
    for mine, other in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True):
        assert mine.shape == other.shape
        assert float(mine.std()) == pytest.approx(float(other.std()), rel=0.05)
        assert float(mine.abs().max()) == pytest.approx(0.1, rel=0.01)


def test_a_pair_in_another_unit_makes_larger_points_with_the_same_slopes(rng):
    pair = networks.plane_generator(rng, width=8), networks.plane_critic(rng, width=8)
    generator, critic = networks.rescaled(*pair, 4.0)
    noise, points = torch.randn(5, 2, generator=rng), torch.randn(5, 2, generator=rng)
    assert torch.allclose(generator(noise), 4 * pair[0](noise))
    assert torch.allclose(critic(4 * points), 4 * pair[1](points))
    assert networks.rescaled(*pair, 1.0) == pair


def test_a_network_of_a_class_of_its_own_chooses_its_unit(rng):
    class Circle(networks.Generator):
        def forward(self, noise):
            return 2 * noise / noise.norm(dim=1, keepdim=True)

    pair = Circle(2, nn.Identity()), networks.plane_critic(rng, width=8)
    assert networks.rescaled(*pair, 4.0) == pair
