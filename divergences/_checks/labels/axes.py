"""Labels of distributions: outcomes of mappings, pandas, polars and xarray objects, by axis."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Labels = tuple[Hashable, ...]
MAX_LISTED = 4  # labels that a message lists
MISSING_LABEL = "<missing>"  # stands for NaN, None and NA, none of which equals itself


@dataclass(frozen=True, slots=True)
class AxisLabels:
    """Labels along one axis of a labelled object.

    Attributes:
        labels: One label for each position.
        positional: Whether they are pandas' default 0, 1, 2, ..., which only count positions.
    """

    labels: Labels
    positional: bool = False


@dataclass(frozen=True, slots=True)
class LabelledArray:
    """Values of a labelled object, and the labels of each of its axes.

    Attributes:
        values: Plain values: a list, or a numpy array.
        axes: Labels of each axis; None where an axis has none.
        kind: Name of the container in messages.
    """

    values: Any
    axes: tuple[AxisLabels | None, ...]
    kind: str


def labelled_array(value: Any, /) -> LabelledArray | None:
    """Values and labels of a mapping, or of a pandas, polars or xarray object.

    No library is imported: objects are recognized by where their class is defined.

    Returns:
        The values and the labels of each axis; None for any other object.
    """
    if type(value) in (np.ndarray, list, tuple):
        return None
    if isinstance(value, Mapping):
        return LabelledArray(list(value.values()), (AxisLabels(_keys(value)),), "mapping")
    library = _library(value)
    if library in _READERS:
        return _READERS[library](value)
    return None


def _library(value: Any) -> str | None:
    """The labelled-array library whose class, or a subclass of it, an object is of."""
    for ancestor in type(value).__mro__:
        root = ancestor.__module__.partition(".")[0]
        if root in _READERS:
            return root
    return None


def _keys(labels: Any) -> Labels:
    """Labels that can be compared: a missing label equals a missing label."""
    return tuple(label if _equals_itself(label) else MISSING_LABEL for label in labels)


def _equals_itself(label: Any) -> bool:
    """Whether a label is none of NaN, NaT and NA."""
    try:
        return bool(label == label)  # NaN does not
    except (TypeError, ValueError):  # NA has no truth value
        return False


def _pandas_axis(index: Any) -> AxisLabels:
    """Labels of a pandas index."""
    default = type(index).__name__ == "RangeIndex" and index.start == 0 and index.step == 1
    return AxisLabels(_keys(index), positional=default)


def _pandas_array(value: Any) -> LabelledArray | None:
    """Values and labels of a Series or DataFrame; None for other pandas objects."""
    if hasattr(value, "columns"):
        axes = (_pandas_axis(value.index), _pandas_axis(value.columns))
        return LabelledArray(_pandas_values(value), axes, "DataFrame")
    if hasattr(value, "index") and hasattr(value, "to_numpy"):
        return LabelledArray(_pandas_values(value), (_pandas_axis(value.index),), "Series")
    return None


def _pandas_values(value: Any) -> Any:
    """Values as a numpy array; nullable columns as floats, with NaN for missing entries."""
    array = value.to_numpy()
    if array.dtype == object and _is_numeric(value):
        return value.to_numpy(dtype=np.float64, na_value=np.nan)
    return array


def _is_numeric(value: Any) -> bool:
    """Whether every column of a pandas object is of a numeric type."""
    types = value.dtypes if hasattr(value, "columns") else [value.dtype]
    return all(getattr(dtype, "kind", "O") in "biuf" for dtype in types)


def _polars_array(value: Any) -> LabelledArray | None:
    """Values of a polars frame with its column names; a polars Series has no labels."""
    if hasattr(value, "collect") and not hasattr(value, "to_numpy"):
        value = value.collect()
    if hasattr(value, "columns"):
        axes = (None, AxisLabels(tuple(value.columns)))
        return LabelledArray(value.to_numpy(), axes, "DataFrame")
    if hasattr(value, "to_numpy"):
        return LabelledArray(value.to_numpy(), (None,), "Series")
    return None


def _xarray_array(value: Any) -> LabelledArray | None:
    """Values of a DataArray, with the coordinates of each dimension that has some."""
    if not hasattr(value, "dims") or not hasattr(value, "values"):
        return None
    axes = tuple(
        AxisLabels(_keys(value.coords[dim].values.tolist())) if dim in value.coords else None
        for dim in value.dims
    )
    return LabelledArray(value.values, axes, "DataArray")


_READERS: dict[str, Callable[[Any], LabelledArray | None]] = {
    "pandas": _pandas_array,
    "polars": _polars_array,
    "xarray": _xarray_array,
}


def is_labelled(value: Any, /) -> bool:
    """Whether an object has labels that are more than positions."""
    labelled = labelled_array(value)
    return labelled is not None and any(
        axis is not None and not axis.positional for axis in labelled.axes
    )


def plain(value: Any, /) -> Any:
    """Values of a labelled object, without its labels; any other object unchanged."""
    labelled = labelled_array(value)
    return value if labelled is None else labelled.values


def listed(labels: Sequence[Hashable], /) -> str:
    """The first labels of a sequence, for a message."""
    shown = ", ".join(repr(label) for label in labels[:MAX_LISTED])
    return f"{shown}, ..." if len(labels) > MAX_LISTED else shown


def reindexed(values: Any, labels: Labels, union: Labels, axis: int, missing: float, /) -> Any:
    """Values along an axis in the order of ``union``, ``missing`` where it has no label.

    Returns:
        A list for a list; an array for an array.
    """
    if isinstance(values, list):
        by_label = dict(zip(labels, values, strict=True))
        return [by_label.get(label, missing) for label in union]
    if not labels:
        shape = list(values.shape)
        shape[axis] = len(union)
        return np.full(shape, missing)
    position = {label: k for k, label in enumerate(labels)}
    order = [position.get(label, -1) for label in union]
    result = np.take(values, order, axis=axis)
    if -1 in order:
        result = result.astype(np.result_type(result.dtype, np.float32), copy=False)
        absent: list[Any] = [slice(None)] * result.ndim
        absent[axis] = np.flatnonzero(np.array(order) < 0)
        result[tuple(absent)] = missing
    return result


def axis_labels(labelled: LabelledArray | None, axis: int, /) -> AxisLabels | None:
    """Labels of an axis; None without labels, or where there is no such axis."""
    if labelled is None or not isinstance(axis, int):
        return None
    return labelled.axes[axis] if -len(labelled.axes) <= axis < len(labelled.axes) else None


def names_of(axis: AxisLabels | None, /) -> Labels | None:
    """Labels that are more than positions; None where there are none."""
    return None if axis is None or axis.positional else axis.labels


def first_repeated(labels: Labels, /) -> Hashable | None:
    """The first label that stands twice; None if all differ."""
    seen = set()
    for label in labels:
        if label in seen:
            return label
        seen.add(label)
    return None
