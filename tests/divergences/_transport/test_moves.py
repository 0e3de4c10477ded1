"""Moves of a plan: their costs are those of the pairs, the largest mass comes first."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

import divergences
from divergences import DistributionError, sampled, transport
from tests.strategies import cloud_pairs

X, Y = (np.random.default_rng(seed).normal(size=(40 + seed, 2)) for seed in (0, 1))
COST = np.array([[0.0, 1.0, 3.0], [1.0, 0.0, 2.0], [3.0, 2.0, 0.0]])
PROBLEMS = {
    "plane": lambda: sampled.transport(X, Y),
    "columns": lambda: sampled.transport(X, Y, method="columns"),
    "line": lambda: sampled.transport(X[:, 0], Y[:, 0]),
    "line of order 2": lambda: sampled.transport(1e-3 * X[:, 0], 1e3 * Y[:, 0], order=2),
    "tiny": lambda: sampled.transport(1e-200 * X, 1e-200 * Y),
    "huge": lambda: sampled.transport(1e150 * X, 1e150 * Y, order=2),
    "partial": lambda: sampled.partial_transport(1e100 * X, 1e100 * Y),
    "partial, heavier targets": lambda: sampled.partial_transport(1e9 * X[:9], 1e9 * Y),
    "histograms": lambda: transport([0.2, 0.3, 0.5], [0.6, 0.4, 0.0], 1e-250 * COST),
    "unequal histograms": lambda: divergences.partial_transport([1, 2, 3], [4, 5, 6], 7 * COST),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_masses_times_the_costs_of_all_moves_sum_to_the_cost(name):
    solved = PROBLEMS[name]()
    moves = solved.moves(10**6)
    assert len(moves) == solved.plan.nnz
    assert sum(move.mass for move in moves) == pytest.approx(1, rel=1e-14, abs=0)
    scale = 2.0 ** -np.frexp(solved.cost)[1]
    total = sum(move.mass * (move.cost * scale) for move in moves)
    assert total == pytest.approx(solved.cost * scale, rel=1e-13, abs=0)


@given(cloud_pairs())
def test_every_move_has_the_distance_of_its_points_and_the_largest_comes_first(pair):
    x, y = pair
    solved = sampled.transport(x, y)
    moves = solved.moves(len(x) + len(y))
    assert [move.mass for move in moves] == sorted((m.mass for m in moves), reverse=True)
    plan = solved.plan.toarray()
    for source, target, mass, cost in moves:
        assert plan[source, target] == mass > 0
        assert cost == pytest.approx(np.linalg.norm(x[source] - y[target]), rel=1e-14, abs=1e-300)


def test_the_k_largest_have_their_labels():
    p = pd.Series({"a": 0.7, "b": 0.3})
    q = pd.Series({"a": 0.1, "c": 0.9})
    solved = transport(p, q, lambda a, b: float(ord(b) - ord(a)) ** 2)
    assert [move[:2] for move in solved.moves(2)] == [("a", "c"), ("b", "c")]
    first, *rest = solved.moves(9)
    assert first == solved.moves(1)[0]
    assert (first.source, first.target, first.cost) == ("a", "c", 4.0)
    assert first.mass == pytest.approx(0.6, rel=1e-14, abs=0)
    assert [move[:2] for move in rest] == [("b", "c"), ("a", "a")]


def test_equal_masses_are_in_the_order_of_the_sources():
    solved = sampled.transport([3.0, 1.0, 2.0], [1.0, 2.0, 3.0])
    assert [move[:2] for move in solved.moves(3)] == [(0, 2), (1, 0), (2, 1)]


@pytest.mark.parametrize("k", [0, -1, 1.5, True, None, "all"])
def test_a_number_of_moves_below_1_is_refused(k):
    with pytest.raises(DistributionError, match="`k` must be a whole number of at least 1, but"):
        sampled.transport([0.0], [1.0]).moves(k)
