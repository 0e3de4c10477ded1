"""Optimal flow between the pixels of a lattice, by column generation from coarse to fine.

A flow whose arcs join pixels at coprime offsets is optimal if its potential drops by at most the
distance along all of them. Few arcs matter: those near the arcs of a flow between blocks of pixels
(twice as large on each level), and those that the potentials of a few rounds violate.
"""

import contextlib
from dataclasses import dataclass, replace

import numpy as np

from divergences._transport.certificate import EPS, Arcs, require_optimal
from divergences._transport.network_flow import (
    BasicFlow,
    Network,
    flow_gap,
    optimal_flow,
    refined_flow,
    signed_forest_flow,
)
from divergences._typing import Floats
from divergences.errors import SolverError
from divergences.grids._lattice import Lattice, block_sums, refined
from divergences.grids._lifted_tree import lifted_basis
from divergences.grids._pricing import LatticePricing

COARSEST_SIDE = (
    16  # pixels along the longest axis of a lattice that is solved without a coarser one
)
MAX_VIOLATION = 1e-11  # relative to the largest spacing, of the potential of the last round
COARSE_VIOLATION = 1e-3  # likewise of the coarse potentials, which are only starting points
STARTING_REACH = 2  # steps of the arcs that every lattice has from the start
NEAR_SLACK = 1e-3  # relative to the spacing, of arcs that are added beside the violated ones
MAX_ROUNDING = 1e-9  # likewise of a potential that is optimal on all violated arcs
MANY_VIOLATED = 0.05  # largest violation, relative to the spacing, above which no others are added
FIRST_ARCS, LATER_ARCS = 10, 40  # of a pixel, in a round
MAX_REDUCED_COST = 0.5  # relative to the spacing, above which an arc is dropped
MAX_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class LatticeFlow:
    """Certified optimal flow between the pixels of a lattice.

    Attributes:
        arcs: Tail, head, flow and length of the arcs with flow.
        potential: 1-Lipschitz, in the shape of the grid.
        cost: Cost of the flow.
        gap: Upper bound of the cost minus the true optimum.
        exact_proof: Whether the gap was proved without rounding, not by this potential.
        moves: Mass moved from each source to each target; None if it is that of the flow, but for
            rounding.
    """

    arcs: Arcs
    potential: Floats
    cost: float
    gap: float
    exact_proof: bool = False
    moves: Arcs | None = None


@dataclass(frozen=True, slots=True)
class _Solution:
    """Optimal basic flow on the arcs of a lattice.

    Attributes:
        network: The arcs.
        flow: The solution.
        excess: Largest relative excess of the potential's drops over the distances.
    """

    network: Network
    flow: BasicFlow
    excess: float


def lattice_flow(lattice: Lattice, supply: Floats, /) -> LatticeFlow:
    """Optimal flow with its certificate.

    Args:
        lattice: The lattice, its spacings near 1.
        supply: Supply of each pixel less its demand, not all 0, in the shape of the grid.

    Returns:
        The optimum.

    Raises:
        SolverError: If the solver did not finish, or the flow could not be certified as optimal.
    """
    solution = _solve(lattice, supply, MAX_VIOLATION)
    network, basis = solution.network, solution.flow.arcs
    mass = signed_forest_flow(network, basis, supply.ravel())
    if mass is None:
        raise SolverError("the arcs with flow form no forest, by rounding of their masses")
    arcs = Arcs(network.tails[basis], network.heads[basis], mass, network.cost[basis])
    arcs = _forward(arcs)
    potential = solution.flow.potential / (1 + solution.excess + 8 * EPS)
    gap, rounding = flow_gap(arcs, supply.ravel(), potential, diameter=lattice.diameter)
    require_optimal(arcs.total_cost(), gap, rounding, exponent=0)
    return LatticeFlow(arcs, potential.reshape(lattice.shape), arcs.total_cost(), gap)


def _forward(arcs: Arcs) -> Arcs:
    """The arcs whose flow is not 0, each in its direction: distances are symmetric."""
    tails, heads = np.where(arcs.mass > 0, [arcs.rows, arcs.cols], [arcs.cols, arcs.rows])
    used = arcs.mass != 0
    return Arcs(tails[used], heads[used], np.abs(arcs.mass[used]), arcs.cost[used])


def _solve(lattice: Lattice, supply: Floats, max_violation: float) -> _Solution:
    """The optimum up to a violation of the potential, from that of a coarser lattice."""
    network, start = lattice.short_network(STARTING_REACH), None
    coarse = lattice.coarser() if max(lattice.shape) > COARSEST_SIDE else None
    if coarse is not None and (sums := block_sums(supply)).any():
        blocks = _solve(coarse, sums, COARSE_VIOLATION)
        potential = blocks.flow.potential.reshape(coarse.shape)
        potential = refined(potential, lattice.shape, lattice.periodic)
        start = replace(blocks.flow.without_basis(), potential=potential.ravel())
        arcs = blocks.network.subset(blocks.flow.arcs)
        if lattice.is_sparse:
            network, start = _with_basis(lattice, coarse, arcs, supply, network, start)
        else:
            network = network.union(lattice.refined_arcs(coarse, arcs))
    return _column_generation(lattice, network, supply, start, max_violation)


def _with_basis(
    lattice: Lattice,
    coarse: Lattice,
    arcs: Network,
    supply: Floats,
    network: Network,
    start: BasicFlow,
) -> tuple[Network, BasicFlow]:
    """The network and the solution to start from, with the basis that arcs of blocks lead to."""
    added, basis = lifted_basis(lattice, coarse, arcs, supply.ravel(), start.potential)
    if basis is None:
        return network, start
    network = network.union(added)
    basis_arcs = network.locate(added.keys[basis.arcs])
    return network, BasicFlow(basis.potential, basis_arcs, start.throughput)


def _column_generation(
    lattice: Lattice,
    network: Network,
    supply: Floats,
    start: BasicFlow | None,
    max_violation: float,
) -> _Solution:
    """The optimum on all arcs of a lattice, from that on some of them."""
    unit = max(lattice.spacing)
    pricing = LatticePricing(lattice)
    slack, per_pixel = -max_violation * unit, FIRST_ARCS
    flow, is_rounding = start, False
    for _ in range(MAX_ROUNDS):
        flow = _flow_on(network, supply.ravel(), flow, is_rounding)
        if lattice.is_sparse:
            reduced = network.reduced_costs(flow.potential)
            return _Solution(network, flow, max(0.0, float((-reduced / network.cost).max())))
        potential = flow.potential.reshape(lattice.shape)
        arcs, least = pricing.violated_arcs(potential, slack=slack, per_pixel=per_pixel)
        if arcs is None or least >= -max_violation * unit:
            return _Solution(network, flow, -least / min(lattice.spacing))
        before = len(network.cost)
        network, flow = _with_arcs(network, arcs, flow, unit)
        if len(network.cost) == before and least >= -MAX_ROUNDING * unit:
            if is_rounding:
                return _Solution(network, flow, -least / min(lattice.spacing))
            is_rounding = True
        if least > -MANY_VIOLATED * unit:
            slack, per_pixel = NEAR_SLACK * unit, LATER_ARCS
    raise SolverError(f"{MAX_ROUNDS} rounds of column generation left violated arcs")


def _flow_on(
    network: Network, supply: Floats, start: BasicFlow | None, is_rounding: bool
) -> BasicFlow:
    """Optimal flow on the arcs; from one whose violations are rounding, with less of it."""
    if start is not None and is_rounding:
        with contextlib.suppress(SolverError):
            return refined_flow(network, supply, start)
    return optimal_flow(network, supply, start=start)


def _with_arcs(
    network: Network, arcs: Network, flow: BasicFlow, unit: float
) -> tuple[Network, BasicFlow]:
    """The network with more arcs, without those of large reduced costs, and its basis."""
    basis = network.keys[flow.arcs]
    kept = network.reduced_costs(flow.potential) <= MAX_REDUCED_COST * unit
    kept |= network.cost <= unit  # the network stays connected
    kept[flow.arcs] = True
    network = network.subset(kept).union(arcs)
    return network, replace(flow, arcs=network.locate(basis))
