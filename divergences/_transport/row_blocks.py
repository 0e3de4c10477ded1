"""Evaluation of a function on blocks of rows of a large matrix, on several cores."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from typing import TypeVar

from threadpoolctl import ThreadpoolController

from divergences._parallel import configured_jobs, ordered_results

Result = TypeVar("Result")
Check = Callable[[], None]
BLOCK_ENTRIES = 1 << 19  # fits the caches of two cores
MIN_SENT_ENTRIES = 1 << 26  # of a matrix; smaller ones take less time than their transmission
TASKS_PER_JOB = 2
MIN_BLOCKS = 8  # of a matrix that is one block or less, so that several cores have work


def no_check() -> None:
    """Continue."""


def map_row_blocks(
    function: Callable[[slice], Result],
    n: int,
    m: int,
    threads: int,
    /,
    *,
    check: Check = no_check,
    entries: int = BLOCK_ENTRIES,
    min_blocks: int = MIN_BLOCKS,
    picklable: bool = False,
) -> list[Result]:
    """Apply a function to slices of all rows, each a block that fits the caches.

    Matrix products in the blocks run in one thread each, and the blocks do not depend on the
    number of threads: neither do the roundings of the products.

    Args:
        function: Function of a slice of rows.
        n: Number of rows.
        m: Number of columns.
        threads: Number of threads.
        check: Called after each block; an exception that it raises ends the evaluation.
        entries: Largest number of entries of a block of several rows.
        min_blocks: Number of blocks of a matrix that would be one block or a few.
        picklable: Whether the function may be sent to other processes or machines, those of
            `joblib.parallel_config`, if the caller has set several jobs and the matrix is large.

    Returns:
        Results of the function for each block, in the order of the rows.
    """
    size = max(1, min(entries // m, -(-n // min_blocks)))
    blocks = [slice(start, min(n, start + size)) for start in range(0, n, size)]
    results = []
    jobs = configured_jobs() if picklable and threads > 1 and n * m >= MIN_SENT_ENTRIES else 1
    if jobs > 1:
        for part in ordered_results(_evaluated, _shares(function, blocks, jobs)):
            results += part
            check()
        return results
    with _blocks_in_threads(function, blocks, threads) as remaining:
        for result in remaining:
            results.append(result)
            check()
    return results


def _shares(
    function: Callable[[slice], Result], blocks: list[slice], jobs: int
) -> list[tuple[Callable[[slice], Result], list[slice]]]:
    """The function, with which all that it needs is sent, and consecutive blocks of each task."""
    count = min(len(blocks), TASKS_PER_JOB * jobs)
    ends = [len(blocks) * k // count for k in range(count + 1)]
    return [(function, blocks[a:b]) for a, b in pairwise(ends)]


def _evaluated(function: Callable[[slice], Result], blocks: list[slice]) -> list[Result]:
    """Results of the function for some blocks, in another process."""
    with _threadpool_controller().limit(limits=1, user_api="blas"):
        return [function(rows) for rows in blocks]


@contextmanager
def _blocks_in_threads(
    function: Callable[[slice], Result], blocks: list[slice], threads: int
) -> Iterator[Iterator[Result]]:
    """Results of all blocks; pending ones are cancelled at an exception.

    BLAS threads below the threads of the pool would compete for the same cores.
    """
    with single_threaded_blas():
        if threads == 1:
            yield map(function, blocks)
            return
        pool = ThreadPoolExecutor(threads)
        try:
            yield pool.map(function, blocks)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """Limit matrix products to one thread, so that their roundings depend on no other setting."""
    with _threadpool_controller().limit(limits=1, user_api="blas"):
        yield


@cache
def _threadpool_controller() -> ThreadpoolController:
    """Controller of the native thread pools of this process; a scan of all loaded libraries."""
    return ThreadpoolController()


def available_cores() -> int:
    """Number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
