"""Lock of a run's folder: one process trains in it at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from gan.errors import RunError
from gan.runs.atomic_files import make_folder

LOCK_NAME = ".lock"


@contextmanager
def locked(folder: Path, /) -> Iterator[None]:
    """Hold the lock of a folder; the operating system releases that of a process that ended.

    Args:
        folder: The folder, made if it does not exist.

    Yields:
        Nothing, while the lock is held.

    Raises:
        RunError: If another process holds it, or the folder cannot be made or written.
    """
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{folder} is a file; name a folder with --out")
    make_folder(folder)
    lock = FileLock(folder / LOCK_NAME)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise RunError(
            f"another process is training in {folder}; wait until it ends, or name another folder "
            "with --out"
        ) from None
    except OSError as error:
        raise RunError(
            f"{folder} cannot be written ({error}); name another folder with --out"
        ) from None
    try:
        yield
    finally:
        lock.release()
