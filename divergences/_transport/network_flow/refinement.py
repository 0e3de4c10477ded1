"""Refinement of a nearly optimal flow, beyond the rounding of the simplex on all of its costs."""

import numpy as np

from divergences._transport.network_flow.forest import forest_potential
from divergences._transport.network_flow.network import Network
from divergences._transport.network_flow.simplex import BasicFlow, optimal_flow
from divergences._typing import Floats

WIDTH = 1e-6  # of the reduced costs that may matter, relative to the largest cost


def refined_flow(network: Network, supply: Floats, flow: BasicFlow, /) -> BasicFlow:
    """Optimal flow on the arcs of a network, from one that is optimal up to rounding.

    The simplex compares reduced costs with a tolerance that grows with the costs and the number of
    nodes. Here its costs are the reduced costs of the earlier potential, enlarged to the size of
    the original ones, and only arcs that are nearly tight are left.

    Args:
        network: Nodes and arcs.
        supply: Supply of each node less its demand, shape ``(n,)``.
        flow: The earlier solution, whose violations are far below `WIDTH`.

    Returns:
        The solution.

    Raises:
        SolverError: If the simplex does not finish.
    """
    reduced = network.reduced_costs(flow.potential)
    width = WIDTH * float(network.cost.max())
    near = reduced <= width
    near[flow.arcs] = True
    kept = np.flatnonzero(near)
    enlarged = Network(
        network.n_nodes, network.tails[kept], network.heads[kept], reduced[kept] / width
    )
    start = BasicFlow(np.zeros(network.n_nodes), np.searchsorted(kept, flow.arcs), flow.throughput)
    solution = optimal_flow(enlarged, supply, start=start)
    arcs = kept[solution.arcs]
    potential = forest_potential(network, arcs, flow.potential + width * solution.potential)
    return BasicFlow(potential, arcs, solution.throughput)
