"""Networks of critics: Lipschitz constants, initialisation and the radial feature."""

import math
from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import nn

from gan.critics import CRITICS, Budget, Experiment, experiment
from gan.critics.pairs import named_pair
from gan.networks.lipschitz import GroupSort, group_sort_critic, spectral_norm_critic
from gan.networks.mlp import RadialFeature, spread_mlp_critic


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def test_group_sort_sorts_each_group():
    values = torch.tensor([[3.0, 1.0, 2.0, 5.0]])
    assert GroupSort(4)(values).tolist() == [[1, 2, 3, 5]]
    assert sorted(GroupSort(2)(values)[0].tolist()) == [1, 2, 3, 5]
    assert GroupSort(2)(values)[0, :2].tolist() == [3, 5]  # the larger of each pair


@pytest.mark.parametrize("group", [2, 16])
@pytest.mark.parametrize("shape", [(2,), (1, 5, 5)])
def test_a_group_sort_critic_is_1_lipschitz_before_and_after_updates(group, shape):
    critic = group_sort_critic(rng(), shape, hidden=[16, 16], group_size=group)
    optimizer = torch.optim.Adam(critic.parameters(), lr=0.05)
    x = torch.randn(64, *shape, generator=rng(1))
    for _ in range(20):
        optimizer.zero_grad()
        (-critic(x + 1).mean() + critic(x).mean()).backward()
        optimizer.step()
    points = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(points).sum(), points)
    assert gradient.flatten(start_dim=1).norm(dim=1).max() <= 1 + 1e-5


def test_a_spectral_norm_critic_is_1_lipschitz_up_to_its_power_iteration():
    critic = spectral_norm_critic(rng(), (3,), hidden=[16, 16])
    for _ in range(50):
        critic(torch.zeros(1, 3))  # each pass is a step of the power iteration
    points = torch.randn(200, 3, generator=rng(1), requires_grad=True)
    (gradient,) = torch.autograd.grad(critic.eval()(points).sum(), points)
    assert gradient.norm(dim=1).max() <= 1.01


def test_the_kinks_of_a_spread_critic_cover_the_range_of_the_points():
    critic = spread_mlp_critic(rng(), (2,), hidden=[64, 64], steepness=4.0)
    first = next(layer for layer in critic.modules() if isinstance(layer, nn.Linear))
    torch.testing.assert_close(first.weight.norm(dim=1), torch.full((64,), 4.0))
    kinks = first.bias.abs() / 4.0
    assert 1.5 < kinks.max() <= math.sqrt(3)


def test_the_radial_feature_is_the_distance_to_a_learned_center():
    layer = RadialFeature(4, torch.device("cpu"))
    points = torch.tensor([[3.0, 0.0, 4.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    torch.testing.assert_close(layer(points)[:, :4], points)
    torch.testing.assert_close(layer(points)[:, 4], torch.tensor([3.0, -2.0]), atol=2e-3, rtol=0)
    layer.center.data += points[0]
    torch.testing.assert_close(layer(points)[:, 4], torch.tensor([-2.0, 3.0]), atol=2e-3, rtol=0)

    critic = spread_mlp_critic(rng(), (1, 2, 2), hidden=[8], radius=True)
    images = torch.zeros(3, 1, 2, 2, requires_grad=True)  # all at the center
    (slope,) = torch.autograd.grad(critic(images).sum(), images, create_graph=True)
    slope.square().sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in critic.parameters())


def test_the_radial_feature_halves_the_gradient_error_on_a_radial_optimum(monkeypatch):
    monkeypatch.setattr(experiment, "FRESH_KNOWLEDGE_SIZE", 300)
    pair = named_pair("scaling-32")
    sharp = CRITICS["sharp"].estimator
    without = replace(sharp, network=partial(spread_mlp_critic, hidden=[256] * 3, steepness=1.0))
    gradient_errors = []
    for estimator in (sharp, without):
        *_, checkpoint = Experiment(pair, "population", 0).checkpoints(
            estimator, Budget(50), only_last=True
        )
        gradient_errors.append(1 - checkpoint.errors.cosine)
    assert gradient_errors[0] < 0.5 * gradient_errors[1]
