"""Remedies of the refusals of columns, in the words of the table's container."""

import shlex
from collections.abc import Hashable

from divergences._checks.tables.frames import Frame


def as_categories(table: Frame, name: Hashable, /) -> str:
    """Advice to compare a column by the text of its values."""
    if table.container == "file":
        return f"compare it as categories: --categorical {shlex.quote(str(name))}"
    return f"compare it as categories: categorical=[{name!r}]"


def leaving_out(x: Frame, y: Frame, name: Hashable, /) -> str:
    """Advice to compare the other columns."""
    others = [other for other in x.columns if other in y.columns and other != name]
    if not others:
        return "pass other columns"
    if x.container == "file":
        return f"choose the others: --columns {shlex.quote(','.join(map(str, others)))}"
    drop = {
        "pandas": f"{x.name} = {x.name}.drop(columns=[{name!r}])",
        "polars": f"{x.name} = {x.name}.drop({name!r})",
    }
    default = f"{x.name} = {{k: v for k, v in {x.name}.items() if k != {name!r}}}"
    return f"drop it: {drop.get(x.container, default)}"


def without_infinities(table: Frame, name: Hashable, /) -> str:
    """Advice to make infinite values missing."""
    if table.container == "file":
        return "leave those cells empty, if they are missing"
    column = f"{table.name}[{name!r}]"
    if table.container == "polars":
        return (
            f"make them missing: {table.name} = {table.name}.with_columns("
            f"{column}.replace([float('inf'), float('-inf')], None))"
        )
    return (
        f"make them missing: {column} = numpy.where(numpy.isfinite({column}), {column}, numpy.nan)"
    )
