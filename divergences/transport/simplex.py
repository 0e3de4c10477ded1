"""Network simplex on a dense cost matrix: POT's solver, at any unit, and only when it finished."""

import numpy as np
from numpy.typing import NDArray

from divergences.errors import SolverError
from divergences.transport import proof
from divergences.transport.distances import exponent_of
from divergences.transport.proof import EPS, Arcs, Floats
from divergences.transport.result import Transport, proved

OPTIMAL, ITERATION_LIMIT = 1, 3  # POT's result codes


def dense_transport(p: Floats, q: Floats, cost: Floats, /) -> Transport:
    """The optimal plan between masses ``p`` and ``q`` under ``cost``, with its proof.

    POT compares reduced costs with absolute thresholds, so the cost is scaled by a power of two to
    have its largest entry in [1/2, 1): exact both ways, and the answer does not depend on the
    unit.

    Args:
        p: Masses that sum to 1, shape ``(n,)``.
        q: Masses that sum to 1, shape ``(m,)``.
        cost: At least 0, shape ``(n, m)``.

    Returns:
        The result, in the unit of ``cost``.

    Raises:
        SolverError: If POT does not finish, or the prices do not prove the plan optimal.
    """
    arcs, prices, exponent = dense_plan(p, q, cost)
    return proved(arcs, p, q, prices, slack=0.0, exponent=exponent)


def dense_plan(p: Floats, q: Floats, cost: Floats, /) -> tuple[Arcs, tuple[Floats, Floats], int]:
    """A plan that should be optimal, and feasible prices that should prove it.

    Args:
        p: Masses that sum to 1, shape ``(n,)``.
        q: Masses that sum to 1, shape ``(m,)``.
        cost: At least 0, shape ``(n, m)``.

    Returns:
        The plan; prices of sources and targets; the exponent of the unit of both, a power of two.

    Raises:
        SolverError: If POT does not finish, or the costs span more than floats do.
    """
    exponent = exponent_of(cost)
    scaled = np.ldexp(cost, -exponent)
    if exponent > 0 and np.count_nonzero(scaled) < np.count_nonzero(cost):
        raise SolverError("`cost` spans more than the 600 orders of magnitude that a float has")
    cost = scaled
    arcs, source_price = _simplex(p, q, cost)
    # What weighs less than the rounding of the whole must not move the prices of what weighs more.
    prices = proof.feasible_prices(cost, source_price, p > EPS, q > EPS)
    return _with_lost_mass(arcs, p, q, cost, prices), prices, exponent


def _with_lost_mass(
    arcs: Arcs, p: Floats, q: Floats, cost: Floats, prices: tuple[Floats, Floats]
) -> Arcs:
    """The plan, with masses that vanished beside larger ones sent along their tightest arcs."""
    # To the solver, 1e-17 of mass may be moved once 1 is: it leaves less than the rounding of 1.
    source_price, target_price = prices
    row_mass: Floats = np.bincount(arcs.rows, arcs.mass, len(p)).astype(np.float64)
    col_mass: Floats = np.bincount(arcs.cols, arcs.mass, len(q)).astype(np.float64)
    rows, to, moved = _lost(p, row_mass, q, cost, target_price)
    cols, come_from, met = _lost(q, col_mass, p, cost.T, source_price)
    if len(rows) + len(cols) == 0:
        return arcs
    new_rows, new_cols = np.concatenate([rows, come_from]), np.concatenate([to, cols])
    flat = np.concatenate([arcs.rows, new_rows]) * len(q) + np.concatenate([arcs.cols, new_cols])
    cells, place = np.unique(flat, return_inverse=True)
    i, j = np.divmod(cells, len(q))
    mass = np.bincount(place, np.concatenate([arcs.mass, moved, met]))
    return Arcs(i, j, mass.astype(np.float64), cost[i, j])


def _lost(
    masses: Floats, moved: Floats, others: Floats, cost: Floats, price: Floats
) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Points whose mass was lost, what point each is tied to, and how much was lost."""
    left = masses - moved
    here = np.flatnonzero(left > 1e-9 * masses)
    # A point on the other side that is so heavy that it does not feel it.
    heavy = others > 1e9 * left[here, None]
    there = np.argmin(np.where(heavy, cost[here] - price, np.inf), axis=1)
    return here, there, left[here]


def pivot_limit(n: int, m: int, /) -> int:
    """How many pivots a problem may take: far above the 30 (n + m) or so that they are seen to."""
    return int(max(1_000_000, 50 * (n + m) ** 2))


def _simplex(p: Floats, q: Floats, cost: Floats) -> tuple[Arcs, Floats]:
    """The arcs that carry mass, and prices of the sources, 0 for those without mass."""
    from ot.lp.emd_wrap import emd_c  # here, since POT imports torch where it finds one: seconds

    rows, cols = np.flatnonzero(p), np.flatnonzero(q)
    n, m = len(rows), len(cols)
    held = cost if (n, m) == cost.shape else cost[np.ix_(rows, cols)]
    limit = pivot_limit(n, m)
    plan, _, price, _, status = emd_c(
        p[rows], q[cols] * (p.sum() / q.sum()), np.ascontiguousarray(held), limit, 1
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
    source_price = np.zeros(len(p))
    source_price[rows] = price - np.median(price)  # free up to a constant; small ones round least
    return Arcs(rows[i], cols[j], plan[i, j], held[i, j]), source_price
