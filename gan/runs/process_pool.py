"""Several runs at once, a single-thread process each, that are interrupted together."""

import signal
import tempfile
from collections.abc import Callable, Sequence
from multiprocessing import current_process
from pathlib import Path
from typing import TypeVar

import joblib

from gan.runs.signals import stop_signals

Item = TypeVar("Item")
Result = TypeVar("Result")
Task = Callable[[Item, int, Path], Result]


def at_once(
    task: Callable[[Item, int, Path], Result], items: Sequence[Item], /, *, workers: int
) -> list[Result | None]:
    """What the task gives for each item, computed in several processes.

    The first Ctrl-C or termination signal makes a file that is given to every task, which is to
    end soon when it is there; tasks that have not begun then are left out.

    Args:
        task: ``task(item, position, stop_file)``; the position is the item's, from 0.
        items: What to do it for.
        workers: Processes at a time.

    Returns:
        One result per item; None for those that were left out.
    """
    with tempfile.TemporaryDirectory() as folder:
        stop_file = Path(folder) / "stop"
        with stop_signals(file=stop_file):
            parallel = joblib.Parallel(n_jobs=min(workers, len(items)))
            calls = (
                joblib.delayed(_unless_stopped)(task, item, i, stop_file)
                for i, item in enumerate(items)
            )
            return list(parallel(calls))


def _unless_stopped(
    task: Callable[[Item, int, Path], Result], item: Item, position: int, stop_file: Path
) -> Result | None:
    """The task, in a process that a terminal's Ctrl-C does not kill between two tasks."""
    if current_process().name != "MainProcess":
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the file tells
    return None if stop_file.exists() else task(item, position, stop_file)
