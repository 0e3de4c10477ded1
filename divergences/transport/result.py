"""What a solved transport problem is: the answer with its proof."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

from divergences.errors import DistributionError
from divergences.transport import proof
from divergences.transport.distances import require_representable
from divergences.transport.proof import Arcs, Floats


@dataclass(frozen=True, slots=True)
class Transport:
    """An optimal transport of one unit of mass from ``p`` to ``q``, and the prices that prove it.

    The prices are feasible: ``source_price[i] + target_price[j] <= cost[i, j]`` for every pair. So
    ``p @ source_price + q @ target_price`` is a lower bound of the cost of *any* plan, and
    ``cost`` is at most ``gap`` above the true optimum.

    Attributes:
        cost: Sum of ``plan * cost``, the exact EMD, in the unit of the ground cost.
        plan: Mass moved from i to j, shape ``(n, m)``, at most ``n + m - 1`` entries; its rows sum
            to ``p / sum(p)``, its columns to ``q / sum(q)``.
        source_price: Shape ``(n,)``, in the unit of the ground cost: the dual variable of each
            source.
        target_price: Shape ``(m,)``, likewise of each target.
        gap: Upper bound of ``cost`` minus the true optimum, in the unit of the ground cost,
            rounding included; at least 0.
    """

    cost: float
    plan: coo_array
    source_price: NDArray[np.float64]
    target_price: NDArray[np.float64]
    gap: float


def proved(
    arcs: Arcs,
    p: Floats,
    q: Floats,
    prices: tuple[Floats, Floats],
    /,
    *,
    slack: float,
    exponent: int,
) -> Transport:
    """The result in the caller's unit, once the prices prove that it is optimal.

    Args:
        arcs: The plan.
        p: Masses of the sources, summing to 1.
        q: Masses of the targets, summing to 1.
        prices: Of the sources and of the targets.
        slack: By how much, at the most, the two prices of a pair exceed its cost.
        exponent: All costs were divided by 2 to this power.

    Returns:
        The answer with its proof.

    Raises:
        SolverError: If the prices do not prove the plan optimal.
    """
    work = arcs.work()
    gap, rounding = proof.gap(arcs, p, q, *prices)
    gap, rounding = gap + slack, rounding + slack
    proof.require_optimal(work, gap, rounding, exponent=exponent)
    source_price, target_price = (np.ldexp(price, exponent) for price in prices)
    plan = coo_array((arcs.mass, (arcs.rows, arcs.cols)), shape=(len(p), len(q)))
    cost, gap = math.ldexp(work, exponent), math.ldexp(gap, exponent)
    return Transport(cost, plan, source_price, target_price, gap)


def scaled(solved: Transport, exponent: int, /) -> Transport:
    """The same in another unit of cost.

    Args:
        solved: A result in units of ``2**exponent``.
        exponent: The power of two.

    Returns:
        It, in units of 1.

    Raises:
        DistributionError: If the cost or a price is too large for a float there, or the cost too
            small.
    """
    with np.errstate(over="ignore"):
        numbers = np.ldexp([solved.cost, solved.gap], exponent)
        source_price = np.ldexp(solved.source_price, exponent)
        target_price = np.ldexp(solved.target_price, exponent)
    for array in (numbers, source_price, target_price):
        require_representable(array, "ground")
    if abs(np.ldexp(numbers[0], -exponent) - solved.cost) > 1e-9 * solved.cost:
        raise DistributionError(
            f"the cost is {solved.cost:.3g} times 2**{exponent} in the unit of `x` and `y`, less "
            "than floats can tell from 0: multiply both by a constant, or take the distance only, "
            "by `sampled.emd`"
        )
    cost, gap = numbers
    return replace(
        solved,
        cost=float(cost),
        gap=float(gap),
        source_price=source_price,
        target_price=target_price,
    )
