"""Fourier features: waves of the sizes that are asked for, right under autocast, and of use."""

import pytest
import torch

from gan.networks import mlp_critic, mlp_generator
from gan.networks.fourier import FREQUENCY_BANDS, FourierFeatures, fourier_critic


def test_features_are_the_points_and_the_sines_and_cosines_of_their_waves():
    features = FourierFeatures(torch.tensor([[1.0, 0.0, 2.0], [0.0, 1.0, 3.0]]))
    x, y = torch.tensor(0.3), torch.tensor(-0.7)
    found = features(torch.stack([x, y])[None])[0]
    phases = torch.stack([x, y, 2 * x + 3 * y])
    assert torch.allclose(found, torch.cat([torch.stack([x, y]), phases.sin(), phases.cos()]))


def test_each_band_has_as_many_waves_of_its_length(rng):
    waves = fourier_critic(rng, (2,), hidden=[8], waves=4000).body[0].waves
    sizes = waves.unflatten(1, (len(FREQUENCY_BANDS), -1)).std(dim=(0, 2))
    torch.testing.assert_close(sizes, torch.tensor(FREQUENCY_BANDS), rtol=0.1, atol=0)


def test_phases_are_as_exact_under_autocast(rng):
    features = FourierFeatures(64 * torch.randn(2, 16, generator=rng))
    points = torch.randn(50, 2, generator=rng)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = features(points)
    assert torch.equal(found, features(points))


def test_waves_are_kept_with_the_weights_but_not_learned(rng):
    critic = fourier_critic(rng, (2,), hidden=[8], waves=8)
    assert "body.0.waves" in critic.state_dict()
    assert all(weight is not critic.body[0].waves for weight in critic.parameters())


def test_waves_that_do_not_fill_the_bands_are_refused(rng):
    with pytest.raises(ValueError, match="`waves` must be a multiple of the 4 bands, but is 6"):
        fourier_critic(rng, (2,), hidden=[8], waves=6)


def test_a_critic_of_features_learns_the_detail_that_a_plain_one_misses():
    """A cone as wide as its points, 0.05, after as many steps on the same points."""
    errors = {}
    for make in (mlp_critic, fourier_critic):
        rng = torch.Generator().manual_seed(0)
        critic = make(rng, (2,), hidden=[64, 64])
        optimizer = torch.optim.Adam(critic.parameters(), lr=3e-3)
        for _ in range(300):
            points = 0.05 * torch.randn(128, 2, generator=rng) + 1.0
            truth = (points - 1.0).norm(dim=1) / 0.05
            loss = (critic(points) - truth).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        errors[make] = loss.item()
    assert errors[fourier_critic] < 0.1 * errors[mlp_critic]


def test_a_steep_generator_has_its_first_weights_multiplied():
    plain, steep = (
        mlp_generator(
            torch.Generator().manual_seed(0), (2,), hidden=[8, 8], noise_size=2, steepness=factor
        ).body
        for factor in (1.0, 8.0)
    )
    assert torch.equal(steep[0].weight, 8 * plain[0].weight)
    for name in ("0.bias", "2.weight", "4.weight"):
        assert torch.equal(steep.state_dict()[name], plain.state_dict()[name])
