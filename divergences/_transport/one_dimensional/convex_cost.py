r"""W_p on the line, for p > 1.

The monotone coupling is optimal for every convex function of ``x - y``, since the cost of sorted
points is then a Monge array: potentials that are tight, ``u_i + v_j = c_ij``, on a staircase path
through the arcs of the coupling, from cell to neighbouring cell, are feasible everywhere (Hoffman
1963, "On simple linear programming problems"). Their increments are the differences of costs in
one row or column.

Where the cumulative masses of both sides are equal, the path may turn at either of two opposite
corners, and all potentials between the two choices are feasible, too. Their mean is taken: the
potentials then grow with the cost, not with the distance of neighbouring points.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divergences._transport.certificate import Arcs
from divergences._transport.one_dimensional.cdf import Integers, compensated_cumsum, integer_cdfs
from divergences._transport.result import Optimum, certified_optimum
from divergences._typing import Floats, Indices

LongDoubles = NDArray[np.longdouble]
# The rounding bounds assume 64 bits of mantissa; wider long doubles satisfy them, too.
LONG_DOUBLE_EPS = max(float(np.finfo(np.longdouble).eps), 2.0**-64)


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
    x_order, y_order = np.argsort(x, kind="stable"), np.argsort(y, kind="stable")
    x_cdf, y_cdf, total = integer_cdfs(p, q, x_order, y_order)
    along_x, mass = _staircase_path(x_cdf, y_cdf, total)
    rows, cols = (np.append(0, np.cumsum(steps)) for steps in (along_x, ~along_x))
    corners = 1 + np.flatnonzero(along_x[:-1] & ~along_x[1:] & (mass[1:-1] == 0))
    x_long, y_long = x[x_order].astype(np.longdouble), y[y_order].astype(np.longdouble)
    cost = factor * np.abs(x_long[rows] - y_long[cols]) ** power
    opposite_cost = factor * np.abs(x_long[rows[corners] - 1] - y_long[cols[corners] + 1]) ** power
    path = _StaircasePath(cost, along_x, corners, opposite_cost, power / 2 + 3)
    u, v = np.empty(len(x)), np.empty(len(y))
    u[x_order], v[y_order], max_violation = path.potentials()
    positive = np.flatnonzero(mass > 0)
    arcs = Arcs(
        x_order[rows[positive]],
        y_order[cols[positive]],
        (mass[positive] / total).astype(np.float64),
        cost[positive].astype(np.float64),
    )
    p = np.full(len(x), 1 / len(x)) if p is None else p
    q = np.full(len(y), 1 / len(y)) if q is None else q
    return certified_optimum(
        arcs, p, q, (u, v), max_violation=max_violation, exponent=0, unit_exponent=unit_exponent
    )


def _staircase_path(
    x_cdf: Integers, y_cdf: Integers, total: int
) -> tuple[NDArray[np.bool_], Integers]:
    """Path from the lowest pair to the highest, one point at a time, in the order of the masses.

    Returns:
        True for a step to the next source, False for one to the next target, shape
        ``(n + m - 2,)``; and the mass of each pair on the path, shape ``(n + m - 1,)``, 0 between
        steps at equal cumulative masses.
    """
    interior = np.concatenate([x_cdf[:-1], y_cdf[:-1]])
    order = np.argsort(interior, kind="stable")
    mass = np.diff(np.concatenate([[0], interior[order], [total]]))
    return order < len(x_cdf) - 1, mass


@dataclass(frozen=True, slots=True)
class _StaircasePath:
    """Costs along a staircase path, which determine potentials.

    Attributes:
        cost: Costs of the pairs on the path.
        along_x: True for steps to the next source, False for steps to the next target.
        corners: Indices of pairs of mass 0 on the path, between a step to the next source and a
            step to the next target.
        opposite_cost: Cost of the pair at the opposite corner of each.
        max_roundings: Upper bound of the relative rounding error of a cost, in units of
            ``LONG_DOUBLE_EPS``.
    """

    cost: LongDoubles
    along_x: NDArray[np.bool_]
    corners: Indices
    opposite_cost: LongDoubles
    max_roundings: float

    def potentials(self) -> tuple[Floats, Floats, float]:
        """Potentials of sorted sources and targets, tight on the path except at corners.

        The sum of two potentials is a sum of costs on the path, each at most once with either
        sign, and of increments at corners. So its rounding is bounded by that of the sum of the
        costs, plus the excess of rounding over the slack at each corner.

        Returns:
            Potentials of both sides, and an upper bound of ``u_i + v_j - c_ij``.
        """
        increments, corner_violation = self._increments()
        u, v = (
            np.append(0, compensated_cumsum(increments[steps]))
            for steps in (self.along_x, ~self.along_x)
        )
        v = v + self.cost[0]
        largest = np.abs(u).max() + np.abs(v).max()
        median = np.median(u)  # free constant; small potentials have the least rounding
        u, v = u - median, v + median
        of_sums = (5 + LONG_DOUBLE_EPS * len(self.cost) ** 2) * largest
        of_costs = self.max_roundings * np.delete(self.cost, self.corners).sum()
        lower_u, lower_v = (np.nextafter(a.astype(np.float64), -np.inf) for a in (u, v))
        violation = 2 * (LONG_DOUBLE_EPS * (of_costs + of_sums) + corner_violation)
        return lower_u, lower_v, float(violation)

    def _increments(self) -> tuple[LongDoubles, np.longdouble]:
        """Increment of a potential at each step, and a bound of the violations at the corners."""
        increments = np.diff(self.cost)
        before, at, after = (self.cost[self.corners + k] for k in (-1, 0, 1))
        increments[self.corners - 1] = ((at - before) + (after - self.opposite_cost)) / 2
        increments[self.corners] = (after - before) - increments[self.corners - 1]
        slack = ((at - before) - (after - self.opposite_cost)) / 2
        all_costs = before + at + after + self.opposite_cost
        rounding = self.max_roundings * LONG_DOUBLE_EPS * all_costs
        return increments, np.maximum(rounding - slack, 0).sum()
