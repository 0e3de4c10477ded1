"""Exact EMD of masses on the nodes of a weighted graph, under shortest-path distance.

`emd` and `transport` take a sparse matrix of lengths or a graph of networkx, and find the optimal
flow along its edges, without the matrix of distances of all pairs; `prepare` analyzes a graph once
for many calls.
"""

from divergences.graphs._emd import emd, transport
from divergences.graphs._prepared import PreparedGraph, prepare
from divergences.graphs._result import GraphTransport

__all__ = ["GraphTransport", "PreparedGraph", "emd", "prepare", "transport"]
