"""Alignment of samples by the names of their columns, and of weights by the index of the rows."""

from typing import Any

import numpy as np

from divergences._checks.labels.axes import (
    Labels,
    axis_labels,
    first_repeated,
    labelled_array,
    listed,
    names_of,
    reindexed,
)
from divergences.errors import DistributionError


def aligned_columns(
    x: Any, y: Any, /, *, names: tuple[str, str] = ("x", "y")
) -> tuple[Any, Any, Labels | None]:
    """Values of two samples with their columns in the order of the first, by name.

    Args:
        x: A pandas or polars DataFrame, or anything else.
        y: Likewise.
        names: Names of the two arguments, for messages.

    Returns:
        Plain values of both, and the names of the columns; None where neither has names.

    Raises:
        DistributionError: If both have names of columns, and not the same ones.
    """
    first, second = labelled_array(x), labelled_array(y)
    x_values = x if first is None else first.values
    y_values = y if second is None else second.values
    a, b = (
        None if one is None or len(one.axes) < 2 else names_of(axis_labels(one, -1))
        for one in (first, second)
    )
    if a is None or b is None or a == b:
        return x_values, y_values, a or b
    _require_same_columns(a, b, names)
    return x_values, reindexed(y_values, b, a, -1, np.nan), a


def aligned_weights(sample: Any, weights: Any, /, *, names: tuple[str, str]) -> Any:
    """Values of the weights of a sample in the order of its rows, by the index of both.

    Args:
        sample: A pandas DataFrame or Series, or anything else.
        weights: A pandas Series, or anything else.
        names: Names of the two arguments, for messages.

    Returns:
        Plain values of the weights; weights without labels unchanged.

    Raises:
        DistributionError: If both have an index, and not the same labels.
    """
    rows, own = labelled_array(sample), labelled_array(weights)
    if own is None:
        return weights
    row_axis, own_axis = axis_labels(rows, 0), axis_labels(own, 0)
    if row_axis is None or own_axis is None or len(own.axes) != 1:
        return own.values
    a, b = row_axis.labels, own_axis.labels  # 0, 1, 2, ... of one side are labels of the other
    if a == b or (row_axis.positional and own_axis.positional):
        return own.values
    if set(a) != set(b) or len(a) != len(b) or first_repeated(a) is not None:
        raise DistributionError(
            f"`{names[1]}` must have the index of `{names[0]}`, but has {listed(b)} instead of "
            f"{listed(a)}; pass {names[1]}.to_numpy() if both are in the same order"
        )
    return reindexed(own.values, b, a, 0, np.nan)


def _require_same_columns(a: Labels, b: Labels, names: tuple[str, str]) -> None:
    """Refuse columns that differ or repeat.

    Raises:
        DistributionError: If so; the message names columns that only one of the two has.
    """
    for name, labels in zip(names, (a, b), strict=True):
        repeated = first_repeated(labels)
        if repeated is not None:
            raise DistributionError(
                f"`{name}` must have each column once, but {repeated!r} repeats; if the columns "
                f"of both are in the same order, pass {name}.to_numpy()"
            )
    if set(a) == set(b):
        return
    only = [
        f"only `{name}` has {listed(tuple(label for label in mine if label not in set(other)))}"
        for name, mine, other in zip(names, (a, b), (b, a), strict=True)
        if set(mine) - set(other)
    ]
    common = [label for label in a if label in set(b)]
    remedy = f"; select the common ones: {names[0]}[{common!r}] and {names[1]}[{common!r}]"
    raise DistributionError(
        f"`{names[0]}` and `{names[1]}` must have the same columns, but {' and '.join(only)}"
        f"{remedy if common else ''}"
    )
