"""The frame of the diagnostics: verdicts, the folder, the page, and the command."""

import json
from dataclasses import dataclass
from keyword import iskeyword

import numpy as np
import pytest

from gan import diagnose
from gan.cli.diagnose import diagnose_command
from gan.diagnose import DIAGNOSTICS, Criterion, Diagnostic, DiagnosticResult, Verdict, registry
from gan.diagnose.index_page import index_page
from gan.diagnose.result import plain_value
from gan.errors import ConfigError, RunError


@dataclass(frozen=True, slots=True)
class Line(DiagnosticResult):
    title = "A line"

    seed: int
    values: np.ndarray

    def panels(self):
        return [lambda axes: axes.plot(self.values)]

    def criteria(self):
        return [Criterion("seed at most 1", self.seed, self.seed <= 1)]


def line(*, seed: int = 0, steps: int = 5) -> Line:
    if seed == 7:
        raise RunError("seven is missing")
    return Line(seed, np.array([0.0, float(steps), np.inf]))


@pytest.fixture
def two_diagnostics(monkeypatch):
    """A registry of two lines; the second fails with seed 7."""
    entry = Diagnostic(("C0",), "A line is <straight>.", "It is.", line, {"steps": 2})
    entries = {"line": entry, "other-line": entry}
    monkeypatch.setattr(registry, "DIAGNOSTICS", entries)
    return entries


def test_a_claim_is_shown_in_part_if_some_criteria_are_met():
    met, missed = Criterion("a", 1.0, True), Criterion("b", 2.0, False, "nats")
    assert Verdict.of([met]).status == "shown"
    assert Verdict.of([met, missed]).status == "shown in part"
    assert Verdict.of([missed]).status == "not reproduced"
    assert Verdict.of([met, missed]).sentence == "a: 1; b: 2 nats (not met)"


def test_all_diagnostics_are_written_with_a_page_and_skipped_when_done(
    two_diagnostics, tmp_path, capsys
):
    assert diagnose_command("all", quick=True, out=tmp_path / "d") == 0
    record = json.loads((tmp_path / "d" / "line.json").read_text())
    assert record["result"] == {"seed": 0, "values": [0.0, 2.0, "inf"]}
    assert record["verdict"] == "shown"
    assert (tmp_path / "d" / "other-line.png").read_bytes().startswith(b"\x89PNG")
    page = (tmp_path / "d" / "index.html").read_text()
    assert "A line is &lt;straight&gt;." in page
    assert 'src="other-line.png"' in page
    assert diagnose_command("all", quick=True, out=tmp_path / "d") == 0
    assert capsys.readouterr().out.count("done before") == 2
    assert diagnose_command("all", out=tmp_path / "d") == 0  # other settings: not done
    assert "done before" not in capsys.readouterr().out


def test_all_goes_on_after_an_error_and_after_an_interrupt(
    two_diagnostics, tmp_path, capsys, monkeypatch
):
    assert diagnose_command("all", seed=7, out=tmp_path) == 1
    assert "line: seven is missing" in capsys.readouterr().err
    calls = []

    def interrupted(*, seed: int = 0):
        calls.append(seed)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return line(seed=seed)

    two_diagnostics["other-line"] = Diagnostic(("C0",), "", "", interrupted)
    with pytest.raises(KeyboardInterrupt):
        diagnose_command("all", out=tmp_path)
    assert "goes on" in capsys.readouterr().err
    assert diagnose_command("all", out=tmp_path) == 0
    assert capsys.readouterr().out.count("done before") == 1


def test_the_page_has_an_item_for_each_criterion_also_of_numbers_that_are_not_finite():
    criteria = [
        Criterion("slope; largest at most 1 < 2", 0.5, True, "nats"),
        Criterion("rank correlation", float("nan"), False),
        Criterion("steps at least 3", 4, True),
    ]
    record = {
        "claims": ["C0"],
        "claim": "",
        "criterion": "",
        "verdict": "shown in part",
        "criteria": plain_value(criteria),
        "files": [],
    }
    page = index_page({"line": record})
    assert (
        "<ul><li>slope; largest at most 1 &lt; 2: 0.5 nats</li>"
        "<li>rank correlation: nan (not met)</li><li>steps at least 3: 4</li></ul>" in page
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "lyne"}, "unknown diagnostic 'lyne'; did you mean 'line'"),
        ({"name": "line", "data": "mnist"}, r"no --data; leave it out \(it has --seed\)"),
        ({"name": "line", "threads": 0}, "--threads must be at least 1"),
        ({"name": "line", "seed": -1}, "--seed must be from 0"),
    ],
)
def test_options_that_a_diagnostic_does_not_have_are_refused(
    two_diagnostics, tmp_path, arguments, message
):
    with pytest.raises(ConfigError, match=message):
        diagnose_command(out=tmp_path, **arguments)


def test_a_folder_of_something_else_is_refused_and_left_alone(two_diagnostics, tmp_path):
    (tmp_path / "thesis.tex").write_text("text")
    with pytest.raises(RunError, match="something other than diagnostics; name another folder"):
        diagnose_command("line", out=tmp_path)
    with pytest.raises(RunError, match="is a file"):
        diagnose_command("line", out=tmp_path / "thesis.tex")
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("name", DIAGNOSTICS)
def test_each_diagnostic_is_public_and_its_quick_settings_are_its_arguments(name):
    entry = DIAGNOSTICS[name]
    function = f"{name}_" if iskeyword(name) else name.replace("-", "_")
    assert getattr(diagnose, function) is entry.run
    assert entry.accepted(entry.quick) == dict(entry.quick)
    assert entry.claim.endswith(".")
    assert entry.criterion.endswith(".")


def test_the_list_of_diagnostics_has_each_claim(capsys):
    assert diagnose_command() == 0
    assert "kl-fit (C5)" in capsys.readouterr().out


def test_drawing_into_given_axes_leaves_them_their_figure():
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    assert line().plot(axes) is axes
    assert len(axes.lines) == 1
    assert line().plot().get_figure().get_suptitle() == "A line"
