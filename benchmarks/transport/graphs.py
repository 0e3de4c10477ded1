"""Exact EMD on graphs against POT with the matrix of all shortest paths: agreement, then time.

    python -m benchmarks.transport.graphs

Both solve the same problems in one run, in alternation; the shortest of several process times
counts. The peer's time includes the distances of all pairs of nodes, by
`scipy.sparse.csgraph.dijkstra`. Graphs whose matrix would not fit are solved by ours alone, which
reports its duality gap.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import ot
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from sklearn.datasets import load_digits

from benchmarks import results_io
from divergences import graphs

RESULTS = results_io.RESULTS / "graphs.json"
COMMAND = "python -m benchmarks.transport.graphs"
SEED = 0
MAX_DIFFERENCE = 1e-12  # between the costs of both, relative to the largest distance
ROAD_SIDES = (20, 40)  # compared with the matrix
LARGE_ROAD_SIDES = (100, 200, 317)  # solved by ours alone
TREE_SIZES = (500, 1500)
LARGE_TREE = 1_000_000
MAX_PIVOTS = 10**9  # far above the number that POT takes
DIGITS = 100  # 4950 pairs
KEPT_ROADS = 0.85  # part of the edges of a grid that a road-like graph has

Floats = NDArray[np.float64]


def road_graph(side: int, /) -> csr_array:
    """Largest component of a grid of which some edges are missing, with lengths of 50 to 500."""
    rng = np.random.default_rng(SEED)
    nodes = np.arange(side * side).reshape(side, side)
    tails = np.concatenate([nodes[:, :-1].ravel(), nodes[:-1].ravel()])
    heads = np.concatenate([nodes[:, 1:].ravel(), nodes[1:].ravel()])
    kept = rng.random(len(tails)) < KEPT_ROADS
    ends = np.concatenate([tails[kept], heads[kept]]), np.concatenate([heads[kept], tails[kept]])
    lengths = np.tile(rng.uniform(50, 500, kept.sum()), 2)
    roads = coo_array((lengths, ends), shape=(side * side, side * side)).tocsr()
    part = connected_components(roads, directed=False)[1]
    largest = np.flatnonzero(part == np.bincount(part).argmax())
    return csr_array(roads[largest][:, largest])


def tree_graph(n: int, /, *, depth: str) -> csr_array:
    """A random recursive tree, or a path, with its nodes in random order."""
    rng = np.random.default_rng(SEED)
    below = np.arange(1, n)
    above = (rng.random(n - 1) * below).astype(np.intp) if depth == "recursive" else below - 1
    name = rng.permutation(n)
    ends = np.concatenate([name[below], name[above]]), np.concatenate([name[above], name[below]])
    return coo_array((np.tile(rng.random(n - 1), 2), ends), shape=(n, n)).tocsr()


def cycle_graph(n: int, /) -> csr_array:
    """A cycle with random lengths."""
    rng = np.random.default_rng(SEED)
    tails, heads = np.arange(n), (np.arange(n) + 1) % n
    ends = np.concatenate([tails, heads]), np.concatenate([heads, tails])
    return coo_array((np.tile(rng.random(n), 2), ends), shape=(n, n)).tocsr()


def masses(n: int, kind: str, /) -> tuple[Floats, Floats]:
    """Two distributions: independent at every node, or the first and the last tenth of them."""
    rng = np.random.default_rng(SEED + 1)
    p, q = rng.random((2, n))
    if kind == "far":
        p[n // 10 :], q[: -(n // 10)] = 0, 0
    return p / p.sum(), q / q.sum()


def by_matrix(p: Floats, q: Floats, graph: csr_array, /) -> float:
    """EMD by POT from the distances of all pairs."""
    return float(ot.emd2(p, q, dijkstra(graph), numItermax=MAX_PIVOTS))


def compare(
    name: str, ours: Callable[[], Any], peer: Callable[[], Any], largest: float, rounds: int, /
) -> dict[str, Any]:
    """Difference and shortest times of two functions, called in alternation.

    Args:
        name: Name of the problem.
        ours: Function of no arguments that returns our cost or costs.
        peer: Function of no arguments that returns the peer's.
        largest: The largest distance.
        rounds: Number of times that each is measured.

    Returns:
        Row of the table, times in seconds of the processor.

    Raises:
        RuntimeError: If the costs differ by more than 1e-12 of the largest distance.
    """
    difference = float(np.max(np.abs(np.asarray(ours()) - np.asarray(peer()))) / largest)
    if not difference <= MAX_DIFFERENCE:
        raise RuntimeError(f"{name}: ours and POT's differ by {difference}")
    shortest = [np.inf, np.inf]
    for _ in range(rounds):
        for k, function in enumerate((ours, peer)):
            start = time.process_time()
            function()
            shortest[k] = min(shortest[k], time.process_time() - start)
    row = {"name": name, "difference": difference, "ours_s": shortest[0], "pot_s": shortest[1]}
    return {**row, "pot_by_ours": shortest[1] / shortest[0]}


def compared_graphs(
    *, sides: tuple[int, ...] = ROAD_SIDES, sizes: tuple[int, ...] = TREE_SIZES, rounds: int = 2
) -> list[dict[str, Any]]:
    """Single problems, the preparation of the graph included on both sides."""
    problems = [(f"roads, side {side}", road_graph(side)) for side in sides]
    for n in sizes:
        problems += [
            (f"recursive tree, {n} nodes", tree_graph(n, depth="recursive")),
            (f"cycle, {n} nodes", cycle_graph(n)),
        ]
    rows = []
    for name, graph in problems:
        largest = float(dijkstra(graph).max())
        for kind in ("everywhere", "far"):
            p, q = masses(graph.shape[0], kind)
            ours, peer = partial(graphs.emd, p, q, graph), partial(by_matrix, p, q, graph)
            row = compare(f"{name}, masses {kind}", ours, peer, largest, rounds)
            rows.append({**row, "nodes": graph.shape[0], "edges": graph.nnz // 2})
    return rows


def curvature(*, rounds: int = 20) -> dict[str, Any]:
    """Ollivier-Ricci curvature of the 78 edges of the karate club, prepared each time."""
    club = nx.karate_club_graph()
    adjacency = nx.to_numpy_array(club, weight=None)
    walk = adjacency / adjacency.sum(axis=1, keepdims=True)
    u, v = np.array(club.edges).T

    def ours() -> Floats:
        return 1 - np.asarray(graphs.emd(walk[u], walk[v], club, weight=None))

    def peer() -> Floats:
        cost = dijkstra(csr_array(adjacency))
        return np.array([1 - ot.emd2(walk[i], walk[j], cost) for i, j in zip(u, v, strict=True)])

    return compare("curvature of the karate club, 78 edges", ours, peer, 5.0, rounds)


def digits(*, count: int = DIGITS, rounds: int = 3) -> dict[str, Any]:
    """All pairs of some of scikit-learn's digits, 8 by 8 pixels, by city-block distance."""
    images = load_digits().data[:count]
    images = images / images.sum(axis=1, keepdims=True)
    i, j = np.triu_indices(count, 1)
    grid = nx.convert_node_labels_to_integers(nx.grid_2d_graph(8, 8))

    def ours() -> Floats:
        return np.asarray(graphs.emd(images[i], images[j], grid))

    def peer() -> Floats:
        cost = dijkstra(nx.to_scipy_sparse_array(grid, dtype=float))
        return np.array([ot.emd2(a, b, cost) for a, b in zip(images[i], images[j], strict=True)])

    return compare(f"{len(i)} pairs of digits", ours, peer, 14.0, rounds)


def large_graphs(
    *, sides: tuple[int, ...] = LARGE_ROAD_SIDES, tree: int = LARGE_TREE
) -> list[dict[str, Any]]:
    """Graphs without a matrix: time of ours, and the duality gap relative to the cost."""
    problems = [(f"roads, side {side}", road_graph(side)) for side in sides]
    problems += [(f"{kind} tree", tree_graph(tree, depth=kind)) for kind in ("recursive", "path")]
    rows = []
    for name, graph in problems:
        p, q = masses(graph.shape[0], "everywhere")
        start = time.process_time()
        solved = graphs.transport(p, q, graph)
        transport_s = time.process_time() - start
        row = {"name": name, "nodes": graph.shape[0], "edges": graph.nnz // 2}
        row |= {"cost": solved.cost, "relative_gap": solved.gap / solved.cost}
        if "tree" in name:  # of others, the cost takes as long as the flow
            start = time.process_time()
            graphs.emd(p, q, graph)
            row["emd_s"] = time.process_time() - start
        rows.append({**row, "transport_s": transport_s})
    return rows


def main(path: Path = RESULTS, /) -> None:
    """Measure everything, and write the record."""
    record = {
        "command": COMMAND,
        "origin": results_io.origin(),
        "compared": [*compared_graphs(), curvature(), digits()],
        "large": large_graphs(),
    }
    results_io.save(record, path)
    for row in (*record["compared"], *record["large"]):
        print(row)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
