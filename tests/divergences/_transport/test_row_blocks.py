"""Blocks of one large problem in other processes, by the caller's configuration of joblib."""

import joblib
import numpy as np
import pytest

from divergences import sampled
from divergences._parallel import ordered_results
from divergences._transport import row_blocks


@pytest.fixture
def sent(monkeypatch):
    """Tasks that joblib was given, while blocks of small problems are sent."""
    monkeypatch.setattr(row_blocks, "MIN_SENT_ENTRIES", 0)
    tasks = []

    def record(function, arguments):
        tasks.extend(arguments)
        return ordered_results(function, arguments)

    monkeypatch.setattr(row_blocks, "ordered_results", record)
    return tasks


def solve(metric="euclidean", d=2):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(400, d)), 0.5 + rng.normal(size=(300, d))
    return sampled.transport(x, y, metric=metric, method="columns")


def assert_same_bits(one, other):
    assert (one.cost, one.gap) == (other.cost, other.gap)
    for name in ("source_potential", "target_potential"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_array_equal(one.plan.data, other.plan.data)
    np.testing.assert_array_equal(one.plan.coords, other.plan.coords)


@pytest.mark.parametrize(("metric", "d"), [("euclidean", 2), ("euclidean", 60), ("cityblock", 2)])
def test_jobs_of_joblib_change_no_bit(sent, metric, d):
    alone = solve(metric, d)
    assert not sent
    with joblib.parallel_config(backend="threading", n_jobs=3):
        assert_same_bits(solve(metric, d), alone)
    assert sent


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_cluster_changes_no_bit(sent):
    distributed = pytest.importorskip("distributed", reason="the test extra brings it")
    alone = solve()
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        spread = solve()
    assert_same_bits(spread, alone)
    assert sent


def test_small_problems_and_functions_stay(sent, monkeypatch):
    with joblib.parallel_config(backend="threading", n_jobs=2):
        solve(lambda x, y: np.abs(x[:, None] - y).sum(axis=2))
        assert not sent
        monkeypatch.setattr(row_blocks, "MIN_SENT_ENTRIES", 400 * 300 + 1)
        solve()
    assert not sent


def test_shares_are_consecutive_and_complete():
    blocks = [slice(start, start + 1) for start in range(11)]
    shares = row_blocks._shares(len, blocks, 2)
    assert [block for _, share in shares for block in share] == blocks
    assert len(shares) == 2 * row_blocks.TASKS_PER_JOB
