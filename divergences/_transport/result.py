"""What a solved transport problem is: the answer with its proof."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

from divergences._transport import certificate
from divergences._transport.certificate import Arcs, Floats
from divergences._transport.metrics import require_representable
from divergences.errors import DistributionError


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


@dataclass(frozen=True, slots=True)
class Optimum:
    """A plan that its prices have proved optimal, as a solver leaves it.

    Attributes:
        arcs: The plan.
        source_price: Shape ``(n,)``.
        target_price: Shape ``(m,)``.
        cost: What the plan costs.
        gap: Upper bound of the cost minus the true optimum.
    """

    arcs: Arcs
    source_price: Floats
    target_price: Floats
    cost: float
    gap: float

    def scaled(self, exponent: int, /) -> "Optimum":
        """The same in another unit of cost.

        Args:
            exponent: The present unit, as a power of two of the new one.

        Returns:
            It, with cost, prices and gap in the new unit.

        Raises:
            DistributionError: If the cost or a price is too large for a float there, or the cost
                too small.
        """
        if exponent == 0:
            return self
        with np.errstate(over="ignore"):
            cost, gap = np.ldexp([self.cost, self.gap], exponent)
            source_price = np.ldexp(self.source_price, exponent)
            target_price = np.ldexp(self.target_price, exponent)
        if exponent > 900:
            for numbers in (cost, source_price, target_price):
                require_representable(numbers, "ground")
        if abs(np.ldexp(cost, -exponent) - self.cost) > 1e-9 * self.cost:
            raise DistributionError(
                f"the cost is {self.cost:.3g} times 2**{exponent} in the unit that is asked for, "
                "less than floats can tell from 0: multiply costs or points by a constant, or "
                "take the distance only, by `sampled.emd`"
            )
        return Optimum(self.arcs, source_price, target_price, float(cost), float(gap))

    def transport(self) -> Transport:
        """What the caller is given."""
        arcs, shape = self.arcs, (len(self.source_price), len(self.target_price))
        plan = coo_array((arcs.mass, (arcs.rows, arcs.cols)), shape=shape)
        return Transport(self.cost, plan, self.source_price, self.target_price, self.gap)


def proved(
    arcs: Arcs,
    p: Floats,
    q: Floats,
    prices: tuple[Floats, Floats],
    /,
    *,
    slack: float,
    exponent: int,
    unit: int = 0,
) -> Optimum:
    """The result in the caller's unit, once the prices prove that it is optimal.

    Args:
        arcs: The plan.
        p: Masses of the sources, summing to 1.
        q: Masses of the targets, summing to 1.
        prices: Of the sources and of the targets.
        slack: By how much, at the most, the two prices of a pair exceed its cost.
        exponent: All costs were divided by 2 to this power.
        unit: The caller's costs are ``2**unit`` times those of the result, which messages undo.

    Returns:
        The answer with its proof.

    Raises:
        SolverError: If the prices do not prove the plan optimal.
    """
    work = arcs.work()
    gap, rounding = certificate.gap(arcs, p, q, *prices)
    gap, rounding = gap + slack, rounding + slack
    certificate.require_optimal(work, gap, rounding, exponent=exponent + unit)
    return Optimum(arcs, *prices, work, gap).scaled(exponent)
