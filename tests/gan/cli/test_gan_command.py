"""The command line as a user meets it: a subprocess, a folder, an exit status, a message."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from gan.__main__ import main

TINY = ["--steps", "12", "--evaluate-every", "6", "--evaluation-size", "40"]
METRICS = {
    "step",
    "seconds",
    "gap",
    "slope",
    "certified",
    "refined_certified",
    "exact",
    "floor",
    "live_gap",
    "live_certified",
    "learning_rate",
    "noise",
}
OF_MIXTURES = {
    "modes",
    "in_3_sigma",
    "smallest_share",
    "largest_share",
    "shares",
    "share_reverse_kl",
    "density_reverse_kl",
    "density_js",
}


def gan(*arguments, **options):
    command = [sys.executable, "-m", "gan", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **options)


def lines(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def untimed(folder):
    return [{k: v for k, v in line.items() if k != "seconds"} for line in lines(folder)]


@pytest.mark.parametrize("recipe", ["gan", "wgan", "wgan-gp"])
def test_a_run_leaves_its_files(recipe, tmp_path):
    ran = gan("train", recipe, *TINY, "--out", tmp_path / "run")
    assert ran.returncode == 0, ran.stderr
    assert f"{recipe} on eight-gaussians, 12 steps: exact EMD " in ran.stdout
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {
        "config.json",
        "metrics.jsonl",
        "samples.png",
        "samples.gif",
        "frames",
        "checkpoint.pt",
    }
    assert [line["step"] for line in lines(tmp_path / "run")] == [6, 10, 12]
    for line in lines(tmp_path / "run"):
        assert set(line) == METRICS | OF_MIXTURES
        assert 0 <= line["certified"] <= line["exact"]
        assert line["live_certified"] <= line["refined_certified"] <= line["exact"]
        assert line["floor"] > 0
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert (config["recipe"], config["steps"], config["seed"]) == (recipe, 12, 0)
    assert config["recipe_settings"]["batch_size"] == 256
    state = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    assert state["training"]["step"] == 12
    assert "exact=" in ran.stderr  # the progress bar


def test_a_run_on_the_real_digits(mnist_dir, tmp_path):
    budget = ["--steps", "2", "--evaluation-size", "30", "--data-dir", mnist_dir]
    ran = gan("train", "wgan-gp", "--data", "mnist", *budget, "--out", tmp_path / "run")
    assert ran.returncode == 0, ran.stderr
    line = lines(tmp_path / "run")[-1]
    assert 5 < line["floor"] < 9  # 30 digits to 30 others; 2000 to 2000 are 5.5 apart
    assert line["certified"] <= line["exact"]
    assert line["exact"] > line["floor"]


def test_an_interrupted_run_resumes_to_the_same_numbers(tmp_path):
    budget = [
        "--steps",
        "400",
        "--evaluate-every",
        "100",
        "--evaluation-size",
        "40",
        "--seed",
        "3",
    ]
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    assert gan("train", "gan", *budget, "--out", whole).returncode == 0

    command = [sys.executable, "-m", "gan", "train", "gan", *budget, "--out", str(stopped)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not (stopped / "metrics.jsonl").exists() and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert out.startswith("stopped after step ")
    assert "the same command with --resume goes on" in out
    done = torch.load(stopped / "checkpoint.pt", weights_only=True)["training"]["step"]
    assert 10 <= done < 400

    resumed = gan("train", "gan", *budget, "--out", stopped, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert untimed(stopped) == untimed(whole)
    states = [torch.load(f / "checkpoint.pt", weights_only=True) for f in (whole, stopped)]
    weights = [state["training"]["average"] for state in states]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_a_killed_run_resumes_from_its_last_checkpoint(tmp_path):
    budget = ["--steps", "300", "--evaluate-every", "50", "--evaluation-size", "40"]
    command = [
        sys.executable,
        "-m",
        "gan",
        "train",
        "gan",
        *budget,
        "--out",
        str(tmp_path / "run"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (tmp_path / "run" / "checkpoint.pt").exists() and process.poll() is None:
        time.sleep(0.02)
    process.kill()
    process.wait()
    resumed = gan("train", "gan", *budget, "--out", tmp_path / "run", "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert [line["step"] for line in lines(tmp_path / "run")] == [
        10,
        50,
        100,
        150,
        200,
        250,
        300,
    ]


def test_the_demo_prints_its_table_and_writes_its_figures(tmp_path, monkeypatch):
    out = tmp_path / "demo"
    ran = gan("demo", "--steps", "12", "--points", "100", "--out", out)
    assert ran.returncode == 0, ran.stderr
    for word in ("wgan-gp", "modes", "in 3 sigma", "EMD", "floor", "certified", "exact"):
        assert word in ran.stdout
    rows = json.loads((out / "table.json").read_text())
    assert [row["recipe"] for row in rows] == ["gan", "wgan", "wgan-gp"]
    for row in rows:
        assert 0 <= row["certified"] <= row["exact"]
        assert len(row["shares"]) == 8
    for figure in ("samples.png", "training.png"):
        assert (out / figure).read_bytes().startswith(b"\x89PNG")
    again = gan("demo", "--steps", "12", "--points", "100", "--out", out)
    assert again.returncode == 0, again.stderr  # an earlier demo is replaced


REFUSED = [
    (
        ["train", "wgan-xp"],
        "there is no recipe 'wgan-xp'; there are: gan-minimax, gan, ",
    ),
    (
        ["train", "gan", "--data", "cifar"],
        "there is no data 'cifar'; there are: eight-gaussians, pacgan-ring, ",
    ),
    (["train", "gan", "--steps", "0"], "--steps must be at least 1, but is 0"),
    (["train", "gan", "--seed", "-1"], "--seed must be from 0"),
    (["train", "gan", "--device", "meta"], "--device meta cannot be used here"),
    (["demo", "--points", "0"], "--points must be at least 2"),
    (["demo", "--steps", "0"], "--steps must be at least 1"),
    (["train", "gan", "--evaluate-every", "0"], "--evaluate-every must be at least 1"),
    (["train", "gan", "--device", "cuda:99"], "--device cuda:99 cannot be used here"),
    (
        ["train", "gan", "--data", "mnist", "--data-dir", "nowhere"],
        "--data-dir names this folder",
    ),
    (["train", "gan", "--resume"], "holds no run: "),
    (
        ["train", "gan", "--networks", "narrow-mlp"],
        "is for images of 28 x 28, but points of eight-gaussians have the shape (2,); for those",
    ),
    (["train", "gan", "--betas", "0.5", "1"], "`betas` must be two numbers from 0 to below 1"),
    (["train", "gan", "--seeds", "7-0"], "--seeds must be like 0-7 or 0,3,5"),
    (["train", "gan", "--seeds", "0-1", "--devices", "2"], "give --devices 1 with it"),
    (["train", "gan", "--plugin", "nowhere.py"], "--plugin nowhere.py could not be loaded"),
    (["train", "gan", "--devices", "3"], "cannot be shared equally by 3 processes"),
]


@pytest.mark.parametrize(
    ("arguments", "message"), REFUSED, ids=lambda x: " ".join(x) if isinstance(x, list) else ""
)
def test_what_cannot_be_done_is_refused_in_one_message(
    arguments, message, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(sys, "argv", ["gan", *arguments, "--out", str(tmp_path / "run")])
    assert main() == 1
    said = capsys.readouterr().err
    assert said.startswith("gan: ")
    assert message in said
    assert not (tmp_path / "run").exists()


def test_a_refusal_is_one_line_and_a_status(tmp_path):
    ran = gan("train", "wgan-xp", "--out", tmp_path / "run")
    assert ran.returncode == 1
    assert ran.stderr.startswith("gan: there is no recipe 'wgan-xp'")
    assert "Traceback" not in ran.stderr


def test_a_used_folder_is_refused_and_kept(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.txt").write_text("mine")
    ran = gan("train", "gan", *TINY, "--out", tmp_path / "run")
    assert ran.returncode == 1
    assert "is not empty. Give --resume" in ran.stderr
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--help"], ["demo", "train"]),
        (
            ["train", "--help"],
            ["RECIPE", "--data", "--steps", "--seed", "--out", "--resume", "--device"],
        ),
        (["demo", "--help"], ["--seed", "--steps", "--points", "--out"]),
    ],
)
def test_help_names_what_there_is(arguments, words):
    ran = gan(*arguments)
    assert ran.returncode == 0
    assert all(word in ran.stdout for word in words)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_stops_all_its_runs_and_keeps_them(number, tmp_path):
    command = [
        sys.executable,
        "-m",
        "gan",
        "demo",
        "--steps",
        "100000",
        "--out",
        str(tmp_path / "demo"),
    ]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    under_way = [tmp_path / "demo" / recipe / "metrics.jsonl" for recipe in ("wgan", "wgan-gp")]
    while not all(path.exists() for path in under_way) and process.poll() is None:
        time.sleep(0.1)
    if number == signal.SIGINT:  # as a terminal does: to all of them
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "stopped; what was done is in" in err
    for path in under_way:
        assert (
            torch.load(path.with_name("checkpoint.pt"), weights_only=True)["training"]["step"] > 0
        )
    assert not (tmp_path / "demo" / "gan").exists()  # it was not begun after the interrupt
    steps = [path.with_name("checkpoint.pt").stat().st_mtime_ns for path in under_way]
    time.sleep(1)  # nobody goes on in the background
    assert steps == [path.with_name("checkpoint.pt").stat().st_mtime_ns for path in under_way]


def test_a_run_folder_is_no_demo(tmp_path):
    (tmp_path / "gan").mkdir()
    (tmp_path / "gan" / "checkpoint.pt").write_text("years of work")
    ran = gan("demo", "--steps", "1", "--out", tmp_path)
    assert ran.returncode == 1
    assert "is no earlier demo" in ran.stderr
    assert (tmp_path / "gan" / "checkpoint.pt").read_text() == "years of work"
