"""Columns by name of pandas and polars frames, mappings and structured arrays."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import array_api_compat
import numpy as np

from divergences._checks.arrays import numpy_values
from divergences.errors import DistributionError

Container = Literal["pandas", "polars", "mapping", "file"]


@dataclass(frozen=True, slots=True)
class Frame:
    """Columns of a table by name.

    Attributes:
        name: The argument, or the file, in messages.
        columns: One-dimensional array of each column.
        container: The kind of object, which remedies depend on.
    """

    name: str
    columns: Mapping[Any, Any]
    container: Container

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values())))

    @property
    def label(self) -> str:
        """Name in a message: in backticks, if it is an argument."""
        return self.name if self.container == "file" else f"`{self.name}`"


def frame(name: str, value: Any, /) -> Frame:
    """Columns of an argument by name.

    Args:
        name: The argument, in messages.
        value: A pandas or polars DataFrame, a mapping of names to columns, or a structured array.

    Returns:
        The columns, all of the same length, at least 1.

    Raises:
        DistributionError: If it is none of these, has no columns or no rows, columns of different
            lengths, or two columns of the same name.
    """
    if hasattr(value, "collect") and hasattr(value, "collect_schema"):  # a polars LazyFrame
        value = value.collect()
    names, container = _column_names(name, value)
    repeated = next((label for label in names if names.count(label) > 1), None)
    if repeated is not None:
        raise DistributionError(
            f"`{name}` must have each column once, but has {names.count(repeated)} columns named "
            f"{repeated!r}; keep the first: "
            f"{name} = {name}.loc[:, ~{name}.columns.duplicated()]"
        )
    columns = {label: _array(name, label, value[label]) for label in names}
    return _validated(Frame(name, columns, container))


def _column_names(name: str, value: Any) -> tuple[list[Hashable], Container]:
    """Names of the columns, and the kind of container."""
    if isinstance(value, Mapping):
        return list(value), "mapping"
    if isinstance(value, np.ndarray) and value.dtype.names is not None:
        return list(value.dtype.names), "mapping"
    if hasattr(value, "columns") and hasattr(value, "__getitem__"):
        root = type(value).__module__.partition(".")[0]
        return list(value.columns), "polars" if root == "polars" else "pandas"
    if getattr(value, "ndim", None) == 2 and array_api_compat.is_array_api_obj(value):
        remedy = f"; number them: dict(enumerate({name}.T))"
    elif isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value):
        remedy = f"; make it a frame: pandas.DataFrame({name})"
    elif hasattr(value, "to_frame"):
        remedy = f"; make it a frame: {name}.to_frame()"
    elif hasattr(value, "to_pandas"):
        remedy = f"; convert it: {name}.to_pandas()"
    else:
        remedy = "; sampled.compare compares two arrays of points"
    raise DistributionError(
        f"`{name}` must have columns with names, as a frame of pandas or polars or a mapping of "
        f"names to columns, but is of type {type(value).__name__}{remedy}"
    )


def _array(name: str, label: Hashable, column: Any) -> Any:
    """One column as a numpy array.

    Returns:
        The values, shape ``(n,)``; NaN, NaT or None where one is missing.

    Raises:
        DistributionError: If it is not one-dimensional.
    """
    array = _plain(column)
    if array.ndim == 1:
        return array
    raise DistributionError(
        f"`{name}` must have columns with one entry per row, but `{name}`[{label!r}] has shape "
        f"{array.shape}; pass each coordinate as a column of its own"
    )


def _plain(column: Any) -> Any:
    """Values of a column as a numpy array."""
    if isinstance(column, np.ma.MaskedArray):
        objects = np.ma.getdata(column).astype(object)
        objects[np.ma.getmaskarray(column)] = None
        return objects
    dtype = getattr(column, "dtype", None)
    if type(dtype).__name__ == "CategoricalDtype" or type(column).__name__ == "Categorical":
        return _of_categorical(getattr(column, "cat", column))
    if hasattr(column, "to_numpy"):
        return _of_series(column, str(dtype), getattr(dtype, "kind", "O"))
    if array_api_compat.is_array_api_obj(column):
        return numpy_values(column)
    if isinstance(column, list | tuple | range):
        return _of_list(list(column))
    return np.asarray(column)


def _of_categorical(categorical: Any) -> Any:
    """Text of the category of each row, also if categories are numbers."""
    labels = np.array([*map(category_text, categorical.categories), None], object)
    return labels[np.asarray(categorical.codes)]  # the code of what is missing is -1


def category_text(value: Any, /) -> str:
    """Text of a category: numbers that are whole without a decimal point."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _of_series(series: Any, dtype: str, kind: str) -> Any:
    """Values of a Series: nullable numbers as floats, times of any zone in UTC."""
    if dtype.startswith("datetime64[") and "," in dtype:
        return series.to_numpy(dtype=f"{dtype.split(',')[0]}]")
    array = series.to_numpy()
    if array.dtype.kind == "O" and kind in "iuf":
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    return array


def _of_list(values: list[Any]) -> Any:
    """Array of a list without conversion of types: 1 in a list with "a" does not become "1"."""
    if {type(value) for value in values} <= {int, float} and values:
        return np.array(values)
    return np.array([*values, None], object)[:-1]


def _validated(table: Frame) -> Frame:
    """A table with columns and rows, all columns of the same length."""
    lengths = {label: len(column) for label, column in table.columns.items()}
    if not lengths:
        raise DistributionError(f"{table.label} must have columns, but has none")
    if len(set(lengths.values())) > 1:
        first, other = next(iter(lengths)), max(lengths, key=lambda k: lengths[k] != table.n_rows)
        raise DistributionError(
            f"{table.label} must have columns of one length, but {first!r} has {lengths[first]} "
            f"rows and {other!r} has {lengths[other]}"
        )
    if table.n_rows == 0:
        raise DistributionError(f"{table.label} must have rows, but is empty")
    return table
