"""Checkpoint files: torch's zip archive, with digests of the run's files as the archive's comment.

torch reads such a file like any other. The last 64 bytes are the SHA-256 of all bytes before them,
so that no damage is taken for a state of the run.
"""

import hashlib
import json
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import torch

from gan.errors import DamagedFileError, RunError
from gan.runs.atomic_files import first_line, write_atomically

BEST_NAME = "best.pt"
DIGEST_SIZE = 64  # hexadecimal digits of SHA-256
MAX_COMMENT_SIZE = 4096
COMMENT_START = b'{"files":'

# Raised by torch.load and load_state_dict for incomplete or foreign files.
LOAD_ERRORS: tuple[type[Exception], ...] = (
    OSError,
    EOFError,
    RuntimeError,
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    IndexError,
    pickle.UnpicklingError,
    struct.error,
)


def mismatch(error: BaseException, /) -> str:
    """The first reason why a state does not fit a network, without torch's heading."""
    heading, *reasons = str(error).splitlines() or [type(error).__name__]
    return reasons[0].strip().rstrip(". ") if reasons else heading


def digest(content: bytes, /) -> str:
    """SHA-256 of some bytes, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def write_checkpoint(path: Path, state: dict[str, Any], files: dict[str, str], /) -> None:
    """Replace a checkpoint, completely or not at all.

    Args:
        path: The file.
        state: Tensors and plain values.
        files: Digests of other files of the run, by name.

    Raises:
        RunError: If it cannot be written; the file is unchanged.
    """

    def write(part: Path) -> None:
        torch.save(state, part)
        seal(part, files)

    write_atomically(path, write)


def seal(path: Path, files: dict[str, str], /) -> None:
    """Add the digests of other files, and of the file itself, to a file of ``torch.save``."""
    comment = COMMENT_START + json.dumps(files).encode() + b"}\n"
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = comment + b"0" * DIGEST_SIZE
    with path.open("r+b") as file:
        content = file.read()[:-DIGEST_SIZE]
        file.seek(-DIGEST_SIZE, 2)
        file.write(digest(content).encode())


def read_checkpoint(path: Path, device: torch.device, /) -> dict[str, Any]:
    """The state in a checkpoint, read without executing code.

    Args:
        path: The file.
        device: Device of the tensors.

    Returns:
        What `write_checkpoint` got.

    Raises:
        RunError: If there is no such file, or it cannot be read.
        DamagedFileError: If it is not as it was written, or no checkpoint.
    """
    try:
        content = path.read_bytes()
        intact = digest(content[:-DIGEST_SIZE]).encode() == content[-DIGEST_SIZE:]
    except FileNotFoundError:
        if path.name == BEST_NAME:
            raise RunError(
                f"{path} does not exist: the run has had no evaluation; without the best state, "
                "take the last"
            ) from None
        raise RunError(
            f"{path} does not exist: the run stopped before its first checkpoint. "
            "The same command with --resume starts it again"
        ) from None
    except OSError as error:
        raise RunError(f"{path} cannot be read ({error})") from None
    if not intact:
        raise DamagedFileError(path, "its checksum does not match its content")
    try:
        state = torch.load(path, weights_only=True, map_location=device)
        int(state["training"]["step"])
        return dict(state)
    except LOAD_ERRORS as error:
        raise DamagedFileError(path, first_line(error)) from error


def file_digests(path: Path, /) -> dict[str, str]:
    """Digests of other files that a checkpoint holds, read from its end alone.

    Args:
        path: The file.

    Returns:
        Digests by name; empty if there is no checkpoint.

    Raises:
        RunError: If the file cannot be read.
        DamagedFileError: If it ends in no such digests.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - MAX_COMMENT_SIZE))
            comment = file.read()[:-DIGEST_SIZE]
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise RunError(f"{path} cannot be read ({error})") from None
    start = comment.rfind(COMMENT_START)
    try:
        return dict(json.loads(comment[start:])["files"])
    except (ValueError, KeyError, TypeError):
        raise DamagedFileError(path, "it ends in no digests of the run's files") from None
