"""Duality gap of a flow: the proof that it is optimal, and moves all mass."""

import numpy as np

from divergences._transport.certificate import EPS, SMALLEST_SUBNORMAL, Arcs
from divergences._typing import Floats


def flow_gap(
    arcs: Arcs, supply: Floats, potential: Floats, /, *, diameter: float
) -> tuple[float, float]:
    r"""Largest distance of a flow's cost from the optimum, for a feasible potential.

    For a potential f that drops along no arc by more than its cost c, a flow g and a supply b,

    .. math:: \sum_{ij} g_{ij} c_{ij} - \sum_i f_i (\mathrm{div}\, g)_i
        = \sum_{ij} g_{ij} (c_{ij} - f_i + f_j),

    which has no cancellation, bounds the cost less the optimum of the supply that g meets. The
    optimum of b differs from that by at most the mass that g does not move, at the diameter: a
    flow that lost mass does not pass for a cheap one.

    Args:
        arcs: Tail, head, flow and cost of each arc.
        supply: Supply of each node less its demand, shape ``(n,)``.
        potential: Shape ``(n,)``.
        diameter: Upper bound of the cost between any two nodes.

    Returns:
        The gap, including its rounding, and the part of it that may be rounding of flow and
        potential; both at least 0, in the unit of cost.
    """
    n = len(supply)
    f, g = potential[arcs.rows], potential[arcs.cols]
    slack = arcs.mass @ np.maximum(arcs.cost - (f - g), 0.0)
    out, into = np.bincount(arcs.rows, arcs.mass, n), np.bincount(arcs.cols, arcs.mass, n)
    lost = np.abs(out - into - supply).sum() * diameter
    rounding = 8 * EPS * (arcs.mass @ (arcs.cost + np.abs(f) + np.abs(g)))
    rounding += 8 * SMALLEST_SUBNORMAL * len(arcs.mass)
    return float(slack + rounding + lost), float(2 * rounding)
