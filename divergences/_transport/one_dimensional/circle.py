r"""Exact transport on a circle, for a power of the length of the shorter arc.

On the line that covers the circle, an optimal plan is a monotone coupling of the source quantiles
with the target quantiles shifted by some mass a:

.. math:: \min_a C(a), \qquad
    C(a) = \int_0^1 |F^{-1}(t) - G^{-1}(t - a)|^r \, dt, \qquad
    F^{-1}(t + 1) = F^{-1}(t) + L

C is convex, and linear between the differences of cumulative masses. For r = 1 a minimizer is the
median of F - G, weighted by length; for r > 1 it is a zero of the derivative. There, potentials
along the staircase path return to their first value after one turn, which makes them feasible.

Source: Delon, Salomon and Sobolevski 2010, "Fast transport optimization for Monge costs on the
circle".
"""

from typing import Any, NamedTuple

import numpy as np

from divergences._transport.certificate import UNDERFLOW_TOLERANCE, Arcs
from divergences._transport.one_dimensional.cdf import Levels, cumulative_levels
from divergences._transport.one_dimensional.circle_shift import optimal_shift
from divergences._transport.one_dimensional.coupling_cost import coupling_cost, sorted_points
from divergences._transport.one_dimensional.ordering import in_order, sorting_permutation
from divergences._transport.one_dimensional.staircase import StaircasePath, rounded_down
from divergences._transport.result import Optimum, certified_optimum
from divergences._typing import Floats, Indices


class CutCircle(NamedTuple):
    """Sorted points on a line that covers the circle, from an optimal cut on.

    Attributes:
        x: Positions of the sources, the last being the first one after a turn, shape ``(n + 1,)``.
        y: Positions of the targets likewise, shape ``(m + 1,)``.
        y_turns: Number of turns of each target, -1, 0 or 1; the sources have 0, the last one 1.
        cols: Index of each target among the sorted ones.
        levels: Cumulative masses from the cut on, without the points after a turn.
        length: Length of the circle.
    """

    x: Floats
    y: Floats
    y_turns: Indices
    cols: Indices
    levels: Levels
    length: float

    @classmethod
    def of(
        cls, x: Floats, y: Floats, levels: Levels, length: float, power: float, /
    ) -> "CutCircle":
        """Cut the circle where the monotone coupling of both sides is optimal."""
        shift = optimal_shift(x, y, levels, length, power)
        m, total = len(y), levels.total
        turn, rest = divmod(-shift, total)
        # The first target whose cumulative mass, shifted, is above 0.
        first = turn * m + int(np.searchsorted(levels.y, rest, side="right"))
        turns, cols = np.divmod(first + np.arange(m + 1), m)
        whole_turns: Any = turns[:-1].astype(levels.y.dtype)
        shifted = (
            levels.y[cols[:-1]] + shift
        ) + whole_turns * total  # in this order within 64 bits
        cut = Levels(levels.x, shifted, total, levels.rounding)
        return cls(np.append(x, x[0]), y[cols], turns, cols, cut, length)

    def cost(self, power: float, /) -> float:
        """Cost of the monotone coupling."""
        levels = self.levels
        if levels.y[-1] != levels.total:  # the last source goes on to the first target
            levels = levels._replace(y=np.append(levels.y, levels.total))
        return coupling_cost(self.lengths, levels, power)

    def lengths(self, rows: Any, cols: Any, dtype: Any = np.float64, /) -> Any:
        """Distances on the line of sources and targets, each rounded at most twice."""
        x, y = self.x[rows].astype(dtype), self.y[cols].astype(dtype)
        last = len(self.x) - 1
        at_end = rows.stop > last if isinstance(rows, slice) else rows == last
        turns = self.y_turns[cols] - at_end
        ahead, behind = (self.length - x) + y, (self.length - y) + x
        return np.where(turns == 0, np.abs(x - y), np.where(turns > 0, ahead, behind))


def circle_cost(
    x: Floats, y: Floats, p: Floats | None, q: Floats | None, /, *, length: float, power: float
) -> float | None:
    """Optimal cost between points of a circle under a power of the length of the shorter arc.

    Args:
        x: Positions of the sources in [0, length), shape ``(n,)``.
        y: Positions of the targets likewise, shape ``(m,)``.
        p: Masses of the sources, summing to 1; None for equal ones.
        q: Masses of the targets, likewise.
        length: Length of the circle, at most 1.
        power: At least 1.

    Returns:
        The cost; None where 64-bit masses or the range of floats do not suffice.
    """
    x, p = sorted_points(x, p)
    y, q = sorted_points(y, q)
    levels = cumulative_levels((p, q), (len(x), len(y)), exact=False)
    cost = CutCircle.of(x, y, levels, length, power).cost(power)
    unsure = cost < 1e10 * UNDERFLOW_TOLERANCE or levels.rounding_matters(
        cost, length**power, power
    )
    return None if unsure else cost


def circle_transport(
    x: Floats,
    y: Floats,
    p: Floats | None,
    q: Floats | None,
    /,
    *,
    length: float,
    power: float,
    factor: float = 1.0,
    unit_exponent: int = 0,
) -> Optimum:
    """Optimal plan between points of a circle under ``factor * distance**power``, and potentials.

    Takes ``O((n + m) log(n + m))``.

    Args:
        x: Positions of the sources in [0, length), shape ``(n,)``.
        y: Positions of the targets likewise, shape ``(m,)``.
        p: Masses of the sources, summing to 1; None for equal ones.
        q: Masses of the targets, likewise.
        length: Length of the circle, at most 1.
        power: At least 1.
        factor: Above 0.
        unit_exponent: The caller's costs are 2 to this power times these; used in messages only.

    Returns:
        The optimum, in the unit of the costs.

    Raises:
        SolverError: If rounding makes the gap too large to certify the plan.
    """
    n, m = len(x), len(y)
    x_order, y_order = sorting_permutation(x), sorting_permutation(y)
    masses = in_order(p, x_order), in_order(q, y_order)
    for exact in (False, True):
        levels = cumulative_levels(masses, (n, m), exact=exact)
        cut = CutCircle.of(x[x_order], y[y_order], levels, length, power)
        path = StaircasePath.of(
            cut.lengths, cut.levels, (n + 1, m + 1), power=power, factor=factor
        )
        if not levels.rounding_matters(path.total_cost(), factor * length**power, power):
            break
    turn = _closing_turn(path)
    path_u, path_v, max_violation = path.potentials(turn)
    u, v = np.empty(n), np.empty(m)
    u[x_order] = rounded_down(path_u[:-1])
    v[y_order[cut.cols[:-1]]] = rounded_down(path_v[:-1])
    positive = np.flatnonzero(path.mass > 0)
    arcs = Arcs(
        x_order[path.rows[positive] % n],
        y_order[cut.cols[path.cols[positive]]],
        path.mass[positive],
        path.cost[positive].astype(np.float64),
    )
    return certified_optimum(
        arcs,
        np.full(n, 1 / n) if p is None else p,
        np.full(m, 1 / m) if q is None else q,
        (u, v),
        # Shorter arcs are at most a turn away from the path.
        max_violation=max_violation + 2 * abs(path.rise(turn)),
        exponent=0,
        unit_exponent=unit_exponent,
    )


def _closing_turn(path: StaircasePath) -> float:
    """Weight of the opposite corners for which potentials return to their first value."""
    direct, around = path.rise(0.0), path.rise(1.0)
    return 0.5 if direct == around else float(np.clip(direct / (direct - around), 0.0, 1.0))
