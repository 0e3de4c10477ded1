"""Several runs in parallel, one single-threaded process each, interrupted together."""

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


def parallel_map(
    task: Callable[[Item, int, Path], Result], items: Sequence[Item], /, *, workers: int
) -> list[Result | None]:
    """Results of a task for each item, computed in several processes.

    The first Ctrl-C or termination signal creates a file whose path every task receives. A running
    task should end soon after the file exists; tasks that have not begun are skipped.

    Args:
        task: ``task(item, position, stop_file)``, with the position of the item, from 0.
        items: Arguments of the task.
        workers: Number of processes; with 1 the tasks run in this process.

    Returns:
        One result per item; None for skipped ones.
    """
    with tempfile.TemporaryDirectory() as folder:
        stop_file = Path(folder) / "stop"
        with stop_signals(file=stop_file):
            parallel = joblib.Parallel(n_jobs=min(workers, len(items)))
            calls = (
                joblib.delayed(_run_unless_stopped)(task, item, i, stop_file)
                for i, item in enumerate(items)
            )
            return list(parallel(calls))


def _run_unless_stopped(
    task: Callable[[Item, int, Path], Result], item: Item, position: int, stop_file: Path
) -> Result | None:
    """The result of the task; None if a stop was requested before it began."""
    if current_process().name != "MainProcess":
        # A terminal sends Ctrl-C to every process; workers are stopped by the file instead.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return None if stop_file.exists() else task(item, position, stop_file)
