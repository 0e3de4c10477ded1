"""Several seeds at once: folders, one table, an interrupt that stops all, a resume of all."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gan import datasets
from gan.__main__ import main
from gan.cli.train import numbers
from gan.errors import ConfigError
from gan.runs.process_pool import at_once

TINY = ["--steps", "12", "--evaluate-every", "6", "--evaluation-size", "40"]


def lines(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def untimed(folder):
    return [{**line, "seconds": 0} for line in lines(folder)]


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
    assert numbers(text) == expected


@pytest.mark.parametrize("text", ["", "a", "3-1", "1,,2", "-1", "1-2-3", "1.5", "0-"])
def test_what_are_no_seeds_is_refused(text):
    with pytest.raises(ConfigError, match="--seeds must be like 0-7 or 0,3,5, but is "):
        numbers(text)


def test_each_item_has_its_position_and_its_result():
    found = at_once(lambda item, position, stop: (item, position), "abc", workers=1)
    assert found == [("a", 0), ("b", 1), ("c", 2)]


def test_what_has_not_begun_when_the_stop_file_is_there_is_left_out():
    begun = []

    def task(item: int, position: int, stop_file: Path) -> int:
        begun.append(item)
        if item == 1:
            stop_file.touch()
        return 10 * item

    assert at_once(task, [0, 1, 2, 3], workers=1) == [0, 10, None, None]
    assert begun == [0, 1]


def test_a_signal_makes_the_stop_file():
    def task(item: int, position: int, stop_file: Path) -> bool:
        os.kill(os.getpid(), signal.SIGTERM)
        return stop_file.exists()

    before = signal.getsignal(signal.SIGTERM)
    assert at_once(task, [0, 1], workers=1) == [True, None]
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
    before = untimed(tmp_path / "run" / "seed1")
    for path in sorted((tmp_path / "run" / "seed1").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    status, again = gan("--resume")
    assert status == 0
    assert untimed(tmp_path / "run" / "seed1") == before
    assert again.out.splitlines()[-1].split()[6:] == spread.split()[6:]

    assert gan()[0] == 1  # without --resume a run that is there is refused


def test_a_seed_that_fails_leaves_the_others_alone(tmp_path, monkeypatch, capsys):
    def spoilt(data_dir):
        ring = datasets.eight_gaussians_set(data_dir)

        def sample(n, rng):
            return ring.sample(n, rng) * (math.nan if rng.initial_seed() == 1 else 1)

        return replace(ring, sample=sample)

    monkeypatch.setitem(datasets.DATA, "eight-gaussians", spoilt)
    out = ["--out", str(tmp_path / "run"), "--seeds", "0-2", "--workers", "1"]
    for more in ([], ["--resume"]):
        monkeypatch.setattr(sys, "argv", ["gan", "train", "gan", *TINY, *out, *more])
        assert main() == 1
        said = capsys.readouterr()
        assert "gan: seed 1: " in said.err
        assert "2 seeds: mean" in said.out
    for seed in (0, 2):
        assert lines(tmp_path / "run" / f"seed{seed}")[-1]["step"] == 12


def test_an_interrupted_run_of_seeds_saves_all_and_goes_on(tmp_path, monkeypatch, capfd):
    budget = ["--steps", "500", "--evaluate-every", "500", "--evaluation-size", "40"]
    command = ["train", "gan", *budget, "--seeds", "0-1", "--out", str(tmp_path / "run")]
    process = subprocess.Popen(
        [sys.executable, "-m", "gan", *command, "--workers", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    folders = [tmp_path / "run" / f"seed{seed}" for seed in (0, 1)]
    under_way = [folder / "metrics.jsonl" for folder in folders]
    while not all(path.exists() for path in under_way) and process.poll() is None:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
    said, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "stopped with 2 of 2 runs unfinished; the same command with --resume goes on" in said
    for folder in folders:
        state = torch.load(folder / "checkpoint.pt", weights_only=True)
        assert 10 <= state["training"]["step"] < 500
    before = [lines(folder) for folder in folders]

    monkeypatch.setattr(sys, "argv", ["gan", *command, "--workers", "1", "--resume"])
    assert main() == 0
    assert "2 seeds: mean" in capfd.readouterr().out
    for folder, earlier in zip(folders, before, strict=True):
        assert [line["step"] for line in lines(folder)] == [10, 100, 500]
        assert lines(folder)[: len(earlier)] == earlier
