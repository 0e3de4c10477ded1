"""Reader of .npy and .npz files, without unpickling."""

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from divergences._cli.tables.table import Table, truncated_list
from divergences.errors import DistributionError


def read_npy(path: Path, /) -> Table:
    """Read the array in a .npy file.

    Args:
        path: The file.

    Returns:
        The table: a row per point, one column if the array has one axis.

    Raises:
        DistributionError: If there is no such array, or its type or shape is not that of points.
    """
    with path.open("rb") as file:
        if file.read(6) != b"\x93NUMPY":
            raise DistributionError(
                f"{path}: is no .npy file: it does not begin as numpy's files do; "
                "write one with numpy.save"
            )
        file.seek(0)
        return _table(path, "the array", _read_array(path, file))


def read_npz(path: Path, key: str | None, /) -> Table:
    """Read one of the arrays in a .npz file.

    Args:
        path: The file.
        key: Name of the array; None for the only one.

    Returns:
        The table: a row per point, one column if the array has one axis.

    Raises:
        DistributionError: If there is no such array, or its type or shape is not that of points.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            chosen = _array_name(path, names, key)
            with archive.open(archive.namelist()[names.index(chosen)]) as file:
                return _table(path, f"array {chosen!r}", _read_array(path, file))
    except zipfile.BadZipFile as error:
        raise DistributionError(
            f"{path}: is no .npz file: {str(error).lower()}; write one with numpy.savez"
        ) from None


def _array_name(path: Path, names: list[str], key: str | None) -> str:
    """Name of the chosen array, or of the only one."""
    if not names:
        raise DistributionError(f"{path}: is empty; it needs an array")
    if key is None and len(names) > 1:
        raise DistributionError(
            f"{path}: holds {len(names)} arrays: {truncated_list(names, max_items=20)}; "
            f"choose one with --key, as --key {names[0]}"
        )
    if key is not None and key not in names:
        raise DistributionError(
            f"{path}: holds no array {key!r}; it holds {truncated_list(names, max_items=20)}"
        )
    return names[0] if key is None else key


def _read_array(path: Path, file: Any) -> Any:
    """Read an array, or refuse a file that holds Python objects or is damaged."""
    try:
        return np.lib.format.read_array(file, allow_pickle=False)
    except (ValueError, EOFError, SyntaxError, MemoryError, zlib.error) as error:
        if "Object arrays" in str(error):
            raise DistributionError(
                f"{path}: holds Python objects, which are not loaded, since loading them can run "
                "any code; save numbers: numpy.save(file, numpy.asarray(x, dtype=float))"
            ) from None
        raise DistributionError(
            f"{path}: does not parse: {error}; it may have been cut off: save it again"
        ) from None


def _table(path: Path, description: str, array: Any) -> Table:
    """An array as a table; refuses types and shapes that are not those of points."""
    if array.dtype.kind not in "biuf":
        raise DistributionError(
            f"{path}: {description} must hold real numbers, but its type is {array.dtype}; "
            "convert it"
        )
    if array.ndim not in (1, 2):
        rows = f"x.reshape({array.shape[0]}, -1)" if array.ndim else "x.reshape(1, 1)"
        raise DistributionError(
            f"{path}: {description} must have shape (points, coordinates), or (points,) on the "
            f"line, but has shape {array.shape}; save {rows}"
        )
    if array.size == 0:
        raise DistributionError(
            f"{path}: {description} is empty, of shape {array.shape}; it needs a row per point"
        )
    values = array.astype(np.float64)
    return Table(path, values if array.ndim == 2 else values.reshape(-1, 1))
