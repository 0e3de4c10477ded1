"""Bins at quantiles of the reference, bins of one value, and categories."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from divergences.sampled import compare_columns
from divergences.sampled._columns.histograms import BARS


def shares_of(x, y, **options):
    """Shares of a column by outcome."""
    column = compare_columns({"a": x}, {"a": y}, **options)["a"]
    pairs = zip(column.x_shares.tolist(), column.y_shares.tolist(), strict=True)
    return dict(zip(column.outcomes, pairs, strict=True))


def test_bins_hold_equal_shares_of_a_reference_without_ties():
    shares = shares_of(range(1, 101), [0.5, 10, 10.5, 11, 100], bins=4)
    assert shares == {
        "<= 25": (0.25, 0.8),
        "(25, 50]": (0.25, 0),
        "(50, 75]": (0.25, 0),
        "> 75": (0.25, 0.2),
    }


def test_a_frequent_value_is_a_bin_of_its_own():
    shares = shares_of([0] * 60 + list(range(1, 41)), [-1, 0, 0, 1, 50], bins=5)
    assert shares["0"] == (0.6, 0.4)
    assert shares["< 0"] == (0, 0.2)
    assert shares["(0, 20]"] == (0.2, 0.2)


def test_a_few_whole_numbers_are_a_bin_each():
    shares = shares_of([1, 2, 3, 4] * 25, [1, 1, 2, 4])
    assert shares == {"1": (0.25, 0.5), "2": (0.25, 0.25), "3": (0.25, 0), "4": (0.25, 0.25)}


@given(st.integers(1, 30), st.integers(1, 30))
def test_constant_columns_of_different_values_have_nothing_in_common(n, m):
    column = compare_columns({"a": [1.0] * n}, {"a": [2.0] * m})["a"]
    assert column.js == math.log(2)
    assert column.kl == column.reverse_kl == math.inf


@given(st.integers(1, 60), st.sampled_from([-1000.0, 1000.0]))
def test_samples_of_disjoint_ranges_have_the_largest_js(n, shift):
    x = np.arange(float(n))
    assert compare_columns({"a": x}, {"a": x + shift})["a"].js == pytest.approx(math.log(2))


@given(
    st.lists(st.integers(-9, 9), min_size=1, max_size=60),
    st.lists(st.integers(-9, 9), min_size=1, max_size=60),
    st.integers(2, 12),
)
def test_shares_are_those_of_the_rows_between_the_edges(x, y, bins):
    column = compare_columns({"a": x}, {"a": y}, bins=bins)["a"]
    assert column.x_shares.sum() == pytest.approx(1)
    assert column.y_shares.sum() == pytest.approx(1)
    for outcome, p, q in zip(column.outcomes, column.x_shares, column.y_shares, strict=True):
        inside = membership(outcome)
        assert p == pytest.approx(sum(map(inside, x)) / len(x))
        assert q == pytest.approx(sum(map(inside, y)) / len(y))


def membership(outcome):
    """Predicate of the bin with a name, read as a mathematician reads it."""
    if outcome == "all values":
        return lambda v: True
    for sign, holds in (
        ("<= ", lambda v, a: v <= a),
        (">= ", lambda v, a: v >= a),
        ("< ", lambda v, a: v < a),
        ("> ", lambda v, a: v > a),
    ):
        if outcome.startswith(sign):
            return lambda v: holds(v, float(outcome.removeprefix(sign)))
    if outcome[0] not in "([":
        return lambda v: v == float(outcome)
    low, high = (float(text) for text in outcome[1:-1].split(","))
    return lambda v: (
        (v > low or (outcome[0] == "[" and v == low))
        and (v < high or (outcome[-1] == "]" and v == high))
    )


def test_edges_that_six_digits_do_not_tell_apart_are_written_in_full():
    x = 1e9 + np.arange(20) / 8
    assert "(1000000000.125, 1000000000.375]" in shares_of(x, x)


def test_categories_are_sorted_by_their_frequency():
    assert list(shares_of(["b", "a", "c"], ["c", "b", "c", None])) == ["c", "b", "a", "(missing)"]


def test_a_histogram_has_a_bar_for_each_of_a_few_whole_numbers():
    column = compare_columns({"a": [0, 1, 1, 3]}, {"a": [1, 2]})["a"]
    assert column.histogram.edges.tolist() == [-0.5, 0.5, 1.5, 2.5, 3.5]
    assert column.histogram.x_shares.tolist() == [0.25, 0.5, 0, 0.25]
    assert column.histogram.y_shares.tolist() == [0, 0.5, 0.5, 0]
    assert (column.histogram.low, column.histogram.high) == (0, 3)


@given(st.lists(st.floats(-1e308, 1e308), min_size=1), st.lists(st.floats(-1e3, 1e3), min_size=1))
def test_a_histogram_counts_each_value_once(x, y):
    try:
        bars = compare_columns({"a": x}, {"a": y})["a"].histogram
    except ValueError:
        return  # a distance beyond floats
    assert bars.x_shares.sum() == pytest.approx(1)
    assert bars.y_shares.sum() == pytest.approx(1)
    assert len(bars.edges) <= BARS + 1
    assert (np.diff(bars.edges) >= 0).all()
