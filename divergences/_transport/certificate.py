"""Feasible potentials and the duality gap: the certificate that a plan is optimal.

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
# Relative to the largest cost; products of smaller masses and potentials lose digits.
UNDERFLOW_TOLERANCE = 1e-290
MAX_BLOCK_ENTRIES = 1 << 20  # of reduced costs in memory, in addition to the cost matrix
MAX_RELATIVE_GAP = 1e-9
MAX_LOST_MASS = 1e-9  # of the total, by rounding of a plan


@dataclass(frozen=True, slots=True)
class Arcs:
    """The arcs (source-target pairs) of positive flow in a plan.

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

    @property
    def transposed(self) -> "Arcs":
        """The same arcs with sources and targets exchanged."""
        return Arcs(self.cols, self.rows, self.mass, self.cost)

    def total_cost(self) -> float:
        """Sum of mass times cost."""
        return float((self.mass * self.cost).sum())


def feasible_potentials(
    cost: Floats,
    source_potential: Floats,
    source_support: NDArray[np.bool_],
    target_support: NDArray[np.bool_],
    /,
) -> tuple[Floats, Floats]:
    """Potentials of all sources and targets, feasible in exact arithmetic, by two c-transforms.

    First ``v_j = min_i c_ij - u_i``, then ``u_i = min_j c_ij - v_j``, each difference rounded
    down, so that ``u_i + v_j <= c_ij`` holds for the returned floats as real numbers, with no
    tolerance. Points outside the support are transformed last: they do not constrain the others.

    Args:
        cost: Infinite where a pair is forbidden, shape ``(n, m)``.
        source_potential: Finite, shape ``(n,)``.
        source_support: True for sources of positive mass, shape ``(n,)``.
        target_support: True for targets of positive mass, shape ``(m,)``.

    Returns:
        Potentials of the sources, shape ``(n,)``, and of the targets, shape ``(m,)``.
    """
    if source_support.all() and target_support.all():
        target_potential = c_transform(cost.T, source_potential)
        return c_transform(cost, target_potential), target_potential
    u, v = feasible_potentials(
        cost[np.ix_(source_support, target_support)],
        source_potential[source_support],
        source_support[source_support],
        target_support[target_support],
    )
    return extended_potentials(cost, (u, v), source_support, target_support)


def extended_potentials(
    cost: Floats,
    potentials: tuple[Floats, Floats],
    source_support: NDArray[np.bool_],
    target_support: NDArray[np.bool_],
    /,
) -> tuple[Floats, Floats]:
    """Feasible potentials of the points of a support, and of all other points.

    Args:
        cost: Shape ``(n, m)``.
        potentials: Feasible potentials of the sources and of the targets of the support.
        source_support: True for sources of the support, shape ``(n,)``.
        target_support: True for targets of the support, shape ``(m,)``.

    Returns:
        Potentials of the sources, shape ``(n,)``, and of the targets, shape ``(m,)``.
    """
    u, v = potentials
    target_potential = c_transform(cost[source_support].T, u)
    target_potential[target_support] = v
    source_potential = c_transform(cost, target_potential)
    source_potential[source_support] = u
    return source_potential, target_potential


def c_transform(cost: Floats, potential: Floats, /) -> Floats:
    """Minimum of ``cost - potential`` over the last axis, rounded down; 0 if all are infinite.

    Args:
        cost: Shape ``(n, m)``.
        potential: Shape ``(m,)``.

    Returns:
        Shape ``(n,)``.
    """
    if cost.size <= MAX_BLOCK_ENTRIES:
        return _rounded_down((cost - potential).min(axis=1))
    result = np.empty(len(cost))
    rows = max(1, MAX_BLOCK_ENTRIES // len(potential))
    for start in range(0, len(cost), rows):
        block = slice(start, start + rows)
        result[block] = np.min(cost[block] - potential, axis=1)
    return _rounded_down(result)


def _rounded_down(minimum: Floats) -> Floats:
    """The floats below, and 0 for infinity, where no pair of finite cost constrains a point."""
    if minimum[minimum.argmax()] == np.inf:  # faster than `max` for a few points
        minimum[minimum == np.inf] = SMALLEST_SUBNORMAL
    return np.nextafter(minimum, -np.inf)


def duality_gap(
    arcs: Arcs, p: Floats, q: Floats, source_potential: Floats, target_potential: Floats, /
) -> tuple[float, float]:
    """Upper bound of the plan's cost minus the optimum, for feasible potentials, and its rounding.

    The marginals of a computed plan are the masses only up to rounding; each deviation is counted
    at its potential. The allowance for rounding is relative to the numbers that each arc adds up,
    not to the largest cost, which may be 10^15 times that of all other arcs. The reduced cost of
    an arc counts as rounding if its mass is below the rounding of the mass at one of its ends.

    Returns:
        The gap, including its rounding, and the rounding; both at least 0, in the unit of the
        arcs' cost. The gap is infinite if the plan leaves out more mass than rounding explains.
    """
    u, v = source_potential[arcs.rows], target_potential[arcs.cols]
    reduced_cost = arcs.mass * np.maximum(arcs.cost - u - v, 0.0)
    p_error = np.abs(np.bincount(arcs.rows, arcs.mass, len(p)) - p)
    q_error = np.abs(np.bincount(arcs.cols, arcs.mass, len(q)) - q)
    negligible = arcs.mass <= EPS * np.maximum(p[arcs.rows], q[arcs.cols])
    gap = reduced_cost.sum()
    for error, potential in ((p_error, source_potential), (q_error, target_potential)):
        erring = np.flatnonzero(error)  # potentials of others may have overflowed
        gap += error[erring] @ np.abs(potential[erring])
    with np.errstate(over="ignore"):  # then, the gap is not below the cost
        rounding = 8 * EPS * (arcs.mass @ (arcs.cost + np.abs(u) + np.abs(v)))
    if arcs.cost.any() or u.any() or v.any():
        rounding += 8 * SMALLEST_SUBNORMAL * len(arcs.mass)  # of products that underflow
    gap = float(gap + rounding)
    totals = p.sum(), q.sum()
    lost = p_error.sum() + q_error.sum() - abs(totals[0] - totals[1])  # a surplus stays
    if not lost <= MAX_LOST_MASS * min(totals):
        gap = np.inf
    return gap, float(2 * rounding + reduced_cost @ negligible + UNDERFLOW_TOLERANCE)


def require_optimal(cost: float, gap: float, rounding: float, /, *, exponent: int) -> None:
    """Refuse a plan whose duality gap is too large to certify it.

    Args:
        cost: Cost of the plan.
        gap: Duality gap of the plan.
        rounding: Part of the gap that may be rounding.
        exponent: Cost and gap are in units of 2 to this power, which the message undoes.

    Raises:
        SolverError: If the gap exceeds 1e-9 of the cost plus the rounding.
    """
    if not gap <= MAX_RELATIVE_GAP * cost + rounding:
        raise SolverError(
            f"the plan costs {np.ldexp(cost, exponent):.6g}, but its duality gap is "
            f"{np.ldexp(gap, exponent):.2g}, so it may not be optimal. Costs or masses that span "
            "more than about 12 orders of magnitude do this, and are solved in exact arithmetic "
            "up to 1,000,000 pairs: take fewer points, or remove the farthest ones"
        )
