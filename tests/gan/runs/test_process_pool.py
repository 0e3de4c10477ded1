"""Several seeds in parallel: folders, one table, an interrupt that stops all, a resume of all."""

import json
import math
import os
import signal
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gan import datasets
from gan.__main__ import main
from gan.cli.train import parse_seeds
from gan.errors import ConfigError
from gan.runs.process_pool import parallel_map
from tests.tiny_training import untimed

pytestmark = pytest.mark.usefixtures("quick_evaluations")  # in this process
TINY = ["--steps", "12", "--evaluate-every", "6", "--evaluation-size", "40"]


def lines(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def untimed_lines(folder):
    return [untimed(line) for line in lines(folder)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0-3,9", [0, 1, 2, 3, 9]),
        ("5", [5]),
        ("0,3,5", [0, 3, 5]),
        ("7-7", [7]),
        ("2,0-2", [2, 0, 1]),
        (" 1 , 3 - 4 ", [1, 3, 4]),
    ],
)
def test_seeds_are_ranges_and_numbers_each_once(text, expected):
    assert parse_seeds(text) == expected


@pytest.mark.parametrize("text", ["", "a", "3-1", "1,,2", "-1", "1-2-3", "1.5", "0-"])
def test_other_texts_than_seeds_are_refused(text):
    with pytest.raises(ConfigError, match="--seeds must be like 0-7 or 0,3,5, but is "):
        parse_seeds(text)


def test_each_item_has_its_position_and_its_result():
    results = parallel_map(lambda item, position, stop: (item, position), "abc", workers=1)
    assert results == [("a", 0), ("b", 1), ("c", 2)]


def test_tasks_that_have_not_begun_when_the_stop_file_exists_are_skipped():
    begun = []

    def task(item: int, position: int, stop_file: Path) -> int:
        begun.append(item)
        if item == 1:
            stop_file.touch()
        return 10 * item

    assert parallel_map(task, [0, 1, 2, 3], workers=1) == [0, 10, None, None]
    assert begun == [0, 1]


def test_a_signal_creates_the_stop_file():
    def task(item: int, position: int, stop_file: Path) -> bool:
        os.kill(os.getpid(), signal.SIGTERM)
        return stop_file.exists()

    before = signal.getsignal(signal.SIGTERM)
    assert parallel_map(task, [0, 1], workers=1) == [True, None]
    assert signal.getsignal(signal.SIGTERM) is before


def test_seeds_make_a_folder_each_and_one_table(tmp_path, monkeypatch, capsys):
    def gan(*more):
        out = ["--out", str(tmp_path / "run"), "--seeds", "0-1", "--workers", "1"]
        monkeypatch.setattr(sys, "argv", ["gan", "train", "gan", *TINY, *out, *more])
        status = main()
        return status, capsys.readouterr()

    status, said = gan()
    assert status == 0
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["seed0", "seed1"]
    for seed in (0, 1):
        folder = tmp_path / "run" / f"seed{seed}"
        assert [line["step"] for line in lines(folder)] == [6, 10, 12]
        assert json.loads((folder / "config.json").read_text())["seed"] == seed
    first, second = (lines(tmp_path / "run" / f"seed{seed}")[-1]["exact"] for seed in (0, 1))
    assert first != second
    rows = said.out.splitlines()
    (mean,) = [line for line in rows if "gan on eight-gaussians, 2 seeds: mean" in line]
    (spread,) = [line for line in rows if "2 seeds: spread" in line]
    at = rows[0].index("exact") + len("exact")  # columns end with their heads
    assert mean[:at].split()[-1] == f"{(first + second) / 2:.4f}"
    assert spread[:at].split()[-1] == f"{abs(first - second) / 2**0.5:.4f}"

    # As if the second had been killed before its first checkpoint, and the first at its end.
    before = untimed_lines(tmp_path / "run" / "seed1")
    for path in sorted((tmp_path / "run" / "seed1").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    status, again = gan("--resume")
    assert status == 0
    assert untimed_lines(tmp_path / "run" / "seed1") == before
    assert again.out.splitlines()[-1].split()[6:] == spread.split()[6:]

    assert gan()[0] == 1  # without --resume a run that is there is refused


def test_a_seed_that_fails_leaves_the_others_alone(tmp_path, monkeypatch, capsys):
    def diverging_ring(data_dir):
        ring = datasets.eight_gaussians_set(data_dir)

        def sample(n, rng):
            return ring.sample(n, rng) * (math.nan if rng.initial_seed() == 1 else 1)

        return replace(ring, sample=sample)

    monkeypatch.setitem(datasets.DATA, "eight-gaussians", diverging_ring)
    out = ["--out", str(tmp_path / "run"), "--seeds", "0-2", "--workers", "1"]
    for more in ([], ["--resume"]):
        monkeypatch.setattr(sys, "argv", ["gan", "train", "gan", *TINY, *out, *more])
        assert main() == 1
        said = capsys.readouterr()
        assert "gan: seed 1: " in said.err
        assert "2 seeds: mean" in said.out
    for seed in (0, 2):
        assert lines(tmp_path / "run" / f"seed{seed}")[-1]["step"] == 12


INTERRUPTED_RING = """
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

from gan import DATA
from tests.tiny_training import batch_counter

FOLDER = Path(__file__).parent
load_ring = DATA["eight-gaussians"]


def wait_for(condition):
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def interrupt():
    \"Once both workers are here: a terminal's Ctrl-C, which every process of it gets.\"
    (FOLDER / f"arrived-{os.getpid()}").touch()
    wait_for(lambda: len(list(FOLDER.glob("arrived-*"))) == 2)
    os.kill(os.getpid(), signal.SIGINT)
    if os.getpid() == min(int(path.name.partition("-")[2]) for path in FOLDER.glob("arrived-*")):
        os.kill(os.getppid(), signal.SIGINT)
    wait_for(lambda: list(FOLDER.glob("temporary/*/stop")))


def interrupted_ring(data_dir):
    \"A ring whose runs are interrupted at batch 13 while a file asks for it.\"
    ring = load_ring(data_dir)
    at_batch = 13 if (FOLDER / "interrupt").exists() else 0
    return replace(ring, sample=batch_counter(ring.sample, at_batch, interrupt))


DATA["interrupted-ring"] = interrupted_ring
"""


def test_an_interrupted_run_of_seeds_saves_all_and_goes_on(gan, monkeypatch, tmp_path):
    """The runs are in two processes, which import torch and POT in about 6 seconds."""
    plugin, folder = tmp_path / "interrupted_ring.py", tmp_path / "run"
    plugin.write_text(INTERRUPTED_RING)
    monkeypatch.setitem(datasets.DATA, "interrupted-ring", None)  # removed after the test
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))  # of the stop file
    budget = ["--steps", "20", "--evaluate-every", "5", "--evaluation-size", "40"]
    data = ["--plugin", plugin, "--data", "interrupted-ring"]
    command = ["train", "gan", *data, *budget, "--seeds", "0-2", "--out", folder]
    (tmp_path / "interrupt").touch()
    status, out, err = gan(*command, "--workers", 2)
    (tmp_path / "interrupt").unlink()
    assert status == 130, err
    assert "stopped with 3 of 3 runs unfinished; the same command with --resume goes on" in out
    assert not (folder / "seed2").exists()  # not begun after the interrupt
    before = [lines(folder / f"seed{seed}") for seed in (0, 1)]
    for seed in (0, 1):
        state = torch.load(folder / f"seed{seed}" / "checkpoint.pt", weights_only=True)
        assert state["training"]["step"] == 13
        assert [line["step"] for line in before[seed]] == [5, 10]

    status, out, _ = gan(*command, "--workers", 1, "--resume")
    assert status == 0
    assert "3 seeds: mean" in out
    for seed in (0, 1, 2):
        assert [line["step"] for line in lines(folder / f"seed{seed}")] == [5, 10, 15, 20]
    assert [lines(folder / f"seed{seed}")[:2] for seed in (0, 1)] == before
