r"""W_p on the line, for p > 1.

The monotone coupling is optimal for every convex function of ``x - y``, since the cost of sorted
points is then a Monge array: potentials that are tight along a walk through the staircase of the
coupling,

.. math:: u_i + v_j = c_{ij}

from cell to neighbouring cell, are feasible everywhere (Hoffman 1963, "On simple linear
programming problems"). Their steps are the differences of costs in one row or column.

Where both sides end at once, the walk may go round either corner, and all that lies between the
two choices is feasible, too. The middle is taken: potentials then grow with the cost, not with the
distance of neighbours.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divergences._transport.certificate import Arcs
from divergences._transport.one_dimensional.cdf import Levels, cumulative, levels
from divergences._transport.result import Optimum, proved
from divergences._typing import Floats, Indices

Wide = NDArray[np.longdouble]
# Where long doubles are wider still, one is rounded as is assumed here, or better.
WIDE_EPS = max(float(np.finfo(np.longdouble).eps), 2.0**-64)


def convex_line_transport(
    x: Floats,
    y: Floats,
    p: Floats | None,
    q: Floats | None,
    /,
    *,
    power: float,
    factor: float = 1.0,
    unit: int = 0,
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
        unit: The caller's costs are ``2**unit`` times these.

    Returns:
        The result, in the unit of the costs.

    Raises:
        SolverError: If rounding leaves a gap above the tolerance.
    """
    x_order, y_order = np.argsort(x, kind="stable"), np.argsort(y, kind="stable")
    x_levels, y_levels, total = levels(p, q, x_order, y_order)
    along_x, mass = _steps(x_levels, y_levels, total)
    rows, cols = (np.append(0, np.cumsum(steps)) for steps in (along_x, ~along_x))
    corner = 1 + np.flatnonzero(along_x[:-1] & ~along_x[1:] & (mass[1:-1] == 0))
    wide_x, wide_y = x[x_order].astype(np.longdouble), y[y_order].astype(np.longdouble)
    cost = factor * np.abs(wide_x[rows] - wide_y[cols]) ** power
    across = factor * np.abs(wide_x[rows[corner] - 1] - wide_y[cols[corner] + 1]) ** power
    walk = _Walk(cost, along_x, corner, across, power / 2 + 3)
    source_potential, target_potential = np.empty(len(x)), np.empty(len(y))
    source_potential[x_order], target_potential[y_order], slack = walk.potentials()
    carried = np.flatnonzero(mass > 0)
    arcs = Arcs(
        x_order[rows[carried]],
        y_order[cols[carried]],
        (mass[carried] / total).astype(np.float64),
        cost[carried].astype(np.float64),
    )
    p = np.full(len(x), 1 / len(x)) if p is None else p
    q = np.full(len(y), 1 / len(y)) if q is None else q
    return proved(
        arcs, p, q, (source_potential, target_potential), slack=slack, exponent=0, unit=unit
    )


def _steps(x_levels: Levels, y_levels: Levels, total: int) -> tuple[NDArray[np.bool_], Levels]:
    """Where the walk goes from the lowest pair to the highest, one point at a time.

    Returns:
        Whether each step is to the next source, else to the next target, shape ``(n + m - 2,)``;
        and the mass at each pair, before and after the steps, 0 where both sides end at once.
    """
    inner = np.concatenate([x_levels[:-1], y_levels[:-1]])
    order = np.argsort(inner, kind="stable")
    mass = np.diff(np.concatenate([[0], inner[order], [total]]))
    return order < len(x_levels) - 1, mass


@dataclass(frozen=True, slots=True)
class _Walk:
    """The costs that potentials are made of.

    Attributes:
        cost: Of the pairs on the walk.
        along_x: Whether each step is to the next source.
        corner: Pairs on the walk without mass, entered from the last source, left to the next
            target.
        across: Cost of the pair opposite to each corner.
        roundings: How many roundings, of the size of itself, a cost has at the most.
    """

    cost: Wide
    along_x: NDArray[np.bool_]
    corner: Indices
    across: Wide
    roundings: float

    def potentials(self) -> tuple[Floats, Floats, float]:
        """Potentials of sorted sources and targets, tight on the walk but for the corners.

        The potential of a pair off the walk is a sum of costs on it, each at most once with either
        sign, and of steps round corners. So what rounding does to these adds up to no more than
        its share of the sum of the costs, and of what corners leave no room for.

        Returns:
            Both potentials, and by how much a pair of them may exceed its cost.
        """
        change, outside = self._changes()
        u, v = (np.append(0, cumulative(change[s])) for s in (self.along_x, ~self.along_x))
        v = v + self.cost[0]
        largest = np.abs(u).max() + np.abs(v).max()
        middle = np.median(u)  # free; small potentials round least
        u, v = u - middle, v + middle
        of_sums = (5 + WIDE_EPS * len(self.cost) ** 2) * largest
        on_walk = self.roundings * np.delete(self.cost, self.corner).sum()
        below_u, below_v = (np.nextafter(a.astype(np.float64), -np.inf) for a in (u, v))
        return below_u, below_v, float(2 * (WIDE_EPS * (on_walk + of_sums) + outside))

    def _changes(self) -> tuple[Wide, np.longdouble]:
        """By how much potentials change at each step, and how far rounding may lead out of corners."""
        change = np.diff(self.cost)
        before, at, after = (self.cost[self.corner + k] for k in (-1, 0, 1))
        change[self.corner - 1] = ((at - before) + (after - self.across)) / 2
        change[self.corner] = (after - before) - change[self.corner - 1]
        room = ((at - before) - (after - self.across)) / 2
        rounding = self.roundings * WIDE_EPS * (before + at + after + self.across)
        return change, np.maximum(rounding - room, 0).sum()
