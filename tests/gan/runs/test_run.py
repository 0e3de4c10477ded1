"""A run from its configuration to its folder: divergence, repetition, refusals."""

import math
from dataclasses import replace

import pytest
import torch

from gan import datasets
from gan.errors import ConfigError, MisfitError, TrainingError
from gan.networks import plane_critic, plane_generator
from gan.recipes.registry import RECIPES
from gan.runs.config import Config
from gan.runs.config_record import record_of
from gan.runs.run import run
from gan.training.devices import Devices
from gan.training.state import Training
from tests.tiny_training import untimed

pytestmark = pytest.mark.usefixtures("quick_evaluations")
PLANE = datasets.eight_gaussians_set(None)


def config(out, **changes):
    settings = {"steps": 6, "seed": 0, "evaluate_every": 3, "evaluation_size": 30, **changes}
    return Config(recipe="gan", out=out, **settings)


@pytest.fixture
def diverging_data(monkeypatch):
    """A data set whose training batches are NaN after the fourth."""
    drawn = []

    def sample(n, rng):
        drawn.append(n)
        batches = [n for n in drawn if n == 256]  # evaluations draw other sizes
        return PLANE.sample(n, rng) * (math.nan if len(batches) > 4 else 1)

    monkeypatch.setitem(
        datasets.DATA, "eight-gaussians", lambda data_dir: replace(PLANE, sample=sample)
    )


def test_a_loss_that_is_not_finite_ends_the_run_with_the_last_finite_step_kept(
    diverging_data, tmp_path, capfd
):
    with pytest.raises(
        TrainingError, match=r"training stopped after step 4: the critic's loss is"
    ):
        run(config(tmp_path / "run"))
    state = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)["training"]
    assert state["step"] == 4
    assert all(weight.isfinite().all() for weight in state["generator"].values())
    capfd.readouterr()


def test_the_kept_step_is_the_one_of_a_healthy_run(diverging_data, tmp_path, capfd, monkeypatch):
    with pytest.raises(TrainingError, match=r"checkpoint\.pt"):
        run(config(tmp_path / "diverged"))
    monkeypatch.setitem(datasets.DATA, "eight-gaussians", lambda data_dir: PLANE)
    resumed = run(config(tmp_path / "diverged"), resume=True)
    healthy = run(config(tmp_path / "healthy"))
    assert resumed.finished
    for weight, expected in zip(
        resumed.training.average.parameters(), healthy.training.average.parameters(), strict=True
    ):
        assert torch.equal(weight, expected)
    capfd.readouterr()


def test_a_seed_gives_the_same_metrics(tmp_path, capfd):
    first, second = (run(config(tmp_path / name)).metrics for name in ("a", "b"))
    assert [untimed(line) for line in first] == [untimed(line) for line in second]
    other = run(config(tmp_path / "c", seed=1)).metrics
    assert other[0]["exact"] != first[0]["exact"]
    capfd.readouterr()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "--steps must be at least 1"),
        ({"threads": 0}, "--threads must be at least 1"),
        ({"evaluation_size": 1}, "--evaluation-size must be at least 2"),
        ({"seed": 2**63}, "--seed must be from 0"),
    ],
)
def test_numbers_out_of_range_are_refused(tmp_path, changes, message):
    with pytest.raises(ConfigError, match=message):
        config(tmp_path / "run", **changes)


def test_settings_that_older_runs_lack_are_recorded_only_where_they_have_an_effect(tmp_path):
    recorded = record_of(config(tmp_path / "run"))["recipe_settings"]
    assert not {"momentum", "generator_decay"} & recorded.keys()  # so that the older ones resume
    changes = {"optimizer": "muon", "generator_decay": 3.0}
    changed = record_of(config(tmp_path / "run", changes=changes))["recipe_settings"]
    assert (changed["momentum"], changed["generator_decay"]) == (0.9, 3.0)


def test_the_certified_loss_is_refused_on_several_processes():
    rng = torch.Generator().manual_seed(0)
    networks = plane_generator(rng), plane_critic(rng)
    recipe = RECIPES["wgan-certified"].quick
    with pytest.raises(
        MisfitError, match="the loss 'certified' is of exact transport of a whole batch"
    ):
        Training.start(
            *networks, recipe, steps=1, rng=rng, devices=Devices(torch.device("cpu"), world_size=2)
        )
