"""Columns that two tables have in common, each pair of the same type."""

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from divergences._checks.tables.frames import Frame, category_text
from divergences._checks.tables.remedies import as_categories, leaving_out, without_infinities
from divergences._checks.tables.types import Type, TypedColumn, is_missing, typed_column
from divergences._checks.values import shortened
from divergences._typing import Floats
from divergences.errors import DistributionError

MAX_LISTED = 5  # columns of a message
UNITS: dict[Type, str] = {"times": "days", "durations": "s"}


@dataclass(frozen=True, slots=True)
class Numbers:
    """A numeric column.

    Attributes:
        values: Values that are not missing, in ascending order.
        n_missing: Number of missing values.
    """

    values: Floats
    n_missing: int


@dataclass(frozen=True, slots=True)
class Categories:
    """A categorical column.

    Attributes:
        counts: Number of rows of each category, by its text.
        n_missing: Number of missing values.
    """

    counts: Mapping[str, int]
    n_missing: int


class ColumnPair(NamedTuple):
    """A column of two tables.

    Attributes:
        name: Name of the column in both tables.
        x: Column of the first table.
        y: Column of the second table, of the same kind.
        unit: "days" for times, "s" for durations; empty for other numbers and for categories.
    """

    name: Hashable
    x: Numbers | Categories
    y: Numbers | Categories
    unit: str = ""


def common_columns(
    x: Frame, y: Frame, columns: Sequence[Hashable] | None, /
) -> tuple[Sequence[Hashable], tuple[Hashable, ...], tuple[Hashable, ...]]:
    """Names of the columns to compare, and of the columns of one table only.

    Args:
        x: The first table.
        y: The second table.
        columns: The caller's choice; None for all that both have.

    Returns:
        The columns of both, those of ``x`` only and those of ``y`` only; no others if chosen.

    Raises:
        DistributionError: If a chosen column is missing, or the tables have none in common.
    """
    if columns is not None:
        names = _names(columns)
        if not names:
            raise DistributionError(
                f"`columns` must be a list of at least one name, but is {shortened(columns)}; "
                f"pass a list, as columns=[{next(iter(x.columns))!r}]"
            )
        for table in (x, y):
            _require_columns("columns", names, table)
        return names, (), ()
    common = [name for name in x.columns if name in y.columns]
    if not common:
        raise DistributionError(
            f"{x.label} and {y.label} must have columns in common, but {x.label} has "
            f"{_listed(x.columns)} and {y.label} has {_listed(y.columns)}; rename those that mean "
            "the same"
        )
    x_only = tuple(name for name in x.columns if name not in y.columns)
    return common, x_only, tuple(name for name in y.columns if name not in x.columns)


def compared_as_categories(categorical: Collection[Hashable], x: Frame, y: Frame, /) -> None:
    """Refuse names in ``categorical`` that are not columns of both tables.

    Raises:
        DistributionError: If so; the message gives the first such name.
    """
    if isinstance(categorical, str):
        raise DistributionError(
            f"`categorical` must be a list of names, but is the text {categorical!r}; pass a "
            f"list: categorical=[{categorical!r}]"
        )
    names = _names(categorical)
    if names is None:
        raise DistributionError(
            f"`categorical` must be a list of names, but is {shortened(categorical)}"
        )
    for table in (x, y):
        _require_columns("categorical", names, table)


def _names(value: Any) -> list[Hashable] | None:
    """Names in a list or another collection; None for anything else."""
    if isinstance(value, str | bytes):
        return None
    try:
        return list(dict.fromkeys(value))
    except TypeError:  # no collection, or of what cannot be a name
        return None


def _require_columns(option: str, names: Collection[Hashable], table: Frame) -> None:
    """Refuse names that are not columns of a table."""
    label = f"--{option}" if table.container == "file" else f"`{option}`"
    for name in names:
        if name not in table.columns:
            raise DistributionError(
                f"{label} names {name!r}, which {table.label} does not have; its columns are "
                f"{_listed(table.columns)}"
            )


def _listed(names: Collection[Hashable]) -> str:
    """The first names, and the number of the others."""
    shown = ", ".join(repr(name) for name in list(names)[:MAX_LISTED])
    more = len(names) - MAX_LISTED
    return f"{shown} and {more} more" if more > 0 else shown


def column_pair(x: Frame, y: Frame, name: Hashable, /, *, categorical: bool) -> ColumnPair:
    """A column of two tables, as numbers or as categories in both.

    Args:
        x: The first table.
        y: The second table.
        name: The column.
        categorical: Whether to compare numbers and mixed values as categories, by their text.

    Returns:
        The values.

    Raises:
        DistributionError: If the values of the column are of several types, all missing on both
            sides, or infinite.
    """
    a, b = typed_column(x.columns[name]), typed_column(y.columns[name])
    if a.type == b.type == "empty":
        raise DistributionError(
            f"column {name!r} has missing values only, in {x.label} and {y.label}: there is "
            f"nothing to compare; {leaving_out(x, y, name)}"
        )
    if categorical:
        return ColumnPair(name, _categories(a.array), _categories(b.array))
    _require_one_type(x, name, a)
    _require_one_type(y, name, b)
    types = {a.type, b.type} - {"empty"}
    if types <= {"text", "truth values"}:
        return ColumnPair(name, _categories(a.array), _categories(b.array))
    types.discard("truth values")  # beside numbers, 0 and 1
    if len(types) > 1 or "text" in types:
        raise DistributionError(
            f"column {name!r} must hold values of one type, but holds {a.type} in {x.label} and "
            f"{b.type} in {y.label}; make it one type, or {as_categories(x, name)}"
        )
    return ColumnPair(name, _numbers(x, name, a), _numbers(y, name, b), UNITS.get(types.pop(), ""))


def _require_one_type(table: Frame, name: Hashable, column: TypedColumn) -> None:
    """Refuse a column of values of several types, or of none of those that are compared."""
    if column.type == "values of another type":
        values = column.array.tolist()
        kind = next(type(value).__name__ for value in values if not is_missing(value))
        raise DistributionError(
            f"column {name!r} of {table.label} must hold numbers, times, truth values or text, "
            f"but holds values of type {kind}; convert it, or {as_categories(table, name)}"
        )
    if column.type == "mixed":
        raise DistributionError(
            f"column {name!r} of {table.label} must hold values of one type, but holds "
            f"{_examples(column)}; make it one type, or {as_categories(table, name)}"
        )


def _examples(column: TypedColumn) -> str:
    """A value of each of two types of a mixed column, with their rows."""
    first: dict[type, str] = {}
    for row, value in enumerate(column.array.tolist()):
        if not is_missing(value):
            first.setdefault(
                type(value), f"{str(value)[:40]!r} of type {type(value).__name__} in row {row}"
            )
    return " and ".join(list(first.values())[:2])


def _numbers(table: Frame, name: Hashable, column: TypedColumn) -> Numbers:
    """Sorted values of a numeric column; refuses infinite ones."""
    try:
        values = column.numbers()
    except OverflowError:
        raise DistributionError(
            f"column {name!r} of {table.label} has numbers beyond 1.8e308, which no float can "
            f"hold; divide it by a constant, or {as_categories(table, name)}"
        ) from None
    infinite = np.flatnonzero(np.isinf(values))
    if len(infinite):
        rows = ", ".join(map(str, infinite[:3])) + (", ..." if len(infinite) > 3 else "")
        plural = "s" * (len(infinite) > 1)
        raise DistributionError(
            f"column {name!r} of {table.label} must be finite or missing, but is infinite in "
            f"row{plural} {rows}, counted from 0; {without_infinities(table, name)}"
        )
    present = values[~np.isnan(values)]
    present.sort()
    return Numbers(present + 0.0, len(values) - len(present))  # -0.0 becomes 0.0


def _categories(array: Any) -> Categories:
    """Counts of the values of a column by their text."""
    values = array.tolist()
    if set(map(type, values)) not in ({str}, {str, type(None)}):
        values = [None if is_missing(value) else category_text(value) for value in values]
    counts = Counter(values)
    n_missing = counts.pop(None, 0)
    return Categories(counts, n_missing)
