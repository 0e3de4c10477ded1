"""Distance matrices: laws, processes, clusters, failed pairs and interrupts."""

import pickle
from functools import partial

import joblib
import numpy as np
import pytest
import torch

from divergences import (
    DistributionError,
    PairwiseError,
    PairwiseInterrupt,
    _checks,
    _parallel,
    emd,
    js,
    kl,
    pairwise,
    sampled,
)


def clouds(count, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(rng.integers(1, 9), 2)) for _ in range(count)]


def histograms(count, k, seed=0):
    masses = np.random.default_rng(seed).random((count, k))
    return masses / masses.sum(1, keepdims=True)


@pytest.mark.parametrize("count", [1, 2, 9, 40])
def test_every_entry_is_the_distance_of_its_pair(count):
    points = clouds(count)
    matrix = pairwise(points)
    assert np.array_equal(matrix, matrix.T)
    for i in range(count):
        for j in range(i, count):
            assert matrix[i, j] == sampled.emd(points[i], points[j]).value


def test_two_lists_give_rows_and_columns():
    a, b = histograms(5, 4), histograms(7, 4, seed=1)
    matrix = pairwise(a, b, distance=kl)
    np.testing.assert_allclose(matrix, [[kl(p, q) for q in b] for p in a], rtol=1e-14)


def test_histograms_share_a_ground_cost():
    p, cost = histograms(4, 5), np.abs(np.subtract.outer(np.arange(5.0), np.arange(5.0)))
    expected = [[emd(a, b, cost) for b in p] for a in p]
    np.testing.assert_allclose(pairwise(p, cost=cost), expected, rtol=1e-14, atol=1e-16)
    np.testing.assert_array_equal(pairwise(p, p, cost=cost), expected)


def test_weights_are_passed_with_their_points():
    (a, b), weights = clouds(2, seed=3), np.array([1.0, 2.0])
    a = a[:2] if len(a) > 1 else np.vstack([a, a + 1])
    matrix = pairwise([(a, weights), b], distance=partial(sampled.emd, metric="cityblock"))
    expected = sampled.emd(a, b, x_weights=weights, metric="cityblock").value
    assert matrix[0, 1] == expected == matrix[1, 0]


def test_a_tuple_of_two_probabilities_is_a_histogram():
    assert pairwise([(0.5, 0.5), (0.1, 0.9)], distance=js)[0, 1] == js([0.5, 0.5], [0.1, 0.9])


def test_tensors_have_the_same_distances():
    points = clouds(3)
    np.testing.assert_array_equal(pairwise([torch.tensor(x) for x in points]), pairwise(points))
    weighted = [(x, np.arange(1.0, len(x) + 1)) for x in points]
    mixed = [(torch.tensor(x), w) for x, w in weighted]
    np.testing.assert_array_equal(pairwise(mixed), pairwise(weighted))


@pytest.mark.parametrize(
    ("check", "distributions", "options"),
    [("points", clouds(5), {}), ("masses", histograms(5, 4), {"cost": 1 - np.eye(4)})],
)
def test_each_distribution_is_validated_once_before_any_pair(
    monkeypatch, check, distributions, options
):
    validated, original = [], getattr(_checks, check)

    def counted(name, *arguments, **options):
        validated.append(name)
        return original(name, *arguments, **options)

    def first_task(function, tasks, **_):
        assert len(validated) == 5
        yield 0, function(*tasks[0])
        raise KeyboardInterrupt

    monkeypatch.setattr(_checks, check, counted)
    pairwise(distributions, **options)
    assert validated == [f"distributions[{i}]" for i in range(5)]
    validated.clear()
    monkeypatch.setattr(_parallel, "unordered_results", first_task)
    with pytest.raises(PairwiseInterrupt):
        pairwise(distributions, **options)


@pytest.mark.parametrize("distance", [None, sampled.emd])
def test_an_invalid_cloud_is_named_and_all_other_pairs_are_kept(distance):
    points = clouds(4)
    invalid = [points[0], points[1] * np.nan, points[2], (points[3], [])]
    with pytest.raises(
        PairwiseError,
        match=r"7 of 16 entries failed. \(0, 1\): `distributions\[1\]` must be finite.*"
        r"\(0, 3\): `distributions\[3\]\[1\]` must not be empty",
    ) as raised:
        pairwise(invalid, distance=distance)
    failed = np.isnan(raised.value.distances)
    np.testing.assert_array_equal(failed, [[0, 1, 0, 1], [1] * 4, [0, 1, 0, 1], [1] * 4])
    assert raised.value.distances[0, 2] == sampled.emd(points[0], points[2]).value


def test_an_invalid_histogram_is_named_and_all_other_pairs_are_kept():
    columns, cost = [[0.5, 0.5], [0.5, -0.5], [1.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]
    with pytest.raises(
        PairwiseError,
        match=r"\(0, 1\): `other\[1\]` must be finite and >= 0.*; \(0, 2\): `p` and `q` must have",
    ) as raised:
        pairwise([[1.0, 0.0]], columns, cost=cost)
    np.testing.assert_array_equal(raised.value.distances, [[0.5, np.nan, np.nan]])


def test_processes_change_nothing():
    points = clouds(20)
    np.testing.assert_array_equal(pairwise(points, n_jobs=2), pairwise(points))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_cluster_changes_nothing():
    distributed = pytest.importorskip("distributed", reason="the test extra brings it")
    points = clouds(20)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        matrix = pairwise(points)
    np.testing.assert_array_equal(matrix, pairwise(points))


def hard(a, b):
    if {float(a), float(b)} == {1.0, 3.0}:
        raise ZeroDivisionError("no way between 1 and 3")
    return abs(float(a) - float(b))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_failed_pair_is_named_and_all_others_are_kept(n_jobs):
    with pytest.raises(
        PairwiseError, match=r"2 of 25 entries failed. \(1, 3\): no way between 1 and 3; \(3, 1\)"
    ) as raised:
        pairwise(np.arange(5.0), other=np.arange(5.0), distance=hard, n_jobs=n_jobs)
    expected = np.abs(np.subtract.outer(np.arange(5.0), np.arange(5.0)))
    expected[1, 3] = expected[3, 1] = np.nan
    np.testing.assert_array_equal(raised.value.distances, expected)
    assert [failure[:2] for failure in raised.value.failures] == [(1, 3), (3, 1)]
    assert isinstance(raised.value.failures[0][2], ZeroDivisionError)
    again = pickle.loads(pickle.dumps(raised.value))
    assert str(again) == str(raised.value)


def test_an_interrupt_keeps_the_distances_so_far():
    calls = 0

    def interrupted(a, b):
        nonlocal calls
        calls += 1
        if calls > 30:
            raise KeyboardInterrupt
        return abs(a - b)

    with pytest.raises(PairwiseInterrupt, match=r"interrupted: \d+ of 400 distances") as raised:
        pairwise(np.arange(20.0), distance=interrupted)
    done = ~np.isnan(raised.value.distances)
    assert 0 < done.sum() < 400
    expected = np.abs(np.subtract.outer(np.arange(20.0), np.arange(20.0)))
    np.testing.assert_array_equal(raised.value.distances[done], expected[done])


def test_progress_is_shown(capsys):
    pairwise(clouds(3), progress=True)
    assert "pairs" in capsys.readouterr().err


REFUSED = [
    (([],), {}, "`distributions` must hold at least one distribution"),
    (([[1.0]], []), {}, "`other` must hold at least one distribution"),
    (([[1.0]],), {"cost": [[0.0]], "distance": js}, "give either `cost` or `distance`"),
    ((3,), {}, "`distributions` must be a list of distributions, but is of type int"),
    (("text",), {}, "`distributions` must be a list of distributions, but is of type str"),
    ((np.array(3.0),), {}, "must be a list of distributions, but is of type ndarray"),
    (
        ([[1.0]],),
        {"cost": [[np.nan]]},
        r"`cost` must be >= 0, or infinite for a forbidden pair, but `cost`\[0, 0\] = nan",
    ),
    (([[1.0]],), {"n_jobs": 0}, "`n_jobs` must be a number of processes"),
]


@pytest.mark.parametrize(("arguments", "options", "message"), REFUSED)
def test_invalid_lists_and_options_are_refused(arguments, options, message):
    with pytest.raises(DistributionError, match=message):
        pairwise(*arguments, **options)
