"""Runs that go on: extended, started from another, on another torch, stopped when flat."""

import json

import pytest
import torch

import gan
from gan.errors import RunError
from gan.evaluation.critic_gap import critic_gaps
from gan.runs import run_metrics
from gan.runs.config import Config
from gan.runs.continuation import load_start
from gan.runs.folder import RunFolder
from gan.runs.initial_networks import initial_training
from gan.runs.run import run
from tests.tiny_training import same, untimed

pytestmark = pytest.mark.usefixtures("quick_evaluations")
TINY = {"evaluate_every": 4, "evaluation_size": 30, "changes": {"batch_size": 16}}


def config(out, **changes):
    """A run of milliseconds at a constant learning rate."""
    return Config(recipe="gan", settings="paper", out=out, **{**TINY, **changes})


def state(out, name="checkpoint.pt"):
    """The state of training in a checkpoint."""
    return torch.load(out / name, weights_only=True)["training"]


def recorded(out):
    """The configuration in a folder."""
    return json.loads((out / "config.json").read_text())


@pytest.fixture
def short(tmp_path, capfd):
    """A finished run of 4 steps."""
    run(config(tmp_path / "short", steps=4))
    return tmp_path / "short"


def test_an_extended_run_is_at_a_constant_rate_a_run_of_all_steps(short, tmp_path):
    extended = run(config(short, steps=4, more_steps=4))
    whole = run(config(tmp_path / "whole", steps=8))
    assert extended.finished
    assert same(state(short), state(tmp_path / "whole"))
    assert [untimed(line) for line in extended.metrics] == [
        untimed(line) for line in whole.metrics
    ]
    assert recorded(short)["extended_at"] == [4]
    assert gan.load(short).config.steps == 8
    assert run(config(short, steps=8), resume=True).finished  # nothing is left to do


def test_an_extension_that_was_interrupted_is_resumed_once(short, tmp_path, capfd):
    stop = tmp_path / "stop"
    stop.touch()
    assert not run(config(short, more_steps=6), stop_file=stop).finished
    with pytest.raises(RunError, match="has done 5 of 10 steps; give --resume to finish it"):
        run(config(short, more_steps=6))
    resumed = run(config(short, more_steps=6), resume=True)
    assert resumed.finished
    assert "to extend" not in capfd.readouterr().err
    assert run(config(short, more_steps=6), resume=True).training.steps == 10
    assert "all 10 steps of its extension; to extend it again" in capfd.readouterr().err
    run(config(tmp_path / "whole", steps=10))
    assert same(state(short), state(tmp_path / "whole"))


def test_a_crash_between_the_two_files_of_an_extension_damages_nothing(short, monkeypatch):
    def crash(path, value):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("gan.runs.recorded_config.write_json", crash)
        with pytest.raises(KeyboardInterrupt):
            run(config(short, more_steps=4))
    assert gan.load(short).config.steps == 4
    assert run(config(short, more_steps=4)).training.steps == 8


def test_other_steps_are_refused_with_the_option_that_extends(short):
    with pytest.raises(RunError, match=r"steps: 4 in the folder, 8 now\n.*--more-steps N"):
        run(config(short, steps=8), resume=True)


def test_another_torch_is_refused_or_allowed_and_said(short, monkeypatch):
    monkeypatch.setattr(torch, "__version__", "9.9.9")
    with pytest.raises(RunError, match=r"9.9.9 now\n.*--allow-other-torch"):
        run(config(short, steps=4), resume=True)
    assert run(config(short, steps=4, allow_other_torch=True), resume=True).finished
    after = recorded(short)
    assert (after["torch"], after["bit_exact"], len(after["other_torch"])) == ("9.9.9", False, 1)
    assert run(config(short, steps=4), resume=True).finished  # recorded: not asked for again


def test_a_run_starts_with_the_networks_of_another(short, tmp_path):
    out = tmp_path / "next"
    first = config(out, steps=1, start_from=short, changes={"learning_rate": 1e-9})
    assert run(first).finished
    for name, weight in state(short)["generator"].items():
        torch.testing.assert_close(state(out)["generator"][name], weight, rtol=0, atol=1e-6)
    assert recorded(out)["start_from"] == str(short)
    run(config(short, more_steps=4))  # the source goes on: the new run does not need it
    assert gan.load(out).config.start_from == short
    assert run(first, resume=True).finished
    from_best = config(tmp_path / "best", steps=1, start_from=short / "best.pt")
    assert run(from_best).finished


def test_before_its_first_step_such_a_run_has_the_average_of_the_other(short, tmp_path):
    first = config(tmp_path / "next", steps=1, start_from=short)
    training, _ = initial_training(first)
    load_start(training, first, RunFolder(first.folder))
    assert same(training.average.state_dict(), state(short)["average"])


def test_a_source_that_changed_before_the_first_checkpoint_is_refused(short, tmp_path):
    first = config(tmp_path / "next", steps=1, start_from=short)
    run(first)
    for name in ("checkpoint.pt", "best.pt", "metrics.jsonl"):  # as killed at its beginning
        (tmp_path / "next" / name).unlink()
    assert run(first, resume=True).finished
    for name in ("checkpoint.pt", "best.pt", "metrics.jsonl"):
        (tmp_path / "next" / name).unlink()
    run(config(short, more_steps=1))
    with pytest.raises(RunError, match=r"has changed since the run in .* began"):
        run(first, resume=True)


def test_a_start_that_does_not_fit_is_refused(short, tmp_path):
    with pytest.raises(RunError, match=r"its networks do not fit .* give the same --networks"):
        run(config(tmp_path / "x", steps=1, start_from=short, networks="deep-mlp"))
    with pytest.raises(RunError, match="is no run: there is no checkpoint"):
        run(config(tmp_path / "y", steps=1, start_from=tmp_path / "none"))
    with pytest.raises(RunError, match="is no run"):
        run(config(tmp_path / "y", steps=1, start_from=short / "config.json"))
    assert not {"x", "y"} & {path.name for path in tmp_path.iterdir()}


@pytest.fixture
def emds(monkeypatch):
    """Prescribed exact EMDs, an evaluation each."""
    values = [3.0, 1.0, 2.0, 2.0, 2.0, 2.0]
    gaps = critic_gaps

    def prescribed(*args):
        live, *others = gaps(*args)
        object.__setattr__(live, "exact", values.pop(0))
        return [live, *others]

    monkeypatch.setattr(run_metrics, "critic_gaps", prescribed)


def test_the_best_state_is_kept_beside_the_last_and_a_flat_run_stops(emds, tmp_path, capfd):
    out = tmp_path / "run"
    flat = {"steps": 12, "evaluate_every": 2, "stop_when_flat": True, "patience": 2}
    result = run(config(out, **flat))
    assert (result.flat, result.finished, result.training.step) == (True, False, 8)
    assert "no new lowest exact EMD in 2 evaluations" in capfd.readouterr().err
    assert (state(out)["step"], state(out, "best.pt")["step"]) == (8, 4)
    best, last = gan.load(out, best=True), gan.load(out)
    assert (best.training.step, last.training.step) == (4, 8)
    assert not torch.equal(best.sample(5), last.sample(5))
    assert run(config(out, **flat), resume=True).training.step == 8  # still flat
    assert run(config(out, **{**flat, "stop_when_flat": False}), resume=True).finished


def test_a_best_state_that_a_crash_left_out_is_copied_from_the_checkpoint(short):
    before = state(short, "best.pt")
    (short / "best.pt").unlink()
    run(config(short, steps=4), resume=True)
    assert same(state(short, "best.pt"), before)


def test_a_run_that_was_interrupted_while_flat_did_not_stop_early(emds, tmp_path):
    def stop(result):
        if result.training.step == 8:
            (tmp_path / "stop").touch()

    unasked = config(tmp_path / "run", steps=12, evaluate_every=2, patience=2)
    result = run(unasked, stop_file=tmp_path / "stop", on_evaluation=stop)
    assert (result.flat, result.finished, result.training.step) == (False, False, 8)


def test_a_text_that_has_changed_is_refused(tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("the cat sat on the mat. " * 9)
    out = tmp_path / "run"
    run(config(out, steps=1, data="characters", data_file=text))
    assert gan.load(out).sample(1).shape == (1, 32, 11)
    text.write_text("the cut sut on the mut. " * 9)  # an alphabet of the same size
    with pytest.raises(RunError, match=r"text\.txt has changed since"):
        gan.load(out)
    text.unlink()
    with pytest.raises(RunError, match=r"text\.txt, the data of the run in .* does not exist"):
        gan.load(out)
