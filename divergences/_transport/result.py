"""What a solved transport problem is: the answer with its proof."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array

from divergences._transport import certificate
from divergences._transport.certificate import SMALLEST_SUBNORMAL, Arcs
from divergences._transport.metrics import require_representable
from divergences._typing import Floats
from divergences.errors import DistributionError


@dataclass(frozen=True, slots=True)
class Transport:
    """An optimal transport of one unit of mass from ``p`` to ``q``, and the potentials that prove it.

    The potentials are feasible: ``source_potential[i] + target_potential[j] <= cost[i, j]`` for
    every pair. So the dual value ``p @ source_potential + q @ target_potential``, with p and q
    divided by their sums, is a lower bound of the cost of *any* plan, as 0 is:
    ``cost - max(dual value, 0) <= gap``.

    Attributes:
        cost: Sum of ``plan * cost``, the exact EMD, in the unit of the ground cost.
        plan: Mass moved from i to j, shape ``(n, m)``, at most ``n + m - 1`` entries; its rows sum
            to ``p / sum(p)``, its columns to ``q / sum(q)``.
        source_potential: Shape ``(n,)``, in the unit of the ground cost: the dual variable of each
            source.
        target_potential: Shape ``(m,)``, likewise of each target.
        gap: Upper bound of ``cost`` minus the true optimum, in the unit of the ground cost,
            rounding included; at least 0, and never more than rounding above ``cost``.
    """

    cost: float
    plan: coo_array
    source_potential: Floats
    target_potential: Floats
    gap: float


@dataclass(frozen=True, slots=True)
class Optimum:
    """A plan that its potentials have proved optimal, as a solver leaves it.

    Attributes:
        arcs: The plan.
        source_potential: Shape ``(n,)``.
        target_potential: Shape ``(m,)``.
        cost: What the plan costs.
        gap: Upper bound of the cost minus the true optimum.
    """

    arcs: Arcs
    source_potential: Floats
    target_potential: Floats
    cost: float
    gap: float

    def scaled(self, exponent: int, /) -> "Optimum":
        """Convert cost, potentials and gap to another unit of cost, with all digits of the cost.

        Args:
            exponent: The present unit, as a power of two of the new one.

        Returns:
            The optimum in the new unit.

        Raises:
            DistributionError: If the cost or a potential is too large for a float there, or the
                cost too small for its digits.
        """
        result = self.rounded(exponent)
        if abs(np.ldexp(result.cost, -exponent) - self.cost) > 1e-9 * self.cost:
            raise DistributionError(
                f"the cost is {self.cost:.3g} * 2**{exponent} in the caller's unit, less than "
                "floats can tell from 0: multiply costs or points by a constant, or take the "
                "distance only, by `sampled.emd`"
            )
        return result

    def rounded(self, exponent: int, /) -> "Optimum":
        """Convert to another unit of cost, where a cost below 2.2e-308 is rounded to a subnormal.

        The potentials stay feasible, and the gap includes the rounding of all three.

        Args:
            exponent: The present unit, as a power of two of the new one.

        Returns:
            The optimum in the new unit.

        Raises:
            DistributionError: If the cost or a potential is too large for a float there.
        """
        if exponent == 0:
            return self
        with np.errstate(over="ignore"):
            cost, gap = np.ldexp([self.cost, self.gap], exponent)
            potentials = [
                _rounded_down(potential, exponent)
                for potential in (self.source_potential, self.target_potential)
            ]
        if exponent > 900:
            for numbers in (cost, *potentials):
                require_representable(numbers, "ground")
        # Half a unit of rounding in the cost, half a one in the gap, and one in each potential.
        if (np.ldexp([cost, gap], -exponent) != [self.cost, self.gap]).any():
            gap += 4 * SMALLEST_SUBNORMAL
        return Optimum(self.arcs, *potentials, float(cost), float(gap))

    def transport(self) -> Transport:
        """What the caller is given."""
        arcs, shape = self.arcs, (len(self.source_potential), len(self.target_potential))
        plan = coo_array((arcs.mass, (arcs.rows, arcs.cols)), shape=shape)
        return Transport(self.cost, plan, self.source_potential, self.target_potential, self.gap)


def _rounded_down(potential: Floats, exponent: int) -> Floats:
    """``potential * 2**exponent``, rounded down where it is subnormal."""
    result: Floats = np.ldexp(potential, exponent)
    if exponent > 0:
        return result
    raised = np.ldexp(result, -exponent) > potential
    return np.where(raised, np.nextafter(result, -np.inf), result) if raised.any() else result


def proved(
    arcs: Arcs,
    p: Floats,
    q: Floats,
    potentials: tuple[Floats, Floats],
    /,
    *,
    slack: float,
    exponent: int,
    unit: int = 0,
) -> Optimum:
    """The result in the caller's unit, once the potentials prove that it is optimal.

    Args:
        arcs: The plan.
        p: Masses of the sources, summing to 1.
        q: Masses of the targets, summing to 1.
        potentials: Of the sources and of the targets.
        slack: By how much, at the most, the two potentials of a pair exceed its cost.
        exponent: All costs were divided by 2 to this power.
        unit: The caller's costs are ``2**unit`` times those of the result, which messages undo.

    Returns:
        The answer with its proof.

    Raises:
        SolverError: If the potentials do not prove the plan optimal.
    """
    work = arcs.work()
    gap, rounding = certificate.gap(arcs, p, q, *potentials)
    gap, rounding = gap + slack, rounding + slack
    certificate.require_optimal(work, gap, rounding, exponent=exponent + unit)
    return Optimum(arcs, *potentials, work, gap).rounded(exponent)
