r"""W_p on the line, for p > 1.

The monotone coupling is optimal for every convex function of ``x - y``, since the cost of sorted
points is then a Monge array: `staircase` has the potentials.
"""

from typing import Any

import numpy as np

from divergences._transport.certificate import Arcs
from divergences._transport.one_dimensional.cdf import cumulative_levels
from divergences._transport.one_dimensional.ordering import in_order, sorting_permutation
from divergences._transport.one_dimensional.staircase import StaircasePath, rounded_down
from divergences._transport.result import Optimum, certified_optimum
from divergences._typing import Floats, Indices


def convex_line_transport(
    x: Floats,
    y: Floats,
    p: Floats | None,
    q: Floats | None,
    /,
    *,
    power: float,
    factor: float = 1.0,
    unit_exponent: int = 0,
) -> Optimum:
    """Optimal plan between points of the line under ``factor |x - y|**power``, and potentials.

    Takes ``O((n + m) log(n + m))``.

    Args:
        x: Sources in [-1, 1], shape ``(n,)``.
        y: Targets in [-1, 1], shape ``(m,)``.
        p: Masses of the sources, summing to 1; None for equal ones.
        q: Masses of the targets, likewise.
        power: Above 1.
        factor: Above 0.
        unit_exponent: The caller's costs are 2 to this power times these; used in messages only.

    Returns:
        The optimum, in the unit of the costs.

    Raises:
        SolverError: If rounding makes the gap too large to certify the plan.
    """
    x_order, y_order = sorting_permutation(x), sorting_permutation(y)
    masses, sizes = (in_order(p, x_order), in_order(q, y_order)), (len(x), len(y))
    x_sorted, y_sorted = x[x_order], y[y_order]
    largest = factor * max(x_sorted[-1] - y_sorted[0], y_sorted[-1] - x_sorted[0]) ** power

    def lengths(rows: Indices, cols: Indices, dtype: Any) -> Any:
        return np.abs(x_sorted[rows].astype(dtype) - y_sorted[cols].astype(dtype))

    for exact in (False, True):
        levels = cumulative_levels(masses, sizes, exact=exact)
        path = StaircasePath.of(lengths, levels, sizes, power=power, factor=factor)
        if not levels.rounding_matters(path.total_cost(), largest, power):
            break
    u, v = np.empty(len(x)), np.empty(len(y))
    sorted_u, sorted_v, max_violation = path.potentials()
    u[x_order], v[y_order] = rounded_down(sorted_u), rounded_down(sorted_v)
    positive = np.flatnonzero(path.mass > 0)
    arcs = Arcs(
        x_order[path.rows[positive]],
        y_order[path.cols[positive]],
        path.mass[positive],
        path.cost[positive].astype(np.float64),
    )
    p = np.full(len(x), 1 / len(x)) if p is None else p
    q = np.full(len(y), 1 / len(y)) if q is None else q
    return certified_optimum(
        arcs, p, q, (u, v), max_violation=max_violation, exponent=0, unit_exponent=unit_exponent
    )
