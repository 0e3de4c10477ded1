"""Reader of the arrays in .npz files, whatever their bytes are."""

import lzma
import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from divergences._cli.tables.numpy_files import read_array
from divergences._cli.tables.table import Table, truncated_list
from divergences.errors import DistributionError

MAGIC = b"PK"
DAMAGES = (
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    struct.error,
    ValueError,
    OverflowError,
    RuntimeError,
)
ENCRYPTED = 0x1  # bit of the flags of a member


def read_npz(path: Path, file: BinaryIO, key: str | None, /) -> Table:
    """Read one of the arrays in a .npz file.

    Args:
        path: The file, for messages.
        file: Its bytes.
        key: Name of the array; None for the only one.

    Returns:
        The table: a row per point, one column if the array has one axis.

    Raises:
        DistributionError: If there is no such array, or its type or shape is not that of points.
    """
    try:
        return _unpack(path, file, key)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise DistributionError(
            f"{path}: is no .npz file: {str(error).lower()}; write one with numpy.savez"
        ) from None


def _unpack(path: Path, file: BinaryIO, key: str | None) -> Table:
    """Find and read an array; refuses encrypted and damaged members."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            chosen = _array_name(path, list(members), key)
            member = members[chosen]
            if member.flag_bits & ENCRYPTED:
                raise DistributionError(
                    f"{path}: array {chosen!r} is encrypted; write the file with numpy.savez"
                )
            with archive.open(member) as array:
                return read_array(path, f"array {chosen!r}", array, member.file_size)
    except (DistributionError, zipfile.BadZipFile, NotImplementedError):
        raise
    except DAMAGES:
        raise DistributionError(
            f"{path}: does not unpack: its compressed data are damaged; write it again with "
            "numpy.savez"
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
