"""Feasible potentials and the gap they leave: the proof that a plan is optimal.

For potentials with ``u_i + v_j <= c_ij`` and a plan with marginals p and q,

    cost - optimum <= cost - (sum p u + sum q v) = sum over the plan of (c_ij - u_i - v_j).

The right-hand side has no cancellation: every term is a reduced cost, at least 0 and 0 where
potentials are tight.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divergences._typing import Floats, Indices
from divergences.errors import SolverError

EPS = 2.0**-52
SMALLEST_SUBNORMAL = 2.0**-1074
SMALLEST = (
    1e-290  # of the largest cost: below it, masses and potentials are no longer whole floats
)
BLOCK = 1 << 20  # entries of the cost priced at a time, so that memory stays at one cost matrix


@dataclass(frozen=True, slots=True)
class Arcs:
    """The pairs that a plan uses.

    Attributes:
        rows: Source of each arc.
        cols: Target of each arc.
        mass: Mass on each arc, above 0.
        cost: Ground cost of each arc.
    """

    rows: Indices
    cols: Indices
    mass: Floats
    cost: Floats

    def work(self) -> float:
        """Mass times cost, summed."""
        return float((self.mass * self.cost).sum())


def feasible_potentials(
    cost: Floats, source_potential: Floats, rows: NDArray[np.bool_], cols: NDArray[np.bool_], /
) -> tuple[Floats, Floats]:
    """Potentials of all sources and targets, feasible in exact arithmetic, from potentials of the sources.

    Two c-transforms: ``v_j = min_i c_ij - u_i`` and then ``u_i = min_j c_ij - v_j``, each
    difference rounded down, so that ``u_i + v_j <= c_ij`` holds for the returned floats as real
    numbers, with no tolerance. What carries no mass comes last, and takes the potential that is left
    to it: it binds nothing.

    Args:
        cost: Shape ``(n, m)``.
        source_potential: Shape ``(n,)``.
        rows: Whether a source carries mass, shape ``(n,)``.
        cols: Whether a target does, shape ``(m,)``.

    Returns:
        Potentials of the sources, shape ``(n,)``, and of the targets, shape ``(m,)``.
    """
    if rows.all() and cols.all():
        target_potential = _least(cost.T, source_potential)
        return _least(cost, target_potential), target_potential
    carried = feasible_potentials(
        cost[np.ix_(rows, cols)], source_potential[rows], rows[rows], cols[cols]
    )
    target_potential = _least(cost[rows].T, carried[0])
    target_potential[cols] = carried[1]
    source_potential = _least(cost, target_potential)
    source_potential[rows] = carried[0]
    return source_potential, target_potential


def _least(cost: Floats, potential: Floats) -> Floats:
    """``min over the last axis of cost - potential``, rounded down."""
    if cost.size <= BLOCK:
        least: Floats = np.nextafter((cost - potential).min(axis=1), -np.inf)
        return least
    result = np.empty(len(cost))
    rows = max(1, BLOCK // len(potential))
    for start in range(0, len(cost), rows):
        block = slice(start, start + rows)
        result[block] = np.min(cost[block] - potential, axis=1)
    return np.nextafter(result, -np.inf)


def gap(
    arcs: Arcs, p: Floats, q: Floats, source_potential: Floats, target_potential: Floats, /
) -> tuple[float, float]:
    """Upper bound of the plan's cost minus the optimum, for feasible potentials, and its rounding.

    The marginals of a computed plan are the masses only up to rounding; what they are off by is
    counted at its potential. Rounding is allowed for at the size of the numbers that each arc adds up,
    not of the largest cost: one arc that is 10^15 times as long as the others must not hide what
    they cost. An arc that is lighter than the rounding of the mass at one of its ends is rounding.

    Returns:
        The gap with its rounding, and the rounding; at least 0, in the unit of the arcs' cost.
    """
    u, v = source_potential[arcs.rows], target_potential[arcs.cols]
    above = arcs.mass * np.maximum(arcs.cost - u - v, 0.0)
    off_p = np.abs(np.bincount(arcs.rows, arcs.mass, len(p)) - p)
    off_q = np.abs(np.bincount(arcs.cols, arcs.mass, len(q)) - q)
    light = arcs.mass <= EPS * np.maximum(p[arcs.rows], q[arcs.cols])
    left_open = above.sum() + off_p @ np.abs(source_potential) + off_q @ np.abs(target_potential)
    rounding = 8 * EPS * (arcs.mass @ (arcs.cost + np.abs(u) + np.abs(v)))
    rounding += 8 * SMALLEST_SUBNORMAL * len(arcs.mass)  # of products that underflow
    # No cost is below 0, so no plan is cheaper by more than all that this one costs.
    least = min(float(left_open + rounding), arcs.work())
    return least, float(2 * rounding + above @ light + SMALLEST)


def require_optimal(work: float, gap: float, rounding: float, /, *, exponent: int) -> None:
    """Refuse a plan that its potentials do not prove optimal.

    Args:
        work: What the plan costs.
        gap: What the potentials leave open.
        rounding: How much of that may be rounding.
        exponent: Costs were divided by 2 to this power, which the message undoes.

    Raises:
        SolverError: If the gap exceeds 1e-9 of the work plus the rounding.
    """
    if not gap <= 1e-9 * work + rounding:
        raise SolverError(
            f"the plan found costs {np.ldexp(work, exponent):.6g}, but its proof leaves open that "
            f"the optimum is lower by {np.ldexp(gap, exponent):.2g}. Costs or masses that span "
            "more than about 12 orders of magnitude do this: take the largest costs out, and "
            "solve what is left"
        )
