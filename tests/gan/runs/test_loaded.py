"""Runs from Python: trained or loaded, with their networks, samples and metrics."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import gan
from gan import NETWORKS
from gan.errors import ConfigError, PluginError
from gan.networks import rescaled
from gan.networks.labelled import labelled_generator
from gan.runs.config import Config
from gan.runs.duration import Speed

pytestmark = pytest.mark.usefixtures("quick_evaluations")
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


def test_a_run_of_minutes_knows_its_number_of_steps(tmp_path, monkeypatch):
    speed = Speed(setup=0.0, step=2.8, evaluation=0.1)
    monkeypatch.setattr("gan.runs.duration.measured_speed", lambda config: speed)
    run = gan.run("gan", out=tmp_path / "run", minutes=1.0, batch_size=16, evaluation_size=20)
    assert run.finished
    assert run.config.steps == run.training.step == 21


def small_generator(name, shape, *, labelled=False):
    """A generator with noise for three points."""
    rng = torch.Generator().manual_seed(0)
    pair = NETWORKS[name]
    generator, _ = rescaled(pair.generator(rng, shape), pair.critic(rng, shape), 2.0, 0.5)
    if labelled:
        generator = labelled_generator(generator, rng, shares=(0.25, 0.75), code=(0.0, 1.0, 1))
    return generator.eval(), generator.noise(3, rng)


@pytest.mark.parametrize(
    ("name", "shape"),
    [("mlp", (2,)), ("convolutional-categorical", (1, 8, 8)), ("series", (4, 2))],
)
def test_the_generator_is_a_plain_module(name, shape, tmp_path):
    generator, noise = small_generator(name, shape, labelled=name == "mlp")
    exported = torch.export.export(generator, (noise,)).module()
    torch.testing.assert_close(exported(noise), generator(noise))
    other, _ = small_generator(name, shape, labelled=name == "mlp")
    torch.save(generator.state_dict(), tmp_path / "generator.pt")
    other.load_state_dict(torch.load(tmp_path / "generator.pt", weights_only=True))
    assert torch.equal(other(noise), generator(noise))


SCRIPT = """
import torch
from tests.gan.runs.test_loaded import small_generator
for name, shape in [("mlp", (2,)), ("residual", (1, 8, 8)), ("series", (4, 2))]:
    generator, noise = small_generator(name, shape, labelled=name == "mlp")
    assert torch.equal(torch.jit.script(generator)(noise), generator(noise))
"""


def test_the_generator_is_scripted():
    """In another process: the type checks of the tests wrap what a script must read."""
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True, cwd=root)


@pytest.mark.filterwarnings("ignore")
def test_the_generator_is_written_as_onnx(tmp_path):
    import onnx
    from onnx.reference import ReferenceEvaluator

    generator, noise = small_generator("mlp", (2,), labelled=True)
    path = tmp_path / "generator.onnx"
    n = torch.export.Dim("n")
    torch.onnx.export(generator, (noise,), path, dynamo=True, dynamic_shapes=({0: n},))
    more = torch.cat([noise, noise])
    name = onnx.load(path).graph.input[0].name
    (points,) = ReferenceEvaluator(str(path)).run(None, {name: more.numpy()})
    np.testing.assert_allclose(points, generator(more).detach().numpy(), rtol=1e-5, atol=1e-6)


def test_a_function_is_called_at_each_evaluation(tmp_path):
    seen = []

    def look(run):
        seen.append((run.training.step, len(run.evaluations), run.sample(3).shape, run.finished))

    gan.run("gan", out=tmp_path / "run", on_evaluation=look, **TINY)
    assert seen == [(2, 1, (3, 2), False), (4, 2, (3, 2), True)]


def test_an_unknown_choice_has_a_hint():
    with pytest.raises(ConfigError, match="unknown choice 'step'; did you mean 'steps'"):
        gan.run("gan", step=3)


def test_minutes_beside_steps_are_refused_and_a_plugin_may_be_one_name(tmp_path):
    with pytest.raises(ConfigError, match="minutes and steps are both given; leave one out"):
        gan.run("gan", steps=1, minutes=1.0, out=tmp_path / "run")
    with pytest.raises(PluginError, match="--plugin no_such_module could not be loaded"):
        gan.run("gan", steps=1, plugin="no_such_module", out=tmp_path / "run")
