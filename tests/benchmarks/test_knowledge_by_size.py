"""Benchmark of critics by the number of points: laws of its results, rows and tables."""

from dataclasses import replace
from itertools import pairwise

import pytest

from benchmarks import results_io
from benchmarks.gan import knowledge_by_size, knowledge_by_size_tables
from gan.critics import CRITICS
from gan.critics.pairs import named_pair
from gan.critics.witness import WitnessCritic

RECORD = results_io.load(knowledge_by_size.RESULTS)
FITS = [(row, fit) for row in RECORD["sizes"] for fit in RECORD["fits"]]
FITS = [(row, fit) for row, fit in FITS if row["pair"] == fit["pair"]]


def test_means_over_blocks_of_the_same_points_do_not_increase_with_the_size():
    for row, fit in FITS:
        for small, large in pairwise(row["rows"]):
            for key in ("exact", "baseline"):
                assert large[key][0] <= small[key][0] * (1 + 1e-9)
            bounds = [size[fit["method"]]["certified"][0] for size in (small, large)]
            assert bounds[1] <= bounds[0] * (1 + 1e-9)
    for row in RECORD["emd"]:
        for draw in row["emd"]:
            assert draw == sorted(draw, reverse=True)


def test_each_mean_is_within_its_bounds():
    for row, fit in FITS:
        gap = row["gaps"][fit["method"]][0]
        for size in row["rows"]:
            certified = size[fit["method"]]["certified"][0]
            assert size["baseline"][0] <= certified <= size["exact"][0]
            assert gap <= certified * (1 + 1e-6) or not fit["lipschitz"]


def test_a_1_lipschitz_critic_certifies_of_the_populations_at_least_its_gap():
    bounds = [(row, fit) for row, fit in FITS if "population_bound" in fit]
    assert {fit["method"] for _, fit in bounds} == set(knowledge_by_size.PLANE_METHODS)
    for row, fit in bounds:
        value, error = fit["population_bound"]
        gap, gap_error = row["gaps"][fit["method"]]
        assert value + 3 * (error + gap_error) >= gap or not fit["lipschitz"]
        assert value <= row["rows"][-1][fit["method"]]["certified"][0] + 3 * error


def test_extrapolated_limits_are_at_most_the_emd_at_the_largest_size():
    for row in RECORD["emd"]:
        low, high = row["limit"]["interval"]
        largest = max(draw[-1] for draw in row["emd"])
        assert 0 <= low <= row["limit"]["value"] <= largest
        assert low <= high
    known = [row for row in RECORD["emd"] if row["pair"] in knowledge_by_size.KNOWN_PAIRS]
    assert len(known) == len(knowledge_by_size.KNOWN_PAIRS)


def test_knowledge_of_a_series_that_is_linear_in_squares_has_its_limit():
    sizes = [
        {
            "n": n,
            "blocks": 16,
            "self_distance": n**-0.5,
            "baseline": [0.5, 0.0],
            "exact": [1 + 3 / n, 0.0],
            "critic": {"certified": [0.9 + 1 / n, 0.0], "knowledge": [0.7, 0.01]},
        }
        for n in (4, 8, 16, 32)
    ]
    share, error = knowledge_by_size_tables.converged_knowledge({"rows": sizes}, "critic")
    assert share == pytest.approx(0.8)
    assert error == pytest.approx((0.1**2 + 0.01**2) ** 0.5)


def test_a_small_pair_has_a_row_and_tables(monkeypatch, tmp_path):
    name = "averaged-witness"
    small = replace(CRITICS[name], estimator=WitnessCritic(sample_size=32))
    monkeypatch.setitem(CRITICS, name, small)
    monkeypatch.setattr(knowledge_by_size, "EMD_SIZES", (8, 16, 32, 64))
    monkeypatch.setattr(knowledge_by_size, "RUNS", tmp_path)
    monkeypatch.setitem(knowledge_by_size.METHODS, "translation-8", (name,))
    monkeypatch.setitem(knowledge_by_size.CRITIC_SIZES, "translation-8", (16, 32))
    pair = named_pair("translation-8")
    row = knowledge_by_size.emd_row("translation-8", pair)
    assert len(row["emd"]) == len(row["self_distance"]) == knowledge_by_size.DRAWS
    assert row["w1"] == 1
    (file,) = knowledge_by_size.score_files("translation-8")
    fit = knowledge_by_size.scores_row(name, "translation-8", pair, file)
    sizes = knowledge_by_size.sizes_row("translation-8", pair)
    assert sizes["rows"][0]["blocks"] == 4
    assert sizes["rows"][1][name]["certified"][0] <= sizes["rows"][1]["exact"][0]
    row["limit"] = {"value": 1.0, "interval": (0.9, 1.1)}
    table = knowledge_by_size_tables.pair_table(sizes, row, [fit])
    assert "| exact EMD |" in table
    assert f"| {name} (1-Lipschitz) |" in table
    low, high = knowledge_by_size_tables.full_support_knowledge(sizes, row, fit)
    assert 0 <= low <= high < 1
