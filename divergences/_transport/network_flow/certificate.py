"""Duality gap of a flow: the proof that it is optimal."""

import numpy as np

from divergences._transport.certificate import EPS, SMALLEST_SUBNORMAL, Arcs
from divergences._typing import Floats


def flow_gap(arcs: Arcs, supply: Floats, potential: Floats, /) -> tuple[float, float]:
    r"""Upper bound of a flow's cost minus the optimum, for a feasible potential, and its rounding.

    For a potential f that drops along no arc by more than its cost c, a flow g and a supply b,

    .. math:: \sum_{ij} g_{ij} c_{ij} - \sum_i f_i b_i
        = \sum_{ij} g_{ij} (c_{ij} - f_i + f_j) + \sum_i f_i (\mathrm{div}\, g - b)_i,

    where the first sum has no cancellation, and the second is rounding.

    Args:
        arcs: Tail, head, flow and cost of each arc.
        supply: Supply of each node less its demand, shape ``(n,)``.
        potential: Shape ``(n,)``.

    Returns:
        The gap, including its rounding, and the rounding; both at least 0, in the unit of cost.
    """
    n = len(supply)
    f, g = potential[arcs.rows], potential[arcs.cols]
    slack = arcs.mass @ np.maximum(arcs.cost - (f - g), 0.0)
    out, into = np.bincount(arcs.rows, arcs.mass, n), np.bincount(arcs.cols, arcs.mass, n)
    unbalanced = np.abs(out - into - supply) @ np.abs(potential)
    rounding = 8 * EPS * (arcs.mass @ (arcs.cost + np.abs(f) + np.abs(g)))
    rounding += 8 * SMALLEST_SUBNORMAL * len(arcs.mass)
    gap = min(float(slack + unbalanced + rounding), arcs.total_cost())
    return gap, float(2 * rounding + unbalanced)
