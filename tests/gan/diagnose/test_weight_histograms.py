"""Histograms of weights: shares at the extremes of known weights, and of trained critics."""

import numpy as np
import pytest
import torch

from gan.diagnose.weight_histograms import WeightHistogram, weights
from gan.networks.mlp import mlp_critic


def test_share_at_the_extremes_is_that_of_known_weights():
    critic = mlp_critic(torch.Generator().manual_seed(0), (2,), hidden=[4])
    with torch.no_grad():
        for weight in critic.parameters():
            weight.zero_()
        critic.body[0].weight[0] = torch.tensor([0.01, -0.01])
        critic.body[0].bias[0] = 0.01  # biases do not count
    histogram = WeightHistogram.of(critic, bound=0.01)
    assert histogram.share_at_extremes == pytest.approx(2 / 12)
    assert histogram.central_share == pytest.approx(10 / 12)
    assert histogram.shares.sum() == pytest.approx(1)
    assert np.flatnonzero(histogram.shares).tolist() == [0, 40, 80]


def test_clipped_weights_are_within_the_bound_and_penalised_ones_are_not():
    result = weights(steps=3, width=8)
    assert result.clipped.extreme == 0.01
    assert result.penalized.extreme > 0.1
    assert result.penalized.share_at_extremes < 0.1
