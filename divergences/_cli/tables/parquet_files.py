"""Reader of Parquet files, where pyarrow is installed."""

from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from divergences._cli.tables.columns import Column, column_of, words
from divergences._cli.tables.memory import require_memory
from divergences._cli.tables.table import Table
from divergences.errors import DistributionError

PARQUET_MAGIC = b"PAR1"


def read_parquet(path: Path, file: BinaryIO, /) -> Table:
    """Read the columns in a Parquet file.

    Args:
        path: The file, for messages.
        file: Its bytes.

    Returns:
        The table; an index that pandas stored is no column.

    Raises:
        DistributionError: If pyarrow is not installed, the file does not parse, or a column holds
            lists or records.
    """
    try:
        pa: Any = import_module("pyarrow")
        parquet: Any = import_module("pyarrow.parquet")
    except ImportError:
        raise DistributionError(
            f"{path}: is a Parquet file, which needs pyarrow; install it: pip install pyarrow"
        ) from None
    try:
        source = parquet.ParquetFile(file)
        names = [name for name in source.schema_arrow.names if not _is_index(name)]
        require_memory(path, 8 * source.metadata.num_rows * len(names))
        stored = source.read(columns=names)
    except (pa.ArrowException, OSError, EOFError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise DistributionError(
            f"{path}: does not parse as Parquet: {reason}; write it again"
        ) from None
    if not names or not stored.num_rows:
        raise DistributionError(f"{path}: is empty; it needs a row per point")
    columns = [_column(path, name, stored.column(name), pa) for name in names]
    return Table(path, tuple(columns), tuple(names))


def _is_index(name: str) -> bool:
    """Whether a column is an index that pandas stored without a name."""
    return name.startswith("__index_level_")


def _column(path: Path, name: str, chunked: Any, pa: Any) -> Column:
    """A stored column as a column of a table."""
    kind = chunked.type
    if pa.types.is_dictionary(kind):
        chunked, kind = chunked.cast(kind.value_type), kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return words(chunked.to_pylist())
    if pa.types.is_decimal(kind):
        chunked = chunked.cast(pa.float64())
    if pa.types.is_boolean(kind):
        chunked = chunked.cast(pa.uint8())
    if pa.types.is_integer(chunked.type) and chunked.null_count:
        chunked = _with_nulls_as_nan(chunked, pa)
    column = column_of(_values(chunked))
    if column is None:
        raise DistributionError(
            f"{path}: column {name!r} must hold numbers, words or times, but its type is {kind}; "
            "save the other columns"
        )
    return column


def _with_nulls_as_nan(chunked: Any, pa: Any) -> Any:
    """Integers with missing entries as floats, or as words where floats would round them."""
    try:
        return chunked.cast(pa.float64())
    except pa.ArrowInvalid:  # beyond 2**53
        return chunked.cast(pa.string())


def _values(chunked: Any) -> Any:
    """Values of a stored column in numpy."""
    values = chunked.to_numpy()
    return values if isinstance(values, np.ndarray) else np.asarray(values)
