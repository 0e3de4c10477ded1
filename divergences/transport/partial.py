"""Transport of unequal masses: all of the lighter side goes, to where it costs least."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from divergences.checks import normalised
from divergences.transport import proof
from divergences.transport.proof import EPS, Arcs, Floats
from divergences.transport.result import Optimum
from divergences.transport.simplex import dense_plan, dense_transport

EQUAL = 4 * EPS  # part of the total by which equal totals may differ through rounding
OPEN = 1e-9  # part of its mass that a target must have left to count as not filled


def partial_optimum(p: Floats, q: Floats, cost: Floats, /, *, unit: int = 0) -> Optimum:
    """The cheapest plan that moves ``min(sum p, sum q)``, per unit of what it moves.

    One more point on the lighter side, from or to which everything costs nothing, takes what the
    heavier side keeps. It has the price 0, so no price of the heavier side is above 0, and what
    has mass left has just that.

    Args:
        p: Masses of the sources, at least 0, not all 0, shape ``(n,)``.
        q: Masses of the targets, likewise, shape ``(m,)``.
        cost: At least 0, shape ``(n, m)``.
        unit: The caller's costs are ``2**unit`` times these.

    Returns:
        The result; its masses are parts of the flow.

    Raises:
        SolverError: If the solver did not finish, or the result could not be proved optimal.
    """
    excess = _excess(p, q)
    if abs(excess) <= EQUAL:
        return dense_transport(normalised(p), normalised(q), cost, unit=unit)
    if excess > 0:
        turned = partial_optimum(q, p, np.ascontiguousarray(cost.T), unit=unit)
        arcs = Arcs(turned.arcs.cols, turned.arcs.rows, turned.arcs.mass, turned.arcs.cost)
        return Optimum(arcs, turned.target_price, turned.source_price, turned.cost, turned.gap)
    targets, sources = _parts_of_flow(q, p)
    kept = math.fsum(np.concatenate([targets, -sources]))
    return _to_heavier(np.append(sources, kept), targets, cost, unit)


def _to_heavier(sources: Floats, q: Floats, cost: Floats, unit: int) -> Optimum:
    """The same where the targets are heavier, and the last source has what they keep."""
    n = len(sources) - 1
    extended, total = np.vstack([cost, np.zeros(len(q))]), math.fsum(q)
    plan, found, exponent = dense_plan(sources / total, q / total, extended)
    arcs = replace(plan, mass=plan.mass * total)
    moved = arcs.rows < n
    left = np.bincount(arcs.cols[~moved], arcs.mass[~moved], len(q))
    carried = sources > EPS, q > EPS
    carried[0][-1] = True  # it holds the targets' prices at 0 and below
    prices = _prices(found[0], np.ldexp(extended, -exponent), carried, left > OPEN * q)
    work = arcs.work()
    gap, rounding = proof.gap(arcs, sources, q, *prices)
    rounding += _rounding(arcs, (sources, q), found, prices)
    proof.require_optimal(work, gap, rounding, exponent=exponent + unit)
    part = Arcs(arcs.rows[moved], arcs.cols[moved], arcs.mass[moved], arcs.cost[moved])
    return Optimum(part, prices[0][:-1], prices[1], work, gap).scaled(exponent)


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
    # Sources that had to come down leave room above the other targets.
    highest = np.nextafter((cost - source_price[:, None]).min(axis=0), -np.inf)
    target_price[~unfilled] = np.maximum(target_price, highest)[~unfilled]
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


def _excess(p: Floats, q: Floats) -> float:
    """By how much the mass of p exceeds that of q, as a part of the larger one."""
    unit = math.frexp(max(p.max(), q.max()))[1]
    p, q = np.ldexp(p, -unit), np.ldexp(q, -unit)
    return math.fsum(np.concatenate([p, -q])) / max(math.fsum(p), math.fsum(q))


def _parts_of_flow(p: Floats, q: Floats) -> tuple[Floats, Floats]:
    """Masses in units of the total of q, the lighter side.

    No source sends more than that total; one that has twice as much may as well have no more.

    Returns:
        Masses of p, at most 2, and of q.
    """
    unit = math.frexp(q.max())[1]
    q = np.ldexp(q, -unit)
    total = math.fsum(q)
    with np.errstate(over="ignore"):
        p = np.minimum(np.ldexp(p, -unit), 2 * total)
    return p / total, q / total
