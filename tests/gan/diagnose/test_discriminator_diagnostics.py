"""Diagnostics with a discriminator trained between known densities."""

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from divergences import densities
from gan.data.mixtures import GaussianMixture
from gan.diagnose import critic_steps, generator_gradients, noise, optimal_discriminator, vanishing
from gan.diagnose.generator_gradients import GeneratorGradients, _agreement
from gan.diagnose.known_pairs import known_pair
from gan.diagnose.noised_divergences import _exact_js, _read_js
from gan.diagnose.two_bumps import TwoBumps, normal_log_density
from gan.errors import ConfigError
from gan.networks.mlp import mlp_critic


def test_cells_of_a_known_pair_give_the_js_of_quadrature():
    result = optimal_discriminator(steps=2, width=4)
    generated = partial(normal_log_density, mean=0.75, sigma=1.5)
    line, points = (-math.inf, math.inf), [-2, 2]
    integral = densities.js(TwoBumps(4.0, 0.5).log_density, generated, line, points=points)
    assert result.js == pytest.approx(integral.value, abs=1e-10)


def test_the_slope_of_the_non_saturating_loss_is_that_of_the_divergences():
    result = optimal_discriminator(steps=2, width=4)
    sums = result.reverse_kl_slopes + result.js_slopes
    assert np.abs(result.loss_slopes - sums).max() < 1e-5
    assert (result.values <= result.best_value).all()


def test_a_few_hundred_steps_come_near_the_optimal_discriminator():
    result = optimal_discriminator(steps=150, width=32)
    assert result.values[-1] == pytest.approx(result.best_value, abs=0.05)
    assert result.mean_error < 0.1


@pytest.mark.parametrize("data", ["mnist", "two-segments"])
def test_data_without_a_density_are_refused(data):
    with pytest.raises(ConfigError, match=f"{data} has none; take two-bumps, eight-gaussians"):
        optimal_discriminator(data=data)


def test_a_discriminator_reads_at_most_the_js_of_the_noised_densities():
    rng = torch.Generator().manual_seed(0)
    exact = _exact_js(0.5, 0.4)
    assert exact / 2 < _read_js(0.5, 0.4, 150, 32, rng) <= exact
    assert exact < math.log(2) / 2


def test_the_gradient_of_a_confident_discriminator_vanishes_for_minimax_alone(monkeypatch):
    monkeypatch.setattr(generator_gradients, "GRADIENT_POINTS", 128)
    result = vanishing(steps=25, discriminators=2, learning_rate=1e-2)
    falls = {loss: norms[:, -1] / norms.max(axis=1) for loss, norms in result.norms.items()}
    assert (falls["minimax"] < 0.01).all()
    assert (falls["wasserstein"] > 0.05).all()


def test_agreement_is_the_mean_cosine_of_pairs():
    generator = torch.Generator().manual_seed(0)
    gradients = torch.randn(3, 2, 5, generator=generator, dtype=torch.float64)
    cosine = torch.nn.functional.cosine_similarity
    pairs = [cosine(gradients[i], gradients[j], dim=1) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert _agreement(gradients) == pytest.approx(torch.stack(pairs).mean(0).numpy())


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (optimal_discriminator, {"steps": 0}, "`steps` must be an integer of 1 or more, but is 0"),
        (noise, {"width": 0}, "`width` must be an integer of 1 or more"),
        (vanishing, {"discriminators": 1}, "`discriminators` at least 2"),
    ],
)
def test_numbers_out_of_range_are_refused(function, arguments, message):
    with pytest.raises(ConfigError, match=message):
        function(**arguments)


def test_the_generator_of_a_known_pair_is_normal_around_theta():
    generator = known_pair("eight-gaussians").generator(0.3)
    assert isinstance(generator, GaussianMixture)
    assert generator.centers.tolist() == [[0.3, 0.0]]


def test_the_criteria_of_vanishing_are_of_the_last_step_and_of_the_late_cosines():
    steps = (1, 10, 50, 100)
    norms = {
        "minimax": [1.0, 1e-1, 1e-6, 1e-4],
        "non-saturating": [1.0, 1.0, 1.0, 1.0],
        "wasserstein": [1e-2, 1.0, 2.0, 1.0],
    }
    agreement = {"wasserstein": [-1.0, 0.0, 0.8, 1.0], "non-saturating": [1.0, 1.0, 0.1, 0.3]}
    result = GeneratorGradients(
        steps,
        {loss: np.array([values] * 2) for loss, values in norms.items()},
        {loss: np.array(values) for loss, values in agreement.items()},
    )
    measured = [criterion.measured for criterion in result.criteria()]
    assert measured == pytest.approx([4, math.log10(200), math.log10(2), 0.9, 0.2])


def test_the_learning_rate_of_critic_steps_falls_by_the_schedule(monkeypatch):
    rates = []
    monkeypatch.setattr(critic_steps, "set_learning_rate", lambda _, rate: rates.append(rate))
    recipe = replace(critic_steps.DISCRIMINATOR_RECIPE, batch_size=2)
    critic = mlp_critic(torch.Generator().manual_seed(0), (1,), hidden=[2])
    pair = known_pair("two-bumps")
    samplers = pair.generated(0.0), pair.generated(1.0)
    rng = torch.Generator().manual_seed(0)
    done = list(critic_steps.critic_steps(critic, *samplers, recipe, steps=2, rng=rng))
    assert done == [0, 1, 2]
    assert rates == pytest.approx([recipe.learning_rate, recipe.learning_rate / 2])
