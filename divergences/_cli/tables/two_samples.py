"""Two samples from two tables: matching columns, and the weights of each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from divergences._cli.tables.table import Table, columns_option, truncated_list
from divergences._typing import Floats
from divergences.errors import DistributionError


@dataclass(frozen=True, slots=True)
class Sample:
    """The sample in a file.

    Attributes:
        points: Shape ``(n, d)``, n at least 2.
        weights: Shape ``(n,)``, or None for equal ones.
        names: Names of the d coordinates.
        n_dropped: Number of rows with missing entries that were left out.
        n_rows: Number of rows of the file.
    """

    points: Floats
    weights: Floats | None
    names: tuple[str, ...]
    n_dropped: int = 0
    n_rows: int = 0


def samples(
    x: Table,
    y: Table,
    /,
    *,
    columns: Sequence[str] | None = None,
    x_weights: str | None = None,
    y_weights: str | None = None,
    drop_missing: bool = False,
) -> tuple[Sample, Sample]:
    """The samples in two tables, with the same coordinates in the order of x.

    Args:
        x: The table of x.
        y: The table of y.
        columns: Names, or numbers from 0, of the coordinates; None for all columns but the
            weights.
        x_weights: Name or number of the column of x that holds its weights.
        y_weights: Name or number of the column of y that holds its weights.
        drop_missing: Whether rows with missing entries in these columns are left out.

    Returns:
        The sample of x and the sample of y.

    Raises:
        DistributionError: If a column does not exist, is not numeric, or is in one file only, an
            entry is infinite, or missing and not to be dropped, or a single row is left.
    """
    weights = [
        name if name is None else table.column_index(name)
        for table, name in ((x, x_weights), (y, y_weights))
    ]
    if columns is None:
        x_columns = _columns_without_weights(x, weights[0])
        y_columns = _matched_columns(x, y, x_columns, _columns_without_weights(y, weights[1]))
    else:
        _require_distinct(columns)
        x_columns, y_columns = ([t.column_index(c) for c in columns] for t in (x, y))
    return (
        _sample(x, x_columns, weights[0], drop_missing),
        _sample(y, y_columns, weights[1], drop_missing),
    )


def require_spread(x: Sample, /) -> None:
    """Refuse a sample that cannot be scaled by its standard deviations.

    Raises:
        DistributionError: If a column is constant; with those that are not.
    """
    varies = [bool(np.ptp(x.points[:, k]) > 0) for k in range(len(x.names))]
    if all(varies):
        return
    others = [name for name, is_good in zip(x.names, varies, strict=True) if is_good]
    remedy = f"choose the others: {columns_option(others)}" if others else ""
    raise DistributionError(
        f"--scale std divides by the standard deviation in x, but column "
        f"{x.names[varies.index(False)]!r} is constant there; {remedy or 'leave out --scale'}"
    )


def _columns_without_weights(table: Table, weights: int | None) -> list[int]:
    """Indices of all columns but the weights."""
    indices = [index for index in range(table.n_columns) if index != weights]
    if not indices:
        raise DistributionError(f"{table.path}: has no column beside the weights")
    for index in indices:
        if table.names is not None and not table.names[index]:
            named = [table.names[k] for k in indices if table.names[k]]
            raise DistributionError(
                f"{table.path}: column {index} has no name, like the index that pandas writes; "
                f"choose the coordinates: {columns_option(named)}"
            )
    return indices


def _matched_columns(x: Table, y: Table, x_columns: list[int], y_columns: list[int]) -> list[int]:
    """Indices of the columns of y in the order of the columns of x."""
    if x.names is not None and y.names is not None:
        x_names, y_names = [x.names[i] for i in x_columns], [y.names[i] for i in y_columns]
        if x_names == y_names:
            return y_columns
        _require_same_names(x, y, x_names, y_names)
        if len(x_names) == len(y_names):
            return [y.column_index(name) for name in x_names]
    if len(x_columns) != len(y_columns):
        raise DistributionError(
            f"{x.path} has {len(x_columns)} columns and {y.path} {len(y_columns)}; choose those "
            f"that both have: {columns_option(_numbers(x, y))}"
        )
    return y_columns


def _require_same_names(x: Table, y: Table, x_names: list[str], y_names: list[str]) -> None:
    """Refuse columns that are in one file only."""
    x_only = [name for name in x_names if name not in y_names]
    y_only = [name for name in y_names if name not in x_names]
    if not x_only and not y_only:
        return
    differences = [
        f"only {table.path} has {truncated_list(names)}"
        for table, names in ((x, x_only), (y, y_only))
        if names
    ]
    common = [name for name in x_names if name in y_names]
    remedy = (
        f"choose those that both have: {columns_option(common)}"
        if common
        else "they have none in common; if they mean the same, choose by numbers: "
        f"{columns_option(_numbers(x, y))}"
    )
    raise DistributionError(
        f"the files have different columns: {', '.join(differences)}; {remedy}"
    )


def _numbers(x: Table, y: Table) -> list[str]:
    """Names of the columns by position, "0", "1", ..., as many as both tables have."""
    return [str(k) for k in range(min(x.n_columns, y.n_columns))]


def _require_distinct(columns: Sequence[str]) -> None:
    """Refuse a column that is chosen twice."""
    for column in columns:
        if list(columns).count(column) > 1:
            raise DistributionError(f"--columns names {column!r} twice")


def _sample(
    table: Table, columns: Sequence[int], weights: int | None, drop_missing: bool
) -> Sample:
    """The sample in some columns of a table, with the weights in another."""
    values = table.numbers([*columns] if weights is None else [*columns, weights])
    values = _without_missing(table, values, drop_missing)
    if len(values) < 2:
        raise DistributionError(
            f"{table.path}: holds {_count(len(values), table.n_rows)} (of {len(columns)} "
            "coordinates); a sample needs at least two, a row per point"
        )
    points = values[:, : len(columns)]
    masses = None if weights is None else _weights(table, weights, values[:, -1])
    names = tuple(table.column_name(column) for column in columns)
    return Sample(points, masses, names, table.n_rows - len(values), table.n_rows)


def _count(n: int, n_rows: int) -> str:
    """Number of the rows that are left, for a message."""
    if n == n_rows:
        return "a single row, which is one point"
    return f"{n} of {n_rows} rows without missing entries"


def _without_missing(table: Table, values: Floats, drop_missing: bool) -> Floats:
    """Rows without missing entries; refuses infinite ones, and missing ones unless dropped."""
    sums = values.sum(axis=1)  # NaN or infinite if an entry is, or if the sum overflows
    if np.isfinite(sums).all():
        return values
    infinite = np.flatnonzero(np.isinf(values).any(axis=1))
    if len(infinite):
        raise DistributionError(
            f"{table.path}: {len(infinite)} of {len(values)} rows have infinite entries: "
            f"{table.row_list(infinite)}; remove these rows from the file"
        )
    missing = np.isnan(values).any(axis=1)
    if missing.any() and not drop_missing:
        rows = np.flatnonzero(missing)
        raise DistributionError(
            f"{table.path}: {len(rows)} of {len(values)} rows have missing entries: "
            f"{table.row_list(rows)}; leave them out with --drop-missing, or fill them in"
        )
    return values[~missing]


def _weights(table: Table, column: int, weights: Floats) -> Floats:
    """The weights in one column, at least 0 and not all 0."""
    name, row = table.column_name(column), int(weights.argmin())
    if weights[row] < 0:
        raise DistributionError(
            f"{table.path}: the weights in column {name!r} must be at least 0, but "
            f"that of row {row}, counted from 0, is {weights[row]:g}"
        )
    if not weights.any():
        raise DistributionError(f"{table.path}: all weights in column {name!r} are 0")
    return weights
