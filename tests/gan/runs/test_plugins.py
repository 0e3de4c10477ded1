"""Recipes, data sets and networks from plugins that the command line names."""

import json
import sys

import numpy as np
import pytest
import torch

from gan.datasets import DATA
from gan.errors import PluginError
from gan.networks import NETWORKS
from gan.recipes.registry import RECIPES
from gan.runs.plugins import load_plugins
from tests.tiny_training import untimed

OWN = """
from dataclasses import replace
from functools import partial

import torch

from gan import DATA, NETWORKS, RECIPES, DataSet, TrainingMethod, Networks
from gan.networks import mlp_critic, mlp_generator

POINTS = 3


def half_circle(n, rng):
    angle = torch.rand(n, generator=rng) * 3.14
    return torch.stack([angle.cos(), angle.sin(), angle * 0], dim=1)


def half_circle_set(data_dir):
    "Half a circle in space."
    return DataSet((3,), half_circle, measure=lambda points: {"height": float(points[0, 1])})


quick = replace(RECIPES["gan"].quick, batch_size=32, critic_steps=2)
RECIPES["own-gan"] = TrainingMethod("the gan with two critic steps", "nobody", quick, quick)
DATA["half-circle"] = half_circle_set
NETWORKS["own-mlp"] = Networks(
    "ReLU, 16",
    partial(mlp_generator, hidden=[16], noise_size=4),
    partial(mlp_critic, hidden=[16]),
)
"""
pytestmark = pytest.mark.usefixtures("quick_evaluations")
TINY = ["--steps", "12", "--evaluate-every", "6", "--evaluation-size", "40"]


@pytest.fixture
def plugin(tmp_path):
    """Path of a plugin, whose entries are removed after the test."""
    before = [dict(names) for names in (RECIPES, DATA, NETWORKS)]
    path = tmp_path / "own.py"
    path.write_text(OWN)
    yield path
    for names, old in zip((RECIPES, DATA, NETWORKS), before, strict=True):
        names.clear()  # type: ignore[attr-defined]
        names.update(old)  # type: ignore[attr-defined]
    sys.modules.pop("gan_plugin_own", None)


def lines(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def own(plugin):
    return ["own-gan", "--plugin", plugin, "--data", "half-circle", "--networks", "own-mlp", *TINY]


def test_a_plugins_recipe_data_and_networks_are_trained_and_sampled(gan, plugin, tmp_path):
    out = tmp_path / "run"
    status, said, err = gan("train", *own(plugin), "--out", out)
    assert status == 0, err
    assert said.startswith("own-gan on half-circle, 12 steps: exact EMD ")
    assert {"height", "exact"} <= set(lines(out)[-1])
    assert json.loads((out / "config.json").read_text())["plugin"] == [str(plugin)]
    state = torch.load(out / "checkpoint.pt", weights_only=True)["training"]
    assert state["generator"]["body.0.weight"].shape == (16, 4)
    assert gan("train", *own(plugin), "--out", out, "--resume")[0] == 0
    assert gan("sample", out, "--n", 7, "--out", tmp_path / "x.npy")[0] == 0
    assert np.load(tmp_path / "x.npy").shape == (7, 3)
    status, said, _ = gan("recipes", "--plugin", plugin)
    assert status == 0
    assert "own-gan: the gan with two critic steps\n  source: nobody" in said
    assert "Half a circle in space." in said
    assert "own-mlp" in said


def test_a_plugin_is_loaded_in_the_processes_of_several_seeds_too(gan, plugin, tmp_path):
    out = tmp_path / "run"
    budget = ["--seeds", "0-1", "--workers", "2", "--out", out]
    status, said, err = gan("train", *own(plugin), *budget)
    assert status == 0, err
    assert "own-gan on half-circle, 2 seeds: mean" in said
    for seed in (0, 1):
        assert "height" in lines(out / f"seed{seed}")[-1]


def test_a_plugin_is_loaded_once(plugin, tmp_path):
    counted = f"\nwith open({str(tmp_path / 'log')!r}, 'a') as file:\n    file.write('loaded ')\n"
    plugin.write_text(OWN + counted)
    for _ in range(2):
        load_plugins([str(plugin)])
    assert (tmp_path / "log").read_text() == "loaded "
    assert sys.modules["gan_plugin_own"].POINTS == 3


def test_a_plugin_may_be_a_module(tmp_path, monkeypatch):
    (tmp_path / "module_of_ones_own.py").write_text("HERE = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    load_plugins(["module_of_ones_own"])
    assert sys.modules.pop("module_of_ones_own").HERE


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import nothing_like_it", "ModuleNotFoundError: No module named 'nothing_like_it'"),
        ("def", "SyntaxError: invalid syntax"),
    ],
)
def test_a_plugin_that_fails_is_named_with_its_reason(gan, plugin, content, message, tmp_path):
    plugin.write_text(content)
    status, _, err = gan("train", *own(plugin), "--out", tmp_path / "run")
    assert status == 1
    assert err.startswith(f"gan: --plugin {plugin} could not be loaded: {message}")
    assert "Traceback" not in err
    assert not (tmp_path / "run").exists()
    assert "gan_plugin_own" not in sys.modules
    plugin.write_text(OWN)  # corrected
    load_plugins([str(plugin)])
    assert "own-gan" in RECIPES


def test_a_missing_plugin_is_named(tmp_path):
    with pytest.raises(PluginError, match=r"--plugin .*no\.py could not be loaded: FileNotFound"):
        load_plugins([str(tmp_path / "no.py")])
    with pytest.raises(PluginError, match="--plugin no_such_module could not be loaded: Module"):
        load_plugins(["no_such_module"])


def test_samples_of_a_run_whose_plugin_is_gone_name_it(gan, plugin, tmp_path):
    assert gan("train", *own(plugin), "--out", tmp_path / "run")[0] == 0
    del sys.modules["gan_plugin_own"]
    plugin.unlink()
    status, _, err = gan("sample", tmp_path / "run", "--out", tmp_path / "x.npy")
    assert status == 1
    assert f"gan: --plugin {plugin} could not be loaded: FileNotFoundError" in err


GLOBAL = """
import numpy as np
import torch
from torch import nn

from gan import DATA, NETWORKS, DataSet, Networks
from gan.networks import Critic, Generator

ROWS = torch.randn(200, 2)  # drawn at import


class Noisy(nn.Module):
    def forward(self, points):
        return points + 0.1 * torch.randn_like(points)


def sample(n, rng):
    return ROWS[torch.from_numpy(np.random.randint(0, 200, n))]


def generator(rng, shape):
    return Generator(2, nn.Sequential(nn.Linear(2, 8), nn.ReLU(), Noisy(), nn.Linear(8, 2)))


def critic(rng, shape):
    norm = nn.utils.parametrizations.spectral_norm
    return Critic(nn.Sequential(norm(nn.Linear(2, 8)), nn.ReLU(), nn.Linear(8, 1)))


DATA["global"] = lambda data_dir: DataSet((2,), sample)
NETWORKS["global"] = Networks("from torch's global source", generator, critic)
"""


def test_the_seed_reaches_the_global_sources_of_a_plugin(gan, plugin, tmp_path):
    plugin.write_text(GLOBAL)
    arguments = ["gan", "--plugin", plugin, "--data", "global", "--networks", "global", *TINY]
    states = []
    for run in range(2):
        torch.manual_seed(run)  # of the process: without effect
        np.random.seed(run)  # noqa: NPY002
        sys.modules.pop("gan_plugin_own", None)
        assert gan("train", *arguments, "--out", tmp_path / f"{run}")[0] == 0
        states.append(torch.load(tmp_path / f"{run}" / "checkpoint.pt", weights_only=True))
        assert torch.initial_seed() == run
    first, second = (state["training"]["generator"] for state in states)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert [untimed(line) for line in lines(tmp_path / "0")] == [
        untimed(line) for line in lines(tmp_path / "1")
    ]


FAILING = (
    GLOBAL
    + """
CALLS = []


def failing_sample(n, rng):
    CALLS.append(n)
    if len(CALLS) > 60:
        raise ValueError("the tap is dry")
    return sample(n, rng)


DATA["global"] = lambda data_dir: DataSet((2,), failing_sample)
"""
)


def test_an_error_in_a_plugin_names_its_line_and_keeps_the_state(gan, plugin, tmp_path):
    plugin.write_text(FAILING)
    arguments = ["gan", "--plugin", plugin, "--data", "global", "--networks", "global"]
    steps = ["--steps", "90", "--evaluation-size", "40"]
    status, _, err = gan("train", *arguments, *steps, "--out", tmp_path / "run")
    line = FAILING.split("\n").index('        raise ValueError("the tap is dry")') + 1
    assert status == 1
    assert f"own.py, line {line}, in failing_sample: ValueError: the tap is dry" in err
    state = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    assert state["training"]["step"] > 10


def test_a_network_that_does_not_fit_is_named_before_a_folder_is_made(gan, plugin, tmp_path):
    plugin.write_text(GLOBAL.replace("return Generator(2, ", "return (lambda n, net: net)(2, "))
    arguments = ["gan", "--plugin", plugin, "--data", "global", "--networks", "global", *TINY]
    status, _, err = gan("train", *arguments, "--out", tmp_path / "run")
    assert status == 1
    assert "wrap it: gan.networks.Generator(noise_size, network)" in err
    assert not (tmp_path / "run").exists()
