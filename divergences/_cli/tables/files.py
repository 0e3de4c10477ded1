"""Opening of files: regular files and streams, whose kind their ending or first bytes tell."""

import io
import os
import stat
import sys
from pathlib import Path
from typing import BinaryIO

from divergences._cli.tables import archives, numpy_files
from divergences._cli.tables.archives import read_npz
from divergences._cli.tables.memory import require_memory
from divergences._cli.tables.numpy_files import read_npy
from divergences._cli.tables.parquet_files import PARQUET_MAGIC, read_parquet
from divergences._cli.tables.table import Table
from divergences._cli.tables.text_files import INFER_ALL, TextOptions, read_text
from divergences.errors import DistributionError

STANDARD_INPUT = Path("-")
SUFFIXES = (".npy", ".npz", ".csv", ".tsv", ".txt", ".parquet")
PIECE = 1 << 20  # bytes of a stream read at once


def read(path: Path, /, *, key: str | None = None, text: TextOptions = INFER_ALL) -> Table:
    """Read the table in a file.

    Args:
        path: A file that ends in .npy, .npz, .csv, .tsv, .txt or .parquet; a pipe, or ``-`` for
            standard input, of any of these kinds, with commas for text.
        key: Name of the array in a .npz file; None for the only one.
        text: Options of text tables.

    Returns:
        The table.

    Raises:
        DistributionError: If there is no such file, its type is unknown, or it holds no table;
            with the path, the position in the file, and the remedy.
    """
    if path == STANDARD_INPUT:
        return _read_stream(path, sys.stdin.buffer, key, text)
    try:
        mode = path.stat().st_mode
        if stat.S_ISFIFO(mode):
            with path.open("rb") as stream:
                return _read_stream(path, stream, key, text)
        suffix = path.suffix.lower()
        if suffix not in SUFFIXES and not stat.S_ISDIR(mode):
            raise DistributionError(
                f"{path}: a sample must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}, but "
                f"this path ends in {suffix or 'nothing'}; write one with numpy.save"
            )
        _require_regular(path, mode)
        with path.open("rb") as file:
            return _read_kind(path, file, suffix, key, text)
    except FileNotFoundError:
        raise DistributionError(f"{path}: there is no such file") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DistributionError(f"{path}: cannot be read: {reason}") from None


def _require_regular(path: Path, mode: int) -> None:
    """Refuse folders, devices, which may never end, and sockets."""
    if stat.S_ISDIR(mode):
        raise DistributionError(f"{path}: is a folder; pass the path of a file in it")
    if not stat.S_ISREG(mode):
        raise DistributionError(
            f"{path}: is a device or a socket, which is not read; pass a file, or - to read "
            "standard input"
        )


def _read_kind(
    path: Path, file: BinaryIO, suffix: str, key: str | None, text: TextOptions
) -> Table:
    """Read a file of a known kind."""
    if suffix == ".npy":
        return read_npy(path, file)
    if suffix == ".npz":
        return read_npz(path, file, key)
    if suffix == ".parquet":
        return read_parquet(path, file)
    return read_text(path, file, text)


def _read_stream(path: Path, stream: BinaryIO, key: str | None, text: TextOptions) -> Table:
    """Read a stream to its end, and the table in it, whose kind its first bytes tell."""
    buffer = io.BytesIO()
    while piece := stream.read(PIECE):
        buffer.write(piece)
        # A buffer that grows is copied, and its table takes at least as much again.
        if buffer.tell() % (64 * PIECE) < PIECE:
            require_memory(path, 2 * buffer.tell())
    begin = buffer.getvalue()[:8] if buffer.tell() < PIECE else bytes(buffer.getbuffer()[:8])
    magics = {
        numpy_files.MAGIC: ".npy",
        archives.MAGIC: ".npz",
        PARQUET_MAGIC: ".parquet",
    }
    suffix = next((kind for magic, kind in magics.items() if begin.startswith(magic)), ".csv")
    return _read_kind(path, buffer, suffix, key, text)


def is_standard_input(path: Path, /) -> bool:
    """Whether a path stands for standard input, or leads to it."""
    return path == STANDARD_INPUT or os.fspath(path) == "/dev/stdin"
