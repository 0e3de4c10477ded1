"""Comparison by column: laws, and agreement with the library's own divergences."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import example, given, settings
from scipy import stats

import divergences
from divergences import DistributionError, sampled
from divergences.sampled import compare_columns

FEW = settings(max_examples=40)  # each draws 9999 random tables, or more
INTEGERS = st.integers(-20, 20)
NUMBERS = st.one_of(INTEGERS.map(float), st.floats(-1e6, 1e6, allow_subnormal=False))
WORDS = st.sampled_from(["a", "b", "c", "d", "e"])


def tables():
    """Tables of a column of numbers and one of words, of the same length, without None only."""
    rows = st.lists(
        st.tuples(st.one_of(NUMBERS, st.none()), st.one_of(WORDS, st.none())),
        min_size=1,
        max_size=40,
    )
    return rows.map(
        lambda rows: {"number": [0.0, *(a for a, _ in rows)], "word": ["a", *(b for _, b in rows)]}
    )


def records(x, y, **options):
    return compare_columns(x, y, **options).as_dict()


@FEW
@given(tables())
def test_a_table_compared_with_itself_is_at_distance_0(x):
    for column in compare_columns(x, x):
        assert column.js == column.kl == column.reverse_kl == column.psi == 0
        assert column.emd in (0, None)
        assert column.emd_in_sd in (0, None)
        assert column.p_value == column.p_adjusted == 1
        assert column.x_missing == column.y_missing
        assert np.array_equal(column.x_shares, column.y_shares)


@FEW
@given(tables(), tables(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_columns_changes_nothing(x, y, random):
    shuffled = {}
    order = list(range(len(x["word"])))
    random.shuffle(order)
    for name in reversed(x):
        shuffled[name] = [x[name][k] for k in order]
    assert records(shuffled, y) == records(x, y)


@given(
    st.lists(INTEGERS, min_size=1), st.lists(INTEGERS, min_size=1), st.sampled_from([2, 0.25, 60])
)
def test_another_unit_scales_emd_and_nothing_else(x, y, factor):
    before = compare_columns({"a": x}, {"a": y})["a"]
    after = compare_columns({"a": np.array(x) * factor}, {"a": np.array(y) * factor})["a"]
    # Means of products with 60, of up to 100 terms: some 1e-14 of the sum of their sizes.
    assert after.emd == pytest.approx(factor * before.emd, rel=1e-12, abs=1e-12)
    assert after.emd_in_sd == pytest.approx(before.emd_in_sd, rel=1e-12, abs=1e-12)
    for name in ("js", "kl", "reverse_kl", "psi", "p_value"):
        assert getattr(after, name) == getattr(before, name)
    assert np.array_equal(after.x_shares, before.x_shares)


@FEW
@given(tables(), tables())
@example({"number": [1.0], "word": ["a"]}, {"number": [2.0], "word": ["b"]})
def test_divergences_are_those_of_the_stated_shares(x, y):
    for column in compare_columns(x, y):
        p, q = column.x_shares, column.y_shares
        assert column.js == divergences.js(p, q)
        assert column.kl == divergences.kl(p, q)
        assert column.reverse_kl == divergences.kl(q, p)
        assert column.psi == divergences.jeffreys(*column.psi_shares)
        if p.all() and q.all():
            # Two sums of up to 12 terms below 4 each.
            assert column.psi == pytest.approx(column.kl + column.reverse_kl, rel=1e-13, abs=1e-14)
        assert len(column.outcomes) == len(p) == len(q)


@FEW
@given(tables(), tables())
def test_emd_is_that_of_the_values(x, y):
    a, b = ([v for v in table["number"] if v is not None] for table in (x, y))
    emd = compare_columns(x, y)["number"].emd
    scale = max(map(abs, a + b))
    assert emd == pytest.approx(float(sampled.emd(a, b).value), rel=1e-12, abs=1e-14 * scale)
    assert emd == pytest.approx(stats.wasserstein_distance(a, b), rel=1e-12, abs=1e-12 * scale)


@FEW
@given(tables(), tables())
def test_missing_values_are_an_outcome(x, y):
    for column in compare_columns(x, y):
        expected = [table[column.name].count(None) / len(table["word"]) for table in (x, y)]
        assert [column.x_missing, column.y_missing] == expected
        if any(expected):
            assert column.outcomes[-1] == "(missing)"
            assert [column.x_shares[-1], column.y_shares[-1]] == expected


@FEW
@given(tables(), tables())
def test_the_largest_js_comes_first(x, y):
    comparison = compare_columns(x, y)
    js = [column.js for column in comparison]
    assert js == sorted(js, reverse=True)
    assert [column.name for column in compare_columns(x, x)] == ["number", "word"]


def test_normal_samples_have_the_emd_and_the_psi_of_their_closed_forms():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=200_000), rng.normal(loc=1.0, size=200_000)
    column = compare_columns({"a": x}, {"a": y})["a"]
    deciles = stats.norm.ppf(np.linspace(0, 1, 11))
    q = np.diff(stats.norm.cdf(deciles - 1))
    expected = divergences.jeffreys(np.full(10, 0.1), q)
    assert column.emd == pytest.approx(1.0, abs=0.02)  # six standard errors of the mean
    assert column.emd_in_sd == pytest.approx(column.emd / x.std(), rel=1e-12, abs=0)
    assert column.psi == pytest.approx(expected, rel=0.05)
    assert np.allclose(column.x_shares, 0.1)


def test_emd_is_in_standard_deviations_of_the_reference():
    column = compare_columns({"a": [0.0, 2.0]}, {"a": [10.0, 12.0]})["a"]
    assert (column.emd, column.emd_in_sd) == (10.0, 10.0)
    assert compare_columns({"a": [1.0, 1.0]}, {"a": [2.0, 3.0]})["a"].emd_in_sd == math.inf
    huge = compare_columns({"a": [-1e200, 1e200]}, {"a": [0.0, 2e200]})["a"]
    assert huge.emd_in_sd == 1.0


def test_a_column_without_values_on_one_side_has_no_emd_and_no_test():
    comparison = compare_columns({"a": [1.0, 2.0], "b": [1, 2]}, {"a": [None, None], "b": [1, 2]})
    column = comparison["a"]
    assert (column.emd, column.emd_in_sd, column.p_value, column.p_adjusted) == (None,) * 4
    assert column.js == math.log(2)
    assert (column.kl, column.y_missing) == (math.inf, 1.0)
    assert "y has no values: no EMD and no test" in column.notes
    assert comparison["b"].p_adjusted == comparison["b"].p_value


def test_columns_of_one_table_are_listed():
    comparison = compare_columns({"a": [1, 2], "b": [1, 2]}, {"c": [1], "d": [2], "b": [3]})
    assert (comparison.x_only, comparison.y_only) == (("a",), ("c", "d"))
    assert [column.name for column in comparison] == ["b"]
    assert "not compared, since only y has them: c, d" in str(comparison)


def test_chosen_columns_are_compared():
    x, y = {"a": [1, 2], "b": [1, 2], "c": [1, 1]}, {"b": [1, 2], "a": [1, 2], "d": [0, 0]}
    assert [c.name for c in compare_columns(x, y, columns=["b", "a"])] == ["a", "b"]
    with pytest.raises(DistributionError, match=r"`columns` names 'c', which `y` does not have"):
        compare_columns(x, y, columns=["c"])
    with pytest.raises(DistributionError, match=r"pass a list, as columns=\['a'\]"):
        compare_columns(x, y, columns="a")


def test_numbers_are_categories_where_they_are_said_to_be():
    x, y = {"code": [1, 2, 2.5, None]}, {"code": ["1", "2", "2", "x"]}
    column = compare_columns(x, y, categorical=["code"])["code"]
    assert column.kind == "categorical"
    shares = dict(
        zip(column.outcomes, zip(column.x_shares, column.y_shares, strict=True), strict=True)
    )
    assert shares == {
        "2": (0.25, 0.5),
        "1": (0.25, 0.25),
        "2.5": (0.25, 0),
        "x": (0, 0.25),
        "(missing)": (0.25, 0),
    }
    with pytest.raises(DistributionError, match=r"`categorical` names 'cod', which `x` does not"):
        compare_columns(x, y, categorical=["cod"])
    with pytest.raises(DistributionError, match=r"pass a list: categorical=\['code'\]"):
        compare_columns(x, y, categorical="code")


def test_the_floor_of_psi_is_the_share_of_an_empty_outcome():
    x, y = {"a": ["u"] * 3 + ["v"]}, {"a": ["u"] * 4}
    p, q = np.array([0.75, 0.25]), np.array([1.0, 0.01]) / 1.01
    column = compare_columns(x, y, psi_floor=0.01)["a"]
    assert column.psi == pytest.approx(float(((p - q) * np.log(p / q)).sum()), rel=1e-14, abs=0)
    assert "* counts an empty outcome as 0.01" in str(compare_columns(x, y, psi_floor=0.01))
    assert compare_columns(x, y, psi_floor=0)["a"].psi == math.inf


@pytest.mark.parametrize("bins", [1, 2.5, True, "10"])
def test_a_number_of_bins_that_is_none_is_refused(bins):
    with pytest.raises(DistributionError, match="`bins` must be a whole number of at least 2"):
        compare_columns({"a": [1]}, {"a": [1]}, bins=bins)


@pytest.mark.parametrize("floor", [1, -0.1, math.nan, "0"])
def test_a_floor_that_is_no_share_is_refused(floor):
    with pytest.raises(DistributionError, match=r"`psi_floor` must be a share in \[0, 1\)"):
        compare_columns({"a": [1]}, {"a": [1]}, psi_floor=floor)


def test_a_distance_beyond_floats_names_the_column():
    with pytest.raises(DistributionError, match="column 'a': a distance is inf"):
        compare_columns({"a": [-1.7e308]}, {"a": [1.7e308]})


def test_input_is_not_modified():
    x, y = np.array([3.0, 1.0, -0.0]), np.array([2.0, np.nan, 0.0])
    compare_columns({"a": x}, {"a": y})
    assert x.tolist() == [3, 1, 0]
    assert np.signbit(x[2])
    assert y[0] == 2
