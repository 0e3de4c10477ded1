"""Rows that are not finite: one message in every function, whose remedy runs."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
import xarray as xr

from divergences import DistributionError, sampled

ROWS = np.array([
    [0.0, 1.0],
    [np.nan, 1.0],
    [2.0, np.inf],
    [3.0, 0.0],
    [-np.inf, 0.0],
    [np.nan, 2.0],
])
SAMPLES = {
    "array": ROWS,
    "nested lists": ROWS.tolist(),
    "tensor": torch.as_tensor(ROWS),
    "pandas frame": pd.DataFrame(ROWS, columns=["u", "v"]),
    "polars frame": pl.DataFrame(ROWS, schema=["u", "v"]),
    "xarray": xr.DataArray(ROWS),
    "vector": ROWS[:, 0],
    "list": ROWS[:, 0].tolist(),
    "tensor of one axis": torch.as_tensor(ROWS[:, 0]),
    "pandas series": pd.Series(ROWS[:, 0]),
    "pandas series without infinity": pd.Series([0.0, np.nan, 2.0, np.nan, np.nan, np.nan]),
    "pandas times": pd.Series(
        pd.to_datetime(["2026-01-01", None, "2026-01-02", None, None, None])
    ),
    "polars series": pl.Series(ROWS[:, 0]),
    "polars nulls": pl.Series([0.0, None, 2.0, None, None, None]),
}
ROWS_OF_ONE_COLUMN = ("vector", "list", "tensor of one axis", "pandas series", "polars series")
FUNCTIONS = [
    sampled.emd,
    sampled.transport,
    sampled.js,
    sampled.kl,
    sampled.permutation_test,
    sampled.compare,
]


def remedy(message):
    return message[message.index("drop them: ") + len("drop them: ") :]


@pytest.mark.parametrize("case", SAMPLES)
def test_the_remedy_of_rows_that_are_not_finite_runs_as_it_stands(case):
    x = SAMPLES[case]
    with pytest.raises(
        DistributionError, match=r"`x` must be finite, but \d of its 6 rows"
    ) as error:
        sampled.transport(x, x)
    names = {"x": x, "numpy": np, "polars": pl}
    finite = eval(remedy(str(error.value)), names)
    assert len(finite) == (3 if case in ROWS_OF_ONE_COLUMN else 2)
    assert sampled.transport(finite, finite).cost == 0
    assert type(finite) is (np.ndarray if isinstance(x, list) else type(x))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_names_the_number_and_the_first_rows_and_the_remedy(function):
    good, bad = np.arange(800.0).reshape(400, 2), np.arange(800.0).reshape(400, 2)
    bad[[300, 301, 302, 399], [0, 1, 0, 1]] = np.inf
    message = (
        "must be finite, but 4 of its 400 rows have NaN or infinite entries: rows 300, 301, 302 "
        "and 1 more; drop them: "
    )
    for name, pair in (("x", (bad, good)), ("y", (good, bad))):
        code = f"{name}[numpy.isfinite({name}).all(axis=1)]"
        with pytest.raises(DistributionError, match=re.escape(f"`{name}` {message}{code}")):
            function(*pair)


def test_one_row_is_named_in_the_singular():
    with pytest.raises(
        DistributionError, match="1 of its 2 rows has NaN or infinite entries: row 1;"
    ):
        sampled.emd([0.0, 1.0], [0.0, np.inf])


def test_a_sample_without_a_finite_row_is_not_told_to_drop_all():
    with pytest.raises(DistributionError, match="rows 0, 1; no row is finite: fill in"):
        sampled.transport([[0.0, np.nan], [1.0, np.inf]], [[0.0, 0.0]])
