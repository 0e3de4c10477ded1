"""The registered networks: shapes, initialisation, independent scores, rescaling."""

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
def test_generated_points_have_the_shape_of_the_data(pair, shape, rng):
    points = pair.generator(rng, shape).sample(5, rng)
    assert points.shape == (5, *shape)
    if len(shape) == 3:
        assert 0 <= points.min() <= points.max() <= 1


@pytest.mark.parametrize(("pair", "shape"), PAIRS)
def test_scores_are_independent_per_point(pair, shape, rng):
    critic = pair.critic(rng, shape)
    points = torch.randn(6, *shape, generator=rng)
    single = torch.cat([critic(point[None]) for point in points])
    assert critic(points).shape == (6,)
    assert torch.allclose(critic(points), single, atol=1e-5)
    assert not any(isinstance(part, nn.modules.batchnorm._BatchNorm) for part in critic.modules())


def test_weights_depend_only_on_the_given_generator():
    before = torch.get_rng_state()
    first, second = (networks.plane_critic(torch.Generator().manual_seed(1)) for _ in range(2))
    assert all(
        torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True)
    )
    assert torch.equal(torch.get_rng_state(), before)


def test_initial_weights_have_torchs_distribution():
    ours = networks.mlp.linear(100, 2000, torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    reference = nn.Linear(100, 2000)
    for name, weight in ours.state_dict().items():
        expected = reference.state_dict()[name]
        assert weight.shape == expected.shape
        assert float(weight.std()) == pytest.approx(float(expected.std()), rel=0.05)
        assert float(weight.abs().max()) == pytest.approx(0.1, rel=0.01)


def test_rescaled_networks_have_larger_points_and_the_same_slopes(rng):
    pair = networks.plane_generator(rng, width=8), networks.plane_critic(rng, width=8)
    generator, critic = networks.rescaled(*pair, 4.0)
    noise, points = torch.randn(5, 2, generator=rng), torch.randn(5, 2, generator=rng)
    assert torch.allclose(generator(noise), 4 * pair[0](noise))
    assert torch.allclose(critic(4 * points), 4 * pair[1](points))
    assert networks.rescaled(*pair, 1.0) == pair


def test_a_subclass_is_not_rescaled(rng):
    class Circle(networks.Generator):
        def forward(self, noise):
            return 2 * noise / noise.norm(dim=1, keepdim=True)

    pair = Circle(2, nn.Identity()), networks.plane_critic(rng, width=8)
    assert networks.rescaled(*pair, 4.0) == pair


def test_networks_of_another_range_have_its_pixels_and_the_same_slopes(rng):
    pair = networks.Generator(2, nn.Sigmoid()), networks.Critic(nn.Linear(2, 1))
    generator, critic = networks.rescaled(*pair, 2.0, -1.0)
    noise = torch.randn(50, 2, generator=rng)
    points = generator(noise)
    torch.testing.assert_close(points, 2 * noise.sigmoid() - 1)
    torch.testing.assert_close(critic(points), 2 * pair[1](noise.sigmoid()))
