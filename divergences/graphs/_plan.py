"""Decomposition of a flow into a plan from sources to targets."""

from __future__ import annotations

from collections import deque

import numpy as np
from scipy.sparse import coo_array, csr_array

from divergences._transport.network_flow import moves_of, plan_of_moves
from divergences._typing import Floats

Pieces = deque[tuple[int, float]]  # sources, and the masses of them that are at one node


def plan_of_flow(flow: coo_array, excess: Floats, common: Floats, /) -> coo_array:
    """A plan that the flow carries out, with common mass left where it is.

    Nodes are visited along the flow. Each receives pieces of mass, keeps what it lacks, and hands
    the others on, the arc of the largest flow taking what is left.

    Args:
        flow: Mass on each arc, above 0, shape ``(n, n)``.
        excess: Masses of the sources less those of the targets, shape ``(n,)``.
        common: Masses that stay where they are, shape ``(n,)``.

    Returns:
        The plan, shape ``(n, n)``.
    """
    outgoing = csr_array(flow)
    order = _along_flow(outgoing)
    if len(order) < np.count_nonzero(_active(outgoing)):
        outgoing = csr_array(_without_cycles(flow))
        order = _along_flow(outgoing)
    supply, demand = np.maximum(excess, 0.0).tolist(), np.maximum(-excess, 0.0).tolist()
    arcs = outgoing.indptr.tolist(), outgoing.indices.tolist(), outgoing.data.tolist()
    at: dict[int, Pieces] = {}
    moves: list[tuple[int, int, float]] = []
    for node in order:
        pieces = at.pop(node, None) or deque()
        if supply[node] > 0:
            pieces.append((node, supply[node]))
        start, end = arcs[0][node], arcs[0][node + 1]
        kept = pieces if start == end else _taken(pieces, demand[node])
        moves += [(source, node, mass) for source, mass in kept]
        by_mass = sorted(range(start, end), key=arcs[2].__getitem__)
        for k in by_mass[:-1]:
            _hand_on(at, arcs[1][k], _taken(pieces, arcs[2][k]))
        if by_mass:
            _hand_on(at, arcs[1][by_mass[-1]], pieces)
    return plan_of_moves(moves_of(moves), common)


def _hand_on(at: dict[int, Pieces], node: int, pieces: Pieces) -> None:
    """Add pieces to those at a node, the fewer to the more."""
    there = at.setdefault(node, pieces)
    if there is pieces:
        return
    few, many = sorted((there, pieces), key=len)
    many.extend(few)
    at[node] = many


def _taken(pieces: Pieces, mass: float) -> Pieces:
    """Pieces of a total mass, or all there are, removed from the others."""
    taken: Pieces = deque()
    while mass > 0 and pieces:
        source, size = pieces.popleft()
        if size > mass:
            pieces.appendleft((source, size - mass))
            size = mass
        taken.append((source, size))
        mass -= size
    return taken


def _active(outgoing: csr_array) -> np.ndarray:
    """Whether each node has flow."""
    into: np.ndarray = np.bincount(outgoing.indices, minlength=outgoing.shape[0]) > 0
    return into | (np.diff(outgoing.indptr) > 0)


def _along_flow(outgoing: csr_array) -> list[int]:
    """Nodes with flow, each after all nodes from which it receives some, as far as there are."""
    left = np.bincount(outgoing.indices, minlength=outgoing.shape[0])
    ready = np.flatnonzero((left == 0) & _active(outgoing)).tolist()
    waiting, order = left.tolist(), []
    indptr, indices = outgoing.indptr.tolist(), outgoing.indices.tolist()
    while ready:
        node = ready.pop()
        order.append(node)
        for head in indices[indptr[node] : indptr[node + 1]]:
            waiting[head] -= 1
            if waiting[head] == 0:
                ready.append(head)
    return order


def _without_cycles(flow: coo_array) -> coo_array:
    """The flow, less what circulates, which in an optimal one is on edges of length 0."""
    from scipy.sparse.csgraph import connected_components

    arcs = {(int(i), int(j)): float(m) for i, j, m in zip(*flow.coords, flow.data, strict=True)}
    while True:
        current = _matrix(arcs, flow.shape[0])
        label = connected_components(current, connection="strong")[1]
        inside = [arc for arc in arcs if label[arc[0]] == label[arc[1]]]
        if not inside:
            return current
        successor = dict(inside)  # one arc from each node: following them ends in a cycle
        node, seen = inside[0][0], dict[int, int]()
        while node not in seen:
            seen[node] = len(seen)
            node = successor[node]
        nodes = [k for k, place in seen.items() if place >= seen[node]]
        cycle = [(k, successor[k]) for k in nodes]
        least = min(arcs[arc] for arc in cycle)
        for arc in cycle:
            arcs[arc] -= least
            if arcs[arc] <= 0:
                del arcs[arc]


def _matrix(arcs: dict[tuple[int, int], float], n: int) -> coo_array:
    """Arcs as a sparse matrix."""
    ends = np.array(list(arcs), dtype=np.int32).reshape(-1, 2).T
    return coo_array((np.array(list(arcs.values())), tuple(ends)), shape=(n, n))
