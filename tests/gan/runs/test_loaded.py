"""Runs from Python: trained or loaded, with their networks, samples and metrics."""

import numpy as np
import pytest
import torch

import gan
from gan.errors import ConfigError
from gan.runs.config import Config

TINY = {"steps": 4, "evaluate_every": 2, "evaluation_size": 20, "batch_size": 16}


def test_a_run_is_loaded_as_it_was_trained(tmp_path):
    trained = gan.run("wgan-gp", out=tmp_path / "run", **TINY)
    loaded = gan.load(tmp_path / "run")
    assert (loaded.config.recipe, loaded.config.recipe_settings.batch_size) == ("wgan-gp", 16)
    assert loaded.finished
    assert list(loaded.metrics["step"]) == [2, 4]
    assert loaded.metrics["shares"].shape == (2, 8)
    for key, values in trained.metrics.items():
        np.testing.assert_array_equal(loaded.metrics[key], values)
    assert torch.equal(loaded.sample(5, seed=1), trained.sample(5, seed=1))
    assert not torch.equal(loaded.sample(5, seed=1), loaded.sample(5, seed=2))
    points = loaded.data.sample(30, torch.Generator().manual_seed(1))
    gap = loaded.critic_gap(points)
    assert gap.baseline <= gap.certified <= gap.exact
    assert str(loaded) == "<Run of wgan-gp on eight-gaussians: step 4 of 4, 2 evaluations>"
    assert gan.run("wgan-gp", out=tmp_path / "run", resume=True, **TINY).finished


def test_a_configuration_may_be_given_whole(tmp_path):
    config = Config(recipe="gan", out=tmp_path / "run", steps=1, evaluation_size=20)
    assert gan.run(config).finished
    with pytest.raises(ConfigError, match="give steps to the Config"):
        gan.run(config, steps=2)


def test_the_generator_is_a_plain_module(tmp_path):
    generator = gan.run("gan", out=tmp_path / "run", **TINY).generator
    noise = torch.randn(3, 2)
    exported = torch.export.export(generator, (noise,)).module()
    torch.testing.assert_close(exported(noise), generator(noise))


def test_an_unknown_choice_has_a_hint():
    with pytest.raises(ConfigError, match="unknown choice 'step'; did you mean 'steps'"):
        gan.run("gan", step=3)
