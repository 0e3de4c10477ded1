"""Flows on graphs: the potential, the flow, the gap, and the plan of the flow."""

from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from scipy.sparse import coo_array

from divergences import graphs
from divergences._transport.certificate import Arcs
from divergences.graphs._certificate import flow_gap
from tests.divergences.graphs.problems import distances, problems, random_graph, random_masses


@given(problems(directed=(False, True)))
@settings(max_examples=60)
def test_the_potential_is_1_lipschitz_as_real_numbers_and_proves_the_cost(problem):
    graph, p, q = problem
    prepared = graphs.prepare(graph)
    solved = graphs.transport(p, q, prepared)
    f, d = solved.potential, distances(prepared)
    for i, j, length in graph.edges(data="weight"):
        assert Fraction(f[i]) - Fraction(f[j]) <= Fraction(length)
        if prepared.undirected:
            assert Fraction(f[j]) - Fraction(f[i]) <= Fraction(length)
    assert (f[:, None] - f[None, :] <= d * (1 + 1e-14)).all()
    assert solved.cost - f @ (p - q) <= solved.gap + 1e-15 * d.max()
    assert 0 <= solved.gap <= 1e-9 * solved.cost + 1e-14 * d.max()


@given(problems(directed=(False, True)))
@settings(max_examples=60)
def test_the_flow_conserves_mass_and_the_plan_costs_as_much(problem):
    graph, p, q = problem
    prepared = graphs.prepare(graph)
    solved, d = graphs.transport(p, q, prepared), distances(prepared)
    flow = solved.flow.toarray()
    assert np.allclose(flow.sum(axis=1) - flow.sum(axis=0), p - q, rtol=0, atol=1e-15)
    assert (solved.flow.data > 0).all()
    lengths = np.ldexp(prepared.arcs.toarray(), prepared.exponent)
    assert (flow * lengths).sum() == pytest.approx(solved.cost, rel=1e-13, abs=1e-15 * d.max())
    plan = solved.plan()
    assert (plan.data > 0).all()
    assert np.allclose(plan.sum(axis=1), p, rtol=0, atol=1e-15)
    assert np.allclose(plan.sum(axis=0), q, rtol=0, atol=1e-15)
    cost = (plan.toarray() * d).sum()
    assert cost == pytest.approx(solved.cost, rel=1e-12, abs=1e-15 * d.max())


def test_the_plan_of_a_path_moves_mass_along_it():
    solved = graphs.transport([3, 0, 1, 0], [0, 1, 1, 2], nx.path_graph(4))
    assert solved.cost == 7 / 4
    assert solved.flow.toarray().tolist() == [
        [0, 0.75, 0, 0],
        [0, 0, 0.5, 0],
        [0, 0, 0, 0.5],
        [0, 0, 0, 0],
    ]
    assert (solved.plan().toarray() @ np.arange(4)).sum() == (1 + 2 + 6) / 4


def test_equal_masses_stay_where_they_are():
    solved = graphs.transport([1, 3], [1, 3], nx.path_graph(2))
    assert solved.cost == solved.gap == 0
    assert solved.flow.nnz == 0
    assert solved.plan().toarray().tolist() == [[0.25, 0], [0, 0.75]]


def test_flow_that_circulates_on_edges_of_length_0_is_left_out_of_the_plan():
    from divergences.graphs._plan import plan_of_flow

    flow = coo_array(([0.5, 0.75, 0.25, 0.25], ([0, 1, 2, 2], [1, 2, 1, 3])), shape=(4, 4))
    p, q = np.array([0.5, 0.5, 0, 0]), np.array([0, 0.5, 0.25, 0.25])
    plan = plan_of_flow(flow, p - q, np.minimum(p, q))
    assert plan.sum(axis=1).tolist() == [0.5, 0.5, 0, 0]
    assert plan.sum(axis=0).tolist() == [0, 0.5, 0.25, 0.25]


@pytest.mark.parametrize("kind", ["tree", "cycle", "network"])
def test_lengths_over_twelve_orders_of_magnitude_are_proved_or_refused(kind):
    rng = np.random.default_rng(0)
    for _ in range(20):
        graph = random_graph(rng, kind, "whole", n=8)
        for edge in graph.edges:
            graph.edges[edge]["weight"] = 10 ** rng.uniform(-6, 6)
        p, q = random_masses(rng, 8)
        solved = graphs.transport(p, q, graph)
        assert solved.cost == pytest.approx(graphs.emd(p, q, graph), rel=1e-9)


def test_the_result_is_told_in_one_line_with_the_nodes_names():
    graph = nx.Graph([("a", "b"), ("b", "c")])
    solved = graphs.transport({"a": 1}, {"c": 1}, graph)
    assert solved.nodes == ("a", "b", "c")
    assert repr(solved).startswith("<GraphTransport cost 2, proved within ")
    assert str(solved).endswith("flow on 2 edges between 3 nodes")
    assert graphs.transport([1, 0], [0, 1], nx.path_graph(2)).nodes is None


def test_a_large_length_leaves_the_unit_as_it_is():
    solved = graphs.transport(
        [1, 0, 0], [0, 0, 1], 1e-310 * nx.to_scipy_sparse_array(nx.path_graph(3))
    )
    assert solved.cost == 2e-310


def path_graph(lengths):
    """A path of nodes 0, 1, ... with these lengths, zeros included."""
    i = np.arange(len(lengths))
    ends = np.concatenate([i, i + 1]), np.concatenate([i + 1, i])
    return coo_array((np.tile(lengths, 2), ends), shape=(len(lengths) + 1,) * 2)


@pytest.mark.parametrize("directed", [False, True])
def test_flow_that_lost_mass_far_away_has_a_gap_even_where_the_potential_is_0(directed):
    prepared = graphs.prepare(path_graph(np.array([1.0, 1.0])), directed=directed)
    assert np.ldexp(prepared.radius, prepared.exponent).tolist() == [0, 1, 2]
    supply, nowhere = np.array([0.25, 0.0, -0.25]), np.empty(0, np.intp)
    nothing = Arcs(nowhere, nowhere, np.empty(0), np.empty(0))
    gap, rounding = flow_gap(nothing, supply, np.zeros(3), prepared.radius)
    assert np.ldexp(gap, prepared.exponent) == pytest.approx(0.5, rel=1e-14, abs=0)
    assert gap <= rounding


def test_lost_mass_of_one_way_arcs_may_cost_the_longest_path():
    one_way = coo_array(([1.0, 0.5], ([0, 1], [1, 2])), shape=(3, 3))
    prepared = graphs.prepare(one_way, directed=True)
    assert np.ldexp(prepared.radius, prepared.exponent).tolist() == [1.5, 1.5, 1.5]


@pytest.mark.parametrize("extra", [[], [(0, 3, 2.0), (1, 3, 2.0)]], ids=["tree", "cycles"])
def test_costs_and_plans_below_the_rounding_of_the_masses_are_exact(extra):
    lengths = [(0, 1, 0.5), (1, 2, 0.0), (2, 3, 1.0), *extra]
    i, j, d = (np.array(part) for part in zip(*lengths, strict=True))
    graph = coo_array(
        (np.tile(d, 2), (np.concatenate([i, j]), np.concatenate([j, i]))), shape=(4, 4)
    )
    p, q = np.array([1e-30, 1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, 3e-30])
    of_p, of_q = ([Fraction(x) for x in a.tolist()] for a in (p, q))
    expected = float(of_p[0] / sum(of_p) / 2 + of_q[3] / sum(of_q))
    solved = graphs.transport(p, q, graph)
    assert [solved.cost, graphs.emd(p, q, graph)] == pytest.approx(
        [expected] * 2, rel=1e-12, abs=0
    )
    rows, cols = solved.plan().coords
    assert solved.exact_proof
    moved = solved.plan().data @ distances(graphs.prepare(graph))[rows, cols]
    assert moved == pytest.approx(expected, rel=1e-12, abs=0)
    assert solved.plan().sum(axis=1) == pytest.approx(p, rel=1e-14, abs=0)
    assert solved.plan().sum(axis=0) == pytest.approx(q, rel=1e-14, abs=0)
