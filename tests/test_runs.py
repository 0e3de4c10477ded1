"""A run's folder: written whole or not at all, and only ever one run's."""

import json
import math

import pytest
import torch

from gan.networks import plane_critic, plane_generator
from gan.recipes import GAN
from gan.runs import RunError, RunFolder
from gan.train import Training


@pytest.fixture
def training(rng):
    return Training.start(plane_generator(rng), plane_critic(rng), GAN, steps=9, rng=rng)


@pytest.fixture
def folder(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.begin({"steps": 9, "seed": 0})
    return run


def test_a_new_run_starts_with_its_configuration(folder):
    assert json.loads((folder.path / "config.json").read_text()) == {"steps": 9, "seed": 0}


def test_a_folder_with_something_in_it_is_refused(folder):
    with pytest.raises(RunError, match=r"run is not empty. Give --resume .* or another folder"):
        folder.begin({"steps": 9, "seed": 0})


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(RunError, match="run is a file; name a folder"):
        RunFolder(tmp_path / "run").begin({})


def test_another_configuration_is_refused_with_what_differs(folder, training):
    folder.save(training, seconds=1.0)
    with pytest.raises(RunError, match=r"other settings:\n  seed: 0 in the folder, 3 now$"):
        folder.go_on({"steps": 9, "seed": 3})


def test_a_folder_that_holds_no_run_is_refused(tmp_path, training):
    with pytest.raises(RunError, match=r"holds no run: .*config.json does not exist"):
        RunFolder(tmp_path).go_on({})


def test_a_run_without_a_checkpoint_says_so(folder, training):
    with pytest.raises(
        RunError, match=r"checkpoint.pt does not exist: .* start again without --resume"
    ):
        folder.go_on({"steps": 9, "seed": 0})


def test_evaluations_after_the_checkpoint_are_made_again(folder, training):
    training.step = 4
    folder.save(training, seconds=2.5)
    for step in (2, 4, 6):
        folder.add_metrics({"step": step})
    with folder.metrics_path.open("a") as file:
        file.write('{"step": 8, "ga')  # torn by a crash
    folder.go_on({"steps": 9, "seed": 0})
    assert folder.load(training) == 2.5
    assert folder.metrics() == [{"step": 2}, {"step": 4}]


def test_the_checkpoint_loads_without_running_code(folder, training):
    folder.save(training, seconds=1.0)
    state = torch.load(folder.checkpoint_path, weights_only=True)
    assert state["training"]["step"] == 0


def test_numbers_that_are_not_finite_are_null_in_the_metrics(folder):
    folder.add_metrics({"step": 1, "gap": math.inf, "slope": math.nan, "exact": 1.0})
    assert folder.metrics() == [{"step": 1, "gap": None, "slope": None, "exact": 1.0}]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"junk"])
def test_a_damaged_checkpoint_is_named(folder, training, content):
    folder.checkpoint_path.write_bytes(content)
    with pytest.raises(RunError, match=r"checkpoint.pt is damaged, or no checkpoint of this run"):
        folder.go_on({"steps": 9, "seed": 0})


def test_another_file_of_torch_is_no_checkpoint(folder, training):
    torch.save({"weights": torch.zeros(1)}, folder.checkpoint_path)
    with pytest.raises(RunError, match=r"no checkpoint of this run"):
        folder.go_on({"steps": 9, "seed": 0})


@pytest.mark.parametrize("content", ["[]", "{", '"steps"'])
def test_a_damaged_configuration_is_named(folder, training, content):
    (folder.path / "config.json").write_text(content)
    with pytest.raises(RunError, match=r"config.json (cannot be read|is not the configuration)"):
        folder.go_on({"steps": 9, "seed": 0})


@pytest.mark.parametrize("content", ["{}\n", "junk\n", "[1]\n"])
def test_damaged_metrics_are_named(folder, content):
    folder.metrics_path.write_text(content)
    with pytest.raises(RunError, match=r"metrics.jsonl is damaged"):
        folder.metrics()


def test_a_full_disk_keeps_the_last_checkpoint(folder, training, monkeypatch):
    folder.save(training, seconds=1.0)
    before = folder.checkpoint_path.read_bytes()

    def full(state, path):
        path.write_bytes(b"half")
        raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos\nframe #0")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(RunError, match=r"checkpoint.pt could not be written .*unexpected pos\)"):
        folder.save(training, seconds=2.0)
    assert folder.checkpoint_path.read_bytes() == before
    assert sorted(path.name for path in folder.path.iterdir()) == ["checkpoint.pt", "config.json"]


def test_a_write_that_fails_leaves_what_was_there(folder, training):
    folder.save(training, seconds=1.0)
    before = folder.checkpoint_path.read_bytes()

    def full_disk(path):
        path.write_bytes(b"half a pic")
        raise OSError(28, "No space left on device")

    with pytest.raises(RunError, match=r"samples.png could not be written .*No space left"):
        folder.save_frame(1, full_disk)
    assert folder.checkpoint_path.read_bytes() == before
    assert sorted(path.name for path in folder.path.iterdir()) == ["checkpoint.pt", "config.json"]
