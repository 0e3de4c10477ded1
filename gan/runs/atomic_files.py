"""Files and folders of results; a file is replaced completely or not at all."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gan.errors import RunError


def make_folder(path: Path, /) -> None:
    """Make a folder and its parents.

    Raises:
        RunError: If it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(
            f"{path} cannot be made ({error}); name another folder with --out"
        ) from None


def write_json(path: Path, value: Any, /) -> None:
    """Replace a file by a value in JSON.

    Raises:
        RunError: If it cannot be written; the file is unchanged.
    """
    write_atomically(path, lambda part: part.write_text(json_text(value)))


def json_text(value: Any, /) -> str:
    """A value in JSON, as `write_json` writes it."""
    return json.dumps(value, indent=2, default=str) + "\n"


def write_atomically(path: Path, write: Callable[[Path], Any], /) -> None:
    """Write a temporary file in the same folder, and rename it once it is complete.

    Args:
        path: The file to replace.
        write: Writes the content to a path.

    Raises:
        RunError: If it cannot be written; the file is unchanged.
    """
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        write(part)
        part.replace(path)
    except (OSError, RuntimeError) as error:  # torch.save raises RuntimeError on a full disk
        raise RunError(
            f"{path} could not be written ({first_line(error)}); what was there before still is"
        ) from error
    finally:
        part.unlink(missing_ok=True)


def first_line(error: BaseException, /) -> str:
    """The first line of an error's message, without torch's pages of advice."""
    return next(iter(str(error).splitlines()), type(error).__name__)
