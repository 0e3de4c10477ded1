"""`gan train` and `gan demo`: files, exit status, messages, interrupts and resumed runs."""

import io
import json
import os
import pickle
import re
import runpy
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gan import datasets
from gan.cli import command_line, demo
from gan.cli.train import train_command
from gan.cli.train_options import train_call
from gan.errors import ConfigError
from gan.runs.lock import locked
from gan.runs.metric_keys import RUN_KEYS
from gan.runs.process_pool import parallel_map
from tests.tiny_training import batch_counter, untimed

TINY = ["--steps", "12", "--evaluate-every", "6", "--evaluation-size", "40"]
METRICS = set(RUN_KEYS)
MIXTURE_METRICS = {
    "modes",
    "in_3_sigma",
    "smallest_share",
    "largest_share",
    "shares",
    "share_reverse_kl",
    "density_reverse_kl",
    "density_js",
}


def subprocess_gan(*arguments, **environment):
    """The command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "gan", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
        cwd=Path(__file__).parents[3],
    )


def lines(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def untimed_lines(folder):
    return [untimed(line) for line in lines(folder)]


def averaged_generator(folder):
    return torch.load(folder / "checkpoint.pt", weights_only=True)["training"]["average"]


def assert_same_run(folder, other):
    """Metrics and averaged generators are equal to the last bit."""
    assert untimed_lines(folder) == untimed_lines(other)
    weights, other_weights = averaged_generator(folder), averaged_generator(other)
    assert all(torch.equal(weights[name], other_weights[name]) for name in weights)


def interrupt(monkeypatch, number, *, at_batch):
    """Send a signal to this process when training draws its batch of this number."""
    ring = datasets.eight_gaussians_set(None)
    sample = batch_counter(ring.sample, at_batch, lambda: os.kill(os.getpid(), number))
    monkeypatch.setitem(
        datasets.DATA, "eight-gaussians", lambda data_dir: replace(ring, sample=sample)
    )


@pytest.mark.parametrize("recipe", ["gan", "wgan", "wgan-gp"])
def test_a_run_leaves_its_files(recipe, gan, tmp_path):
    status, out, err = gan("train", recipe, *TINY, "--out", tmp_path / "run")
    assert status == 0, err
    assert f"{recipe} on eight-gaussians, 12 steps: exact EMD " in out
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "config.json",
        "metrics.jsonl",
        "samples.png",
        "samples.gif",
        "frames",
        "checkpoint.pt",
        "best.pt",
        ".lock",
    }
    assert [line["step"] for line in lines(tmp_path / "run")] == [6, 10, 12]
    for line in lines(tmp_path / "run"):
        assert set(line) == METRICS | MIXTURE_METRICS
        assert 0 <= line["baseline"] <= line["certified"] <= line["exact"]
        assert 0 <= line["knowledge"] <= line["refined_knowledge"] <= 1
        assert line["certified"] <= line["refined_certified"] <= line["exact"]
        assert line["floor"] > 0
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert (config["recipe"], config["steps"], config["seed"]) == (recipe, 12, 0)
    assert config["recipe_settings"]["batch_size"] == 256
    state = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    assert state["training"]["step"] == 12
    assert "; exact EMD " in err  # a line for each evaluation


def test_a_run_on_the_real_digits(gan, mnist_dir, classifier, monkeypatch, tmp_path):
    def small_mnist_set(data_dir):
        return replace(datasets.mnist_set(data_dir), measure_size=200)

    monkeypatch.setattr(datasets, "digit_classifier", lambda *, data_dir: classifier)
    monkeypatch.setattr(datasets, "FRECHET_STRIDE", 60)
    monkeypatch.setitem(datasets.DATA, "mnist", small_mnist_set)
    arguments = ["train", "wgan-gp", "--data", "mnist", "--data-dir", mnist_dir]
    budget = ["--steps", "1", "--evaluation-size", "30", "--batch-size", "16"]
    status, _, err = gan(*arguments, *budget, "--out", tmp_path / "run")
    assert status == 0, err
    line = lines(tmp_path / "run")[-1]
    assert 5 < line["floor"] < 9  # 30 digits to 30 others; 2000 to 2000 are 5.5 apart
    assert line["certified"] <= line["exact"]
    assert line["exact"] > line["floor"]
    assert line["frechet"] > 0
    assert sum(line["shares"]) == pytest.approx(1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_resumes_to_the_same_numbers(
    number, gan, quick_evaluations, monkeypatch, tmp_path
):
    budget = ["--steps", "20", "--evaluate-every", "20", "--evaluation-size", "40", "--seed", "3"]
    arguments = ["train", "gan", *budget, "--out"]
    assert gan(*arguments, tmp_path / "whole")[0] == 0

    with monkeypatch.context() as patched:
        interrupt(patched, number, at_batch=15)
        status, out, err = gan(*arguments, tmp_path / "stopped")
    assert status == 130
    assert out == "stopped after step 15 of 20; the same command with --resume goes on\n"
    assert f"{number.name}: stopping" in err

    assert gan(*arguments, tmp_path / "stopped", "--resume")[0] == 0
    assert_same_run(tmp_path / "stopped", tmp_path / "whole")


def test_a_second_interrupt_ends_the_run_at_once(gan, quick_evaluations, monkeypatch, tmp_path):
    def interrupt_twice():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    ring = datasets.eight_gaussians_set(None)
    sample = batch_counter(ring.sample, 11, interrupt_twice)
    monkeypatch.setitem(
        datasets.DATA, "eight-gaussians", lambda data_dir: replace(ring, sample=sample)
    )
    status, _, err = gan("train", "gan", *TINY, "--out", tmp_path / "run")
    assert status == 130
    assert err.endswith("gan: interrupted\n")
    state = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    assert state["training"]["step"] == 10  # of the last evaluation: no half step is saved


KILLED_RING = """
import os
import signal
from dataclasses import replace

from gan import DATA
from tests.tiny_training import batch_counter

load_ring = DATA["eight-gaussians"]


def killed_ring(data_dir):
    "A ring whose run is killed if the environment says so."
    ring = load_ring(data_dir)
    at_batch = int(os.environ.get("KILLED_AT_BATCH", "0"))
    sample = batch_counter(ring.sample, at_batch, lambda: os.kill(os.getpid(), signal.SIGKILL))
    return replace(ring, sample=sample)


DATA["killed-ring"] = killed_ring
"""


def test_a_killed_run_resumes_from_its_last_checkpoint(gan, monkeypatch, tmp_path):
    plugin = tmp_path / "killed_ring.py"
    plugin.write_text(KILLED_RING)
    monkeypatch.setitem(datasets.DATA, "killed-ring", None)  # removed after the test
    arguments = ["train", "gan", *TINY, "--plugin", plugin, "--data", "killed-ring", "--out"]
    # Takes the 5 seconds in which a process imports torch and POT.
    killed = subprocess_gan(*arguments, tmp_path / "killed", KILLED_AT_BATCH="8")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert [line["step"] for line in lines(tmp_path / "killed")] == [6]
    assert gan(*arguments, tmp_path / "killed", "--resume")[0] == 0
    assert gan(*arguments, tmp_path / "whole")[0] == 0
    assert_same_run(tmp_path / "killed", tmp_path / "whole")


def pickled_map(task, items, /, *, workers):
    """Results in this process, of a task and with results that have passed through pickle.

    Each of the demo's own processes imports torch and POT in about 3 seconds; that runs are
    computed in several is tested in tests/gan/runs/test_process_pool.
    """
    assert workers == demo.WORKERS > 1
    task = pickle.loads(pickle.dumps(task))
    return [pickle.loads(pickle.dumps(row)) for row in parallel_map(task, items, workers=1)]


def test_the_demo_prints_its_table_and_writes_its_figures(gan, monkeypatch, tmp_path):
    monkeypatch.setattr(demo, "EVALUATION_SIZE", 40)
    monkeypatch.setattr(demo, "parallel_map", pickled_map)
    out_folder = tmp_path / "demo"
    out_folder.mkdir()
    for earlier in ("demo.json", "left over"):
        (out_folder / earlier).touch()
    status, out, err = gan("demo", "--steps", "2", "--points", "40", "--out", out_folder)
    assert status == 0, err
    for word in ("wgan-gp", "clusters", "in 3 sigma", "EMD", "floor", "exact", "knowledge"):
        assert word in out
    rows = json.loads((out_folder / "table.json").read_text())
    assert [row["recipe"] for row in rows] == ["gan", "wgan", "wgan-gp"]
    for row in rows:
        assert 0 <= row["certified"] <= row["exact"]
        assert 0 < row["floor"] == rows[0]["floor"]
        assert len(row["shares"]) == 8
        assert f"{row['found']} of 8" in out
    page = (out_folder / "index.html").read_text()
    assert "refresh" not in page
    pictures = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert {"samples.png", "training.png", "wgan/samples.gif", "table.json"} <= {*pictures}
    assert all((out_folder / picture).is_file() for picture in pictures)
    assert all(f"{row['emd']:.4f}" in page for row in rows)
    # The folder of an earlier demo, which has the same marker, is replaced.
    assert not (out_folder / "left over").exists()
    assert json.loads((out_folder / "demo.json").read_text())["steps"] == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_keeps_its_runs_and_begins_no_other(
    number, gan, quick_evaluations, monkeypatch, tmp_path
):
    monkeypatch.setattr(demo, "EVALUATION_SIZE", 40)
    monkeypatch.setattr(demo, "WORKERS", 1)  # several processes: tests/gan/runs/test_process_pool
    interrupt(monkeypatch, number, at_batch=4)
    status, out, err = gan("demo", "--steps", "50", "--points", "40", "--out", tmp_path / "demo")
    assert status == 130
    assert f"stopped; what was done is in {tmp_path / 'demo'}" in err
    assert "EMD" not in out
    state = torch.load(tmp_path / "demo" / "wgan-gp" / "checkpoint.pt", weights_only=True)
    assert 0 < state["training"]["step"] < 50
    assert {path.name for path in (tmp_path / "demo").iterdir()} == {"demo.json", "wgan-gp"}


REFUSED = [
    (
        ["train", "wgan_gp"],
        "unknown recipe 'wgan_gp'; did you mean 'wgan-gp'? choose from gan-minimax, gan, ",
    ),
    (
        ["train", "gan", "--data", "cifar"],
        "unknown data 'cifar'; choose from eight-gaussians, pacgan-ring, ",
    ),
    (
        ["train", "gan", "--networks", "wide-mpl"],
        "unknown networks 'wide-mpl'; did you mean 'wide-mlp'? choose from mlp, ",
    ),
    (["train", "gan", "--data", "https://x.org/a.csv"], "is an address; download it and give"),
    (["train", "gan", "--data", __file__], "no kind of file that is read; give points as .npy, "),
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
    (
        ["train", "gan", "--networks", "narrow-mlp"],
        "is for images of 28 x 28, but points of eight-gaussians have the shape (2,); choose from",
    ),
    (["train", "gan", "--betas", "0.5", "1"], "`betas` must be two numbers from 0 to below 1"),
    (["train", "gan", "--lr", "1e-3"], "there is no --lr; here it is --learning-rate"),
    (["train", "gan", "--n_critic=5"], "there is no --n-critic; here it is --critic-steps"),
    (["train", "gan", "--epochs", "5"], "there is no --epochs; here it is --steps"),
    (["train", "gan", "--stpes", "5"], "unknown option --stpes; did you mean --steps?"),
    (["train", "gan", "--steps", "abc"], "--steps must be a whole number, but is 'abc'"),
    (["train", "gan", "--steps"], "--steps needs a value"),
    (["train", "gan", "--learning-rate", "fast"], "--learning-rate must be a number, but is"),
    (["train", "gan", "--precision", "16"], "--precision must be one of '32', 'bf16-mixed'"),
    (["train", "gan", "--loss", "hinge"], "--loss must be one of"),
    (["train", "gan", "--betas", "0.5"], "--betas needs 2 values"),
    (["train", "gan", "--steps", "9", "--minutes", "1"], "--minutes and --steps are both given"),
    (["train", "--recipe", "gan"], "there is no --recipe; here it is RECIPE by itself"),
    (["train", "WGAN-GP"], "did you mean 'wgan-gp'?"),
    (["--verison"], "unknown command '--verison'; did you mean '--version'?"),
    (["train"], "give RECIPE: Name of the method: gan-minimax, gan, "),
    (["trian"], "unknown command 'trian'; did you mean 'train'?"),
    (["train", "gan", "wgan"], "unexpected argument 'wgan'"),
    (["train", "gan", "--seeds", "7-0"], "--seeds must be like 0-7 or 0,3,5"),
    (["train", "gan", "--seeds", "0-1", "--devices", "2"], "give --devices 1 with it"),
    (["train", "gan", "--plugin", "nowhere.py"], "--plugin nowhere.py could not be loaded"),
    (["train", "gan", "--devices", "3"], "cannot be shared equally by 3 processes"),
]


@pytest.mark.parametrize(
    ("arguments", "message"), REFUSED, ids=lambda x: " ".join(x) if isinstance(x, list) else ""
)
def test_impossible_arguments_are_refused_in_one_message(arguments, message, gan, tmp_path):
    status, _, err = gan(*arguments, "--out", tmp_path / "run")
    assert status == 1
    assert err.startswith("gan: ")
    assert message in err
    assert not (tmp_path / "run").exists()


def test_a_refusal_of_the_program_is_one_line_and_a_status(tmp_path, monkeypatch, capfd):
    command = ["gan", "train", "wgan_gp", "--out", str(tmp_path / "run")]
    monkeypatch.setattr(sys, "argv", command)
    monkeypatch.delitem(sys.modules, "gan.__main__", raising=False)
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("gan", run_name="__main__")  # as python -m gan
    assert ended.value.code == 1
    err = capfd.readouterr().err
    assert err.startswith("gan: unknown recipe 'wgan_gp'; did you mean 'wgan-gp'?")
    assert err.count("\n") == 1


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_refusal_of_the_parser_is_told_on_any_terminal(encoding, monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    with pytest.raises(ConfigError, match=r"^--steps must be a whole number, but is '1e4'; see"):
        train_call(train_command, ["gan", "--steps", "1e4"], prog="gan train")
    with pytest.raises(ConfigError, match=r"^give RECIPE: Name of the method: "):
        train_call(train_command, [], prog="gan train")


def test_a_used_folder_is_refused_and_kept(gan, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.txt").write_text("mine")
    status, _, err = gan("train", "gan", *TINY, "--out", tmp_path / "run")
    assert status == 1
    assert "is not empty. Give --resume" in err
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["notes.txt"]
    status, _, err = gan("train", "gan", *TINY, "--out", tmp_path / "run", "--resume")
    assert status == 1
    assert "holds no run: " in err
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["notes.txt"]


def test_a_run_that_never_began_is_begun_by_resume(gan, quick_evaluations, tmp_path):
    assert gan("train", "gan", *TINY, "--out", tmp_path / "run", "--resume")[0] == 0
    assert [line["step"] for line in lines(tmp_path / "run")] == [6, 10, 12]


def test_a_second_process_in_the_folder_of_a_run_is_refused(gan, quick_evaluations, tmp_path):
    assert gan("train", "gan", *TINY, "--out", tmp_path / "run")[0] == 0
    before = (tmp_path / "run" / "metrics.jsonl").read_bytes()
    with locked(tmp_path / "run"):
        status, _, err = gan("train", "gan", *TINY, "--out", tmp_path / "run", "--resume")
    assert status == 1
    assert "another process is training in" in err
    assert (tmp_path / "run" / "metrics.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train"], ["RECIPE", "--data", "--steps", "--seed", "--out", "--resume", "--device"]),
        (["demo"], ["--seed", "--steps", "--points", "--out"]),
    ],
)
def test_help_lists_commands_and_flags(arguments, words, gan, capfd):
    with pytest.raises(SystemExit) as ended:
        gan(*arguments, "--help")
    assert ended.value.code == 0
    out = capfd.readouterr().out
    assert all(word in out for word in words)


def test_a_run_folder_is_no_demo(gan, tmp_path):
    (tmp_path / "gan").mkdir()
    (tmp_path / "gan" / "checkpoint.pt").write_text("years of work")
    status, _, err = gan("demo", "--steps", "1", "--out", tmp_path)
    assert status == 1
    assert "is no earlier demo" in err
    assert (tmp_path / "gan" / "checkpoint.pt").read_text() == "years of work"


def test_the_options_of_other_implementations_lead_to_options_that_exist(gan, capfd):
    with pytest.raises(SystemExit):
        gan("train", "--help")
    said = capfd.readouterr().out
    for option in command_line.OPTIONS_ELSEWHERE.values():
        assert option.partition(" ")[0].rstrip(",") in said


def test_a_reader_that_ends_early_is_no_traceback(tmp_path):
    command = f"{sys.executable} -m gan recipes | head -1"
    ended = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True
    )
    assert ended.stdout.count("\n") == 1
    assert ended.stderr == ""
