"""Optimal flow between few pixels, by all distances between sources and targets."""

import numpy as np

from divergences._transport.certificate import EPS, MAX_RELATIVE_GAP, Arcs
from divergences._transport.exact_arithmetic import ExactSupply
from divergences._transport.network_flow import flow_gap
from divergences._transport.simplex import dense_transport
from divergences._typing import Floats, Indices
from divergences.grids._flow import LatticeFlow
from divergences.grids._lattice import Lattice

MAX_PAIRS = 150_000  # of sources and targets; beyond, arcs are generated faster


def small_flow(lattice: Lattice, supply: Floats, exact_supply: ExactSupply, /) -> LatticeFlow:
    """Optimal flow with its certificate.

    The potential is the largest 1-Lipschitz function with the optimal values at the targets. Its
    rounding, which is relative to the diameter, is no part of the proof where it would spoil it:
    the potentials of sources and targets alone prove the cost then.

    Args:
        lattice: The lattice, its spacings near 1.
        supply: Supply of each pixel less its demand, not all 0, in the shape of the grid.
        exact_supply: Function that returns the supply without rounding.

    Returns:
        The optimum.

    Raises:
        SolverError: If the solver did not finish, or the flow could not be certified as optimal.
    """
    flat = supply.ravel()
    sources, targets = np.flatnonzero(flat > 0), np.flatnonzero(flat < 0)
    cost = _distances(lattice, targets)
    between = np.ascontiguousarray(cost[sources])
    moved = flat[sources].sum()
    optimum = dense_transport(
        flat[sources] / moved,
        flat[targets] / flat[targets].sum(),
        between,
        exact_masses=lambda: exact_supply().masses(sources, targets),
    )
    potential = (cost - optimum.target_potential).min(axis=1)
    potential -= (potential.max() + potential.min()) / 2
    rounding = 4 * EPS * (np.abs(potential).max() + cost.max()) / min(lattice.spacing)
    potential /= 1 + rounding
    plan = optimum.arcs
    ends = sources[plan.rows], targets[plan.cols]
    arcs = Arcs(*ends, plan.mass * moved, between[plan.rows, plan.cols])
    value, on_grid = arcs.total_cost(), potential.reshape(lattice.shape)
    gap, _ = flow_gap(arcs, flat, potential, diameter=lattice.diameter)
    if gap <= MAX_RELATIVE_GAP * value:
        return LatticeFlow(arcs, on_grid, value, gap)
    gap = optimum.gap * moved + 8 * EPS * value
    return LatticeFlow(arcs, on_grid, value, gap, exact_proof=True)


def is_small(supply: Floats, /) -> bool:
    """Whether there are few pairs of sources and targets."""
    return number_of_pairs(supply) <= MAX_PAIRS


def number_of_pairs(supply: Floats, /) -> int:
    """Number of sources times that of targets."""
    return int(np.count_nonzero(supply > 0) * np.count_nonzero(supply < 0))


def _distances(lattice: Lattice, targets: Indices) -> Floats:
    """Distance of each pixel from each target."""
    pixels = np.indices(lattice.shape).reshape(len(lattice.shape), -1).T
    steps = lattice.nearest(pixels[:, None] - pixels[targets])
    return lattice.lengths(steps.reshape(-1, steps.shape[-1])).reshape(len(pixels), -1)
