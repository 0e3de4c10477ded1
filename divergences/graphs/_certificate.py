"""Duality gap of a flow: the proof that it is optimal."""

from __future__ import annotations

import numpy as np

from divergences._transport.certificate import EPS, Arcs, require_optimal
from divergences._typing import Floats
from divergences.errors import SolverError

MAX_MASS_LEFT = 1e-9  # of the mass to be moved, by rounding of the flow


def flow_gap(
    arcs: Arcs, excess: Floats, potential: Floats, radius: Floats, /
) -> tuple[float, float]:
    r"""Largest distance of a flow's cost from the optimum, for a potential that is 1-Lipschitz.

    For a potential f and a flow g of the excess b,

    .. math:: \sum_{ij} g_{ij} c_{ij} - \sum_i f_i b_i
        = \sum_{ij} g_{ij} (c_{ij} - f_i + f_j) + \sum_i f_i (\mathrm{div}\, g - b)_i,

    and the last sum is rounding: differences of the potential are exact, so that the first one has
    no cancellation. The optimum of b exceeds the cost of g by at most that of moving what g leaves
    out, by way of one node: a flow that lost mass does not pass for a cheap one.

    Args:
        arcs: Tail, head, flow and length of each arc.
        excess: Mass of sources less that of targets, shape ``(n,)``.
        potential: Shape ``(n,)``.
        radius: Distance of each node to and from one node of its component, shape ``(n,)``.

    Returns:
        The gap, including its rounding, and the part of it that may be rounding of flow and
        potential; both at least 0.
    """
    n = len(excess)
    slack = arcs.cost - (potential[arcs.rows] - potential[arcs.cols])
    out, into = np.bincount(arcs.rows, arcs.mass, n), np.bincount(arcs.cols, arcs.mass, n)
    error = np.abs(out - into - excess) + 2 * EPS * (out + into)
    erring = np.flatnonzero(error)  # others may be infinitely far
    lost = float(error[erring] @ radius[erring])
    above = float(arcs.mass @ np.maximum(slack, 0.0) + error @ np.abs(potential))
    size = np.abs(potential[arcs.rows]) + np.abs(potential[arcs.cols]) + arcs.cost
    rounding = 8 * EPS * float(arcs.mass @ size)
    return max(above, lost) * (1 + n * EPS), max(rounding, 2 * lost)


def require_proved(
    arcs: Arcs, excess: Floats, gap: float, rounding: float, /, *, exponent: int
) -> None:
    """Refuse a flow that does not move the excess, or whose duality gap is too large.

    Args:
        arcs: Tail, head, flow and length of each arc.
        excess: Mass of sources less that of targets, shape ``(n,)``.
        gap: The gap.
        rounding: Part of the gap that may be rounding.
        exponent: Lengths are in units of 2 to this power, which the message undoes.

    Raises:
        SolverError: If the gap exceeds 1e-9 of the cost plus rounding, or the flow leaves more
            than 1e-9 of the mass where it is.
    """
    n = len(excess)
    balance = np.bincount(arcs.rows, arcs.mass, n) - np.bincount(arcs.cols, arcs.mass, n)
    left = float(np.abs(balance - excess).sum())
    if not left <= MAX_MASS_LEFT * float(np.abs(excess).sum()):
        raise SolverError(f"the flow leaves {left:.2g} of the mass of 1 where it is")
    require_optimal(arcs.total_cost(), gap, rounding, exponent=exponent)
