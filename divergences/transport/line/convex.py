r"""W_p on the line, for p > 1.

The monotone coupling is optimal for every convex function of ``x - y``, since the cost of sorted
points is then a Monge array: prices that are tight along the staircase of the coupling,

.. math:: u_i + v_j = c_{ij}

from cell to neighbouring cell, are feasible everywhere (Hoffman 1963, "On simple linear
programming problems"). Their steps are the differences of costs in one row or column.
"""

import numpy as np
from numpy.typing import NDArray

from divergences.transport.line.levels import Levels, cumulative, levels, rounding, staircase
from divergences.transport.proof import EPS, Arcs, Floats
from divergences.transport.result import Optimum, proved

STEP_ERROR = 16  # roundings of one step, at the most, per power, in units of EPS and the step


def convex_line_transport(
    x: Floats,
    y: Floats,
    p: Floats | None,
    q: Floats | None,
    /,
    *,
    power: float,
    factor: float = 1.0,
) -> Optimum:
    """The optimal plan between points of the line under ``factor |x - y|**power``, with its proof.

    Takes ``O((n + m) log(n + m))``.

    Args:
        x: Sources in [-1, 1], shape ``(n,)``.
        y: Targets in [-1, 1], shape ``(m,)``.
        p: Masses of the sources, summing to 1; None for equal ones.
        q: Masses of the targets, likewise.
        power: Above 1.
        factor: Above 0.

    Returns:
        The result, in the unit of the costs.

    Raises:
        SolverError: If rounding leaves a gap above the tolerance.
    """
    x_order, y_order = np.argsort(x, kind="stable"), np.argsort(y, kind="stable")
    x_sorted, y_sorted = x[x_order], y[y_order]
    x_levels, y_levels, total = levels(p, q, x_order, y_order)
    rows, cols, mass = staircase(x_levels, y_levels)
    cost = factor * np.abs(x_sorted[rows] - y_sorted[cols]) ** power
    arcs = Arcs(x_order[rows], y_order[cols], (mass / total).astype(np.float64), cost)
    u, v, error = _prices(x_sorted, y_sorted, _path(x_levels, y_levels), power)
    source_price, target_price = np.empty(len(x)), np.empty(len(y))
    source_price[x_order], target_price[y_order] = factor * u, factor * v
    slack = factor * error + 8 * EPS * float(np.abs(source_price).max(initial=0.0))
    p = np.full(len(x), 1 / len(x)) if p is None else p
    q = np.full(len(y), 1 / len(y)) if q is None else q
    return proved(arcs, p, q, (source_price, target_price), slack=slack, exponent=0)


def _path(x_levels: Levels, y_levels: Levels) -> NDArray[np.bool_]:
    """Whether each of the n + m - 2 steps of the staircase is to the next row, or column."""
    ends = np.concatenate([x_levels[:-1], y_levels[:-1]])
    return np.argsort(ends, kind="stable") < len(x_levels) - 1


def _prices(
    x: Floats, y: Floats, down: NDArray[np.bool_], power: float
) -> tuple[Floats, Floats, float]:
    """Prices that are tight on every cell of the staircase, and how far they may be from it."""
    i = np.concatenate([[0], np.cumsum(down)])
    j = np.concatenate([[0], np.cumsum(~down)])
    lengths = x[i] - y[j]
    steps = _differences(lengths, rounding(x[i], -y[j], lengths), power)
    first = float(np.abs(x[0] - y[0]) ** power)
    u = np.concatenate([[0.0], cumulative(steps[down])])
    v = first + np.concatenate([[0.0], cumulative(steps[~down])])
    shift = float(np.median(u))
    travelled = float(np.abs(steps).sum()) + first
    # What is left of the sums of so many rounding errors comes on top.
    error = travelled * (STEP_ERROR * (1 + power) * EPS + (len(steps) * EPS) ** 2)
    return u - shift, v + shift, 2 * error


def _differences(lengths: Floats, rests: Floats, power: float) -> Floats:
    """``|b|**power - |a|**power`` of neighbours, within some roundings of itself.

    Args:
        lengths: Differences of coordinates.
        rests: What rounding took from each.
        power: Above 1.

    Returns:
        One less than there are lengths.
    """
    sizes, rests = np.abs(lengths), rests * np.sign(lengths)
    a, b = sizes[:-1], sizes[1:]
    far, near = np.maximum(a, b), np.minimum(a, b)
    between = np.abs((b - a) + (rests[1:] - rests[:-1]))
    with np.errstate(divide="ignore", invalid="ignore"):
        grown = far**power * -np.expm1(power * np.log1p(-between / far))
    grown = np.where(near > 0, grown, far**power)
    return np.where(b >= a, grown, -grown)
