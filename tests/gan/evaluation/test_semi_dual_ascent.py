"""Ascent on the semi-dual bound: every value is at most the exact EMD, and the last is close."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import divergences
from gan.errors import TrainingError
from gan.evaluation.critic_gap import ExactTransport
from gan.evaluation.semi_dual_ascent import (
    BoundAscent,
    CTransform,
    pairwise_distances,
    refined_critic,
)
from gan.networks import Critic
from gan.networks.mlp import plane_critic
from gan.networks.rescaling import Scale
from gan.recipes.losses import certified_critic_loss


def points(seed, n=60, m=50):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(n, 2, generator=rng) + 1, torch.randn(m, 2, generator=rng)


def critic(seed=0):
    return plane_critic(torch.Generator().manual_seed(seed), width=16)


@pytest.mark.parametrize("correction", [0.0, 0.05])
def test_the_bound_is_at_most_the_exact_emd_at_every_step(correction):
    x, y = points(0)
    exact = ExactTransport.between(x, y).exact
    ascent = BoundAscent(critic(), x, y, learning_rate=0.01, correction_rate=correction)
    bounds = [ascent.step(i / 300) for i in range(300)]
    assert max(bounds) <= exact * (1 + 1e-6)  # the bound is computed in float32
    assert bounds[-1] > 0.97 * exact > bounds[0]


def test_corrections_of_single_points_tighten_the_bound_of_the_network():
    x, y = points(1)
    transport = ExactTransport.between(x, y)
    gaps = {}
    for rate in (0.0, 0.03):
        ascent = BoundAscent(critic(), x, y, learning_rate=0.003, correction_rate=rate)
        for i in range(200):
            ascent.step(i / 200)
        gaps[rate] = transport.critic_gap(CTransform(ascent.potential, x)).gap
    assert gaps[0.0] < gaps[0.03] <= transport.exact * (1 + 1e-6)
    assert gaps[0.03] > 0.995 * transport.exact


@given(seed=st.integers(0, 1000), size=st.floats(1e-3, 1e3))
def test_a_c_transform_is_1_lipschitz_and_its_gap_at_least_the_bound(seed, size):
    x, y = points(seed, 20, 15)
    potential = size * torch.randn(len(x), generator=torch.Generator().manual_seed(seed))
    h = CTransform(lambda: potential, x)
    cost = torch.cdist(x.double(), y.double())
    bound = potential.double().mean() + (cost - potential.double()[:, None]).amin(dim=0).mean()
    rounding = 1e-12 * (size + 10)
    assert h(x).mean() - h(y).mean() >= bound - rounding
    differences = (h(x)[:, None] - h(y)).abs()
    assert (differences <= cost + rounding).all()


def test_the_gradient_of_a_c_transform_has_length_1():
    x, y = points(2)
    y.requires_grad_()
    (gradient,) = torch.autograd.grad(CTransform(lambda: x[:, 0], x)(y).sum(), y)
    torch.testing.assert_close(torch.linalg.vector_norm(gradient, dim=1), torch.ones(len(y)))


def test_a_refined_critic_certifies_more_and_the_critic_is_unchanged():
    x, y = points(3)
    transport, plain = ExactTransport.between(x, y), critic(1)
    before = copy.deepcopy(plain.state_dict())
    refined = refined_critic(plain, x, y, steps=100, learning_rate=0.01, correction_rate=0.01)
    estimate = transport.critic_gap(refined)
    assert transport.critic_gap(plain).certified < estimate.certified <= transport.exact
    assert estimate.certified > 0.98 * transport.exact
    assert estimate.slope <= 1 + 1e-9
    assert all(torch.equal(before[name], value) for name, value in plain.state_dict().items())


@pytest.mark.parametrize("factor", [1e-30, 1e-3, 1.0, -1.0, 1e3])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_refinement_starts_at_the_scale_and_side_of_the_largest_bound(factor, seed):
    x, y = points(seed)
    transport = ExactTransport.between(x, y)
    plain = Critic(nn.Sequential(critic(seed).body, Scale(factor)))
    refined = refined_critic(plain, x, y, steps=1, learning_rate=1e-9, correction_rate=1e-9)
    initial = transport.critic_gap(plain).certified
    assert initial * (1 - 1e-5) <= transport.critic_gap(refined).gap <= transport.exact


def test_at_a_learning_rate_of_0_only_the_corrections_change():
    x, y = points(6)
    transport, plain = ExactTransport.between(x, y), critic(2)
    ascent = BoundAscent(plain, x, y, learning_rate=0.0, correction_rate=0.05)
    before = copy.deepcopy(plain.state_dict())
    bounds = [ascent.step(i / 200) for i in range(200)]
    assert 0.98 * transport.exact < bounds[-1] <= transport.exact * (1 + 1e-6)
    assert all(torch.equal(before[name], value) for name, value in plain.state_dict().items())


@pytest.mark.parametrize("d", [2, 32, 33, 784])
def test_distances_are_accurate_between_close_points_far_from_the_origin(d):
    x, y = torch.randn(2, 20, d, generator=torch.Generator().manual_seed(d)) + 10
    y[:10] = x[:10] + 1e-3 * y[:10]
    estimate = pairwise_distances(x, y).double()
    exact = torch.linalg.vector_norm(x[:, None].double() - y.double(), dim=2)
    torch.testing.assert_close(estimate, exact, rtol=1e-6, atol=1e-6)


def test_points_that_are_not_finite_are_an_error_and_the_critic_is_unchanged():
    x, y = points(4)
    y[3, 0] = torch.nan
    plain = critic()
    before = copy.deepcopy(plain.state_dict())
    with pytest.raises(TrainingError, match="its gradient it must be finite"):
        BoundAscent(plain, x, y, learning_rate=0.01).step(0.0)
    assert all(torch.equal(before[name], value) for name, value in plain.state_dict().items())


@given(seed=st.integers(0, 1000), size=st.floats(1e-3, 10))
def test_the_bound_of_a_batch_is_at_most_its_exact_emd(seed, size):
    x, y = points(seed, 12, 12)
    rng = torch.Generator().manual_seed(seed)
    f, g = (size * torch.randn(12, generator=rng) for _ in range(2))
    cost = torch.cdist(x, y)
    loss, bound = certified_critic_loss(f, g, cost)
    exact = divergences.emd(np.full(12, 1 / 12), np.full(12, 1 / 12), cost.double().numpy())
    assert float(bound) <= exact + 1e-5 * (1 + size)
    assert float(-loss) <= float(bound) + 1e-6 * (1 + size)


def test_the_exact_potentials_attain_the_exact_emd_of_a_batch():
    x, y = points(5, 12, 12)
    cost = torch.cdist(x, y).double()
    weights = np.full(12, 1 / 12)
    solution = divergences.transport(weights, weights, cost.numpy())
    potentials = (
        torch.from_numpy(solution.source_potential),
        -torch.from_numpy(solution.target_potential),
    )
    loss, bound = certified_critic_loss(*potentials, cost)
    assert float(bound) == pytest.approx(solution.cost, rel=1e-12, abs=0)
    assert float(-loss) == pytest.approx(solution.cost, rel=1e-12, abs=0)
