"""Parallel evaluation of a function through joblib, in processes or on a cluster."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from divergences import _checks

Result = TypeVar("Result")


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
        delayed(_indexed_result)(index, function, task) for index, task in enumerate(tasks)
    )
    if progress:
        from tqdm import tqdm

        completed = tqdm(completed, desc=description, total=len(tasks))
    yield from completed


def _indexed_result(
    index: int, function: Callable[..., Result], task: tuple[Any, ...]
) -> tuple[int, Result]:
    """Index and result of a task."""
    return index, function(*task)
