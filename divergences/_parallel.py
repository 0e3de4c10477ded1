"""The same work on many inputs: on the cores of one machine, or on a cluster, through joblib."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from divergences.errors import DistributionError

Result = TypeVar("Result")


def results(
    function: Callable[..., Result],
    tasks: Sequence[tuple[Any, ...]],
    /,
    *,
    n_jobs: int | None,
    progress: bool = False,
    description: str = "",
) -> Iterator[tuple[int, Result]]:
    """What a function gives for each task, as they are done.

    Args:
        function: Called with the entries of a task; picklable, if there are several processes.
        tasks: Arguments of each call.
        n_jobs: How many processes; -1 for one per core; None for what `joblib.parallel_config`
            says, or else one.
        progress: Whether to show a progress bar.
        description: What it says.

    Yields:
        Place of a task, and its result; in the order in which they are done.

    Raises:
        DistributionError: If ``n_jobs`` is 0 or no whole number.
    """
    from joblib import Parallel, delayed  # here, like tqdm, since it takes a while to import

    if n_jobs is not None and (not isinstance(n_jobs, int) or n_jobs == 0):
        raise DistributionError(
            f"`n_jobs` must be a number of processes, -1 for all cores or None, but is {n_jobs!r}"
        )
    done = Parallel(n_jobs=n_jobs, return_as="generator_unordered")(
        delayed(_numbered)(place, function, task) for place, task in enumerate(tasks)
    )
    if progress:
        from tqdm import tqdm

        done = tqdm(done, desc=description, total=len(tasks))
    yield from done


def _numbered(
    place: int, function: Callable[..., Result], task: tuple[Any, ...]
) -> tuple[int, Result]:
    """The result of a task with the task's place."""
    return place, function(*task)
