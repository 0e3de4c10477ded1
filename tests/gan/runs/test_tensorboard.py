"""Metrics for TensorBoard, read by its own reader, and the refusal where it is missing."""

import json
import shutil
import sys
from itertools import count

import pytest

from gan.__main__ import main
from gan.errors import ConfigError
from gan.runs import tensorboard
from gan.runs.config import Config
from gan.runs.run import run
from gan.runs.signals import StopRequest
from gan.runs.tensorboard import TensorBoardWriter


@pytest.fixture(autouse=True)
def installed(request):
    if "missing" not in request.node.name:
        pytest.importorskip("tensorboard")


def scalars(folder):
    """Scalars by TensorBoard's own reader: name -> [(step, value)]."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder / "tensorboard"))
    found.Reload()
    return {
        name: [(event.step, event.value) for event in found.Scalars(name)]
        for name in found.Tags()["scalars"]
    }


def lines(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def assert_same(folder):
    """The scalars are the numbers of the metrics, each once."""
    found, metrics = scalars(folder), lines(folder)
    numbers = [name for name, value in metrics[-1].items() if isinstance(value, int | float)]
    assert set(found) == {*numbers} - {"step"}
    assert "shares" not in found
    for name, events in found.items():
        assert [step for step, _ in events] == [line["step"] for line in metrics]
        expected = [float(line[name]) for line in metrics]
        assert [value for _, value in events] == pytest.approx(expected, rel=1e-6)  # float32


@pytest.mark.filterwarnings("ignore::DeprecationWarning:tensorboard.*")
def test_tensorboard_reads_the_metrics_and_a_resumed_run_has_each_once(
    tmp_path, monkeypatch, capfd, quick_evaluations
):
    settings = {"steps": 12, "evaluate_every": 6, "evaluation_size": 40, "tensorboard": True}
    config = Config(recipe="gan", out=tmp_path / "run", **settings)
    run_checkpoint, earlier = tmp_path / "run" / "checkpoint.pt", tmp_path / "checkpoint.pt"
    calls = count(1)

    def is_set(stop):
        number = next(calls)
        if number == 7:
            shutil.copy(run_checkpoint, earlier)  # of step 6
        return number >= 11

    with monkeypatch.context() as patched:
        patched.setattr(StopRequest, "is_set", property(is_set))
        assert not run(config).finished
    assert [line["step"] for line in lines(tmp_path / "run")] == [6, 10]
    assert_same(tmp_path / "run")
    shutil.copy(earlier, run_checkpoint)  # as if killed before the checkpoint of step 10

    tiny = ["--steps", "12", "--evaluate-every", "6", "--evaluation-size", "40"]
    again = ["--tensorboard", "--out", str(tmp_path / "run"), "--resume"]
    monkeypatch.setattr(sys, "argv", ["gan", "train", "gan", *tiny, *again])
    assert main() == 0
    capfd.readouterr()
    assert [line["step"] for line in lines(tmp_path / "run")] == [6, 10, 12]
    assert_same(tmp_path / "run")


def test_a_missing_tensorboard_is_refused_before_a_folder_is_made(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tensorboard, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"--tensorboard needs TensorBoard: pip install"):
        TensorBoardWriter.require()
    out = ["--tensorboard", "--out", str(tmp_path / "run")]
    monkeypatch.setattr(sys, "argv", ["gan", "train", "gan", *out])
    assert main() == 1
    assert capsys.readouterr().err.startswith("gan: --tensorboard needs TensorBoard")
    assert not (tmp_path / "run").exists()
