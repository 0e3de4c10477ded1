"""Network simplex on a dense cost matrix: POT's solver, at any unit, and only when it finished."""

import math

import numpy as np

from divergences._transport import certificate
from divergences._transport.certificate import EPS, Arcs
from divergences._transport.result import Optimum, proved
from divergences._typing import Floats, Indices
from divergences.errors import SolverError

LOST = 1e-9  # part of a mass
DROWNED = 1e-3  # of what a plan costs, that rounding may leave open
USED = 64  # units in the last place of the largest cost that is paid, likewise
NEAR_ONE = 3  # power of two up to which a cost is not scaled: it costs small problems time
OPTIMAL, ITERATION_LIMIT = 1, 3  # POT's result codes


def dense_transport(p: Floats, q: Floats, cost: Floats, /, *, unit: int = 0) -> Optimum:
    """The optimal plan between masses ``p`` and ``q`` under ``cost``, with its proof.

    POT compares reduced costs with absolute thresholds, so the cost is scaled by a power of two to
    have its largest entry near 1: exact both ways, and the answer does not depend on the unit.

    Args:
        p: Masses that sum to 1, shape ``(n,)``.
        q: Masses that sum to 1, shape ``(m,)``.
        cost: At least 0, shape ``(n, m)``.
        unit: The caller's costs are ``2**unit`` times these.

    Returns:
        The result, in the unit of ``cost``.

    Raises:
        SolverError: If POT does not finish, or the potentials do not prove the plan optimal.
    """
    exponent = math.frexp(cost.max())[1]
    exponent = exponent if abs(exponent) > NEAR_ONE else 0
    scaled = np.ldexp(cost, -exponent) if exponent else cost
    if exponent > 0 and np.count_nonzero(scaled) < np.count_nonzero(cost):
        raise SolverError("`cost` spans more than the 600 orders of magnitude that a float has")
    cost = scaled
    arcs, source_potential = _simplex(p, q, cost)
    # What weighs less than the rounding of the whole must not move the potentials of what weighs more.
    potentials = certificate.feasible_potentials(cost, source_potential, p > EPS, q > EPS)
    arcs = _with_lost_mass(arcs, p, q, cost, potentials)
    found = proved(arcs, p, q, potentials, slack=0.0, exponent=0, unit=exponent + unit)
    _require_not_drowned(found, exponent + unit)
    return found.rounded(exponent)


def _require_not_drowned(found: Optimum, exponent: int) -> None:
    """Refuse a plan of which rounding of the potentials leaves open what it costs.

    Potentials may be large for the sake of costs that no mass pays. Rounding may leave open what a
    plan costs only where that is the rounding of costs that it does pay.

    Raises:
        SolverError: If more is open.
    """
    if found.gap > max(DROWNED * found.cost, USED * EPS * float(found.arcs.cost.max())):
        raise SolverError(
            f"the plan found costs {np.ldexp(found.cost, exponent):.6g}, but the rounding of its "
            "potentials leaves open that the optimum is lower by "
            f"{np.ldexp(found.gap, exponent):.2g}. Costs that span more than about 12 orders of "
            "magnitude do this: take the largest ones out, and solve what is left"
        )


def _with_lost_mass(
    arcs: Arcs, p: Floats, q: Floats, cost: Floats, potentials: tuple[Floats, Floats]
) -> Arcs:
    """The plan, with masses that vanished beside larger ones sent along their tightest arcs."""
    # To the solver, 1e-17 of mass may be moved once 1 is: it leaves less than the rounding of 1.
    source_potential, target_potential = potentials
    row_left = p - np.bincount(arcs.rows, arcs.mass, len(p))
    col_left = q - np.bincount(arcs.cols, arcs.mass, len(q))
    if (row_left <= LOST * p).all() and (col_left <= LOST * q).all():
        return arcs
    rows, to, moved = _lost(p, row_left, q, cost, target_potential)
    cols, come_from, met = _lost(q, col_left, p, cost.T, source_potential)
    new_rows, new_cols = np.concatenate([rows, come_from]), np.concatenate([to, cols])
    flat = np.concatenate([arcs.rows, new_rows]) * len(q) + np.concatenate([arcs.cols, new_cols])
    cells, place = np.unique(flat, return_inverse=True)
    i, j = np.divmod(cells, len(q))
    mass = np.bincount(place, np.concatenate([arcs.mass, moved, met]))
    return Arcs(i, j, mass.astype(np.float64), cost[i, j])


def _lost(
    masses: Floats, left: Floats, others: Floats, cost: Floats, potential: Floats
) -> tuple[Indices, Indices, Floats]:
    """Points whose mass was lost, what point each is tied to, and how much was lost."""
    here = np.flatnonzero(left > LOST * masses)
    # A point on the other side that is so heavy that it does not feel it.
    heavy = others > 1e9 * left[here, None]
    there = np.argmin(np.where(heavy, cost[here] - potential, np.inf), axis=1)
    return here, there, left[here]


def pivot_limit(n: int, m: int, /) -> int:
    """How many pivots a problem may take: far above the 30 (n + m) or so that they are seen to."""
    return int(max(1_000_000, 50 * (n + m) ** 2))


def _simplex(p: Floats, q: Floats, cost: Floats) -> tuple[Arcs, Floats]:
    """The arcs that carry mass, and potentials of the sources, 0 for those without mass."""
    from ot.lp.emd_wrap import emd_c  # here, since POT imports torch where it finds one: seconds

    if not (p.all() and q.all()):
        return _without_empty(p, q, cost)
    n, m = cost.shape
    limit = pivot_limit(n, m)
    plan, _, potential, _, status = emd_c(
        p, q * (p.sum() / q.sum()), np.ascontiguousarray(cost), limit, 1
    )
    if status == ITERATION_LIMIT:
        raise SolverError(
            f"POT's network simplex made {limit} pivots on a {n} x {m} problem and did not finish"
        )
    if status != OPTIMAL:
        raise SolverError(
            f"POT's network simplex ended with result code {status} instead of {OPTIMAL} (optimal)"
        )
    i, j = np.nonzero(plan)
    # Free up to a constant; small ones round least.
    middle = np.partition(potential, n // 2)[n // 2]
    return Arcs(i, j, plan[i, j], cost[i, j]), potential - middle


def _without_empty(p: Floats, q: Floats, cost: Floats) -> tuple[Arcs, Floats]:
    """The same of the points that carry mass."""
    rows, cols = np.flatnonzero(p), np.flatnonzero(q)
    arcs, potential = _simplex(p[rows], q[cols], cost[np.ix_(rows, cols)])
    source_potential = np.zeros(len(p))
    source_potential[rows] = potential
    return Arcs(rows[arcs.rows], cols[arcs.cols], arcs.mass, arcs.cost), source_potential
