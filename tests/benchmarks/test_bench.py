"""The table of quick forms: ratios to the peer, beside those of the last release."""

import json
import sys

import pytest

from benchmarks import bench, quick_forms
from benchmarks.pages import ALL_PAGES
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


def test_more_failures_than_at_the_last_release_are_marked(forms, tmp_path):
    worse = [bench.line(Row("a", "1", ours), {"ours": 1.0, "ratio": None}) for ours in (1, 2)]
    assert [text.split() for text in worse] == [["a", "1", "1"], ["a", "2", "1", "worse"]]
    assert bench.line(Row("a", "1", 2.0), None).split() == ["a", "2"]


def test_the_last_release_is_the_newest_of_other_versions(tmp_path):
    for version, date in (("0.2.0", "2026-02"), ("0.1.0", "2026-01"), ("0.3.0", "2026-03")):
        (tmp_path / f"{version}-abcdef0.json").write_text(
            json.dumps({"version": version, "date": date, "rows": {}})
        )
    assert bench.last_release(tmp_path)["version"] == "0.3.0"
    assert bench.last_release(tmp_path, before="0.3.0")["version"] == "0.2.0"


def test_a_resumed_release_is_compared_with_the_release_before(forms, tmp_path, capsys):
    (tmp_path / "0.1.0-abcdef0.json").write_text(
        json.dumps({"version": "0.1.0", "date": "2026", "rows": {"time of a": {"ratio": 1.0}}})
    )
    for names in (["second"], ["first"]):
        bench.main(["--release", "0.2.0", *names])
    assert capsys.readouterr().out.splitlines()[-1].split()[-3:] == ["2", "1", "slower"]


FORMS_OF_PAGES = {
    "accuracy": "accuracy of kl",
    "speed": "speed of divergences",
    "exact_emd": "exact emd",
    "large_emd": "large emd",
    "high_dimension": "high dimensional emd",
    "one_dimensional": "one dimensional emd",
    "partial_and_tolerance": "partial emd",
    "float_range": "float range of emd",
    "images": "images",
    "graphs": "emd on graphs",
    "estimators": "estimates from samples",
    "permutation": "permutation tests",
    "critics": "critics",
    "fresh_knowledge": "critics",
    "knowledge_by_size": "critics",
    "loss_curve": "progress numbers",
    "progress": "progress numbers",
    "training": "training",
    "training_speed": "speed of training",
    "robustness": "robustness of runs",
    "hostile_input": "hostile input",
}


def test_every_page_of_benchmarks_has_a_quick_form():
    assert FORMS_OF_PAGES.keys() == ALL_PAGES.keys()
    forms = {*FORMS_OF_PAGES.values(), "claims of the literature"}  # a page of the explanation
    assert forms == quick_forms.QUICK_FORMS.keys()


def test_an_unknown_benchmark_is_refused_with_the_names(capsys):
    with pytest.raises(SystemExit):
        bench.main(["trainings"])
    assert "unknown benchmark trainings; choose from accuracy of kl," in capsys.readouterr().err


def test_smaller_is_better_in_the_rows_of_accuracy():
    for row in quick_forms.accuracy_of_kl():
        assert row.ours < 1e-15 < row.peer
        assert row.ratio < 1e-6
    assert Row("a", "1", 2.0).ratio is None
