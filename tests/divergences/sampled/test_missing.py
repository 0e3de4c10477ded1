"""Missing entries: refused with a remedy that runs, or dropped, counted and never imputed."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from divergences import DistributionError, sampled

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(60, 2)), RNG.normal(size=(50, 2))
X[3, 1] = X[7] = np.nan
COMPLETE = np.delete(X, [3, 7], axis=0)
NOTE = "2 of 60 rows of x and 0 of 50 rows of y have missing entries and are left out."
QUICK = {"method": "knn"}
FUNCTIONS = {
    "kl": lambda x, y, **options: sampled.kl(x, y, **QUICK, **options),
    "reverse_kl": lambda x, y, **options: sampled.reverse_kl(x, y, **QUICK, **options),
    "js": lambda x, y, **options: sampled.js(x, y, **QUICK, **options),
    "emd": sampled.emd,
    "compare": lambda x, y, **options: sampled.compare(x, y, **QUICK, **options).emd,
}
CONTAINERS = {
    "array": (X, Y),
    "lists": (X.tolist(), Y.tolist()),
    "lists with None": ([[None if v != v else v for v in row] for row in X.tolist()], Y),
    "iterator": (iter(X.tolist()), Y.tolist()),
    "masked array": (np.ma.masked_array(np.nan_to_num(X), np.isnan(X)), Y),
    "masked array with NaN": (np.ma.masked_array(X, np.isnan(X) & [True, False]), Y),
    "float32": (X.astype(np.float32), Y.astype(np.float32)),
    "tensor": (torch.tensor(X), torch.tensor(Y)),
    "pandas": (pd.DataFrame(X, columns=["a", "b"]), pd.DataFrame(Y, columns=["a", "b"])),
    "pandas with NA": (
        pd.DataFrame(X, columns=["a", "b"]).convert_dtypes(),
        pd.DataFrame(Y, columns=["a", "b"]),
    ),
    "polars with null": (
        pl.DataFrame(X, ["a", "b"]).fill_nan(None),
        pl.DataFrame(Y, ["a", "b"]),
    ),
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_dropping_gives_the_estimate_of_the_complete_rows_and_a_note(function):
    found, expected = function(X, Y, missing="drop"), function(COMPLETE, Y)
    assert (found.value, found.n, found.m) == (expected.value, 58, 50)
    assert found.notes == (*expected.notes, NOTE)


@pytest.mark.parametrize("samples", CONTAINERS.values(), ids=CONTAINERS)
def test_missing_entries_of_every_container_are_dropped(samples):
    found = sampled.emd(*samples, missing="drop")
    assert float(found.value) == pytest.approx(float(sampled.emd(COMPLETE, Y).value), rel=1e-6)
    assert found.notes == (NOTE,)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_remedy_of_the_refusal_runs(name):
    with pytest.raises(
        DistributionError,
        match=r"`x` must be .* 2 of its 60 rows have missing .*: rows 3, 7; drop them: ",
    ) as refusal:
        FUNCTIONS[name](X, Y)
    (remedy,) = re.findall(r'missing="\w+"', str(refusal.value))
    assert eval(f"f(X, Y, {remedy})", {"f": FUNCTIONS[name], "X": X, "Y": Y}).notes[-1] == NOTE


@given(
    st.lists(st.booleans(), min_size=4, max_size=12).filter(lambda kept: sum(kept) > 1),
    st.integers(0, 2**32 - 1),
)
def test_rows_are_dropped_with_their_weights(kept, seed):
    rng, mask = np.random.default_rng(seed), np.array(kept)
    x, weights = rng.normal(size=len(kept)), rng.random(len(kept)) + 0.1
    holed = np.where(mask, x, np.nan)
    found = sampled.emd(holed, Y[:, 0], x_weights=weights, missing="drop")
    assert found.value == sampled.emd(x[mask], Y[:, 0], x_weights=weights[mask]).value
    holed = np.where(mask, weights, np.nan)
    found = sampled.emd(x, Y[:, 0], x_weights=holed, missing="drop")
    assert found.value == sampled.emd(x[mask], Y[:, 0], x_weights=weights[mask]).value


def test_a_gradient_passes_to_the_complete_rows():
    x = torch.tensor(X[:8], requires_grad=True)
    sampled.emd(x, torch.tensor(Y), missing="drop").value.backward()
    assert torch.all((x.grad != 0).any(dim=1) == ~torch.isnan(x).any(dim=1))


def test_the_arguments_are_left_unchanged():
    frame = pd.DataFrame(X, columns=["a", "b"])
    before = frame.copy()
    sampled.emd(frame, Y, missing="drop")
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        ([np.nan, np.nan], {"missing": "drop"}, r"`x` has missing entries in each of its 2 rows"),
        (
            [1.0, np.inf],
            {"missing": "drop"},
            r"`x` must be finite, but 1 of its 2 rows has .* row 1; drop",
        ),
        ([1.0, 2.0], {"missing": "ignore"}, r"`missing` must be .*refuse.*drop"),
        (
            [1.0, 2.0],
            {"x_weights": [1.0, np.nan]},
            r"`x_weights` .* 1 of its 2 rows has missing entries \(NaN\): row 1; drop them: ",
        ),
        ([1.0, np.nan], {"x_weights": [1.0]}, r"`x` .*|`x_weights` must have one entry per point"),
    ],
)
def test_invalid_input_is_refused(x, options, message):
    with pytest.raises(DistributionError, match=message):
        sampled.emd(x, [0.0, 1.0], **options)
