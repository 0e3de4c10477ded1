"""Tables: containers and types of columns, missing values, and refusals whose remedies run."""

import datetime
import re
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from divergences import DistributionError
from divergences.sampled import compare_columns

NAN = float("nan")
DATA = {"age": [20, 30, 40, 50], "city": ["Rome", "Oslo", None, "Rome"]}
REFERENCE = compare_columns(DATA, {"age": [20, 35], "city": ["Rome", "Rome"]}).as_dict()


@pytest.mark.parametrize(
    "convert",
    [
        pd.DataFrame,
        pl.DataFrame,
        pl.LazyFrame,
        lambda data: pd.DataFrame(data).astype({"age": "Int64", "city": "category"}),
        lambda data: pl.DataFrame(data).with_columns(pl.col("city").cast(pl.Categorical)),
        lambda data: pd.DataFrame(data, dtype=object),
        lambda data: {k: np.array(v) for k, v in data.items()},
        lambda data: {k: tuple(v) for k, v in data.items()},
        lambda data: {k: pd.Series(v, index=range(5, 5 + len(v))) for k, v in data.items()},
        lambda data: {"age": torch.tensor(data["age"]), "city": data["city"]},
        lambda data: (
            {"age": range(20, 60, 10) if len(data["age"]) == 4 else [20, 35]}
            | {"city": data["city"]}
        ),
        lambda data: np.array(
            list(zip(*data.values(), strict=True)), dtype=[("age", "f4"), ("city", "O")]
        ),
        lambda data: {"age": [*map(Fraction, data["age"])], "city": data["city"]},
        lambda data: {"age": [*map(Decimal, data["age"])], "city": data["city"]},
        lambda data: pd.DataFrame(data)[["city", "age"]],
    ],
)
def test_tables_of_every_container_give_the_same(convert):
    x, y = convert(DATA), convert({"age": [20, 35], "city": ["Rome", "Rome"]})
    assert compare_columns(x, y).as_dict() == REFERENCE


@pytest.mark.parametrize(
    "column",
    [
        [1.0, None, 2.0],
        np.array([1.0, NAN, 2.0]),
        np.ma.array([1.0, 5.0, 2.0], mask=[0, 1, 0]),
        pd.Series([1, None, 2]),
        pd.Series([1, None, 2], dtype="Int64"),
        pd.Series([1, pd.NA, 2], dtype=object),
        pd.Series([1, pd.NaT, 2], dtype=object),
        pl.Series([1, None, 2]),
        [1, Decimal("NaN"), Fraction(2)],
        [1, Decimal("sNaN"), Fraction(2)],
        [True, np.float64("nan"), 2],
    ],
)
def test_missing_numbers_of_every_kind_are_missing(column):
    comparison = compare_columns({"a": column}, {"a": [1, 2]})["a"]
    assert comparison.kind == "numeric"
    assert comparison.x_missing == 1 / 3
    assert comparison.emd == 0


@pytest.mark.parametrize(
    "column",
    [
        ["u", None, "v"],
        ["u", NAN, "v"],
        pd.Series(["u", None, "v"]),
        pd.Series(["u", pd.NA, "v"], dtype=object),
        pd.Series(["u", None, "v"], dtype="category"),
        pd.Categorical(["u", None, "v"]),
        pl.Series(["u", None, "v"]),
        pl.Series(["u", None, "v"], dtype=pl.Categorical),
    ],
)
def test_missing_words_of_every_kind_are_missing(column):
    comparison = compare_columns({"a": column}, {"a": ["u", "v"]})["a"]
    assert comparison.kind == "categorical"
    assert (comparison.x_missing, comparison.outcomes) == (1 / 3, ("u", "v", "(missing)"))


@pytest.mark.parametrize(
    "column",
    [
        [True, False, None],
        np.array([True, False, False]),
        pd.Series([True, False, None], dtype="boolean"),
        pl.Series([True, False, None]),
        np.array(["True", "False", "False"]),
        np.array(["True", "False"], dtype=np.dtypes.StringDType()),
    ],
)
def test_truth_values_and_text_are_categories(column):
    comparison = compare_columns({"a": column}, {"a": column})["a"]
    assert (comparison.kind, comparison.emd) == ("categorical", None)
    assert set(comparison.outcomes) - {"(missing)"} == {"True", "False"}


def test_categories_that_are_numbers_are_categories():
    column = compare_columns({"a": pd.Categorical([1, 2, 2])}, {"a": pd.Categorical([2.0])})["a"]
    assert (column.kind, column.outcomes) == ("categorical", ("2", "1"))


def test_categories_and_truth_values_are_categories_of_the_same_text():
    x, y = {"a": pd.Categorical([True, False])}, {"a": [True, True]}
    column = compare_columns(x, y)["a"]
    assert (column.kind, column.outcomes) == ("categorical", ("True", "False"))


def test_truth_values_beside_numbers_are_numbers():
    column = compare_columns({"a": [True, False]}, {"a": [0, 1, 2, 3]})["a"]
    assert (column.kind, column.emd) == ("numeric", 1.0)


DAYS = ["2024-01-01", "2024-01-02", "2024-01-04"]


@pytest.mark.parametrize(
    "column",
    [
        np.array(DAYS, "datetime64[D]"),
        pd.to_datetime(pd.Series(DAYS)),
        pd.to_datetime(pd.Series(DAYS)).dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"),
        pl.Series(DAYS).str.to_date(),
        pl.Series(DAYS).str.to_datetime(),
        [datetime.date.fromisoformat(day) for day in DAYS],
        [datetime.datetime.fromisoformat(f"{day}T02:00+02:00") for day in DAYS],
        [*(pd.Timestamp(day) for day in DAYS), pd.NaT],
        [*(np.datetime64(day) for day in DAYS), None],
    ],
)
def test_times_are_days(column):
    later = np.array(DAYS, "datetime64[h]") + np.timedelta64(36, "h")
    comparison = compare_columns({"a": column}, {"a": later})["a"]
    assert (comparison.kind, comparison.unit) == ("numeric", "days")
    assert comparison.emd == pytest.approx(1.5)
    assert comparison.outcomes[0] in ("<= 2024-01-01", "< 2024-01-01")


def test_durations_are_seconds():
    x = [datetime.timedelta(minutes=1), datetime.timedelta(minutes=2), None]
    column = compare_columns({"a": x}, {"a": np.array([120, 180], "timedelta64[s]")})["a"]
    assert (column.unit, column.emd) == ("s", 60.0)


def test_pandas_and_polars_are_not_imported():
    code = (
        "import sys; from divergences.sampled import compare_columns; "
        "print(compare_columns({'a': [1, None], 'b': ['u', 'v']}, {'a': [1], 'b': ['u']})); "
        "assert not {'pandas', 'polars', 'xarray', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


REFUSED = {
    "`x` must have columns with names, as a frame .* but is of type list; sampled.compare": (
        [1, 2],
        {"a": [1]},
    ),
    "`x` must have columns, but has none": ({}, {"a": [1]}),
    "`y` must have rows, but is empty": ({"a": [1]}, {"a": []}),
    "`x` must have columns of one length, but 'a' has 2 rows and 'b' has 1": (
        {"a": [1, 2], "b": [1]},
        {"a": [1]},
    ),
    r"`x` and `y` must have columns in common, but `x` has 'a' and `y` has 'b'; rename": (
        {"a": [1]},
        {"b": [1]},
    ),
    r"`x`\['a'\] has shape \(2, 1\); pass each coordinate as a column of its own": (
        {"a": np.zeros((2, 1))},
        {"a": [1]},
    ),
    "column 'a' must hold values of one type, but holds times in `x` and numbers in `y`": (
        {"a": np.array(["2024-01-01"], "datetime64[D]")},
        {"a": [1]},
    ),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_is_no_table_is_refused(message):
    with pytest.raises(DistributionError, match=message):
        compare_columns(*REFUSED[message])


def run_remedy(message, x, y):
    """Results of the comparison after the code at the end of a message was run."""
    code = re.split(r": (?=[a-z]+(?:=|\(|\.| =|\[))", message)[-1]
    scope = {"x": x, "y": y, "numpy": np, "pandas": pd, "compare_columns": compare_columns}
    if code.startswith("categorical="):
        return eval(f"compare_columns(x, y, {code})", scope)
    if re.match(r"[xy](\[.*?\])? = ", code):
        exec(code, scope)
        return compare_columns(scope["x"], scope["y"])
    return compare_columns(eval(code, scope), y)


def repeated():
    frame = pd.DataFrame([[1, 2, 3], [4, 5, 6]])
    frame.columns = ["a", "a", "b"]
    return frame


REMEDIES = {
    "rows and columns": (np.ones((3, 2)), {0: [1.0], 1: [1.0]}, "number them"),
    "Series": (pd.Series([1, 2], name="a"), {"a": [1]}, "make it a frame"),
    "polars Series": (pl.Series("a", [1, 2]), {"a": [1]}, "make it a frame"),
    "repeated": (repeated(), {"a": [1], "b": [3]}, "has 2 columns named 'a'; keep the first"),
    "mixed": ({"a": [1, "u", None]}, {"a": [1]}, "'1' of type int in row 0 and 'u' of type str"),
    "one type each": ({"a": [1.0]}, {"a": ["1"]}, "holds numbers in `x` and text in `y`"),
    "complex": ({"a": np.array([1j])}, {"a": [1j]}, "but holds values of type complex; convert"),
    "dicts": ({"a": [1]}, {"a": [{}]}, "column 'a' of `y` must hold .* holds values of type dict"),
    "intervals": (
        pd.DataFrame({"a": pd.interval_range(0, 3)}),
        pd.DataFrame({"a": pd.interval_range(0, 2)}),
        "holds values of type Interval",
    ),
    "beyond floats": ({"a": [10**400]}, {"a": [1]}, "has numbers beyond 1.8e308"),
    "records": ([{"a": 1}, {"a": 2}], {"a": [1]}, "is of type list; make it a frame"),
    "infinite, mapping": (
        {"a": np.array([1, np.inf, -np.inf])},
        {"a": [1]},
        "infinite in rows 1, 2, counted from 0",
    ),
    "infinite, pandas": (pd.DataFrame({"a": [1, np.inf]}), {"a": [1]}, "infinite in row 1"),
    "infinite, polars": (pl.DataFrame({"a": [1.0, np.inf]}), {"a": [1]}, "infinite in row 1"),
    "missing, mapping": ({"a": [None], "b": [1]}, {"a": [NAN], "b": [1]}, "missing values only"),
    "missing, pandas": (
        pd.DataFrame({"a": [None], "b": [1]}),
        pd.DataFrame({"a": [None], "b": [1]}),
        "missing values only",
    ),
    "missing, polars": (
        pl.DataFrame({"a": [None], "b": [1]}),
        {"a": [None], "b": [1]},
        "missing values only",
    ),
}


@pytest.mark.parametrize("case", REMEDIES)
def test_the_remedy_of_a_refusal_runs(case):
    x, y, message = REMEDIES[case]
    with pytest.raises(DistributionError, match=message) as refusal:
        compare_columns(x, y)
    assert len(run_remedy(str(refusal.value), x, y)) >= 1
