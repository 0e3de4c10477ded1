"""Fourier features: definition, frequencies, precision under autocast, approximation."""

import pytest
import torch

from gan.networks import mlp_critic, mlp_generator
from gan.networks.fourier import FREQUENCY_BANDS, FourierFeatures, fourier_critic


def test_features_are_the_points_and_the_sines_and_cosines_of_their_phases():
    features = FourierFeatures(torch.tensor([[1.0, 0.0, 2.0], [0.0, 1.0, 3.0]]))
    x, y = torch.tensor(0.3), torch.tensor(-0.7)
    values = features(torch.stack([x, y])[None])[0]
    phases = torch.stack([x, y, 2 * x + 3 * y])
    assert torch.allclose(values, torch.cat([torch.stack([x, y]), phases.sin(), phases.cos()]))


def test_every_band_has_equally_many_waves_of_its_standard_deviation(rng):
    waves = fourier_critic(rng, (2,), hidden=[8], waves=4000).body[0].waves
    deviations = waves.unflatten(1, (len(FREQUENCY_BANDS), -1)).std(dim=(0, 2))
    torch.testing.assert_close(deviations, torch.tensor(FREQUENCY_BANDS), rtol=0.1, atol=0)


def test_autocast_does_not_change_the_features(rng):
    features = FourierFeatures(64 * torch.randn(2, 16, generator=rng))
    points = torch.randn(50, 2, generator=rng)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        values = features(points)
    assert torch.equal(values, features(points))


def test_waves_are_a_buffer_and_no_parameter(rng):
    critic = fourier_critic(rng, (2,), hidden=[8], waves=8)
    assert "body.0.waves" in critic.state_dict()
    assert all(weight is not critic.body[0].waves for weight in critic.parameters())


def test_waves_that_are_no_multiple_of_the_bands_are_refused(rng):
    with pytest.raises(ValueError, match="`waves` must be a multiple of the 4 bands, but is 6"):
        fourier_critic(rng, (2,), hidden=[8], waves=6)


def test_fourier_features_fit_a_narrow_cone_that_an_mlp_does_not():
    """A cone of width 0.05, after the same steps on the same points."""
    errors = {}
    for make in (mlp_critic, fourier_critic):
        rng = torch.Generator().manual_seed(0)
        critic = make(rng, (2,), hidden=[64, 64])
        optimizer = torch.optim.Adam(critic.parameters(), lr=3e-3)
        for _ in range(300):
            points = 0.05 * torch.randn(128, 2, generator=rng) + 1.0
            target = (points - 1.0).norm(dim=1) / 0.05
            loss = (critic(points) - target).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        errors[make] = loss.item()
    assert errors[fourier_critic] < 0.1 * errors[mlp_critic]


def test_steepness_multiplies_the_first_weight_matrix():
    plain, steep = (
        mlp_generator(
            torch.Generator().manual_seed(0), (2,), hidden=[8, 8], noise_size=2, steepness=factor
        ).body
        for factor in (1.0, 8.0)
    )
    assert torch.equal(steep[0].weight, 8 * plain[0].weight)
    for name in ("0.bias", "2.weight", "4.weight"):
        assert torch.equal(steep.state_dict()[name], plain.state_dict()[name])
