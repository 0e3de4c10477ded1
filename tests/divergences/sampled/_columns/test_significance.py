"""p-values of columns: uniform under the null hypothesis, against scipy, and Holm's method."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from divergences.sampled import compare_columns
from divergences.sampled._columns.significance import chi_squared, expected_counts, holm


def null_p_values(draw, columns):
    """p-values of columns of two samples of one population."""
    x, y = ({k: draw() for k in range(columns)} for _ in range(2))
    comparison = compare_columns(x, y)
    return np.array([comparison[k].p_value for k in range(columns)])


def test_p_values_of_numbers_are_uniform_under_the_null_hypothesis():
    rng = np.random.default_rng(0)
    p = null_p_values(lambda: rng.normal(size=150), 300)
    # Fixed seed; over seeds, a false alarm in one of a thousand.
    assert stats.kstest(p, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("n", [60, 1500])  # by permutations (a rare category), and asymptotic
def test_p_values_of_categories_are_uniform_under_the_null_hypothesis(n):
    rng = np.random.default_rng(1)
    shares = [0.01 if n == 60 else 0.1, 0.2, 0.3, 0.5 - 0.01 if n == 60 else 0.4]
    p = null_p_values(lambda: rng.choice(list("abcd"), n, p=shares), 60 if n == 60 else 300)
    # p-values of counts are discrete: below any level there are at most as many as expected.
    for level in (0.05, 0.2, 0.5):
        assert (p <= level).mean() <= level + 3 * np.sqrt(level * (1 - level) / len(p))
    assert p.mean() < 0.5 + 3 * 0.29 / np.sqrt(len(p)) + 0.05


def test_p_values_of_columns_with_missing_values_are_no_smaller_than_uniform():
    rng = np.random.default_rng(2)
    p = null_p_values(lambda: np.where(rng.random(200) < 0.2, np.nan, rng.normal(size=200)), 300)
    for level in (0.05, 0.2, 0.5):
        assert (p <= level).mean() <= level + 3 * np.sqrt(level * (1 - level) / len(p))


def test_the_tests_are_those_of_scipy():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=1200), rng.normal(loc=0.1, size=900)
    column = compare_columns({"a": x}, {"a": y})["a"]
    assert column.p_value == stats.ks_2samp(x, y, method="asymp").pvalue
    assert column.test == "Kolmogorov-Smirnov, asymptotic"
    x, y = x[:80], y[:70]
    column = compare_columns({"a": x}, {"a": y})["a"]
    assert column.p_value == stats.ks_2samp(x, y, method="exact").pvalue
    words = {"a": ["u"] * 30 + ["v"] * 20}, {"a": ["u"] * 20 + ["v"] * 30}
    column = compare_columns(*words)["a"]
    table = [[30, 20], [20, 30]]
    assert column.p_value == stats.chi2_contingency(table, correction=False).pvalue


def test_a_missing_value_is_tested_too():
    values = np.arange(100.0)
    column = compare_columns({"a": values}, {"a": np.where(values % 2, values, np.nan)})["a"]
    assert column.p_value < 1e-12
    assert column.test.endswith("chi-squared, asymptotic, of missing; Bonferroni")


def test_a_table_of_rare_categories_is_permuted():
    table = np.array([[3, 0], [0, 3]])
    test = chi_squared(table, 0)
    # Of the 20 ways to choose three of six rows, two separate the categories.
    assert test.p_value == pytest.approx(0.1, abs=3 * np.sqrt(0.1 * 0.9 / 9999))
    assert test.name == "chi-squared, 9999 permutations"
    assert chi_squared(table, 0) == test


def test_rare_categories_of_a_large_table_are_pooled():
    table = np.array([[2000, 2, 1, 3, 1000], [2500, 1, 3, 1, 900]])
    test = chi_squared(table, 0)
    pooled = [[2000, 1000, 6], [2500, 900, 5]]
    assert test.p_value == pytest.approx(
        stats.chi2_contingency(pooled, correction=False).pvalue, rel=1e-12, abs=0
    )
    assert test.name.endswith("rare categories pooled")


def test_identifiers_are_pooled_to_one_category():
    x, y = ([f"{side}{k}" for k in range(1500)] for side in "xy")
    column = compare_columns({"id": x}, {"id": y})["id"]
    assert column.p_value == 1
    assert any("if they identify rows" in note for note in column.notes)


@given(st.lists(st.integers(0, 50), min_size=2, max_size=8), st.integers(0, 10))
def test_expected_counts_have_the_margins_of_the_table(counts, shift):
    table = np.array([counts, np.roll(counts, shift)]) + 1
    expected = expected_counts(table)
    assert expected.sum(axis=0) == pytest.approx(table.sum(axis=0))
    assert expected.sum(axis=1) == pytest.approx(table.sum(axis=1))


def test_holm_adjusts_as_in_the_textbook():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1, 1]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_is_between_the_p_value_and_bonferroni(p_values):
    adjusted = np.array(holm(p_values))
    p = np.array(p_values)
    assert (adjusted >= p).all()
    assert (adjusted <= np.minimum(len(p) * p, 1)).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()


def test_an_exact_p_value_that_rounding_puts_above_1_is_no_warning():
    column = compare_columns({"a": [0] * 5}, {"a": [0, 0, 0, 0, 1]})["a"]
    assert column.p_value == pytest.approx(1, abs=1e-6)
