"""Hostile values: for any argument, for options, and as corruptions of a valid array."""

import collections
import datetime
import fractions
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import scipy.sparse
import torch
import xarray as xr
from numpy.random import Generator

HUGE_INTEGER = 10**400
SPECIAL_NUMBERS = (math.nan, math.inf, -math.inf, -1.0, 5e-324, 1e-310, 1e308, -0.0, 2.0**53 + 2)
NUMBERS: tuple[Any, ...] = (
    *SPECIAL_NUMBERS,
    *(0, 1, -1, 2, 3, 0.5, -0.5, 1e-17, 1e17, 1 + 1e-15, 100, HUGE_INTEGER, -HUGE_INTEGER),
    *(True, False, 1 + 2j, 1j, complex("nan"), np.float32(0.5), np.float16(2), np.int8(-1)),
    *(np.uint64(2**64 - 1), np.longdouble(2), np.bool_(True), np.complex64(1), np.float64("nan")),
    *(fractions.Fraction(1, 3), fractions.Fraction(HUGE_INTEGER, 3), Decimal("0.3")),
    *(Decimal("NaN"), Decimal("sNaN"), Decimal("1e999"), np.array(2.0), np.array([2.0])),
    *(np.datetime64("NaT"), np.timedelta64(3, "s"), datetime.timedelta(1), pd.NA, pd.NaT),
)


def returns(value: Any) -> Callable[..., Any]:
    """A function of any arguments that returns one value."""
    return lambda *_, **__: value


RUBBISH_FUNCTIONS: tuple[Callable[..., Any], ...] = (
    *(returns(v) for v in (None, math.nan, math.inf, -1.0, 1.0, HUGE_INTEGER, 1j, "1", b"1")),
    *(returns(v) for v in ([], [1.0], [[1.0]], {}, {"a": 1}, (), True, [None], [1, "a"])),
    *(returns(np.array(v)) for v in (1.0, [], [math.nan], [[1.0, 2.0]], "a", None, 1j)),
    *(returns(v) for v in (torch.tensor(1.0), pd.Series([1.0]), np.ma.masked, pd.NA)),
    lambda *arguments, **_: arguments[0],
    lambda *arguments, **_: np.asarray(arguments[0])[:-1] if np.ndim(arguments[0]) else None,
    lambda *arguments, **_: np.full(np.shape(arguments[0]), np.nan),
    lambda *arguments, **_: np.full(np.shape(arguments[0]), 1j),
    lambda *arguments, **_: np.full(np.shape(arguments[0]), None),
    lambda *arguments, **_: (
        np.full((len(arguments[0]), len(arguments[-1])), -1.0)
        if all(np.ndim(a) for a in arguments)
        else -1.0
    ),
)


def anything(rng: Generator, /) -> Any:
    """A value of any type; mutable ones are made anew."""
    makers: tuple[Callable[[], Any], ...] = (
        lambda: None,
        lambda: _one_of(rng, NUMBERS),
        lambda: _one_of(rng, NUMBERS),
        lambda: _one_of(rng, RUBBISH_FUNCTIONS),
        lambda: _one_of(rng, ("", "abc", "0.5", "nan", "emd", "auto", "euclidean", "knn", "drop")),
        lambda: _one_of(rng, (b"", b"ab", bytearray(b"ab"), memoryview(b"ab"))),
        lambda: _one_of(rng, (..., NotImplemented, object(), np, ValueError("x"))),
        lambda: _container(rng),
        lambda: _container(rng),
        lambda: _array(rng),
        lambda: _array(rng),
        lambda: corrupted(rng.dirichlet(np.ones(3), 3)[: 1 + rng.integers(3)], rng),
    )
    return makers[rng.integers(len(makers))]()


def _one_of(rng: Generator, values: Sequence[Any]) -> Any:
    """One entry of a sequence."""
    return values[int(rng.integers(len(values)))]


def _container(rng: Generator) -> Any:
    """A container of Python, pandas, polars or xarray."""
    recursive: list[Any] = [1.0]
    recursive.append(recursive)
    makers: tuple[Callable[[], Any], ...] = (
        list,
        tuple,
        dict,
        set,
        lambda: [[]],
        lambda: [[1.0], [2.0, 3.0]],
        lambda: [0.5, None],
        lambda: [0.5, "0.5"],
        lambda: ["a", "b"],
        lambda: [1, 10**400],
        lambda: [0.5, 0.5j],
        lambda: recursive,
        lambda: {0.5, 0.25},
        lambda: range(3),
        lambda: range(0),
        lambda: (x / 2 for x in range(2)),
        lambda: iter([]),
        lambda: zip("ab", [1, 2], strict=True),
        lambda: {"a": 0.5, "b": 0.5},
        lambda: {"a": 0.5, 1: 0.5},
        lambda: {"a": "x"},
        lambda: {"a": [0.5, 0.5]},
        lambda: {float("nan"): 0.5, "b": 0.5},
        lambda: {("a", "b"): 1.0, ("b", "a"): 1.0},
        lambda: collections.Counter("aab"),
        lambda: collections.deque([0.5, 0.5]),
        lambda: pd.Series([0.5, 0.5]),
        lambda: pd.Series([0.5, 0.5], index=["a", "a"]),
        lambda: pd.Series([0.5, None], index=["a", "b"], dtype="Float64"),
        lambda: pd.Series(["a", None]),
        lambda: pd.Series([], dtype=float),
        lambda: pd.DataFrame({"a": [0.5, 0.5], "b": ["x", "y"]}),
        lambda: pd.DataFrame({"a": [0.5, 0.5], "b": [0.5, 0.5]}),
        pd.DataFrame,
        lambda: pd.Index([0.5, 0.5]),
        lambda: pd.Categorical(["a", "b"]),
        lambda: pd.date_range("2020-01-01", periods=3),
        lambda: pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]),
        lambda: pl.Series([0.5, 0.5]),
        lambda: pl.Series(["a", None]),
        lambda: pl.DataFrame({"a": [0.5, 0.5], "b": [0.5, None]}),
        lambda: pl.DataFrame({"a": [0.5, 0.5]}).lazy(),
        pl.DataFrame,
        lambda: xr.DataArray([0.5, 0.5], dims="k"),
        lambda: xr.Dataset({"a": ("k", [0.5, 0.5])}),
        lambda: [datetime.datetime(2020, 1, 1), None],
        lambda: [torch.tensor(0.5), torch.tensor(0.5)],
        lambda: [pd.Series([1.0]), pd.Series([1.0])],
        lambda: [np.array([0.5]), None],
        lambda: [{"a": 1.0}, {"b": 1.0}],
    )
    return makers[rng.integers(len(makers))]()


def _array(rng: Generator) -> Any:
    """An array of an unusual type or shape."""
    makers: tuple[Callable[[], Any], ...] = (
        lambda: np.array(0.5),
        lambda: np.empty(0),
        lambda: np.empty((0, 3)),
        lambda: np.empty((3, 0)),
        lambda: np.ones((1, 1, 1, 1)),
        lambda: np.zeros((2, 3)),
        lambda: np.full(3, np.nan),
        lambda: np.array([None, 1.0], dtype=object),
        lambda: np.array([[0.5, 0.5], [0.5, "a"]], dtype=object),
        lambda: np.array(["0.5", "0.5"]),
        lambda: np.array([b"a", b"b"]),
        lambda: np.array(["2020-01-01", "NaT"], dtype="datetime64[s]"),
        lambda: np.array([1, 2], dtype="timedelta64[D]"),
        lambda: np.array([(1.0, 2)], dtype=[("a", float), ("b", int)]),
        lambda: np.rec.array([(1.0, 2.0)], dtype=[("a", float), ("b", float)]),
        lambda: np.zeros(2, dtype="V8,V8"),
        lambda: np.ma.masked_invalid([0.5, 0.5, math.nan]),
        lambda: np.ma.masked_array([0.5, 0.5]),
        lambda: np.asmatrix([0.5, 0.5]),
        lambda: np.array([0.5, 0.5], dtype=np.longdouble),
        lambda: np.array([0.5, 0.5], dtype=np.float16),
        lambda: np.array([0.5, 0.5], dtype=complex),
        lambda: np.array([2**63, 2**64 - 1], dtype=np.uint64),
        lambda: np.array([2**63 - 1, -(2**63)]),
        lambda: np.array([True, False]),
        lambda: np.array([0.5, 0.5], dtype=">f8"),
        lambda: np.broadcast_to(0.5, (2,)),
        lambda: np.array([1e308, 1e308]),
        lambda: np.array([5e-324, 1.0]),
        lambda: scipy.sparse.csr_matrix([[0.5, 0.5]]),
        lambda: scipy.sparse.coo_array([[0.5, 0.5]]),
        lambda: scipy.sparse.eye_array(3),
        lambda: torch.tensor([0.5, 0.5], dtype=torch.float64),
        lambda: torch.tensor([0.5, 0.5], requires_grad=True),
        lambda: torch.tensor([0.5, math.nan], dtype=torch.float64, requires_grad=True),
        lambda: torch.tensor([-1.0, 2.0], dtype=torch.float64, requires_grad=True),
        lambda: torch.tensor([3.0, 2.0], requires_grad=True) * 2,
        lambda: torch.tensor([0.5, 0.5], dtype=torch.bfloat16),
        lambda: torch.tensor([0.5, 0.5], dtype=torch.float16, requires_grad=True),
        lambda: torch.tensor([0.5, 0.5j]),
        lambda: torch.tensor([True, False]),
        lambda: torch.tensor(0.5, requires_grad=True),
        lambda: torch.empty(0),
        lambda: torch.ones(2, device="meta"),
        lambda: torch.eye(2).to_sparse(),
        lambda: torch.eye(2).to_sparse_csr(),
        lambda: torch.nn.Parameter(torch.eye(2)),
    )
    return makers[rng.integers(len(makers))]()


def corrupted(array: Any, rng: Generator, /) -> Any:
    """A valid array with a wrong entry or shape, or in another container.

    Args:
        array: An array of numpy with at least one entry.
        rng: Source of randomness.

    Returns:
        An array, or another object with its values.
    """
    array = np.array(array, dtype=np.float64)
    if rng.random() < 0.4:
        entries = array.reshape(-1)
        entries[rng.integers(entries.size)] = _one_of(rng, SPECIAL_NUMBERS)
    elif rng.random() < 0.3:
        array = array * _one_of(rng, (0.0, 2.0, -1.0, 1e300, 1e-300, 1e308, 1 + 1e-8))
    elif rng.random() < 0.3:
        array = _reshaped(array, rng)
    return _in_another_container(array, rng)


def _reshaped(array: Any, rng: Generator) -> Any:
    """The array in another shape."""
    shapes: tuple[Callable[[], Any], ...] = (
        lambda: array[..., :-1],
        lambda: array[..., None],
        lambda: array[None],
        lambda: array.T,
        lambda: array.reshape(-1),
        lambda: np.stack([array, array]),
        lambda: array[..., :0],
        lambda: array[:0],
        lambda: np.concatenate([array, array], axis=-1),
        lambda: array[0],
        lambda: array[..., ::-1],
        lambda: np.broadcast_to(array, (3, *array.shape)),
    )
    return shapes[rng.integers(len(shapes))]() if array.size else array


def _in_another_container(array: Any, rng: Generator) -> Any:
    """The values of an array in an object of any type that could hold them."""
    makers: tuple[Callable[[], Any], ...] = (
        lambda: array,
        lambda: array,
        lambda: array,
        lambda: np.asfortranarray(array),
        lambda: array.astype(np.float32),
        lambda: array.astype(np.float16),
        lambda: array.astype(object),
        lambda: array.astype(complex),
        lambda: array.astype(str),
        lambda: array.astype(">f8"),
        lambda: array > 0.5,
        array.tolist,
        lambda: tuple(array.tolist()) if array.ndim else array,
        lambda: iter(array.tolist()) if array.ndim else array,
        lambda: [fractions.Fraction(x) for x in array.ravel() if math.isfinite(x)],
        lambda: [Decimal(x) for x in array.ravel()],
        lambda: np.ma.masked_array(array),
        lambda: np.ma.masked_array(array, rng.random(array.shape) < 0.3),
        lambda: scipy.sparse.csr_matrix(array) if 0 < array.ndim < 3 else array,
        lambda: torch.as_tensor(array.copy()),
        lambda: torch.as_tensor(array.copy()).requires_grad_(),
        lambda: torch.as_tensor(array.copy()).float().requires_grad_(),
        lambda: torch.as_tensor(array.copy()).half(),
        lambda: _pandas(array),
        lambda: _pandas(array, list("abcdefghijklmnop")),
        lambda: pl.DataFrame(array) if array.ndim == 2 else pl.Series(array.ravel()),
        lambda: xr.DataArray(array),
        lambda: dict(enumerate(array.tolist())) if array.ndim else array,
        lambda: dict(zip("abcdefghijklmnop", array.ravel().tolist(), strict=False)),
        lambda: [array] * 2,
        lambda: (array, array),
    )
    with np.errstate(over="ignore", invalid="ignore"):
        return makers[rng.integers(len(makers))]()


def _pandas(array: Any, labels: list[str] | None = None) -> Any:
    """A Series or a frame."""
    if array.ndim == 1:
        return pd.Series(array, index=labels[: len(array)] if labels else None)
    if array.ndim == 2 and array.shape[1] <= len(labels or [0] * 99):
        return pd.DataFrame(array, columns=labels[: array.shape[1]] if labels else None)
    return array
