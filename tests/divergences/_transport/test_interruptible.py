"""Interrupts and time limits during long calls of compiled code and within one round."""

import threading
import types

import numpy as np
import pytest

from divergences import SolverError, sampled
from divergences._transport import row_blocks, simplex_run
from divergences._transport.column_generation import master_problem
from divergences._transport.column_generation.block_pricing import BlockPricing
from divergences._transport.column_generation.partial_pricing import ReducedCostBounds
from divergences._transport.ground import GroundCost
from divergences._transport.interruptible import call_interruptibly
from divergences._transport.network_simplex import compiled_simplex
from divergences._transport.row_blocks import map_row_blocks


class Stop(Exception):
    """Raised by a check."""


def stop():
    raise Stop


@pytest.fixture
def endless():
    """A function that returns only after the test, as a solve of hours would."""
    released = threading.Event()
    yield lambda *_: released.wait(60)
    released.set()


def test_the_result_and_the_error_are_those_of_the_function():
    assert call_interruptibly(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        call_interruptibly(divmod, 7, 0)


def test_a_check_ends_the_wait(endless):
    with pytest.raises(Stop):
        call_interruptibly(endless, check=stop)


@pytest.mark.parametrize("method", ["master", "dense"])
def test_a_time_limit_is_noticed_during_a_solve_of_the_simplex(monkeypatch, endless, method):
    x, y = np.random.default_rng(0).normal(size=(2, 150, 2))
    real = compiled_simplex()
    fake = types.SimpleNamespace(emd_c=real.emd_c, emd_c_sparse=real.emd_c_sparse)
    setattr(fake, {"master": "emd_c_sparse", "dense": "emd_c"}[method], endless)
    for module in (simplex_run, master_problem):
        monkeypatch.setattr(module, "compiled_simplex", lambda: fake)
    monkeypatch.setattr(simplex_run, "MAX_UNINTERRUPTED_PAIRS", 0)
    monkeypatch.setattr(master_problem, "MAX_UNINTERRUPTED_ARCS", 0)
    with pytest.raises(SolverError, match="the optimal cost is between") as caught:
        sampled.emd(x, y, method="columns", time_limit=0.1)
    lower, upper = caught.value.bracket
    assert 0 <= lower <= upper < np.inf


def test_an_interrupt_is_noticed_during_a_solve_of_the_simplex(monkeypatch, endless):
    x, y = np.random.default_rng(0).normal(size=(2, 30, 2))
    fake = types.SimpleNamespace(emd_c=endless)
    monkeypatch.setattr(simplex_run, "compiled_simplex", lambda: fake)
    monkeypatch.setattr(simplex_run, "MAX_UNINTERRUPTED_PAIRS", 0)

    def interrupted(_event, _timeout=None):
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Event, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sampled.emd(x, y)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_check_after_a_block_ends_the_evaluation(monkeypatch, threads):
    monkeypatch.setattr(row_blocks, "BLOCK_ENTRIES", 10)
    evaluated = []
    with pytest.raises(Stop):
        map_row_blocks(evaluated.append, 1000, 10, threads, check=stop)
    assert len(evaluated) < 1000


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_blocks_do_not_depend_on_the_number_of_threads(threads):
    assert map_row_blocks(lambda rows: rows, 10, 3, threads) == map_row_blocks(
        lambda rows: rows, 10, 3, 1
    )


def test_every_block_of_a_pricing_is_followed_by_a_check(monkeypatch):
    monkeypatch.setattr(row_blocks, "BLOCK_ENTRIES", 500)
    x, y = np.random.default_rng(0).normal(size=(2, 50, 2))
    ground, checks = GroundCost.of(x, y, metric="cityblock"), []
    bounds = ReducedCostBounds(BlockPricing(ground), lambda: checks.append(1))
    bounds.violations(np.zeros(50), np.zeros(50), ground.of_pairs, 10, width=0.0)
    assert len(checks) == 8
