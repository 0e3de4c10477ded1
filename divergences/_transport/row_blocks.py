"""Evaluation of a function on blocks of rows of a large matrix, on several cores."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from threadpoolctl import ThreadpoolController

Result = TypeVar("Result")
Check = Callable[[], None]
BLOCK_ENTRIES = 1 << 19  # fits the caches of two cores
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

    Returns:
        Results of the function for each block, in the order of the rows.
    """
    size = max(1, min(entries // m, -(-n // min_blocks)))
    blocks = [slice(start, min(n, start + size)) for start in range(0, n, size)]
    results = []
    with _blocks_in_threads(function, blocks, threads) as remaining:
        for result in remaining:
            results.append(result)
            check()
    return results


@contextmanager
def _blocks_in_threads(
    function: Callable[[slice], Result], blocks: list[slice], threads: int
) -> Iterator[Iterator[Result]]:
    """Results of all blocks; pending ones are cancelled at an exception.

    BLAS threads below the threads of the pool would compete for the same cores.
    """
    with _threadpool_controller().limit(limits=1, user_api="blas"):
        if threads == 1:
            yield map(function, blocks)
            return
        pool = ThreadPoolExecutor(threads)
        try:
            yield pool.map(function, blocks)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@cache
def _threadpool_controller() -> ThreadpoolController:
    """Controller of the native thread pools of this process; a scan of all loaded libraries."""
    return ThreadpoolController()


def available_cores() -> int:
    """Number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
