"""Composition of the flows between layers of pixels into a plan from sources to targets."""

from __future__ import annotations

import numpy as np

from divergences._transport.certificate import Arcs
from divergences._typing import Floats, Indices


def composed_plan(arcs: Arcs, n: int, n_steps: int, /) -> Arcs:
    """The plan of a flow through layers of n nodes each.

    Args:
        arcs: Tail, head, flow and cost; tails of layer k are ``k n, ..., (k + 1) n - 1``.
        n: Nodes of a layer.
        n_steps: Number of layers less one.

    Returns:
        Source and target pixel, mass and cost of each move.
    """
    source, node, mass, cost = _layer(arcs, n, 0)
    for step in range(1, n_steps):
        tail, head, onward, price = _layer(arcs, n, step)
        first, second, shared = _matched(node, mass, tail, onward)
        source, node, mass = source[first], head[second], shared
        cost = cost[first] + price[second]
    keys, inverse = np.unique(source * n + node, return_inverse=True)
    total = np.bincount(inverse, mass).astype(np.float64)
    costs = np.empty(len(keys))
    costs[inverse] = cost
    used = total > 0
    rows, cols = np.divmod(keys[used], n)
    return Arcs(rows, cols, total[used], costs[used])


def _layer(arcs: Arcs, n: int, step: int) -> tuple[Indices, Indices, Floats, Floats]:
    """Tails, heads, masses and costs of the arcs of one step, numbered by pixel."""
    chosen = arcs.rows // n == step
    tails, heads = arcs.rows[chosen] - step * n, arcs.cols[chosen] - (step + 1) * n
    return tails, heads, arcs.mass[chosen], arcs.cost[chosen]


def _matched(
    into: Indices, arriving: Floats, out: Indices, leaving: Floats
) -> tuple[Indices, Indices, Floats]:
    """Pairs of arcs into and out of each node, in order, and the mass that they share."""
    first, second = np.argsort(into, kind="stable"), np.argsort(out, kind="stable")
    firsts, seconds, shares = [], [], []
    i = j = 0
    arrived, left = arriving[first].tolist(), leaving[second].tolist()
    nodes_in, nodes_out = into[first].tolist(), out[second].tolist()
    while i < len(arrived) and j < len(left):
        if nodes_in[i] != nodes_out[j]:
            if nodes_in[i] < nodes_out[j]:
                i += 1
            else:
                j += 1
            continue
        share = min(arrived[i], left[j])
        firsts.append(i)
        seconds.append(j)
        shares.append(share)
        arrived[i] -= share
        left[j] -= share
        if arrived[i] <= left[j]:
            i += 1
        else:
            j += 1
    return first[firsts], second[seconds], np.array(shares)
