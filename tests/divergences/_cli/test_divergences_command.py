"""The command line: output, exit status and messages."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from divergences import SolverError, sampled
from divergences._cli.main import main

ROOT = Path(__file__).parents[3]
QUICK = ["--method", "knn"]  # the default takes a second


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder with two samples, each in several kinds of file."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 2)), rng.normal(loc=1.0, size=(50, 2))
    np.save("x.npy", x)
    np.save("y.npy", y)
    np.savez("both.npz", x=x, y=y)
    weights = rng.random(60)
    for name, values, head in (
        ("x.csv", x, "u,v"),
        ("y.csv", y, "u,v"),
        ("w.csv", np.c_[x, weights], "u,v,w"),
    ):
        np.savetxt(name, values, fmt="%.17g", delimiter=",", header=head, comments="")
    return x, y, weights


def record(capsys, *arguments, method="histogram"):
    """The JSON that the command prints."""
    assert main([*arguments, "--json", "--method", method]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


def test_the_command_prints_what_compare_gives(files, capsys):
    x, y, _ = files
    assert main(["x.npy", "y.npy", *QUICK]) == 0
    out, err = capsys.readouterr()
    assert out == f"{sampled.compare(x, y, method='knn', rng=np.random.default_rng(0))}\n"
    assert err == ""


def test_json_is_what_compare_gives(files, capsys):
    x, y, _ = files
    found = record(capsys, "x.npy", "y.npy", "--confidence", "0.8")
    expected = sampled.compare(
        x, y, rng=np.random.default_rng(0), confidence=0.8, method="histogram"
    )
    assert found == expected.as_dict()


@pytest.mark.parametrize(
    "arguments",
    [
        ["x.csv", "y.csv"],
        ["x.npy", "y.csv"],
        ["both.npz", "both.npz", "--key", "x,y"],
        ["both.npz", "y.npy", "--key", "x"],
        ["w.csv", "y.csv", "--columns", "u,v"],
        ["w.csv", "y.csv", "--columns", "u, 1"],
    ],
    ids=" ".join,
)
def test_all_file_types_give_the_same_result(files, capsys, arguments):
    found, expected = record(capsys, *arguments), record(capsys, "x.npy", "y.npy")
    del found["summary"], expected["summary"]  # the names of the columns are in it
    assert found == expected


def test_weights_come_from_a_column(files, capsys):
    x, y, weights = files
    found = record(capsys, "w.csv", "y.csv", "--x-weights", "w", method="auto")
    assert found["emd"]["value"] == sampled.emd(x, y, x_weights=weights).value
    assert found["d"] == 2
    assert found["kl"]["method"].startswith("auto")


def test_names_of_coordinates_are_printed(files, capsys):
    assert main(["x.csv", "y.csv", *QUICK]) == 0
    assert capsys.readouterr().out.startswith("x: 60 points, y: 50 points, 2 dimensions: u, v\n")


@pytest.mark.parametrize("columns", ["u", "u,v"])
def test_a_figure_is_drawn(files, capsys, columns):
    assert main(["x.csv", "y.csv", "--columns", columns, "--plot", "out.png", *QUICK]) == 0
    assert Path("out.png").read_bytes().startswith(b"\x89PNG")
    assert capsys.readouterr().err == "drawn: out.png\n"


def test_a_figure_that_cannot_be_written_is_an_error_after_the_table(files, capsys):
    Path("out.png").mkdir()
    assert main(["x.npy", "y.npy", "--plot", "out.png", *QUICK]) == 2
    out, err = capsys.readouterr()
    assert "EMD" in out
    assert err == "error: out.png: cannot be written: is a directory\n"


REFUSED = [
    ([], "the following arguments are required: x, y; divergences --help lists the arguments"),
    (["x.npy"], "the following arguments are required: y"),
    (["x.npy", "y.npy", "--colour"], "unrecognized arguments: --colour"),
    (
        ["x.npy", "y.npy", "--colums=0"],
        "unrecognized arguments: --colums=0 (did you mean --columns?)",
    ),
    (
        ["x.npy", "y.npy", "--columns", "a", "b"],
        "unrecognized arguments: b (names are separated by commas: --columns a,b)",
    ),
    (["x.npy", "y.npy", "--method", "best"], "argument --method: invalid choice: 'best'"),
    (["x.npy", "y.npy", "--seed", "one"], "argument --seed: invalid int value: 'one'"),
    (["x.npy", "y.npy", "--seed", "-1"], "--seed must be at least 0, but is -1"),
    (["x.npy", "y.npy", "--confidence", "95"], "`confidence` must be strictly between 0 and 1"),
    (["x.npy", "z.npy"], "z.npy: there is no such file"),
    (["x.npy", "y.npy", "--key", "x"], "--key chooses an array of an .npz file, but neither file"),
    (["both.npz", "both.npz"], "both.npz: holds 2 arrays: x, y; choose one with --key"),
    (["both.npz", "y.npy", "--key", "z"], "both.npz: holds no array 'z'; it holds x, y"),
    (
        ["both.npz", "y.npy", "--key", "x,y,z"],
        "--key takes one name, or X,Y with one name for each file",
    ),
    (
        ["x.csv", "y.csv", "--columns", "t"],
        "x.csv: there is no column 't'; there are u, v, or num",
    ),
    (["w.csv", "y.csv"], "the files have different columns: only w.csv has w"),
    (
        ["x.npy", "y.npy", "--plot", "a.gif"],
        "a.gif: a figure must end in .png, .pdf, .svg, but this path ends in .gif",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=lambda a: " ".join(a)[:40])
def test_bad_input_is_refused_in_one_line_with_status_2(files, capsys, arguments, message):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: " + message)
    assert err.count("\n") == 1


def test_an_interrupted_run_prints_its_partial_results(files, capsys, monkeypatch):
    def two_then_stop(*arguments, **options):
        yield from list(iter_estimates(*arguments, **options))[:2]
        raise KeyboardInterrupt("interrupted: the optimum is between 1 and 2")

    iter_estimates = sys.modules[main.__module__].iter_estimates
    monkeypatch.setattr(sys.modules[main.__module__], "iter_estimates", two_then_stop)
    assert main(["x.npy", "y.npy", *QUICK]) == 130
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert [line[:10] for line in lines[2:4]] == ["KL(x || y)", "KL(y || x)"]
    assert (lines[4], lines[5][:2]) == ("", "- ")
    assert err == "interrupted: the optimum is between 1 and 2\n"
    assert main(["x.npy", "y.npy", "--json", *QUICK]) == 130
    assert {"kl", "reverse_kl"} < json.loads(capsys.readouterr().out).keys()


class Stopped:
    """An interval whose computation is interrupted or fails."""

    def __init__(self, error):
        self.error = error

    @property
    def low(self):
        raise self.error

    high = 1.0


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (KeyboardInterrupt("the half is between 1 and 2"), 130, "interrupted\n"),
        (SolverError("no proof of half of it"), 1, "error: no proof of half of it\n"),
    ],
)
def test_a_value_is_printed_before_its_interval_is_there(
    files, capsys, monkeypatch, error, status, message
):
    def only(*arguments, **options):
        yield "emd", sampled.Estimate(0.25, "EMD", "hand", 60, 50, Stopped(error), 0.95)

    monkeypatch.setattr(sys.modules[main.__module__], "iter_estimates", only)
    assert main(["x.npy", "y.npy", *QUICK]) == status
    out, err = capsys.readouterr()
    assert out.splitlines()[-1].split() == ["EMD", "0.25", "[interval", "not", "computed]"]
    assert err == message


def test_without_an_estimate_no_json_is_printed(files, capsys, monkeypatch):
    def only(*arguments, **options):
        raise SolverError("no proof")
        yield

    monkeypatch.setattr(sys.modules[main.__module__], "iter_estimates", only)
    assert main(["x.npy", "y.npy", "--json"]) == 1
    assert capsys.readouterr() == ("", "error: no proof\n")


def program(*arguments, **options):
    """The command in a process of its own."""
    command = [sys.executable, "-m", "divergences", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, env=environment, **options)


def test_a_closed_output_leaves_no_traceback(files):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        assert program("x.npy", "y.npy", *QUICK, stdout=closed).stderr == ""


def test_the_module_runs_as_a_program(files):
    ran = program("x.npy", "missing.npy", stdout=subprocess.PIPE)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "error: missing.npy: there is no such file\n"


def test_the_script_is_this_function():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["scripts"]["divergences"] == "divergences._cli.main:main"
    assert "plot" in project["project"]["optional-dependencies"]
