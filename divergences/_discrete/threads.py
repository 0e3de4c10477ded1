"""Evaluation of many blocks on several cores, with results that do not depend on their number.

numpy releases the interpreter lock while it computes, so that threads are enough.
"""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Task = TypeVar("Task")

MIN_THREADED_ENTRIES = 1 << 18  # smaller arrays take less time than the start of threads saves


def number_of_threads() -> int:
    """Cores of this process, at most ``OMP_NUM_THREADS``, which joblib sets in its workers."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    limit = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(cores or 1, int(limit) if limit.isdecimal() else cores or 1))


def holds_for_all(
    function: Callable[[Task], bool], tasks: Iterable[Task], entries: int, /
) -> bool:
    """Call a function with each task, until it returns False.

    Args:
        function: Writes its result where no other task does, and returns whether to go on.
        tasks: Its arguments.
        entries: Number of array entries of all tasks; if there are few, one thread is enough.

    Returns:
        Whether every call returned True.
    """
    threads = number_of_threads() if entries >= MIN_THREADED_ENTRIES else 1
    if threads == 1:
        return all(map(function, tasks))
    remaining, lock, stopped = iter(tasks), threading.Lock(), threading.Event()

    def work() -> bool:
        try:
            good = all(map(function, _shared(remaining, lock, stopped)))
        except BaseException:
            stopped.set()
            raise
        if not good:
            stopped.set()
        return good

    with ThreadPoolExecutor(threads) as executor:
        try:
            futures = [executor.submit(work) for _ in range(threads)]
            return min(future.result() for future in futures)
        finally:
            stopped.set()  # at an interrupt, threads end after their block


def _shared(
    remaining: Iterator[Task], lock: threading.Lock, stopped: threading.Event
) -> Iterator[Task]:
    """Tasks that no other thread has taken."""
    while not stopped.is_set():
        with lock:
            try:
                task = next(remaining)
            except StopIteration:
                return
        yield task
