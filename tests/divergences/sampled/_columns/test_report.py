"""Text, HTML and JSON of a comparison by column."""

import json

import numpy as np
import pytest

from divergences import DistributionError
from divergences.sampled import compare_columns
from divergences.sampled._columns.report import MAX_OUTCOMES, TEXT_WIDTH


@pytest.fixture(scope="module")
def comparison():
    rng = np.random.default_rng(0)
    x = {"<size>": rng.normal(size=100), "city": ["Rome", None] * 50, "old": [1] * 100}
    y = {"city": ["Rome", "Oslo"] * 40, "<size>": rng.normal(loc=1, size=80), "new": [1] * 80}
    return compare_columns(x, y)


def test_a_result_in_one_line_holds_no_arrays(comparison):
    assert repr(comparison) == (
        f"TableComparison(2 columns, n=100, m=80, largest JS {comparison.columns[0].js:.6g} of "
        "'city')"
    )
    assert repr(comparison["city"]).startswith("ColumnComparison('city', js=")


def test_the_text_has_a_line_per_column(comparison):
    lines = str(comparison).splitlines()
    assert lines[0] == "x: 100 rows, y: 80 rows, 2 columns in common, by JS"
    assert lines[1].split()[:4] == ["column", "JS", "KL(x||y)", "KL(y||x)"]
    assert lines[2].startswith("city  ")
    assert lines[2].endswith("50 %, 0 %  < 0.0001")
    assert f"{comparison['<size>'].emd:.4g}" in lines[3]
    assert "- city: only y has Oslo (50.00% of its rows)" in lines
    assert max(map(len, lines[4:])) <= TEXT_WIDTH


def test_a_long_name_is_shortened():
    text = str(compare_columns({"a" * 80: [1, 2]}, {"a" * 80: [1, 2]}))
    assert f"{'a' * 29}...  " in text


def test_html_escapes_names(comparison):
    html = comparison._repr_html_()
    assert "&lt;size&gt;" in html
    assert "<size>" not in html
    assert html.count("<tr>") == 3


def test_json_holds_every_number(comparison):
    record = json.loads(json.dumps(comparison.as_dict(), allow_nan=False))
    assert (record["n"], record["m"], record["x_only"], record["y_only"]) == (
        100,
        80,
        ["old"],
        ["new"],
    )
    city, size = record["columns"]
    assert city["kl"] == "inf"
    assert city["shares"][0] == {"outcome": "Rome", "x": 0.5, "y": 0.5}
    assert size["emd"] == comparison["<size>"].emd
    assert size["edges"] == list(comparison["<size>"].edges)
    assert [s["x"] for s in size["shares"]] == comparison["<size>"].x_shares.tolist()


def test_json_of_many_categories_has_the_most_frequent_ones():
    x = {"a": [f"{k:03}" for k in range(150)] + ["149"] * 5}
    record = compare_columns(x, x)["a"].as_dict()
    assert len(record["shares"]) == MAX_OUTCOMES
    assert record["shares"][0]["outcome"] == "149"
    assert record["outcomes_left_out"] == 50


def test_columns_are_read_by_name(comparison):
    assert comparison["city"].name == "city"
    assert len(comparison) == 2
    with pytest.raises(
        DistributionError, match="no column 'town'; the columns compared are 'city'"
    ):
        comparison["town"]
