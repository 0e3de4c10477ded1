"""Two tables as two samples: the same columns of both, and the weights of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from divergences._cli.tables.table import Table, listed
from divergences._typing import Floats
from divergences.errors import DistributionError


@dataclass(frozen=True, slots=True)
class Sample:
    """Points of one file.

    Attributes:
        points: Shape ``(n, d)``, n at least 2.
        weights: Shape ``(n,)``, or None for equal ones.
        names: Of the d coordinates.
    """

    points: Floats
    weights: Floats | None
    names: tuple[str, ...]


def samples(
    x: Table,
    y: Table,
    /,
    *,
    columns: Sequence[str] | None = None,
    x_weights: str | None = None,
    y_weights: str | None = None,
) -> tuple[Sample, Sample]:
    """The samples in two tables, coordinate by coordinate the same.

    Columns of the same names in another order are put in the order of x.

    Args:
        x: The table of x.
        y: The table of y.
        columns: Names, or numbers from 0, of the coordinates; None for all columns but the
            weights.
        x_weights: Name or number of the column of x that holds its weights.
        y_weights: Likewise of y.

    Returns:
        The sample of x and the sample of y.

    Raises:
        DistributionError: If a column is not there, is no column of numbers or in one file only,
            or a table has a single row.
    """
    weights = [w if w is None else t.place(w) for t, w in ((x, x_weights), (y, y_weights))]
    if columns is None:
        places = _all_but(x, weights[0]), _all_but(y, weights[1])
        places = places[0], _in_order(x, y, *places)
    else:
        _refuse_twice(columns)
        places = [x.place(c) for c in columns], [y.place(c) for c in columns]
    return _sample(x, places[0], weights[0]), _sample(y, places[1], weights[1])


def _all_but(table: Table, weights: int | None) -> list[int]:
    """The coordinates if none are chosen."""
    places = [place for place in range(table.width) if place != weights]
    if not places:
        raise DistributionError(f"{table.path}: has no column beside the weights")
    for place in places:
        if table.names is not None and not table.names[place]:
            named = [name for name in table.names if name]
            raise DistributionError(
                f"{table.path}: column {place} has no name, as the index that pandas writes; "
                f"choose the coordinates: --columns {listed(named, ',')}"
            )
    return places


def _in_order(x: Table, y: Table, x_places: list[int], y_places: list[int]) -> list[int]:
    """The columns of y that are those of x."""
    if x.names is not None and y.names is not None:
        wanted, there = [x.names[i] for i in x_places], [y.names[i] for i in y_places]
        if wanted == there:
            return y_places
        _refuse_unlike(x, y, wanted, there)
        if len(wanted) == len(there):
            return [y.place(name) for name in wanted]
    if len(x_places) != len(y_places):
        raise DistributionError(
            f"{x.path} has {len(x_places)} columns and {y.path} {len(y_places)}; choose those "
            "that both have: --columns"
        )
    return y_places


def _refuse_unlike(x: Table, y: Table, wanted: list[str], there: list[str]) -> None:
    """Say which columns are in one file only, if any are."""
    only = [[n for n in wanted if n not in there], [n for n in there if n not in wanted]]
    if not any(only):
        return
    said = [
        f"only {table.path} has {listed(names)}"
        for table, names in zip((x, y), only, strict=True)
        if names
    ]
    both = [name for name in wanted if name in there]
    mend = (
        f"choose those that both have: --columns {listed(both, ',')}"
        if both
        else ("they have none in common; choose by numbers, --columns 0,1, if they mean the same")
    )
    raise DistributionError(f"the files have different columns: {', '.join(said)}; {mend}")


def _refuse_twice(columns: Sequence[str]) -> None:
    """Refuse a column that is chosen twice."""
    for column in columns:
        if list(columns).count(column) > 1:
            raise DistributionError(f"--columns names {column!r} twice")


def _sample(table: Table, places: Sequence[int], weights: int | None) -> Sample:
    """The points of one table."""
    points = table.numbers(places)
    if len(points) < 2:
        raise DistributionError(
            f"{table.path}: holds a single row, which is one point (of {points.shape[1]} "
            "coordinates); a sample needs at least two, a row per point"
        )
    masses = None if weights is None else _weights(table, weights)
    return Sample(points, masses, tuple(table.name(place) for place in places))


def _weights(table: Table, place: int) -> Floats:
    """The weights in one column."""
    weights = table.numbers([place])[:, 0]
    row = int(weights.argmin())
    if weights[row] < 0:
        raise DistributionError(
            f"{table.path}: the weights in column {table.name(place)!r} must be at least 0, but "
            f"that of row {row}, counted from 0, is {weights[row]:g}"
        )
    if not weights.any():
        raise DistributionError(f"{table.path}: all weights in column {table.name(place)!r} are 0")
    return weights
