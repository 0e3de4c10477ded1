"""Optimal transport under squared Euclidean distances, split by coordinate.

Mass moves along one axis after the other, through layers of pixels between the sources and the
targets, so n pixels in d dimensions need about ``d n**(1 + 1/d)`` arcs, not n**2 (Auricchio,
Bassetti, Gualandi and Veneroni 2018). Few of these matter: those near the arcs of the flow between
blocks of pixels, and those that the potentials of a few rounds violate. Potentials are extended
from layer to layer by maxima along an axis, which are feasible by construction.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from divergences._transport.certificate import Arcs, duality_gap, require_optimal
from divergences._transport.network_flow import BasicFlow, Network, forest_flow, optimal_flow
from divergences._typing import Floats, Indices
from divergences.errors import SolverError
from divergences.grids._lattice import Lattice, block_sums
from divergences.grids._layered_plan import composed_plan
from divergences.grids._masses import Masses
from divergences.grids._result import GridTransport

COARSEST_SIDE = 8  # pixels along the longest axis of a grid that is solved with all arcs
MAX_VIOLATION = 1e-15  # relative to the largest cost along an axis, of the last round
COARSE_VIOLATION = 1e-3
ARCS_PER_TARGET = 5  # added in a round
MAX_ROUNDS = 200
MAX_BLOCK_ENTRIES = 1 << 22  # of costs along an axis


@dataclass(frozen=True)
class Layers:
    """Layers of pixels, of which each is joined to the next one along one axis.

    Attributes:
        lattice: The pixels.
        p: Masses of the first layer, shape of the grid.
        q: Masses of the last layer, likewise.
    """

    lattice: Lattice
    p: Floats
    q: Floats

    @cached_property
    def n(self) -> int:
        """Number of pixels."""
        return self.lattice.size

    @cached_property
    def d(self) -> int:
        """Number of axes."""
        return len(self.lattice.shape)

    @cached_property
    def supply(self) -> Floats:
        """Supply of each node less its demand, shape ``((d + 1) n,)``."""
        between = np.zeros((self.d - 1) * self.n)
        return np.concatenate([self.p.ravel(), between, -self.q.ravel()])

    def axis_costs(self, axis: int) -> Floats:
        """Squared distances of all pairs of pixels along an axis."""
        return axis_squares(self.lattice, axis)

    def network(self, axis: int, tails: Indices, heads: Indices) -> Network:
        """Arcs from a layer to the next one, between pixels along an axis."""
        stride = math.prod(self.lattice.shape[axis + 1 :])
        size = self.lattice.shape[axis]
        i, j = (tails // stride) % size, (heads // stride) % size
        valid = np.ones(len(tails), dtype=np.bool_)
        if axis == 0:
            valid &= self.p.ravel()[tails] > 0
        if axis == self.d - 1:
            valid &= self.q.ravel()[heads] > 0
        cost = self.axis_costs(axis)[i, j]
        tails, heads = tails + axis * self.n, heads + (axis + 1) * self.n
        return Network.of((self.d + 1) * self.n, tails[valid], heads[valid], cost[valid])

    def complete(self) -> Network:
        """All arcs."""
        parts = []
        for axis in range(self.d):
            lines = np.moveaxis(self.lattice.indices, axis, -1)[..., None, :]
            tails, heads = np.broadcast_arrays(np.swapaxes(lines, -1, -2), lines)
            parts.append(self.network(axis, tails.ravel(), heads.ravel()))
        return _union(parts)

    def refined(self, coarse: Layers, network: Network) -> Network:
        """Arcs between the pixels of blocks that coarse arcs join, and their neighbors.

        Args:
            coarse: The layers of blocks.
            network: Arcs between blocks.

        Returns:
            Arcs that carry some flow if the coarse ones do.
        """
        corners = np.array(list(itertools.product((0, 1), repeat=self.d)))
        shape, parts = np.array(self.lattice.shape), []
        for axis in range(self.d):
            of_axis = network.tails // coarse.n == axis
            tail, head = (
                np.stack(np.unravel_index(nodes[of_axis] % coarse.n, coarse.lattice.shape), 1)
                for nodes in (network.tails, network.heads)
            )
            tails = np.broadcast_to(
                (2 * tail)[:, None, None] + corners[:, None], (len(tail), len(corners), 4, self.d)
            ).reshape(-1, self.d)
            heads = tails.copy()
            ends = (2 * head[:, axis])[:, None, None] + np.array([-1, 0, 1, 2])
            heads[:, axis] = np.broadcast_to(ends, (len(tail), len(corners), 4)).ravel()
            if self.lattice.periodic[axis]:
                heads[:, axis] %= shape[axis]
            valid = ((heads >= 0) & (heads < shape) & (tails < shape)).all(axis=1)
            flat = (
                np.ravel_multi_index(tuple(ends[valid].T), self.lattice.shape)
                for ends in (tails, heads)
            )
            parts.append(self.network(axis, *flat))
        return _union(parts)

    def lines(self, values: Floats, axis: int) -> Floats:
        """Values with an axis moved to the end."""
        return np.moveaxis(values.reshape(self.lattice.shape), axis, -1)

    def raised(self, values: Floats, axis: int) -> Floats:
        """Least feasible potential of the next layer: maximum of ``values - cost`` along an axis.

        Args:
            values: Potential of a layer, -inf where nothing starts, shape of the grid.
            axis: The axis.

        Returns:
            The maxima, shape of the grid.
        """
        lines, costs = self.lines(values, axis), self.axis_costs(axis)
        size = lines.shape[-1]
        flat = lines.reshape(-1, size)
        maxima = np.empty_like(flat)
        rows = max(1, MAX_BLOCK_ENTRIES // size**2)
        for start in range(0, len(flat), rows):
            block = flat[start : start + rows]
            maxima[start : start + rows] = (block[:, :, None] - costs).max(axis=1)
        return np.moveaxis(maxima.reshape(lines.shape), -1, axis)


def axis_squares(lattice: Lattice, axis: int, /) -> Floats:
    """Squared distances of all pairs of pixels along an axis, shape ``(n, n)``."""
    n = lattice.shape[axis]
    steps = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    if lattice.periodic[axis]:
        steps = np.minimum(steps, n - steps)
    squares: Floats = (steps * lattice.spacing[axis]) ** 2
    return squares


def _union(parts: list[Network]) -> Network:
    """The arcs of several networks of the same nodes, in order."""
    tails, heads, cost = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("tails", "heads", "cost")
    )
    return Network.of(parts[0].n_nodes, tails, heads, cost)


def separable_transport(lattice: Lattice, masses: Masses, /) -> GridTransport:
    """Optimal transport under squared distances, with its certificate.

    Args:
        lattice: The pixels.
        masses: Masses of the sources and of the targets.

    Returns:
        The result, whose flow is the plan.

    Raises:
        SolverError: If the solver did not finish, or could not certify the optimum.
    """
    exponent = math.frexp(min(lattice.spacing))[1]
    unit = replace(lattice, spacing=tuple(math.ldexp(s, -exponent) for s in lattice.spacing))
    p, q = masses.p, masses.q
    layers = Layers(unit, p, q)
    network, basis = _solve(layers, MAX_VIOLATION)
    mass = forest_flow(network, basis.arcs, layers.supply)
    if mass is None:
        raise SolverError("the arcs with flow form no forest, by rounding of their masses")
    arcs = Arcs(
        network.tails[basis.arcs], network.heads[basis.arcs], mass, network.cost[basis.arcs]
    )
    source, target = _feasible(layers, basis.potential)
    plan = composed_plan(arcs, layers.n, layers.d)
    gap, rounding = duality_gap(plan, p.ravel(), q.ravel(), source.ravel(), target.ravel())
    require_optimal(plan.total_cost(), gap, rounding, exponent=2 * exponent)
    source, target, costs = (np.ldexp(v, 2 * exponent) for v in (source, target, plan.cost))
    plan = replace(plan, cost=costs)
    gap = math.ldexp(gap, 2 * exponent)
    return GridTransport.of_arcs(plan, (source, target), gap, masses, is_plan=True)


def _solve(layers: Layers, max_violation: float) -> tuple[Network, BasicFlow]:
    """Arcs and optimum up to a violation of the potential, from those of blocks of pixels."""
    coarse = layers.lattice.coarser() if max(layers.lattice.shape) > COARSEST_SIDE else None
    if coarse is None:
        network = layers.complete()
        return network, optimal_flow(network, layers.supply)
    blocks = Layers(coarse, block_sums(layers.p), block_sums(layers.q))
    coarse_network, coarse_flow = _solve(blocks, COARSE_VIOLATION)
    used = coarse_network.subset(coarse_flow.arcs)
    # Masses are rounded anew, so that arcs of the coarse flow may just not carry the fine one.
    for arcs in (used, coarse_network):
        with contextlib.suppress(SolverError):
            return _column_generation(layers, layers.refined(blocks, arcs), max_violation)
    return _column_generation(layers, layers.complete(), max_violation)


def _column_generation(
    layers: Layers, network: Network, max_violation: float
) -> tuple[Network, BasicFlow]:
    """The optimum on all arcs of the layers, from that on some of them."""
    tolerance = max_violation * max(layers.axis_costs(axis).max() for axis in range(layers.d))
    flow = None
    for _ in range(MAX_ROUNDS):
        flow = optimal_flow(network, layers.supply, start=flow)
        arcs = _violated(layers, flow.potential, tolerance)
        if arcs is None:
            return network, flow
        basis = network.keys[flow.arcs]
        before = len(network.cost)
        network = network.union(arcs)
        if len(network.cost) == before:
            return network, flow  # the violation is rounding
        flow = replace(flow, arcs=network.locate(basis))
    raise SolverError(f"{MAX_ROUNDS} rounds of column generation left violated arcs")


def _violated(layers: Layers, potential: Floats, tolerance: float) -> Network | None:
    """Arcs of the ways to targets at which the potential is too low, the worst of each target."""
    shape, d = layers.lattice.shape, layers.d
    levels = [np.where(layers.p > 0, potential[: layers.n].reshape(shape), -np.inf)]
    for axis in range(d - 1):
        levels.append(layers.raised(levels[-1], axis))
    target = layers.lines(potential[-layers.n :], d - 1).reshape(-1, shape[-1])
    demand = layers.lines(layers.q, d - 1).reshape(-1, shape[-1]) > 0
    lines, costs = levels[-1].reshape(-1, shape[-1]), layers.axis_costs(d - 1)
    heads, tails = [], []
    rows = max(1, MAX_BLOCK_ENTRIES // shape[-1] ** 2)
    for start in range(0, len(lines), rows):
        block = slice(start, start + rows)
        excess = lines[block][:, None, :] - costs - target[block][:, :, None]
        row, j, i = _largest(excess, demand[block], tolerance)
        heads.append((row + start) * shape[-1] + j)
        tails.append((row + start) * shape[-1] + i)
    tail, head = np.concatenate(tails), np.concatenate(heads)
    if len(tail) == 0:
        return None
    parts = [layers.network(d - 1, tail, head)]
    for axis in reversed(range(d - 1)):
        head = np.unique(tail)
        tail = _best_tails(layers, levels[axis], axis, head)
        parts.append(layers.network(axis, tail, head))
    return _union(parts)


def _largest(
    excess: Floats, demand: np.ndarray, tolerance: float
) -> tuple[Indices, Indices, Indices]:
    """Line, target and tail of the largest excesses of each target that has one."""
    count = min(ARCS_PER_TARGET, excess.shape[-1])
    row, j = np.nonzero((excess.max(axis=-1) > tolerance) & demand)
    chosen = excess[row, j]
    best = np.argpartition(chosen, -count, axis=-1)[:, -count:]
    kept = np.take_along_axis(chosen, best, axis=-1) > tolerance
    used = kept.ravel()
    return np.repeat(row, count)[used], np.repeat(j, count)[used], best.ravel()[used]


def _best_tails(layers: Layers, values: Floats, axis: int, heads: Indices) -> Indices:
    """The pixel along an axis from which the potential of each head comes."""
    stride, size = math.prod(layers.lattice.shape[axis + 1 :]), layers.lattice.shape[axis]
    position = (heads // stride) % size
    starts = heads - position * stride
    line = starts[:, None] + stride * np.arange(size)
    reach = values.ravel()[line] - layers.axis_costs(axis)[:, position].T
    return np.asarray(line[np.arange(len(heads)), reach.argmax(axis=1)], dtype=np.intp)


def _feasible(layers: Layers, potential: Floats) -> tuple[Floats, Floats]:
    """Potentials of sources and targets, feasible for all pairs of pixels as real numbers."""
    potential = potential[: layers.n].reshape(layers.lattice.shape)
    source = np.where(layers.p > 0, potential - np.median(potential[layers.p > 0]), -np.inf)
    target = _opposite(layers, source)
    return np.where(layers.p > 0, source, _opposite(layers, target)), target


def _opposite(layers: Layers, values: Floats) -> Floats:
    """Potential of the other side, the largest feasible one but for rounding down."""
    for axis in range(layers.d):
        # The maximum of rounded differences is that of the exact ones, rounded.
        values = np.nextafter(layers.raised(values, axis), np.inf)
    return -values
