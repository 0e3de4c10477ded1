"""A basis of the flow between pixels, from that of the flow between blocks of them.

The simplex takes most of its pivots to find a basis near the optimal one. For distances that arcs
between neighbors determine, the basis of the blocks leads to one: an arc between pixels for each
arc between blocks, and a tree within each block.
"""

from __future__ import annotations

import itertools

import numpy as np

from divergences._transport.network_flow import (
    BasicFlow,
    Network,
    forest_potential,
    signed_forest_flow,
)
from divergences._typing import Floats, Indices
from divergences.grids._lattice import Lattice


def lifted_basis(
    lattice: Lattice, coarse: Lattice, arcs: Network, supply: Floats, potential: Floats, /
) -> tuple[Network, BasicFlow | None]:
    """Arcs of a spanning forest of pixels, and the flow on them, from which the simplex starts.

    Args:
        lattice: The pixels.
        coarse: The blocks of two pixels along each axis.
        arcs: Arcs with flow between blocks, which form a forest.
        supply: Supply of each pixel less its demand, shape ``(n,)``.
        potential: Approximate potential of the pixels, shape ``(n,)``.

    Returns:
        The arcs in both directions, and the flow; None if it does not move all supply.
    """
    between = _nearest_arcs if lattice.metric == "cityblock" else _arcs_of_first_pixels
    forest = _within_blocks(lattice).union(between(lattice, coarse, arcs))
    reverse = Network.of(lattice.size, forest.heads, forest.tails, forest.cost)
    network = forest.union(reverse)
    forward = network.locate(forest.keys)
    flow = signed_forest_flow(network, forward, supply)
    if flow is None:
        return network, None
    backward = network.locate(forest.heads * lattice.size + forest.tails)
    basis = np.sort(np.where(flow >= 0, forward, backward))
    return network, BasicFlow(forest_potential(network, basis, potential), basis)


def _within_blocks(lattice: Lattice) -> Network:
    """Arcs from each pixel of a block to its first one, or along an axis towards it."""
    pixels = np.stack(np.unravel_index(np.arange(lattice.size), lattice.shape), axis=1)
    steps = pixels % 2
    if lattice.metric == "cityblock":  # along the last axis only
        steps[np.cumsum(steps[:, ::-1], axis=1)[:, ::-1] > 1] = 0
    tails = np.flatnonzero(steps.any(axis=1))
    heads = np.ravel_multi_index(tuple((pixels - steps)[tails].T), lattice.shape)
    return Network.of(lattice.size, tails, heads, lattice.lengths(steps[tails]))


def _arcs_of_first_pixels(lattice: Lattice, coarse: Lattice, arcs: Network) -> Network:
    """For each arc between blocks, the arc between their first pixels, twice as long as others."""
    tails, heads = (
        _flat(2 * np.stack(np.unravel_index(a, coarse.shape), 1), lattice.shape)
        for a in (arcs.tails, arcs.heads)
    )
    return Network.of(lattice.size, tails, heads, arcs.cost)


def _nearest_arcs(lattice: Lattice, coarse: Lattice, arcs: Network) -> Network:
    """For each arc between blocks, an arc between neighbors, one in each of them."""
    shape = np.array(lattice.shape)
    ends = [np.stack(np.unravel_index(a, coarse.shape), 1) for a in (arcs.tails, arcs.heads)]
    offsets = 2 * coarse.nearest(ends[1] - ends[0])
    tails, heads = np.full((2, len(offsets)), -1)
    corners = np.array(list(itertools.product((0, 1), repeat=len(shape))))
    for first, second in itertools.product(corners, corners):
        tail, head = 2 * ends[0] + first, 2 * ends[1] + second
        are_neighbors = np.abs(offsets + second - first).sum(axis=1) == 1
        chosen = are_neighbors & ((tail < shape) & (head < shape)).all(axis=1) & (tails < 0)
        tails[chosen], heads[chosen] = (_flat(a[chosen], lattice.shape) for a in (tail, head))
    used = tails >= 0
    steps = np.stack(np.unravel_index(heads[used], shape), 1) - np.stack(
        np.unravel_index(tails[used], shape), 1
    )
    return Network.of(
        lattice.size, tails[used], heads[used], lattice.lengths(lattice.nearest(steps))
    )


def _flat(pixels: Indices, shape: tuple[int, ...]) -> Indices:
    """Number of each pixel in C order."""
    return np.ravel_multi_index(tuple(pixels.T), shape)
