"""The table of quick forms: ratios to the peer, beside those of the last release."""

import json
import sys

import pytest

from benchmarks import bench, quick_forms
from benchmarks.quick_forms import Row


@pytest.fixture
def forms(monkeypatch, tmp_path):
    """Two quick forms that are done at once, and an empty history."""
    calls = []

    def first():
        calls.append("first")
        sys.stdout.write("not a row\n")
        yield Row("time of a", "s", 0.02, 0.01, "peer")

    def second():
        calls.append("second")
        yield Row("error of b", "1", 0.0)

    monkeypatch.setattr(bench, "QUICK_FORMS", {"first": first, "second": second})
    monkeypatch.setattr(bench.last_release, "__defaults__", (tmp_path,))
    monkeypatch.setattr(bench.record_of, "__defaults__", (tmp_path,))
    return calls


def test_the_table_has_ours_the_peer_their_ratio_and_that_of_the_last_release(forms, capsys):
    assert bench.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "last release: none"
    assert lines[3].split() == ["time", "of", "a", "20", "ms", "10", "ms", "peer", "2"]
    assert lines[5].split() == ["error", "of", "b", "0"]
    assert bench.main(["--release", "0.1.0", "first"]) == 0
    bench.main(["first"])
    assert capsys.readouterr().out.splitlines()[-1].split()[-2:] == ["2", "2"]


def test_a_stopped_release_resumes(forms, tmp_path):
    bench.main(["--release", "0.1.0", "first"])
    bench.main(["--release", "0.1.0"])
    assert forms == ["first", "second"]
    (path,) = tmp_path.glob("0.1.0-*.json")
    record = json.loads(path.read_text())
    assert record["done"] == ["first", "second"]
    assert record["rows"]["time of a"]["ratio"] == 2
    assert bench.last_release(tmp_path)["version"] == "0.1.0"


@pytest.mark.parametrize(
    ("unit", "ratio", "word"), [("s", 1.4, ""), ("s", 1.6, "slower"), ("1", 1.6, "worse")]
)
def test_a_ratio_that_grew_by_half_is_marked(unit, ratio, word):
    text = bench.line(Row("a", unit, ratio, 1.0, "peer"), {"ratio": 1.0})
    assert text.endswith(word or "1")


def test_an_unknown_benchmark_is_refused_with_the_names(capsys):
    with pytest.raises(SystemExit):
        bench.main(["trainings"])
    assert "unknown benchmark trainings; choose from accuracy of kl," in capsys.readouterr().err


def test_quick_forms_have_a_row_for_every_benchmark_and_smaller_is_better():
    assert len(quick_forms.QUICK_FORMS) >= 17
    for row in quick_forms.accuracy_of_kl():
        assert row.ours < 1e-15 < row.peer
        assert row.ratio < 1e-6
    assert Row("a", "1", 2.0).ratio is None
