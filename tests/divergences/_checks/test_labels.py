"""Labels: objects of every library are aligned by label, or refused with the remedy."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import divergences
from divergences import DistributionError, log_space, sampled
from tests.strategies import distribution_pairs

P = pd.Series(list("aaaaabbbcc")).value_counts(normalize=True)
Q = pd.Series(list("bbbbbaaaac")).value_counts(normalize=True)  # b before a
KL_OF_P_AND_Q = 0.09695352463929674  # by hand, over a, b, c
PAIR_FUNCTIONS = {
    "kl": divergences.kl,
    "reverse_kl": divergences.reverse_kl,
    "js": divergences.js,
    "js_distance": divergences.js_distance,
    "jeffreys": divergences.jeffreys,
    "total_variation": divergences.total_variation,
    "hellinger": divergences.hellinger,
    "chi2": divergences.chi2,
    "cross_entropy": divergences.cross_entropy,
    "renyi": lambda p, q: divergences.renyi(p, q, 2.0),
    "alpha": lambda p, q: divergences.alpha(p, q, 0.5),
    "f_divergence": lambda p, q: divergences.f_divergence(
        p, q, lambda t: (t - 1) ** 2 / (t + 1), at_zero=1.0, slope_at_infinity=1.0
    ),
}


def distance(a, b):
    return abs(ord(a) - ord(b))


def line_cost(sources, targets):
    return pd.DataFrame(
        [[distance(a, b) for b in targets] for a in sources],
        index=list(sources),
        columns=list(targets),
    )


def series(values, labels):
    return pd.Series(values, index=list(labels))


@pytest.mark.parametrize("name", PAIR_FUNCTIONS)
def test_series_are_aligned_by_label(name):
    function = PAIR_FUNCTIONS[name]
    p, q = [0.5, 0.3, 0.2], [0.4, 0.5, 0.1]
    assert function(P, Q) == function(p, q)
    assert function(P, Q.sort_index()) == function(p, q)


def test_kl_of_two_value_counts_is_kl_by_label():
    assert divergences.kl(P, Q) == pytest.approx(KL_OF_P_AND_Q, rel=1e-15, abs=0)
    assert divergences.kl(P, Q) == divergences.kl(P.to_dict(), Q.to_dict())


def test_an_outcome_of_one_side_only_has_no_mass_on_the_other():
    p = pd.Series(list("aaaaabbbzz")).value_counts(normalize=True)
    assert divergences.js(p, Q) == pytest.approx(0.1193892, rel=1e-6)
    assert divergences.kl(p, Q) == np.inf
    assert divergences.js(p, Q) == divergences.js(p.to_dict(), Counter(Q.to_dict()))
    logs = np.log(p), np.log(Q)
    assert log_space.js(*logs) == pytest.approx(divergences.js(p, Q), rel=1e-14, abs=0)


@given(distribution_pairs(), st.randoms(use_true_random=False))
def test_the_order_of_labels_changes_nothing(pair, random):
    p, q = pair
    order = list(range(len(p)))
    random.shuffle(order)
    labels = [f"outcome {k}" for k in order]
    a, b = series(p, [f"outcome {k}" for k in range(len(p))]), series(q[order], labels)
    value = divergences.js(a, b)
    assert value == divergences.js(a.to_dict(), b.to_dict()) == divergences.js(p, q)


def test_frames_are_aligned_by_their_columns():
    frame = pd.DataFrame([[0.2, 0.3, 0.5]], columns=list("abc"))
    assert divergences.kl(frame, frame[list("cba")]).tolist() == [0.0]
    assert divergences.kl(pl.from_pandas(frame), frame[list("cba")]).tolist() == [0.0]
    wide = pd.DataFrame([[0.2, 0.8, 0.0], [0.1, 0.1, 0.8]], columns=list("abz"))
    values = divergences.js(frame, wide)
    assert values.shape == (2,)
    assert values[0] == divergences.js([0.2, 0.3, 0.5, 0], [0.2, 0.8, 0, 0])
    assert divergences.js(frame.iloc[0], wide).tolist() == values.tolist()


def test_rows_of_frames_are_aligned_by_their_index():
    a = pd.DataFrame([[0.2, 0.8], [0.5, 0.5]], index=["x", "y"], columns=["u", "v"])
    assert divergences.kl(a, a.loc[["y", "x"]]).tolist() == [0.0, 0.0]
    with pytest.raises(DistributionError, match="rows by label, but not the same ones"):
        divergences.kl(a, a.rename(index={"y": "z"}))
    assert divergences.kl(a.T, a.T.loc[["v", "u"]], axis=0).tolist() == [0.0, 0.0]


def test_arrays_of_xarray_are_aligned_by_coordinate():
    p = xr.DataArray([0.2, 0.8], dims="k", coords={"k": ["u", "v"]})
    q = xr.DataArray([0.5, 0.5], dims="k", coords={"k": ["v", "w"]})
    assert divergences.js(p, q) == divergences.js({"u": 0.2, "v": 0.8}, {"v": 0.5, "w": 0.5})
    plain = xr.DataArray([0.2, 0.8], dims="k")
    assert divergences.kl(plain, [0.2, 0.8]) == 0


def test_default_positions_are_no_labels():
    p = pd.Series([0.2, 0.8])
    assert divergences.kl(p, [0.5, 0.5]) == divergences.kl([0.2, 0.8], [0.5, 0.5])
    with pytest.raises(DistributionError, match="same number of outcomes"):
        divergences.kl(p, pd.Series([0.2, 0.3, 0.5]))


def test_missing_labels_equal_each_other():
    p = pd.Series(["a", None, None]).value_counts(normalize=True, dropna=False)
    q = pd.Series(["a", "a", None]).value_counts(normalize=True, dropna=False)
    assert divergences.kl(p, q) == pytest.approx(np.log(2) / 3, rel=1e-15, abs=0)


def test_nullable_and_categorical_objects_are_taken():
    counts = pd.Series(pd.Categorical(list("aab"))).value_counts(normalize=True)
    nullable = counts.astype("Float64")
    assert divergences.kl(counts, nullable) == 0
    assert divergences.kl(counts.astype(np.float32), {"b": 1 / 3, "a": 2 / 3}) < 1e-9


def test_many_distributions_are_aligned_over_all_outcomes():
    ps = [{"a": 1.0}, pd.Series([1.0], index=["b"]), Counter({"a": 1})]
    assert divergences.js_mixture(ps) == divergences.js_mixture([[1, 0], [0, 1], [1, 0]])
    with pytest.raises(DistributionError, match=r"`distributions`\[1\] has no labels"):
        divergences.js_mixture([{"a": 1.0}, [1.0]])


def test_emd_aligns_masses_with_their_cost():
    p, q = series([0.5, 0.5], "ab"), series([0.25, 0.75], "db")
    right = divergences.emd([0.5, 0.5], [0.25, 0.75], [[3, 1], [2, 0]])
    pairs = {(a, b): distance(a, b) for a in "abcd" for b in "abcd"}
    costs = [line_cost("badc", "cabd"), line_cost("ab", "db"), pairs, distance]
    for cost in costs:
        assert divergences.emd(p, q, cost) == right
        assert divergences.emd(p.to_dict(), q.to_dict(), cost) == right
        assert divergences.transport(p, q, cost).cost == right
        assert divergences.partial_transport(p, q * 2, cost).cost <= right


def test_a_transport_of_labelled_masses_has_their_labels():
    p, q = series([0.5, 0.5], "ab"), {"d": 0.25, "b": 0.75}
    solution = divergences.transport(p, q, distance)
    assert (solution.source_labels, solution.target_labels) == (("a", "b"), ("d", "b"))
    assert divergences.transport([1.0], [1.0], [[1.0]]).source_labels is None


def test_samples_are_aligned_by_column():
    rng = np.random.default_rng(0)
    x = pd.DataFrame(rng.normal(size=(40, 2)), columns=["u", "v"])
    y = pd.DataFrame(rng.normal(size=(30, 2)), columns=["u", "v"])
    right = sampled.emd(x.to_numpy(), y.to_numpy()).value
    assert sampled.emd(x, y[["v", "u"]]).value == right
    assert sampled.emd(x, pl.from_pandas(y[["v", "u"]])).value == right
    assert sampled.emd(x, y.to_numpy()).value == right
    assert sampled.transport(x, y[["v", "u"]]).cost == right
    swapped = sampled.kl(x, y[["v", "u"]], method="knn").value
    assert swapped == sampled.kl(x, y, method="knn").value


def test_weights_are_aligned_with_the_rows_of_their_sample():
    x = pd.DataFrame({"u": [0.0, 1.0]}, index=["r", "s"])
    weights = series([3.0, 1.0], "sr")
    assert sampled.emd(x, [0.0], x_weights=weights).value == 0.75
    default = x.reset_index(drop=True)
    assert sampled.emd(default, [0.0], x_weights=pd.Series([3.0, 1.0], index=[1, 0])).value == 0.75
    assert sampled.emd(x.to_numpy(), [0.0], x_weights=weights).value == 0.25
    for points in (x, default):
        with pytest.raises(DistributionError, match=r"`x_weights` must have the index of `x`"):
            sampled.emd(points, [0.0], x_weights=series([1.0, 1.0], "rt"))


REFUSALS = {
    "labels beside none": (lambda: divergences.kl(P, [0.5, 0.3, 0.2]), r"pass p.to_numpy\(\)"),
    "mapping beside none": (lambda: divergences.kl({"a": 1.0}, [1.0]), r"list\(p.values\(\)\)"),
    "repeated label": (
        lambda: divergences.kl(series([0.5, 0.5], "aa"), series([1.0], "a")),
        r"'a' repeats; .* p.groupby\(level=0\).sum\(\)",
    ),
    "one spelling": (
        lambda: divergences.kl({1: 0.5, 2: 0.5}, {"1": 0.5, "2": 0.5}),
        "of type int and those of `q` of type str",
    ),
    "cost without labels": (
        lambda: divergences.emd(P, Q, np.ones((3, 3))),
        r"pandas.DataFrame\(cost, index=p.index, columns=q.index\)",
    ),
    "cost of a mapping without labels": (
        lambda: divergences.emd({"a": 1.0}, {"b": 1.0}, [[1.0]]),
        "mapping of pairs of labels",
    ),
    "pair without cost": (
        lambda: divergences.emd({"a": 1.0}, {"b": 1.0}, {("b", "a"): 1.0}),
        r"no \('a', 'b'\)",
    ),
    "label without cost": (
        lambda: divergences.emd(P, Q, line_cost("ab", "abc")),
        "rows of `cost` must have every label of `p`, but have no 'c'",
    ),
    "function that gives no number": (
        lambda: divergences.emd({"a": 1.0}, {"b": 1.0}, lambda a, b: None),
        "gives None for",
    ),
    "cost of pairs for masses without labels": (
        lambda: divergences.emd([1.0], {"b": 1.0}, distance),
        "`p` has no labels",
    ),
    "other columns": (
        lambda: sampled.emd(pd.DataFrame({"u": [1.0]}), pd.DataFrame({"v": [1.0]})),
        "only `x` has 'u' and only `y` has 'v'",
    ),
    "list of labelled objects": (
        lambda: divergences.kl([P, Q], [P, Q]),
        r"pandas.DataFrame\(p\).fillna\(0\)",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_labels_that_cannot_be_aligned_are_refused_with_the_remedy(case):
    call, message = REFUSALS[case]
    with pytest.raises(DistributionError, match=message):
        call()


def test_the_remedy_for_a_list_of_series_runs():
    p = [P, P.sort_index(ascending=False)]
    frame = pd.DataFrame(p).fillna(0)
    assert divergences.kl(frame, frame).tolist() == [0.0, 0.0]


def test_numbers_of_other_kinds_are_values_of_a_mapping():
    p = {"a": Fraction(1, 4), "b": Fraction(3, 4)}
    assert divergences.kl(p, {"b": 0.75, "a": 0.25}) == 0


def test_bins_that_overlap_without_being_equal_are_refused():
    x = pd.Series([1.0, 2, 3, 4, 5])
    p = pd.cut(x, [0, 2, 4, 6]).value_counts(normalize=True)
    q = pd.cut(x, [0, 3, 6]).value_counts(normalize=True)
    with pytest.raises(DistributionError, match="overlap without being equal"):
        divergences.js(p, q)
    assert divergences.js(p, pd.cut(x, [0, 2, 4]).value_counts(normalize=True)) > 0
