"""Reader of .npy files, without unpickling: a header is believed only as far as it fits.

The size that a header claims is held against the size of the file and the available memory; then
the numbers are read in pieces, so that an interrupt is heard.
"""

import math
import struct
import tokenize
import warnings
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from divergences._cli.tables.columns import column_of
from divergences._cli.tables.memory import require_memory
from divergences._cli.tables.table import Table
from divergences.errors import DistributionError

MAGIC = b"\x93NUMPY"
PIECE = 1 << 22  # bytes read at once
HEADER_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


class _Header(NamedTuple):
    """Header of a .npy file: shape and type of the array behind it.

    Attributes:
        shape: Shape of the array.
        fortran: Whether the first axis varies fastest.
        dtype: Type of an entry.
    """

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        """Number of entries."""
        return math.prod(self.shape)

    @property
    def n_bytes(self) -> int:
        """Number of bytes behind the header."""
        return self.size * self.dtype.itemsize


def read_npy(path: Path, file: BinaryIO, /) -> Table:
    """Read the array in a .npy file.

    Args:
        path: The file, for messages.
        file: Its bytes.

    Returns:
        The table: a row per point, one column if the array has one axis.

    Raises:
        DistributionError: If there is no such array, or its type or shape is not that of points.
    """
    size = file.seek(0, 2)
    file.seek(0)
    return read_array(path, "the array", file, size)


def read_array(path: Path, description: str, file: Any, n_bytes: int, /) -> Table:
    """Read an array behind its header.

    Args:
        path: The file, for messages.
        description: The array, for messages.
        file: The bytes of a .npy file, from its beginning.
        n_bytes: Their number.

    Returns:
        The table.

    Raises:
        DistributionError: As `read_npy`.
    """
    header, offset = _read_header(path, description, file)
    _require_points(path, description, header)
    if header.n_bytes > n_bytes - offset:
        raise DistributionError(
            f"{path}: is cut off: {description} of shape {_shown(header.shape)} takes "
            f"{header.n_bytes:,} bytes, but {max(n_bytes - offset, 0):,} are there; save it again"
        )
    require_memory(path, header.size * (header.dtype.itemsize + 8))
    array = np.empty(header.size, header.dtype)
    _fill(path, file, array.view(np.uint8).data)
    if header.fortran:
        return _table(path, description, array.reshape(header.shape[::-1]).T)
    return _table(path, description, array.reshape(header.shape))


def _read_header(path: Path, description: str, file: Any) -> tuple[_Header, int]:
    """The header at the beginning of a .npy file, and the offset of the array behind it."""
    magic = file.read(8)
    if magic[:6] != MAGIC:
        raise DistributionError(
            f"{path}: {description} does not begin as numpy's files do, so it is none; "
            "write one with numpy.save"
        )
    read_header = HEADER_READERS.get(tuple(magic[6:]))
    if read_header is None:
        raise DistributionError(
            f"{path}: {description} is of version {'.'.join(map(str, magic[6:]))} of the .npy "
            "format, which is not read; save it again with numpy.save, with field names in ASCII"
        )
    try:
        with warnings.catch_warnings(action="ignore"):
            header = _Header(*read_header(file))
    except (
        ValueError,
        TypeError,
        SyntaxError,
        EOFError,
        MemoryError,
        RecursionError,
        OverflowError,
        struct.error,
        tokenize.TokenError,
    ):  # numpy's own text may advise to unpickle
        raise DistributionError(
            f"{path}: the header of {description} does not parse: the file is damaged or cut off; "
            "save it again with numpy.save"
        ) from None
    if any(type(length) is not int or length < 0 for length in header.shape):
        raise DistributionError(
            f"{path}: the header of {description} has shape {_shown(header.shape)}, which is "
            "none: the file is damaged; save it again with numpy.save"
        )
    return header, file.tell()


def _fill(path: Path, file: Any, target: Any) -> None:
    """Fill a buffer from a file, piece by piece.

    Raises:
        DistributionError: If the file ends before.
    """
    done = 0
    while done < len(target):
        count = file.readinto(target[done : done + PIECE])
        if not count:
            raise DistributionError(
                f"{path}: is cut off after {done:,} of {len(target):,} bytes; save it again"
            )
        done += count


def _require_points(path: Path, description: str, header: _Header) -> None:
    """Refuse types and shapes that are not those of points, before anything is read."""
    shape, dtype = header.shape, header.dtype
    if dtype.hasobject:
        raise DistributionError(
            f"{path}: {description} holds Python objects, which are not loaded, since loading "
            "them can run any code; save numbers: numpy.save(file, numpy.asarray(x, dtype=float))"
        )
    if dtype.names is None and dtype.kind not in "biufUSmM":
        raise DistributionError(
            f"{path}: {description} must hold real numbers, but its type is {dtype}; convert it"
        )
    if len(shape) not in ((1, 2) if dtype.names is None else (1,)):
        rows = f"x.reshape({shape[0]}, -1)" if shape else "x.reshape(1, 1)"
        raise DistributionError(
            f"{path}: {description} must have shape (points, coordinates), or (points,) on the "
            f"line, but has shape {_shown(shape)}; save {rows}"
        )
    if header.n_bytes == 0:
        raise DistributionError(
            f"{path}: {description} is empty, of shape {_shown(shape)}; it needs a row per point"
        )


def _shown(shape: tuple[int, ...]) -> str:
    """A shape for a message, its first axes if there are many."""
    return str(shape) if len(shape) <= 5 else f"{str(shape[:5])[:-1]}, ...)"


def _table(path: Path, description: str, array: Any) -> Table:
    """A matrix, a vector or a vector of records as a table."""
    if array.dtype.names is not None:
        return _table_of_records(path, description, array)
    matrix = array if array.ndim == 2 else array.reshape(-1, 1)
    if matrix.dtype.kind in "bf" or (matrix.dtype.kind in "iu" and matrix.dtype.itemsize < 8):
        matrix = matrix.astype(np.float64, copy=False)  # once, not column by column
    columns = (column_of(matrix[:, k]) for k in range(matrix.shape[1]))
    return Table(path, tuple(column for column in columns if column is not None))


def _table_of_records(path: Path, description: str, array: Any) -> Table:
    """A structured array as a table with a column per field."""
    names = array.dtype.names
    columns = [column_of(array[name]) if array[name].ndim == 1 else None for name in names]
    for name, column in zip(names, columns, strict=True):
        if column is None:
            raise DistributionError(
                f"{path}: field {name!r} of {description} must hold one real number per record, "
                f"but its type is {array.dtype[name]}; save the other fields"
            )
    return Table(path, tuple(column for column in columns if column is not None), names)
