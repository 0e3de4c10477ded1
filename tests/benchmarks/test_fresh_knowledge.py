"""Benchmarks of fresh knowledge and of loss curves: laws of their results, rows, figures."""

import math

import pytest
import torch

from benchmarks import results_io
from benchmarks.gan import critic_gap, critic_gap_tables, fresh_knowledge, loss_curve
from gan.critics import CRITICS
from gan.critics.pairs import named_pair

FRESH = results_io.load(fresh_knowledge.RESULTS)
CURVES = results_io.load(loss_curve.RESULTS)
EVALUATIONS = [row for run in CURVES["runs"] for row in run["evaluations"]]


@pytest.mark.parametrize("rows", [FRESH["rows"], EVALUATIONS], ids=["fresh", "training"])
def test_in_every_row_the_baseline_is_at_most_the_certified_bound_and_that_the_exact_emd(rows):
    for row in rows:
        assert 0 <= row["baseline"] <= row["certified"] <= row["exact"], row
        assert 0 <= row["knowledge"] <= 1
        share = (row["certified"] - row["baseline"]) / (row["exact"] - row["baseline"])
        assert row["knowledge"] == pytest.approx(share, abs=1e-9)


def test_the_scale_of_knowledge_is_measured_by_a_constant_and_by_exact_potentials():
    for row in FRESH["rows"]:
        if row["method"] == "constant":
            assert row["knowledge"] == 0
        if row["method"] == "exact potentials":
            assert row["knowledge"] == pytest.approx(1, abs=1e-6)


def test_every_fit_is_of_the_method_and_steps_of_the_benchmark():
    fits = [row for row in FRESH["rows"] if row["method"] not in fresh_knowledge.REFERENCES]
    assert {row["method"] for row in fits} <= CRITICS.keys()
    assert all(row["steps"] == fresh_knowledge.STEPS[row["method"]] for row in fits)
    cells = [(row["method"], row["pair"], row["seed"]) for row in FRESH["rows"]]
    assert len(set(cells)) == len(cells)


def test_rows_of_a_small_pair_have_numbers_of_fresh_points(monkeypatch):
    monkeypatch.setattr(fresh_knowledge, "FRESH_SIZE", 60)
    monkeypatch.setitem(fresh_knowledge.STEPS, "one-sided", 2)
    pair = named_pair("translation-2")
    fresh = fresh_knowledge.fresh_points(pair, 0)
    rows = fresh_knowledge.reference_rows("translation-2", 0, pair, fresh)
    assert [row["method"] for row in rows] == list(fresh_knowledge.REFERENCES)
    assert (rows[0]["knowledge"], rows[-1]["knowledge"]) == (0, pytest.approx(1))
    assert 0 < rows[2]["knowledge"] < 1
    row = fresh_knowledge.fit_row("one-sided", "translation-2", 0, pair, fresh)
    assert (row["method"], row["steps"], row["seed"]) == ("one-sided", 2, 0)
    text = fresh_knowledge.table({"rows": [*rows, row]})
    assert "| constant | - | - | - | - | - | - |" not in text


def test_fits_to_points_that_lack_fresh_points_are_named_in_the_table():
    record = results_io.load(critic_gap.RESULTS)
    groups = {name: {**group, "rows": []} for name, group in record["groups"].items()}
    row = {**record["groups"]["points"]["rows"][0], "fresh_knowledge": None, "fresh_error": None}
    fresh = {**row, "method": "sharp", "fresh_knowledge": 0.5, "fresh_error": 0.25}
    groups["points"]["rows"] = [row]
    assert "; on fresh points none was measured:" in critic_gap_tables.markdown({"groups": groups})
    groups["points"]["rows"] = [row, fresh]
    *_, without, measured = critic_gap_tables.markdown({"groups": groups}).splitlines()
    assert "| not measured | not measured |" in without
    assert "| 50.0% | +25.0% |" in measured


def test_the_digits_that_knowledge_is_measured_on_are_not_among_those_of_the_fit():
    drawn = []

    def unseen(n, rng):
        drawn.append(n)
        return torch.randn(n, 2, generator=rng)

    pair = named_pair("translation-2")
    fresh = fresh_knowledge.fresh_points(
        type(pair)(pair.shape, pair.real, pair.generated, unseen_real=unseen), 0
    )
    assert drawn == [fresh_knowledge.FRESH_SIZE] == [len(fresh.points.real)]


def test_a_run_of_a_loss_curve_measures_critic_and_generator(tmp_path, monkeypatch):
    monkeypatch.setattr(loss_curve, "EVALUATIONS", 2)
    run = loss_curve.run("wgan-certified", 0, 2, size=30)
    assert [row["step"] for row in run["evaluations"]] == [1, 2]
    assert all(math.isfinite(row["emd"]) for row in run["evaluations"])
    record = {"runs": [run], "floor": 0.1}
    assert "| `wgan-certified` | 0 | 2 |" in loss_curve.table(record)
    loss_curve.save_figure(record, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("benchmark", "message"),
    [(fresh_knowledge, "unknown method 'x'"), (loss_curve, "unknown recipe 'x'")],
)
def test_an_unknown_name_is_refused_before_anything_is_computed(benchmark, message):
    with pytest.raises(SystemExit, match=message):
        benchmark.main(("x",))
