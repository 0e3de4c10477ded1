"""Decomposition of a flow into the masses that go from each source to each target."""

from __future__ import annotations

from collections import defaultdict
from graphlib import TopologicalSorter

import numpy as np
from scipy.sparse import coo_array

from divergences._transport.network_flow import moves_of, plan_of_moves
from divergences._typing import Floats, Indices

Parcels = list[tuple[int, float]]  # sources, or destinations, and masses


def decomposed_flow(
    flow: coo_array, excess: Floats, common: Floats, potential: Floats, /
) -> coo_array:
    """The plan of a flow: each source's mass by the target at which it ends.

    Nodes are visited along the flow: downhill in the potential, unless the ends of an arc are
    equally high by rounding. At each one, the mass that has come is divided between the node's
    demand and the arcs out of it.

    Args:
        flow: Mass on each arc, which does not circulate, shape ``(n, n)``.
        excess: Masses of the sources less those of the targets, shape ``(n,)``.
        common: Masses that stay where they are, shape ``(n,)``.
        potential: Potential that drops along every arc with flow, but for rounding, shape
            ``(n,)``.

    Returns:
        The plan, shape ``(n, n)``; common mass stays where it is.
    """
    tails, heads = (nodes.astype(np.intp) for nodes in flow.coords)
    out: dict[int, Parcels] = defaultdict(list)
    for tail, head, mass in zip(tails.tolist(), heads.tolist(), flow.data.tolist(), strict=True):
        out[tail].append((head, mass))
    supply = excess.tolist()
    arrived: dict[int, Parcels] = defaultdict(list)
    moves: list[tuple[int, int, float]] = []
    for node in _along_flow(tails, heads, potential):
        parcels = arrived.pop(node, [])
        if supply[node] > 0:
            parcels.append((node, supply[node]))
        needs = [(-1, -supply[node])] if supply[node] < 0 else []
        for source, destination, mass in _divided(parcels, needs + out.pop(node, [])):
            if destination < 0:
                moves.append((source, node, mass))
            else:
                arrived[destination].append((source, mass))
    return plan_of_moves(moves_of(moves), common)


def _along_flow(tails: Indices, heads: Indices, potential: Floats) -> list[int]:
    """Nodes of arcs, each after all nodes from which an arc leads to it."""
    if not (potential[tails] > potential[heads]).all():  # by rounding
        before: dict[int, list[int]] = defaultdict(list)
        for tail, head in zip(tails.tolist(), heads.tolist(), strict=True):
            before[head].append(tail)
        return list(TopologicalSorter(before).static_order())
    nodes = np.union1d(tails, heads)
    order: list[int] = nodes[np.argsort(-potential[nodes], kind="stable")].tolist()
    return order


def _divided(parcels: Parcels, needs: Parcels) -> list[tuple[int, int, float]]:
    """Parcels cut in their order to fill the needs in theirs; the last ones take the rounding."""
    pieces: list[tuple[int, int, float]] = []
    if not needs:
        return pieces
    index, (destination, missing) = 0, needs[0]
    for source, parcel in parcels:
        rest = parcel
        while rest > missing and index < len(needs) - 1:
            if missing > 0:
                pieces.append((source, destination, missing))
            rest -= missing
            index += 1
            destination, missing = needs[index]
        if rest > 0:
            pieces.append((source, destination, rest))
        missing -= rest
    return pieces
