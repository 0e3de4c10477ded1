"""Parallel evaluation of a function through joblib, in processes or on a cluster."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, TypeVar

from divergences import _checks

Result = TypeVar("Result")
SECONDS_PER_LOOK_AT_PARENT = 0.5


def unordered_results(
    function: Callable[..., Result],
    tasks: Sequence[tuple[Any, ...]],
    /,
    *,
    n_jobs: int | None,
    progress: bool = False,
    description: str = "",
) -> Iterator[tuple[int, Result]]:
    """Results of a function for all tasks, in the order of completion.

    Args:
        function: Called with the entries of a task; picklable, if there are several processes.
        tasks: Arguments of each call.
        n_jobs: Number of processes; -1 for one per core; None for that of
            `joblib.parallel_config`, or else one.
        progress: Whether to show a progress bar.
        description: Label of the progress bar.

    Yields:
        Index and result of a task.

    Raises:
        DistributionError: If ``n_jobs`` is 0 or no whole number.
    """
    from joblib import Parallel, delayed  # here, like tqdm, since it is slow to import

    _checks.number_of_jobs(n_jobs)
    _checks.flag("progress", progress)
    if n_jobs is not None and n_jobs > 0:
        n_jobs = min(n_jobs, max(1, len(tasks)))  # joblib would start idle processes
    completed = Parallel(n_jobs=n_jobs, return_as="generator_unordered")(
        delayed(_indexed_result)(index, function, task, os.getpid())
        for index, task in enumerate(tasks)
    )
    if progress:
        from tqdm import tqdm

        completed = tqdm(completed, desc=description, total=len(tasks))
    yield from completed


def ordered_results(
    function: Callable[..., Result], tasks: Sequence[tuple[Any, ...]], /
) -> Iterator[Result]:
    """Results of a function for all tasks, in their order, by the caller's `parallel_config`.

    Args:
        function: Called with the entries of a task; picklable, like these.
        tasks: Arguments of each call.

    Yields:
        Result of a task.
    """
    from joblib import Parallel, delayed

    yield from Parallel(return_as="generator")(
        delayed(_result)(function, task, os.getpid()) for task in tasks
    )


def configured_jobs() -> int:
    """Number of jobs that the caller set by `joblib.parallel_config`, or 1."""
    # A caller who has not imported joblib has set none, and its import is slow.
    joblib = sys.modules.get("joblib")
    return 1 if joblib is None else int(joblib.effective_n_jobs(None))


def _indexed_result(
    index: int, function: Callable[..., Result], task: tuple[Any, ...], caller: int
) -> tuple[int, Result]:
    """Index and result of a task."""
    return index, _result(function, task, caller)


def _result(function: Callable[..., Result], task: tuple[Any, ...], caller: int) -> Result:
    """Result of a task, in a process that ends with its caller."""
    if os.getpid() != caller and os.getppid() == caller:
        _end_with_parent(caller)
    return function(*task)


@cache
def _end_with_parent(parent: int) -> None:
    """End this process when its parent has ended, be it by a signal that nothing can handle."""
    # joblib's workers would go on, and keep shared memory, which its resource tracker frees then.

    def wait() -> None:
        while os.getppid() == parent:
            time.sleep(SECONDS_PER_LOOK_AT_PARENT)
        os._exit(1)

    threading.Thread(target=wait, name="divergences-parent", daemon=True).start()
