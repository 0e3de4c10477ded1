"""Worker processes and threads: they end with their parent, and change no bit of a result."""

import subprocess
import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from divergences import _parallel, sampled
from divergences._transport import cost_table

ORPHAN = """
import os, time
from divergences import _parallel
_parallel._end_with_parent(os.getppid())
print("watching", flush=True)
time.sleep(20)
print("survived", flush=True)
"""
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, text=True)
print(child.stdout.readline(), end="", flush=True)
rest = subprocess.Popen(["cat"], stdin=child.stdout)
"""


def test_a_worker_ends_with_its_parent():
    run = subprocess.run(
        [sys.executable, "-c", PARENT, ORPHAN], stdout=subprocess.PIPE, text=True, check=True
    )
    assert run.stdout == "watching\n"


def test_only_the_child_of_a_caller_watches_it(monkeypatch):
    watched = []
    monkeypatch.setattr(_parallel, "_end_with_parent", watched.append)
    monkeypatch.setattr("os.getpid", lambda: 1)
    monkeypatch.setattr("os.getppid", lambda: 2)
    for caller in (1, 2, 3):  # this process, its parent, a process on another machine
        assert _parallel._indexed_result(7, max, (4, 5), caller) == (7, 5)
    assert watched == [2]


@pytest.mark.parametrize("threads", [1, 2])
def test_the_number_of_threads_does_not_change_a_bit_in_many_dimensions(monkeypatch, threads):
    """A worker process has fewer threads for matrix products."""
    x, y = np.random.default_rng(0).normal(size=(2, 300, 101))
    expected = sampled.transport(x, y)
    monkeypatch.setattr(cost_table, "available_cores", lambda: threads)
    with threadpool_limits(threads):
        result = sampled.transport(x, y)
    assert (result.cost, result.gap) == (expected.cost, expected.gap)
    np.testing.assert_array_equal(result.target_potential, expected.target_potential)
