"""Categorical samples: KL and JS from their counts, of texts and categories of every library."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from divergences import DistributionError, sampled

rng = np.random.default_rng(0)
X, Y = (rng.choice(list("abcd"), 400, p=p).tolist() for p in ([0.4, 0.3, 0.2, 0.1], [0.25] * 4))
CODES = [["abcd".index(v) for v in sample] for sample in (X, Y)]
KINDS = {
    "list": list,
    "numpy": np.array,
    "objects": lambda v: np.array(v, dtype=object),
    "Series": pd.Series,
    "Categorical": pd.Categorical,
    "categorical Series": lambda v: pd.Series(v, dtype="category"),
    "polars": pl.Series,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["kl", "js", "reverse_kl"])
def test_categories_are_counted_as_whole_numbers_are(name, kind):
    function = getattr(sampled, name)
    estimate, right = function(KINDS[kind](X), KINDS[kind](Y)), function(*CODES)
    assert (estimate.value, estimate.low, estimate.high) == (right.value, right.low, right.high)


def test_few_categories_of_few_points_are_counted_too():
    assert sampled.js(["a", "b"], ["c", "d"]).value == pytest.approx(np.log(2))
    assert sampled.js(["a", "b"], ["b", "a"]).value == 0


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (["a", "b"], [1.0, 2.0], "`y` must hold categories as the other sample does"),
        ([["a", "b"]], ["a"], "`x`"),
        (np.array([["a"], ["b"]]), ["a"], "`x` must be one column of categories"),
        (["a", None], ["a"], r"1 of its 2 rows has missing entries .* missing=\"drop\""),
    ],
)
def test_samples_that_are_not_both_categorical_are_refused(x, y, message):
    with pytest.raises(DistributionError, match=message):
        sampled.js(x, y)


def test_missing_categories_are_dropped_when_asked():
    estimate = sampled.js(["a", None, "b"], ["a", "b"], missing="drop")
    assert estimate.value == 0
    assert (estimate.n, estimate.m) == (2, 2)
