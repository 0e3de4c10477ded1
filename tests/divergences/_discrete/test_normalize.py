"""Probabilities from counts: of every kind of object, in that kind, and as the remedies say."""

import re
from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.special
import torch
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import divergences
from divergences import DistributionError, log_space, normalize

COUNTS = hnp.arrays(np.int64, st.integers(1, 20), elements=st.integers(0, 10**9)).filter(np.any)


@given(COUNTS, st.sampled_from([0.0, 0.5, 1.0]))
def test_the_shares_are_those_of_the_counts_and_sum_to_1(counts, pseudocount):
    p = normalize(counts, pseudocount=pseudocount)
    right = [(int(c) + pseudocount) for c in counts]
    assert p == pytest.approx([c / sum(right) for c in right], rel=1e-15, abs=0)
    assert abs(p.sum() - 1) <= 1e-15 * len(p)
    assert divergences.kl(p, p) == 0


@given(COUNTS, st.integers(-900, 900))
def test_the_unit_of_mass_does_not_matter(counts, exponent):
    scaled = np.ldexp(counts.astype(float), exponent)
    assert normalize(scaled) == pytest.approx(normalize(counts), rel=1e-15, abs=1e-300)


def test_every_kind_of_object_comes_back_in_its_kind():
    counts = {"a": 3, "b": 1}
    assert normalize(counts) == {"a": 0.75, "b": 0.25}
    assert normalize(Counter("aaab")) == {"a": 0.75, "b": 0.25}
    series = pd.Series(counts, name="count")
    assert normalize(series).equals(pd.Series({"a": 0.75, "b": 0.25}, name="count"))
    frame = pd.DataFrame([[3, 1], [0, 2]], columns=["a", "b"], index=["r", "s"])
    assert normalize(frame).equals(frame.div(frame.sum(axis=1), axis=0))
    assert normalize(frame, axis=0).equals(frame / frame.sum())
    assert normalize(pl.DataFrame({"a": [3], "b": [1]})).rows() == [(0.75, 0.25)]
    assert normalize(pl.Series("s", [3, 1])).to_list() == [0.75, 0.25]
    array = xr.DataArray([3, 1], dims="k", coords={"k": ["a", "b"]})
    assert normalize(array).equals(xr.DataArray([0.75, 0.25], dims="k", coords={"k": ["a", "b"]}))
    assert isinstance(normalize([3, 1]), np.ndarray)
    assert normalize(torch.tensor([3, 1])).tolist() == [0.75, 0.25]
    assert normalize(np.array([3, 1], np.float32)).dtype == np.float32
    with jax.enable_x64(True):
        assert normalize(jnp.array([3, 1])).tolist() == [0.75, 0.25]


def test_torch_carries_gradients():
    counts = torch.tensor([3.0, 1.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(normalize, (counts,))


@pytest.mark.parametrize(
    ("counts", "options", "message"),
    [
        ([[1, 2], [0, 0]], {}, "hold some mass, .* pass pseudocount=1"),
        ([1, -1], {}, r"`counts`\[1\] = -1.0 is negative"),
        ([1, np.nan], {}, r"`counts`\[1\] = nan is not finite"),
        ([1, 2], {"pseudocount": -1}, "`pseudocount` must be a finite number of at least 0"),
        ([1, 2], {"pseudocount": "1"}, "`pseudocount` must be a finite number of at least 0"),
        ([1, 2], {"axis": 1}, r"`axis` is 1, but `counts` has shape \(2,\)"),
        ({}, {}, "must not be empty"),
        ({"a": "many"}, {}, r"`counts`"),
    ],
)
def test_what_is_no_count_is_refused(counts, options, message):
    with pytest.raises(DistributionError, match=message):
        normalize(counts, **options)


def test_a_pseudocount_mends_an_empty_vector():
    assert normalize([[1, 1], [0, 0]], pseudocount=1).tolist() == [[0.5, 0.5], [0.5, 0.5]]


SINGLE = np.full(1000, 0.001, np.float32)  # of total 1 + 4.7e-8
SLIPS = {
    "list": [2, 3],
    "nested list": [[2, 3], [1, 1]],
    "array": np.array([2.0, 3.0]),
    "mapping": {"a": 2, "b": 3},
    "Counter": Counter("aabbb"),
    "Series": pd.Series([2, 3], index=["a", "b"]),
    "frame": pd.DataFrame([[2, 3]], columns=["a", "b"]),
    "polars": pl.DataFrame({"a": [2.0], "b": [3.0]}),
    "tensor": torch.tensor([2.0, 3.0]),
    "histogram of two axes": np.full((2, 2), 0.25),
    "nested histogram of two axes": [[0.25, 0.25], [0.25, 0.25]],
    "tensor of two axes": torch.full((2, 2), 0.25),
    "float64 copy of float32": SINGLE.astype(np.float64),
}


def code_of(message):
    """The expression that a message advises."""
    (code,) = re.findall(
        r"((?:divergences\.normalize|numpy\.ravel)\([^;]*?\)|\bp\.ravel\(\))", message
    )[:1]
    return code


@pytest.mark.parametrize("slip", SLIPS)
def test_the_remedy_for_a_total_runs_as_it_stands(slip):
    p = SLIPS[slip]
    with pytest.raises(DistributionError, match="must sum to 1") as refusal:
        divergences.kl(p, p)
    mended = eval(code_of(str(refusal.value)), {"p": p, "divergences": divergences, "numpy": np})
    assert np.all(np.asarray(divergences.js(mended, mended)) == 0)


@pytest.mark.parametrize("kind", [np.array, torch.tensor])
def test_the_remedy_for_log_probabilities_runs_as_it_stands(kind):
    log_p = kind([0.0, -1.0])
    with pytest.raises(DistributionError, match="must sum to 1") as refusal:
        log_space.kl(log_p, log_p)
    code = re.search(r"normalize it, (.*)$", str(refusal.value)).group(1)
    mended = eval(code, {"log_p": log_p, "scipy": scipy})
    assert log_space.kl(mended, mended) == 0


@pytest.mark.parametrize(
    ("p", "message"),
    [
        (np.log([0.5, 0.5]), "holds log-probabilities: use .* divergences.log_space"),
        (torch.tensor([2.0, 3.0]).log_softmax(0), "holds log-probabilities"),
        ([1.5, -0.3, 2.2], "if its entries are measurements, .* divergences.sampled"),
        ([1.5, 0.3, 2.2], "if its entries are measurements, .* divergences.sampled"),
        ([2, 3], r"normalize it, divergences.normalize\(p\)$"),
        (SINGLE.astype(np.float64), "float64 copy of float32"),
        (np.full((2, 2), 0.25), r"together sum to 1: .* numpy.ravel\(p\)"),
    ],
)
def test_the_usual_slips_are_recognized(p, message):
    with pytest.raises(DistributionError, match=message):
        divergences.kl(p, p)


def test_a_lazy_frame_gives_a_frame_of_its_columns():
    lazy = pl.DataFrame({"a": [1.0, 2.0], "b": [3.0, 2.0]}).lazy()
    assert divergences.normalize(lazy).to_dict(as_series=False) == {
        "a": [0.25, 0.5],
        "b": [0.75, 0.5],
    }
