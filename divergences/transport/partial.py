r"""Exact partial transport: of unequal masses, the smaller is moved.

.. math:: \min_{f \ge 0} \sum_{ij} f_{ij} c_{ij}, \qquad \sum_j f_{ij} \le p_i, \quad
    \sum_i f_{ij} \le q_j, \quad \sum_{ij} f_{ij} = \min(\sum p, \sum q)

One more point on the lighter side, from or to which everything costs nothing, takes what is left
over: that is a transport of equal masses. Its price is set to 0, so the prices on the heavier side
are at most 0: what has mass left over has price 0.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array

from divergences import checks
from divergences.transport import proof
from divergences.transport.proof import EPS, Arcs, Floats
from divergences.transport.result import Transport, proved
from divergences.transport.simplex import dense_plan, dense_transport

ROOM = 2.0  # total masses: more of the heavier side at one point can never be reached


def partial_transport(p: ArrayLike, q: ArrayLike, cost: ArrayLike, /) -> Transport:
    r"""An optimal plan that moves the smaller of two masses, with the prices that prove it.

    The earth mover's distance of unequal masses: of the heavier side, what is cheapest is used,
    and the work is divided by the flow :math:`F = \min(\sum p, \sum q)`. For equal totals it is
    `transport`. The unit of mass does not matter, the ratio of the totals does.

    Args:
        p: Masses of the sources, shape ``(n,)``; zeros are fine.
        q: Masses of the targets, shape ``(m,)``, of any total above 0.
        cost: Cost of moving one unit of mass from i to j, at least 0, shape ``(n, m)``.

    Returns:
        The result for one unit of flow. The plan sums to 1; its rows sum to at most ``p / F``, its
        columns to at most ``q / F``, and on the lighter side to just that. The prices are feasible
        for every pair and at most 0 on the heavier side, so that
        ``(p @ source_price + q @ target_price) / F`` is a lower bound of the cost of any plan that
        moves F; ``cost`` is at most ``gap`` above the optimum.

    Raises:
        DistributionError: If an argument is negative, infinite or NaN, or the shapes do not fit.
        SolverError: If the solver did not finish, or the result could not be proved optimal.

    Source:
        Rubner, Tomasi and Guibas 2000, "The earth mover's distance as a metric for image
        retrieval", eq. 1-5.

    >>> solved = partial_transport([1.0, 1.0], [3.0], [[1.0], [2.0]])
    >>> solved.cost, solved.target_price.tolist()
    (1.5, [0.0])
    """
    given = {"p": p, "q": q, "cost": cost}
    xp = checks.namespace(**given)
    like = checks.first_array(*given.values())
    sources, targets, costs = (checks.real_array(k, v, xp, like=like) for k, v in given.items())
    checks.masses("p", sources, xp)
    checks.masses("q", targets, xp)
    checks.cost_matrix(costs, sources.shape[0], targets.shape[0], xp)
    matrix = checks.numpy_values(costs).astype(np.float64, copy=False)
    return dense_partial_transport(*checks.shares(sources, targets), matrix)


def dense_partial_transport(p: Floats, q: Floats, cost: Floats, /) -> Transport:
    """The optimal plan of the smaller mass, with its proof.

    Args:
        p: Masses of the sources in units of the smaller total, shape ``(n,)``.
        q: Masses of the targets, in the same unit, shape ``(m,)``; infinite where floats end.
        cost: At least 0, shape ``(n, m)``.

    Returns:
        The result for one unit of flow, in the unit of ``cost``.

    Raises:
        SolverError: If the solver did not finish, or the prices do not prove the plan optimal.
    """
    left_p, left_q = (math.fsum(np.minimum(a, ROOM)) - 1 for a in (p, q))
    if max(left_p, left_q) <= 2 * EPS:
        return dense_transport(p, q, cost)
    if left_q > left_p:
        return _to_heavier(p, q, cost)
    turned = _to_heavier(q, p, np.ascontiguousarray(cost.T))
    return replace(
        turned,
        plan=coo_array(turned.plan.T),
        source_price=turned.target_price,
        target_price=turned.source_price,
    )


def _to_heavier(p: Floats, q: Floats, cost: Floats) -> Transport:
    """The same where the targets are heavier."""
    q = np.minimum(q, ROOM)
    sources = np.append(p, math.fsum(np.concatenate([q, -p])))
    extended, total = np.vstack([cost, np.zeros(len(q))]), math.fsum(q)
    plan, found, exponent = dense_plan(sources / total, q / total, extended)
    arcs = replace(plan, mass=plan.mass * total)
    moved = arcs.rows < len(p)
    left = np.bincount(arcs.cols[~moved], arcs.mass[~moved], len(q))
    carried = np.append(p > EPS, True), q > EPS  # the last one holds targets' prices below 0
    prices = _prices(found[0], np.ldexp(extended, -exponent), carried, left > 1e-9 * q)
    slack = _rounding(arcs, (sources, q), found, prices)
    whole = proved(arcs, sources, q, prices, slack=slack, exponent=exponent)
    ends = arcs.rows[moved], arcs.cols[moved]
    part = coo_array((arcs.mass[moved], ends), shape=cost.shape)
    return replace(whole, plan=part, source_price=whole.source_price[:-1])


def _prices(
    source_price: Floats,
    cost: Floats,
    carried: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    unfilled: NDArray[np.bool_],
) -> tuple[Floats, Floats]:
    """Feasible prices, 0 of the last source and of targets that have room left.

    Args:
        source_price: The solver's, up to a constant.
        cost: Of all sources, the last one's 0.
        carried: Which sources and targets carry mass.
        unfilled: Which targets have room left.

    Returns:
        Prices of sources and targets.
    """
    shifted = source_price - source_price[-1]
    source_price, target_price = proof.feasible_prices(cost, shifted, *carried)
    source_price[-1] = 0.0  # no more than what it was
    target_price[unfilled] = 0.0
    lowest = np.min(cost[:-1, unfilled], axis=1, initial=np.inf)
    source_price[:-1] = np.minimum(source_price[:-1], lowest)
    return source_price, target_price


def _rounding(
    arcs: Arcs,
    masses: tuple[Floats, Floats],
    found: tuple[Floats, Floats],
    prices: tuple[Floats, Floats],
) -> float:
    """What rounding may cost: of the masses, and of the solver's prices before they were shifted.

    Prices that are 0 tell nothing of the rounding of those that they were made from.

    Returns:
        It, at least 0.
    """
    (u, v), total = (np.abs(a) for a in found), math.fsum(masses[1])
    shift = np.sum(arcs.mass * (u[arcs.rows] + v[arcs.cols] + u[-1]))
    of_masses = 0.0
    for mass, price, ends in zip(masses, prices, (arcs.rows, arcs.cols), strict=True):
        off = np.abs(np.bincount(ends, arcs.mass, len(mass)) - mass)
        of_masses += float(np.minimum(off, 8 * EPS * total) @ np.abs(price))
    return float(8 * EPS * shift) + of_masses
