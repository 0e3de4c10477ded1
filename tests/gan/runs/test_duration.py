"""Presets and runs of so many minutes."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from benchmarks.gan.training import CASES
from divergences.sampled import wasserstein_1d
from gan.errors import ConfigError
from gan.networks import NETWORKS, rescaled
from gan.recipes.registry import RECIPES
from gan.runs import duration, run_metrics
from gan.runs.concurrent_speed import sized_together, slowest
from gan.runs.config import Config
from gan.runs.config_record import record_of
from gan.runs.duration import Speed, average_rate, sized, steps_within
from gan.runs.folder import RunFolder
from gan.runs.initial_networks import initial_training
from gan.runs.presets import PRESETS, supported
from gan.training.loop import Training, train

SPEED = Speed(setup=6.0, step=0.02, evaluation=1.0)
BEST_CASES = ("ring", "ring-one-sided", "grid-one-sided", "pacgan-ring", "digits")


@pytest.mark.parametrize("name", BEST_CASES)
def test_the_defaults_are_those_of_the_best_rows_of_the_benchmark(name):
    case = CASES[name]
    default = Config(recipe=case.recipe, data=case.data)
    measured = case.config(0)
    for choice in ("steps", "networks", "recipe_settings"):
        expected = getattr(measured, choice)
        assert getattr(default, choice) == (expected or "mlp"), choice
    assert default.precision == supported(measured.precision, "cpu")


def test_every_preset_is_of_a_recipe_and_data_that_exist():
    for data, presets in PRESETS.items():
        for recipe in presets:
            config = Config(recipe=recipe, data=data)
            assert config.networks == config.preset.networks


def test_other_networks_and_data_have_the_settings_for_vectors_or_images(tmp_path):
    quick = RECIPES["wgan-gp"].quick
    for_vectors = replace(quick, penalty_weight=0.1, generator_decay=3.0)
    assert Config(recipe="wgan-gp", networks="mlp").recipe_settings == for_vectors
    for_images = Config(recipe="wgan-gp", data="stacked-mnist").recipe_settings
    assert (for_images.penalty_weight, for_images.batch_size) == (10.0, 64)
    np.save(tmp_path / "images.npy", np.zeros((9, 8, 8), dtype=np.float32))
    np.save(tmp_path / "points.npy", np.zeros((9, 2), dtype=np.float32))
    for name, settings in (("images", for_images), ("points", for_vectors)):
        config = Config(recipe="wgan-gp", data=str(tmp_path / f"{name}.npy"))
        assert config.recipe_settings == settings


def test_quick_settings_are_those_of_the_recipe_and_changes_are_on_top():
    config = Config(recipe="wgan-gp", settings="quick")
    assert config.recipe_settings == RECIPES["wgan-gp"].quick
    assert (config.networks, config.steps) == (None, 3000)
    changed = Config(recipe="wgan-gp", changes={"batch_size": 8}).recipe_settings
    assert (changed.batch_size, changed.penalty_weight) == (8, 0.1)


def test_wgan_gp_settles_in_one_dimension():
    # With a penalty of weight 1 the distance is still above .3 from N(4, 0.5), and oscillate.
    rng = torch.Generator().manual_seed(0)
    config = Config(recipe="wgan-gp", networks="mlp")  # of vectors of any size
    pair = NETWORKS["mlp"]
    networks = rescaled(pair.generator(rng, (1,)), pair.critic(rng, (1,)), 0.5, 4.0)
    training = Training.start(*networks, config.recipe_settings, steps=100, rng=rng)

    def real(n, rng):
        return 4 + 0.5 * torch.randn(n, 1, generator=rng)

    for _ in train(training, real=real):
        pass
    with torch.no_grad():
        samples = training.average.sample(4000, rng)
    assert wasserstein_1d(samples[:, 0], real(4000, rng)[:, 0]) < 0.15


def test_a_processor_without_bfloat16_computes_in_32_bits(monkeypatch):
    monkeypatch.setattr("torch.cpu.get_capabilities", dict)
    assert supported("bf16-mixed", "cpu") == "32"
    assert supported("bf16-mixed", "cuda") == "bf16-mixed"


def test_a_run_repeats_the_setup_of_its_timing_and_takes_a_floor(monkeypatch):
    clock = [0.0]

    def taking(seconds, function):
        def call(*args):
            clock[0] += seconds
            return function(*args)

        return call

    monkeypatch.setattr(duration, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(duration, "initial_training", taking(2, initial_training))
    monkeypatch.setattr(duration, "_seconds_per_step", taking(4, lambda *_: 0.5))
    monkeypatch.setattr(run_metrics, "evaluate", taking(3, lambda *_: None))
    speed = duration.measured_speed(Config(recipe="gan", steps=1))
    assert speed == Speed(setup=(2.0 + 4.0 + 3.0) + 2.0 + 3.0, step=0.5, evaluation=3.0)


@pytest.mark.parametrize("evaluate_every", [None, 100])
def test_steps_and_evaluations_end_within_the_minutes(evaluate_every):
    config = Config(recipe="gan", minutes=2.0, evaluate_every=evaluate_every)
    steps = steps_within(config, SPEED)
    run = replace(config, minutes=None, steps=steps)
    evaluations = sum(map(run.evaluates_at, range(1, steps + 1)))
    seconds = SPEED.setup + SPEED.step * steps + SPEED.evaluation * evaluations
    assert 115 < seconds <= 120


def test_the_average_is_over_the_same_share_of_a_shorter_run():
    config = Config(recipe="wgan-gp")
    assert average_rate(config, config.steps) == config.recipe_settings.average_rate
    assert average_rate(config, config.steps // 2) == 2 * config.recipe_settings.average_rate
    assert average_rate(config, 10) == 0.05
    given = Config(recipe="wgan-gp", changes={"average_rate": 0.01})
    assert average_rate(given, 100) == 0.01


def test_too_few_minutes_are_refused_with_enough_of_them():
    config = Config(recipe="gan", minutes=0.1)
    with pytest.raises(ConfigError, match=r"--minutes 0\.1 is too short here") as refused:
        steps_within(config, SPEED)
    enough = float(str(refused.value).partition("give --minutes ")[2].split()[0])
    assert steps_within(replace(config, minutes=1.05 * enough), SPEED) >= 20


def test_a_resumed_run_of_minutes_keeps_its_steps(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(duration, "measured_speed", lambda config: replace(SPEED, step=3.0))
    config = Config(recipe="gan", minutes=1.5, out=tmp_path / "run")
    begun = sized(config, resume=True)
    printed = "1.5 minutes here: 25 steps of 3e+03 ms, 5 evaluations of 1 s"
    assert printed in capsys.readouterr().err
    RunFolder(config.folder).create(record_of(begun))
    monkeypatch.setattr(duration, "measured_speed", lambda config: pytest.fail("timed again"))
    assert record_of(sized(config, resume=True)) == record_of(begun)
    extended = sized(replace(config, steps=30, more_steps=5), resume=True)
    assert record_of(extended) == {**record_of(begun), "steps": 30}


def test_seeds_have_the_steps_of_the_slowest_process_and_keep_them(monkeypatch, tmp_path, capsys):
    speeds = [Speed(6.0, 0.02, 1.0), Speed(5.0, 0.1, 2.0)]
    assert slowest(speeds) == Speed(6.0, 0.1, 2.0)
    monkeypatch.setattr("gan.runs.concurrent_speed.measured_speed", lambda config: SPEED)
    config = Config(recipe="gan", minutes=2.0, out=tmp_path)
    folders = [tmp_path / f"seed{seed}" for seed in range(3)]
    begun = sized_together(config, folders, workers=1, resume=True)
    assert record_of(begun) == record_of(sized(config, speed=SPEED))
    assert "3 runs, 1 at a time: 3 times 2 minutes" in capsys.readouterr().err
    RunFolder(folders[1]).create(record_of(replace(begun, steps=77)))
    monkeypatch.setattr("gan.runs.concurrent_speed.measured_speed", lambda _: pytest.fail("timed"))
    resumed = sized_together(config, folders, workers=1, resume=True)
    assert (resumed.steps, resumed.out, resumed.minutes) == (77, tmp_path, None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"minutes": 0.0}, "--minutes must be above 0, but is 0"),
        ({"minutes": 1.0, "devices": 2}, "--minutes is for one device"),
    ],
)
def test_impossible_minutes_are_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        sized(Config(recipe="gan", **changes))
