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
from divergences._transport.one_dimensional.cdf import Integers, Levels, cumulative_levels
from divergences._transport.one_dimensional.circle_shift import optimal_shift
from divergences._transport.one_dimensional.coupling_cost import coupling_cost, sorted_points
from divergences._transport.one_dimensional.ordering import in_order, sorting_permutation
from divergences._transport.one_dimensional.staircase import (
    LONG_DOUBLE_EPS,
    LongDoubles,
    StaircasePath,
    rounded_down,
)
from divergences._transport.result import Optimum, certified_optimum
from divergences._typing import Floats, Indices


class CutSide(NamedTuple):
    """Sorted points of one side from a cut on, the last being the first one after a turn.

    Attributes:
        positions: Positions on the circle, shape ``(n + 1,)``.
        turns: Number of turns of each on the line that covers the circle.
        indices: Index of each among the sorted points.
        levels: Cumulative mass from the cut on, in (0, total], shape ``(n,)``.
    """

    positions: Floats
    turns: Indices
    indices: Indices
    levels: Integers

    @classmethod
    def of(cls, points: Floats, levels: Integers, total: int, shift: int, /) -> "CutSide":
        """Begin at the first point whose cumulative mass, shifted, is above 0."""
        n = len(points)
        turn, rest = divmod(-shift, total)
        first = turn * n + int(np.searchsorted(levels, rest, side="right"))
        turns, indices = np.divmod(first + np.arange(n + 1), n)
        whole_turns: Any = turns[:-1].astype(levels.dtype)
        # In this order, no sum exceeds 64 bits.
        shifted = (levels[indices[:-1]] + shift) + whole_turns * total
        return cls(points[indices], turns, indices, shifted)


class CutCircle(NamedTuple):
    """Sorted points on a line that covers the circle, from an optimal cut on.

    Attributes:
        x: Sources.
        y: Targets.
        levels: Cumulative masses of both from the cut on.
        length: Length of the circle.
    """

    x: CutSide
    y: CutSide
    levels: Levels
    length: float

    @classmethod
    def of(
        cls, x: Floats, y: Floats, levels: Levels, length: float, power: float, /
    ) -> "CutCircle":
        """Cut the circle where the monotone coupling of both sides is optimal."""
        shift = optimal_shift(x, y, levels, length, power)
        sources = CutSide.of(x, levels.x, levels.total, 0)
        targets = CutSide.of(y, levels.y, levels.total, shift)
        cut = levels._replace(x=sources.levels, y=targets.levels)
        return cls(sources, targets, cut, length)

    def cost(self, power: float, /) -> float:
        """Cost of the monotone coupling."""
        levels = self.levels
        if levels.y[-1] != levels.total:  # the last source goes on to the first target
            levels = levels._replace(y=np.append(levels.y, levels.total))
        return coupling_cost(self.lengths, levels, power)

    def lengths(self, rows: Any, cols: Any, dtype: Any = np.float64, /) -> Any:
        """Distances on the line of sources and targets, each rounded at most twice."""
        x, y = self.x.positions[rows].astype(dtype), self.y.positions[cols].astype(dtype)
        turns = self.y.turns[cols] - self.x.turns[rows]
        if not turns.any():
            return np.abs(x - y)
        way = self.length * np.abs(turns)
        ahead, behind = (way - x) + y, (way - y) + x
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
    other = StaircasePath.of(
        cut.lengths,
        cut.levels,
        (n + 1, m + 1),
        power=power,
        factor=factor,
        targets_first=True,
    )
    path_u, path_v, max_violation = _closed_potentials(path, other)
    u, v = np.empty(n), np.empty(m)
    u[x_order[cut.x.indices[:-1]]] = rounded_down(path_u[:-1])
    v[y_order[cut.y.indices[:-1]]] = rounded_down(path_v[:-1])
    positive = np.flatnonzero(path.mass > 0)
    arcs = Arcs(
        x_order[cut.x.indices[path.rows[positive]]],
        y_order[cut.y.indices[path.cols[positive]]],
        path.mass[positive],
        path.cost[positive].astype(np.float64),
    )
    return certified_optimum(
        arcs,
        np.full(n, 1 / n) if p is None else p,
        np.full(m, 1 / m) if q is None else q,
        (u, v),
        max_violation=max_violation,
        exponent=0,
        unit_exponent=unit_exponent,
    )


def _closed_potentials(
    first: StaircasePath, second: StaircasePath
) -> tuple[LongDoubles, LongDoubles, float]:
    """Mean of the potentials of two paths that returns to its first value after one turn.

    The two paths go through the same arcs, and take the steps of sources and of targets at equal
    cumulative masses in opposite order.

    Returns:
        Potentials of both sides, and an upper bound of ``u_i + v_j - c_ij``.
    """
    (u, v, violation), (other_u, other_v, other_violation) = (
        path.potentials(0.0) for path in (first, second)
    )
    rise, other_rise = u[-1] - u[0], other_u[-1] - other_u[0]
    share = 0.0 if rise == other_rise else np.clip(rise / (rise - other_rise), 0.0, 1.0)
    u, v = (1 - share) * u + share * other_u, (1 - share) * v + share * other_v
    rounding = 4 * LONG_DOUBLE_EPS * (np.abs(u).max() + np.abs(v).max())
    # Shorter arcs are at most a turn away from the path.
    left = 2 * abs(u[-1] - u[0])
    return u, v, float(max(violation, other_violation) + rounding + left)
