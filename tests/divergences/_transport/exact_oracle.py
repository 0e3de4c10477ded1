"""Minimum-cost transport in rational arithmetic, by networkx, which is exact on integers."""

from fractions import Fraction

import networkx as nx
import numpy as np


def _integers(values):
    """Numbers as integers, and the common denominator."""
    fractions = [Fraction(value) for value in values]
    denominator = max(f.denominator for f in fractions)  # all are powers of 2
    return [int(f * denominator) for f in fractions], denominator


def exact_emd(p, q, cost):
    """Optimal cost as a fraction; None if infinite costs leave no plan."""
    (sources, _), (targets, _) = _integers(p), _integers(q)
    finite = np.where(np.isfinite(cost), cost, 0.0)
    costs, denominator = _integers(finite.ravel())
    graph = nx.DiGraph()
    for i, mass in enumerate(sources):
        graph.add_node(("source", i), demand=-mass * sum(targets))
    for j, mass in enumerate(targets):
        graph.add_node(("target", j), demand=mass * sum(sources))
    for (i, j), c in np.ndenumerate(cost):
        if np.isfinite(c):
            graph.add_edge(
                ("source", i),
                ("target", j),
                weight=costs[i * len(q) + j],
                capacity=sum(sources) * sum(targets),  # none would be an infinite float
            )
    try:
        value, _ = nx.network_simplex(graph)
    except nx.NetworkXUnfeasible:
        return None
    return Fraction(value, sum(sources) * sum(targets) * denominator)
