"""Random problems on small graphs, and their solution with the matrix of all distances."""

import networkx as nx
import numpy as np
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

import divergences

LENGTHS = {
    "whole": lambda rng, k: rng.integers(0, 4, k).astype(float),  # with zeros and ties
    "real": lambda rng, k: rng.random(k),
    "scales": lambda rng, k: 10 ** rng.uniform(-3, 3, k),
}
EDGES = {
    "tree": lambda rng, n: [(k, int(rng.integers(k))) for k in range(1, n)],
    "cycle": lambda rng, n: [(k, (k + 1) % n) for k in range(n)],
    "one cycle": lambda rng, n: [
        *((k, int(rng.integers(k))) for k in range(1, n)),
        tuple(rng.integers(0, n, 2).tolist()),
    ],
    "network": lambda rng, n: [
        *((k, (k + 1) % n) for k in range(n)),
        *map(tuple, rng.integers(0, n, (2 * n, 2)).tolist()),  # loops and parallel edges, too
    ],
}
STRONGLY_CONNECTED = ("cycle", "network")


def random_graph(rng, kind, lengths, *, n, directed=False):
    """A connected multigraph, strongly connected if it is directed."""
    edges = EDGES[kind](rng, n)
    graph = (nx.MultiDiGraph if directed else nx.MultiGraph)()
    graph.add_nodes_from(range(n))
    weights = LENGTHS[lengths](rng, len(edges)).tolist()
    graph.add_weighted_edges_from((*edge, w) for edge, w in zip(edges, weights, strict=True))
    return graph


def random_masses(rng, n, count=2):
    """Probability vectors, some with zeros, of masses over 12 orders of magnitude."""
    masses = 10 ** rng.uniform(-12, 0, (count, n)) * (rng.random((count, n)) < 0.7)
    masses[:, 0] += rng.random(count)
    return masses / masses.sum(axis=1, keepdims=True)


@st.composite
def problems(draw, kinds=tuple(EDGES), directed=(False,)):
    """A graph and two distributions over its nodes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n, one_way = draw(st.integers(2, 9)), draw(st.sampled_from(directed))
    graph = random_graph(
        rng,
        draw(st.sampled_from(STRONGLY_CONNECTED if one_way else kinds)),
        draw(st.sampled_from(sorted(LENGTHS))),
        n=n,
        directed=one_way,
    )
    return graph, *random_masses(rng, n)


def distances(prepared):
    """Shortest-path distances of all pairs, in the caller's unit."""
    return np.ldexp(dijkstra(prepared.arcs), prepared.exponent)


def emd_with_matrix(p, q, prepared):
    """Exact EMD by the matrix of all distances."""
    return float(divergences.emd(p, q, distances(prepared)))
