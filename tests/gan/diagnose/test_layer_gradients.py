"""Gradients by layer against a network whose gradients are known."""

import math

import numpy as np
import pytest
import torch

from gan.diagnose.layer_gradients import decades, depth, layer_gradient_norms
from gan.networks.mlp import mlp_critic


def test_norms_of_a_linear_chain_are_products_of_its_weights():
    critic = mlp_critic(torch.Generator().manual_seed(0), (1,), hidden=[1, 1, 1])
    with torch.no_grad():
        for weight in critic.parameters():
            weight.fill_(0.1 if weight.ndim == 2 else 0.0)
    real, generated = torch.ones(4, 1), 2 * torch.ones(4, 1)
    # each of the 8 points has a share of 1/4 in the loss, and each layer multiplies by 0.1
    np.testing.assert_allclose(
        layer_gradient_norms(critic, real, generated), 0.25 * 0.1 ** np.array([3, 2, 1])
    )


def test_decades_of_norms():
    assert decades(np.array([1e-3, 1.0, 10.0])) == pytest.approx(4)
    assert decades(np.array([0.0, 1.0])) == math.inf


def test_one_row_of_norms_for_each_bound():
    result = depth(layers=3, steps=1, width=4)
    assert result.clipped.shape == (3, 3)
    assert result.penalized.shape == (3,)
    assert len(result.criteria()) == 4
