"""The benchmark of graphs runs, and its graphs are what they are called."""

import networkx as nx

from benchmarks.transport import graphs


def test_the_benchmark_runs_on_small_graphs():
    rows = [
        *graphs.compared_graphs(sides=(5,), sizes=(20,), rounds=1),
        graphs.curvature(rounds=1),
        graphs.digits(count=4, rounds=1),
    ]
    assert all(row["difference"] <= graphs.MAX_DIFFERENCE for row in rows)
    large = graphs.large_graphs(sides=(6,), tree=50)
    assert all(0 <= row["relative_gap"] < 1e-9 for row in large)


def test_the_graphs_are_connected_roads_trees_and_cycles():
    roads, tree, path, cycle = (
        nx.from_scipy_sparse_array(graph)
        for graph in (
            graphs.road_graph(6),
            graphs.tree_graph(30, depth="recursive"),
            graphs.tree_graph(30, depth="path"),
            graphs.cycle_graph(30),
        )
    )
    assert nx.is_connected(roads)
    assert nx.is_tree(tree)
    assert nx.is_tree(path)
    assert sorted(degree for _, degree in path.degree) == [1, 1] + [2] * 28
    assert nx.is_connected(cycle)
    assert all(degree == 2 for _, degree in cycle.degree)
