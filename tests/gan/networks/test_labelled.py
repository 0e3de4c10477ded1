"""Conditional generator: frequencies of labels, and noise of one of them."""

import pytest
import torch

from gan.networks.labelled import labelled_generator, noise_of_label
from gan.networks.mlp import mlp_generator

SHARES = (0.2, 0.5, 0.3)


@pytest.mark.parametrize("noise", ["normal", "uniform"])
def test_labels_have_their_frequencies_and_each_can_be_asked_for(noise, rng):
    plain = mlp_generator(rng, (2,), hidden=[4], noise_size=3, noise=noise)
    generator = labelled_generator(plain, rng, shares=SHARES, code=(0.0, 1.0, 1))
    code = generator.sample(20_000, rng)[:, 2:]
    assert code.mean(dim=0).tolist() == pytest.approx(SHARES, abs=0.02)  # 5 standard errors
    for index in range(3):
        asked = noise_of_label(generator, generator.noise(50, rng), index)
        assert torch.equal(generator(asked)[:, 2:].argmax(dim=1), torch.full((50,), index))
