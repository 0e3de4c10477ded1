"""Graphs and masses that are taken, and those that are refused with a remedy."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import coo_array, csr_array, csr_matrix

from divergences import DistributionError, graphs

PATH = csr_array([[0, 2, 0], [2, 0, 3], [0, 3, 0.0]])
ONE_WAY = csr_array([[0, 2, 0], [0, 0, 3], [0, 0, 0.0]])
CITIES = nx.Graph()
CITIES.add_weighted_edges_from([("Berlin", "Paris", 3), ("Paris", "Rome", 4)])
CITIES.add_node("Oslo")


@pytest.mark.parametrize(
    ("p", "q", "expected"),
    [
        ({"Berlin": 1}, {"Rome": 1}, 7),
        (pd.Series({"Rome": 1.0, "Berlin": 1.0}), {"Paris": 2}, 3.5),
        ([0, 1, 0, 0], {"Rome": 1}, 4),
        ([{"Berlin": 1}, {"Paris": 1}], {"Rome": 1}, [7, 4]),
        (pd.DataFrame({"Berlin": [0.5, 1], "Rome": [0.5, 0]}), {"Paris": 1.0}, [3.5, 3]),
    ],
)
def test_masses_are_aligned_with_the_nodes_by_label(p, q, expected):
    assert graphs.emd(p, q, CITIES).tolist() == expected


@pytest.mark.parametrize(
    "graph",
    [PATH, csr_matrix(PATH), coo_array(PATH), PATH.astype(np.int64), PATH.tocsc(), PATH.tolil()],
    ids=lambda graph: type(graph).__name__,
)
def test_every_sparse_format_is_taken(graph):
    assert graphs.emd([1, 0, 0], {2: 1}, graph) == 5
    assert graphs.emd([1, 0, 0], [0, 0, 1], graph, weight=None) == 2


def test_a_matrix_that_is_not_symmetric_is_directed_only_on_request():
    assert graphs.emd([1, 0, 0], [0, 0, 1], ONE_WAY, directed=True) == 5
    assert graphs.emd([0, 0, 1], [1, 0, 0], ONE_WAY, directed=False) == 5
    with pytest.raises(DistributionError, match="not symmetric; pass directed=True if"):
        graphs.emd([1, 0, 0], [0, 0, 1], ONE_WAY)


def test_a_stored_zero_is_an_edge_of_length_0():
    free = coo_array(([0.0, 0.0, 3.0, 3.0], ([0, 1, 1, 2], [1, 0, 2, 1])), shape=(3, 3))
    assert graphs.emd([1, 0, 0], [0, 1, 0], free) == 0
    assert graphs.emd([1, 0, 0], [0, 0, 1], free) == 3


def test_loops_are_ignored_and_of_parallel_edges_the_shortest_counts():
    graph = nx.MultiGraph()
    graph.add_weighted_edges_from([(0, 1, 5), (0, 1, 2), (1, 1, 7)])
    assert graphs.emd([1, 0], [0, 1], graph) == 2
    assert graphs.emd([1, 0], [0, 1], csr_array([[9, 2], [2, 9.0]])) == 2


def test_edges_of_networkx_without_weights_have_length_1():
    graph = nx.path_graph(3)
    assert graphs.emd({0: 1}, {2: 1}, graph) == 2
    nx.set_edge_attributes(graph, 5.0, "km")
    assert graphs.emd({0: 1}, {2: 1}, graph, weight="km") == 10
    assert graphs.emd({0: 1}, {2: 1}, graph, weight=None) == 2


def test_a_directed_graph_of_networkx_is_directed_unless_stated():
    graph = nx.DiGraph([(0, 1), (1, 2), (2, 0)])
    assert graphs.emd({0: 1}, {2: 1}, graph) == 2
    assert graphs.emd({0: 1}, {2: 1}, graph, directed=False) == 1


def test_a_prepared_graph_is_taken_as_it_is():
    prepared = graphs.prepare(PATH)
    assert graphs.emd([1, 0, 0], [0, 0, 1], prepared) == 5
    assert repr(prepared) == "<PreparedGraph undirected, 3 nodes, 2 edges>"
    assert graphs.prepare(prepared) is prepared


P, Q = [1, 0, 0], [0, 0, 1]
DIAMOND = nx.DiGraph()
DIAMOND.add_weighted_edges_from([(0, 1, 1), (0, 2, 5), (1, 3, 1), (2, 3, 1)])
PARTLY = nx.Graph(CITIES)
PARTLY.add_edge("Oslo", "Rome")
TEXT = nx.Graph()
TEXT.add_edge(0, 1, weight="far")


@pytest.mark.parametrize(
    ("p", "q", "graph", "message"),
    [
        (P, Q, -PATH, r"edge \(0, 1\) is -2.0"),
        (P, Q, PATH * np.nan, r"edge \(0, 1\) is nan; leave out edges"),
        (P, Q, PATH.toarray(), r"pass scipy.sparse.csr_array\(graph\), whose stored"),
        (P, Q, csr_array((3, 4)), r"square matrix .* has shape \(3, 4\)"),
        (P, Q, csr_array((0, 0)), "must have nodes, but has none"),
        (P, Q, nx.Graph(), "must have nodes, but has none"),
        (P, Q, PATH.astype(complex), "its type is complex128"),
        (
            P,
            Q,
            coo_array(([1.0, 2, 1, 2], ([0, 0, 1, 1], [1, 1, 0, 0]))),
            "stores 2 entries twice",
        ),
        (P, Q, None, "`graph` must be a sparse matrix of edge lengths, .* but is None"),
        (P, Q, csr_array([[0, 1e300, 0], [1e300, 0, 1e-300], [0, 1e-300, 0]]), "600 orders"),
        (P, Q, PATH * 5e307, "distances exceed 1.8e308; divide them"),
        ([1, 0], Q, PATH, r"a mass for each of the 3 nodes .* shape \(2,\); masses of some"),
        (1.0, Q, PATH, r"has shape \(\)"),
        ([1, 0, np.nan], Q, PATH, "nan is not finite"),
        ([2, 0, -1], Q, PATH, "-1.0 is negative"),
        ([0, 0, 0], Q, PATH, "must hold some mass"),
        ([2, 0, 0], Q, PATH, "must have the same total mass, .* normalize both"),
        ([[1, 0, 0], [2, 0, 0]], Q, PATH, r"problem \[1\]: .* same total mass"),
        (np.ones((2, 3)), np.ones((4, 3)), PATH, r"must broadcast, but are \(2,\) and \(4,\)"),
        ({"Berlin": 1}, {"Roma": 1}, CITIES, "masses of 'Roma', .* did you mean 'Rome'"),
        ({"0": 1}, {2: 1}, PATH, "no such node, which are 0 to 2; did you mean 0"),
        ([{0: 1}, [1, 0, 0]], Q, PATH, "mappings throughout"),
        ({"Berlin": 1}, {"Oslo": 1}, CITIES, "of the 3 nodes 'Berlin', .* `p` has 1 of its mass"),
        ({0: 1, 1: 1}, {2: 1, 0: 1}, nx.Graph([(0, 1), (2, 3)]), "`p` has 1 .* `q` has 0.5"),
        ({1: 2}, {2: 1, 3: 1}, DIAMOND, "a fraction 0.5 of the mass .* no path from 1 to 2"),
        ({"Rome": 1}, {"Oslo": 1}, PARTLY, "1 of 3 edges of `graph` have no attribute 'weight'"),
        ({0: 1}, {1: 1}, TEXT, "must be a length, but is 'far' for the edge"),
    ],
)
def test_what_cannot_be_meant_is_refused(p, q, graph, message):
    with pytest.raises(DistributionError, match=message):
        graphs.emd(p, q, graph)


@pytest.mark.parametrize(
    ("graph", "options", "message"),
    [
        (PATH, {"directed": "no"}, "`directed` must be True, False or None, but is 'no'"),
        (PATH, {"weight": "km"}, "but `graph` is a sparse matrix"),
        (CITIES, {"weight": "km"}, "no edge of `graph` has the attribute 'km'; pass weight=None"),
        (graphs.prepare(PATH), {"directed": True}, "`directed` = True comes too late"),
        (graphs.prepare(PATH), {"weight": None}, "`weight` = None comes too late"),
    ],
)
def test_options_that_do_not_fit_are_refused(graph, options, message):
    with pytest.raises(DistributionError, match=message):
        graphs.prepare(graph, **options)


def test_a_flow_is_of_one_problem():
    with pytest.raises(DistributionError, match="one problem for a flow"):
        graphs.transport([P, P], Q, PATH)


def test_mass_that_is_cut_off_is_named_on_arcs_as_between_nodes(monkeypatch):
    monkeypatch.setattr("divergences.graphs._solve.MAX_PAIRS", 0)
    with pytest.raises(DistributionError, match=r"a fraction 0.5 .* no path from 1 to 2"):
        graphs.emd({1: 2}, {2: 1, 3: 1}, DIAMOND)
