"""Containers other than arrays and lists: taken, or refused in one line with the remedy."""

import collections
import datetime
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
import torch

import divergences
from divergences import DistributionError, emd, kl, sampled

P, Q = [0.25, 0.75], [0.5, 0.5]
TAKEN = {
    "tuple": (0.25, 0.75),
    "iterator": lambda: iter(P),
    "generator": lambda: (x for x in P),
    "mapping's values": lambda: {"a": 0.25, "b": 0.75}.values(),
    "Fraction": [Fraction(1, 4), Fraction(3, 4)],
    "Decimal": [Decimal("0.25"), Decimal("0.75")],
    "object array": np.array([Fraction(1, 4), 0.75], dtype=object),
    "mask of nothing": np.ma.array(P, mask=False),
    "numpy numbers": [np.float64(0.25), np.float32(0.75)],
    "big-endian": np.array(P, dtype=">f8"),
    "Series": pd.Series(P),
    "nullable Series": pd.Series(P, dtype="Float64"),
    "polars Series": pl.Series(P),
    "memory view": memoryview(np.array(P)),
    "index": pd.Index(P),
}
REFUSED = {
    "masked": (np.ma.array(P, mask=[True, False]), "1 masked entries; pass `p.compressed\\(\\)`"),
    "scipy sparse": (scipy.sparse.csr_array([P]), r"`p` is sparse; pass `p.toarray\(\)`"),
    "torch sparse": (torch.tensor(P).to_sparse(), r"`p` is sparse; pass `p.to_dense\(\)`"),
    "structured": (np.array([(0.25, 1)], dtype=[("u", float), ("v", int)]), r"p.tolist\(\)"),
    "set": ({0.25, 0.75}, "`p` is a set, which has no order"),
    "text": ("0.25, 0.75", "`p` must hold numbers, but is the text"),
    "bytes": (b"\x00\x01", "`p` must hold numbers, but is the text"),
    "texts": (["0.25", "0.75"], r"numpy.asarray\(p, dtype=float\)"),
    "None": ([0.25, None], r"1 missing values, the first `p`\[1\] = None; drop or fill them"),
    "NA": (pd.Series([0.25, None], dtype="object"), "1 missing values"),
    "complex": ([0.25 + 0j, 0.75 + 0j], r"p.real"),
    "no value": (None, "`p` must be an array, but is None"),
    "float16": (np.array(P, dtype=np.float16), r"convert it: p.astype\('float64'\)"),
    "bfloat16": (torch.tensor(P, dtype=torch.bfloat16), r"convert it: p.double\(\)"),
    "value counts": (
        pl.Series("v", list("aab")).value_counts(normalize=True),
        r"as a mapping: dict\(numpy.asarray\(p\).tolist\(\)\)",
    ),
    "huge integer": ([10**400, 1], "beyond 1.8e308"),
    "other objects": ([object(), 1.0], "is of type object"),
    "dates": (np.array(["2026-01-01"], "datetime64[D]"), r"astype\('int64'\)"),
    "no container": (3 + 4j, "real"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_container_of_numbers_is_taken(name):
    p = TAKEN[name]() if callable(TAKEN[name]) else TAKEN[name]
    assert kl(p, Q) == pytest.approx(
        kl(P, Q), rel=1e-7 if "numpy numbers" in name else 1e-15, abs=0
    )


@pytest.mark.parametrize("name", REFUSED)
def test_a_container_of_anything_else_is_refused_in_one_line(name):
    p, message = REFUSED[name]
    with pytest.raises(DistributionError, match=message) as refusal:
        kl(p, p)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["scipy sparse", "torch sparse", "texts", "value counts"])
def test_the_remedy_runs_as_it_stands(name):
    p, _ = REFUSED[name]
    with pytest.raises(DistributionError) as refusal:
        kl(p, p)
    (code,) = re.findall(
        r"p\.to\w+\(\)|numpy\.asarray\(p, dtype=float\)|dict\(.*\)", str(refusal.value)
    )
    assert np.all(np.asarray(kl(*[eval(code, {"p": p, "numpy": np})] * 2)) == 0)


TIMES = np.array(["2026-01-01T00:00", "2026-01-01T01:00"], "datetime64[m]")
LATER = TIMES + np.timedelta64(90, "s")
SAME_TIMES = {
    "numpy": LATER,
    "nanoseconds": LATER.astype("datetime64[ns]"),
    "Series": pd.Series(LATER),
    "index": pd.DatetimeIndex(LATER),
    "datetime": LATER.astype("datetime64[us]").tolist(),
    "polars": pl.Series(LATER.astype("datetime64[us]")),
    "zone": pd.Series(LATER).dt.tz_localize("UTC"),
}


@pytest.mark.parametrize("name", SAME_TIMES)
def test_times_count_in_seconds(name):
    assert sampled.emd(TIMES, SAME_TIMES[name]).value == 90.0


def test_durations_count_in_seconds():
    hours = np.array([1, 2], "timedelta64[h]")
    assert (
        sampled.emd(hours, [datetime.timedelta(hours=1), datetime.timedelta(hours=3)]).value
        == 1800
    )
    assert sampled.emd(hours, pd.Series(hours) * 2).value == 1.5 * 3600


def test_fractions_of_seconds_are_kept():
    later = LATER.astype("datetime64[ns]") + np.timedelta64(125, "ms")
    assert sampled.emd(TIMES, later).value == 90.125


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([0.0, 1.0], "`x` holds times and `y` other values"),
        (np.array([1, 2], "timedelta64[h]"), "`x` holds times and `y` durations"),
        (np.array(["2026-01-01", "NaT"], "datetime64[s]"), "`y`"),
    ],
)
def test_times_beside_anything_else_are_refused(y, message):
    with pytest.raises(DistributionError, match=message):
        sampled.emd(TIMES, y)


def test_categories_have_their_emd_under_a_cost():
    x, y = list("aab"), list("abb")
    with pytest.raises(DistributionError, match=r"divergences.emd\(") as refusal:
        sampled.emd(x, y)
    (code,) = re.findall(r"divergences\.emd\(.*\)", str(refusal.value))
    names = {"divergences": divergences, "x": x, "y": y, "cost": lambda a, b: float(a != b)}
    assert eval(code, names | {"collections": collections}) == pytest.approx(
        1 / 3, rel=1e-15, abs=0
    )
    assert emd({"a": 2, "b": 1}, {"a": 1, "b": 2}, lambda a, b: float(a != b)) > 0
