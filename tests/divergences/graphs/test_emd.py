"""Exact EMD on graphs: agreement with the matrix of all distances, laws of a metric, batches."""

import functools
import itertools
from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from scipy.sparse import coo_array, csr_array

import divergences
from divergences import graphs
from tests.divergences.graphs.problems import (
    EDGES,
    distances,
    emd_with_matrix,
    problems,
    random_graph,
    random_masses,
)

CLOSED_FORMS = ("tree", "cycle", "one cycle")


@given(problems(directed=(False, True)))
@settings(max_examples=60)
def test_the_emd_is_that_of_the_matrix_of_all_distances(problem):
    graph, p, q = problem
    prepared = graphs.prepare(graph)
    largest = distances(prepared).max()
    expected = emd_with_matrix(p, q, prepared)
    assert graphs.emd(p, q, prepared) == pytest.approx(expected, rel=1e-12, abs=1e-15 * largest)


@given(problems(directed=(False, True), kinds=("network",)))
@settings(max_examples=30)
def test_a_flow_on_the_arcs_has_the_cost_of_the_plan_between_nodes(problem):
    graph, p, q = problem
    prepared = graphs.prepare(graph)
    expected = graphs.emd(p, q, prepared)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("divergences.graphs._solve.MAX_PAIRS", 0)
        found = graphs.emd(p, q, prepared)
    largest = distances(prepared).max()
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-15 * largest)


@pytest.mark.parametrize("kind", EDGES)
def test_it_is_a_metric(kind):
    rng = np.random.default_rng(0)
    prepared = graphs.prepare(random_graph(rng, kind, "real", n=12))
    masses = random_masses(rng, 12, 7)
    d = graphs.emd(masses[:, None], masses[None, :], prepared)
    assert (np.diag(d) == 0).all()
    assert (d[~np.eye(7, dtype=bool)] > 0).all()
    assert np.allclose(d, d.T, rtol=1e-13, atol=0)
    for i, j, k in itertools.permutations(range(7), 3):
        assert d[i, j] <= (d[i, k] + d[k, j]) * (1 + 1e-13)


def test_masses_at_two_nodes_are_as_far_apart_as_the_nodes():
    graph = random_graph(np.random.default_rng(1), "network", "real", n=10, directed=True)
    prepared = graphs.prepare(graph)
    eye = np.eye(10)
    assert np.allclose(
        graphs.emd(eye[:, None], eye[None, :], prepared), distances(prepared), rtol=1e-14
    )


@pytest.mark.parametrize("kind", EDGES)
@pytest.mark.parametrize("scale", [1e-200, 1e-10, 3.0, 1e200])
def test_it_scales_with_the_lengths_and_not_with_the_masses(kind, scale):
    rng = np.random.default_rng(2)
    graph = random_graph(rng, kind, "real", n=12)
    p, q = random_masses(rng, 12)
    matrix = csr_array(graphs.prepare(graph).arcs)
    unit = graphs.emd(p, q, matrix)
    assert graphs.emd(p, q, scale * matrix) == pytest.approx(scale * unit, rel=1e-14, abs=0)
    assert graphs.emd(scale * p, scale * q, matrix) == pytest.approx(unit, rel=1e-13, abs=0)


@pytest.mark.parametrize("kind", EDGES)
def test_a_small_difference_of_masses_keeps_its_digits(kind):
    graph = random_graph(np.random.default_rng(3), kind, "whole", n=12)
    p = np.full(12, 2.0**-4)
    q = p.copy()
    q[0] += 2.0**-50
    q[7] -= 2.0**-50
    prepared = graphs.prepare(graph)
    expected = distances(prepared)[7, 0] * 2.0**-50 / 0.75
    assert graphs.emd(p, q, prepared) == pytest.approx(expected, rel=1e-14, abs=0)


def test_masses_of_different_totals_are_compared_exactly():
    p = np.array([3.0, 5.0, 7.0]) / 10
    q = np.array([3.0, 5.0, 7.0]) / 7
    q *= p.sum() / q.sum()  # but for rounding, p
    exact_p, exact_q = ([Fraction(x) / sum(map(Fraction, v)) for x in v] for v in (p, q))
    first, last = (exact_p[k] - exact_q[k] for k in (0, 2))
    found = graphs.emd(p, q, nx.path_graph(3))
    assert found == pytest.approx(float(abs(first) + abs(last)), rel=1e-13, abs=0)


@pytest.mark.parametrize("kind", EDGES)
def test_a_batch_is_its_problems_one_by_one(kind):
    rng = np.random.default_rng(4)
    prepared = graphs.prepare(random_graph(rng, kind, "real", n=12))
    masses = random_masses(rng, 12, 6).reshape(2, 3, 12)
    batch = graphs.emd(masses, masses[0, 1], prepared)
    assert batch.shape == (2, 3)
    for index in np.ndindex(2, 3):
        single = graphs.emd(masses[index], masses[0, 1], prepared)
        assert batch[index] == pytest.approx(single, rel=1e-14, abs=0)


def test_a_forest_is_compared_tree_by_tree():
    forest = nx.Graph([(0, 1), (1, 2), (3, 4)])
    assert graphs.emd([2, 0, 0, 1, 0], [0, 0, 2, 0, 1], forest) == pytest.approx(
        5 / 3, rel=1e-15, abs=0
    )


def test_a_long_path_is_the_line():
    n = 20_000
    rng = np.random.default_rng(5)
    length = rng.random(n - 1)
    order = rng.permutation(n)
    path = coo_array((length, (order[:-1], order[1:])), shape=(n, n))
    p, q = rng.random((2, n))
    p, q = p / p.sum(), q / q.sum()
    expected = np.abs(np.cumsum(p[order] - q[order])[:-1]) @ length
    assert graphs.emd(p, q, path, directed=False) == pytest.approx(expected, rel=1e-11, abs=0)


def test_networks_of_many_nodes_start_from_coarse_ones(monkeypatch):
    monkeypatch.setattr("divergences.graphs._coarse.MIN_NODES_OF_COARSE", 50)
    grid = nx.convert_node_labels_to_integers(nx.grid_2d_graph(20, 20))
    rng = np.random.default_rng(6)
    for edge in grid.edges:
        grid.edges[edge]["weight"] = rng.random()
    p, q = random_masses(rng, 400)
    prepared = graphs.prepare(grid)
    expected = graphs.emd(p, q, prepared)
    monkeypatch.setattr("divergences.graphs._solve.MAX_PAIRS", 0)
    assert graphs.transport(p, q, prepared).cost == pytest.approx(expected, rel=1e-12, abs=0)


def test_ollivier_ricci_curvature_of_the_karate_club():
    club = nx.karate_club_graph()
    adjacency = nx.to_numpy_array(club, weight=None)
    walk = adjacency / adjacency.sum(axis=1, keepdims=True)
    u, v = np.array(club.edges).T
    curvature = 1 - graphs.emd(walk[u], walk[v], club, weight=None)
    cost = distances(graphs.prepare(club, weight=None))
    expected = [1 - divergences.emd(walk[i], walk[j], cost) for i, j in zip(u, v, strict=True)]
    assert np.allclose(curvature, expected, rtol=0, atol=1e-14)


def test_pairwise_takes_it_as_a_function():
    prepared = graphs.prepare(nx.cycle_graph(5))
    masses = random_masses(np.random.default_rng(7), 5, 4)
    matrix = divergences.pairwise(masses, distance=lambda p, q: graphs.emd(p, q, prepared))
    assert np.allclose(matrix, graphs.emd(masses[:, None], masses, prepared), rtol=1e-14)


@pytest.mark.parametrize("kind", EDGES)
def test_the_gradient_is_the_potential(kind):
    rng = np.random.default_rng(8)
    graph = random_graph(rng, kind, "real", n=6)
    p, q = (torch.tensor(x, requires_grad=True) for x in rng.random((2, 2, 6)) + 0.1)
    with torch.no_grad():
        q *= p.sum(-1, keepdim=True) / q.sum(-1, keepdim=True)
    prepared = graphs.prepare(graph)
    function = functools.partial(_emd_of_normalized, graph=prepared)
    assert torch.autograd.gradcheck(function, (p, q), eps=1e-7, atol=1e-6)


def _emd_of_normalized(p, q, *, graph):
    return graphs.emd(p / p.sum(-1, keepdim=True), q / q.sum(-1, keepdim=True), graph)


def test_float32_stays_float32():
    p, q = np.float32([0.1, 0.9]), np.float32([0.5, 0.5])
    assert graphs.emd(p, q, nx.path_graph(2)).dtype == np.float32
    assert graphs.emd(torch.tensor(p), torch.tensor(q), nx.path_graph(2)).dtype == torch.float32


def test_an_empty_batch_is_an_empty_array():
    assert graphs.emd(np.zeros((0, 3)), [0, 0, 1], nx.path_graph(3)).shape == (0,)


def test_problems_of_a_batch_without_a_proof_are_solved_one_by_one(monkeypatch):
    rng = np.random.default_rng(9)
    prepared = graphs.prepare(random_graph(rng, "network", "real", n=10))
    masses = random_masses(rng, 10, 4)
    expected = graphs.emd(masses, masses[0], prepared)
    monkeypatch.setattr(
        "divergences.graphs._emd.metric_costs", lambda excess, _: np.full(len(excess), np.nan)
    )
    assert np.allclose(graphs.emd(masses, masses[0], prepared), expected, rtol=1e-13, atol=0)


def test_a_batch_on_a_graph_in_parts_or_one_way_is_solved_one_by_one():
    parts = nx.disjoint_union(nx.complete_graph(4), nx.complete_graph(4))
    p = np.array([[1, 0, 0, 0, 0, 1, 0, 0], [0, 1, 0, 0, 0, 0, 0, 1]])
    q = np.array([0, 0, 1, 0, 1, 0, 0, 0])
    assert graphs.emd(p, q, parts).tolist() == [1, 1]
    one_way = nx.DiGraph([(0, 1), (1, 2), (0, 2)])
    assert graphs.emd([[1, 0, 0], [0, 1, 0]], [0, 0, 1], one_way).tolist() == [1, 1]


def test_a_batch_of_counts_is_that_of_probabilities():
    rng = np.random.default_rng(10)
    prepared = graphs.prepare(random_graph(rng, "network", "real", n=10))
    masses = random_masses(rng, 10, 4)
    totals = np.array([[1.0], [3.0], [1e-200], [1e200]])
    expected = graphs.emd(masses, masses[::-1], prepared)
    found = graphs.emd(masses * totals, masses[::-1] * totals, prepared)
    assert np.allclose(found, expected, rtol=1e-12, atol=0)
