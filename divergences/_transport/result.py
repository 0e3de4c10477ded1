"""Results of a transport problem: plan, potentials and duality gap."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array

from divergences._transport.certificate import (
    SMALLEST_SUBNORMAL,
    Arcs,
    duality_gap,
    require_optimal,
)
from divergences._transport.metrics import require_representable
from divergences._typing import Floats
from divergences.errors import DistributionError


@dataclass(frozen=True, slots=True)
class Transport:
    """Optimal transport of one unit of mass from ``p`` to ``q``, with potentials that certify it.

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
            rounding included; at least 0, and above ``cost`` by no more than rounding.
        source_labels: Label of each source; None where the masses have no labels.
        target_labels: Label of each target; None where the masses have no labels.
    """

    cost: float
    plan: coo_array
    source_potential: Floats
    target_potential: Floats
    gap: float
    source_labels: tuple[Hashable, ...] | None = None
    target_labels: tuple[Hashable, ...] | None = None


@dataclass(frozen=True, slots=True)
class Optimum:
    """Certified optimum of a solver, with a plan of arcs.

    Attributes:
        arcs: The plan; its costs stay in the unit of the solver.
        source_potential: Shape ``(n,)``.
        target_potential: Shape ``(m,)``.
        cost: Cost of the plan.
        gap: Upper bound of the cost minus the true optimum.
    """

    arcs: Arcs
    source_potential: Floats
    target_potential: Floats
    cost: float
    gap: float

    def scaled(self, exponent: int, /) -> "Optimum":
        """Convert cost, potentials and gap to another unit of cost, to 9 digits of the cost.

        Args:
            exponent: The present unit, as a power of two of the new one.

        Returns:
            The optimum in the new unit.

        Raises:
            DistributionError: If the cost or a potential is too large for a float there, or the
                cost too small.
        """
        result = self.scaled_with_rounding(exponent)
        if abs(np.ldexp(result.cost, -exponent) - self.cost) > 1e-9 * self.cost:
            raise DistributionError(
                f"the cost is {self.cost:.3g} * 2**{exponent} in the unit of the points, too "
                "small for a float: multiply the points by a constant, or compute only the "
                "distance, with `sampled.emd`"
            )
        return result

    def scaled_with_rounding(self, exponent: int, /) -> "Optimum":
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
            u, v = (
                _rounded_down(potential, exponent)
                for potential in (self.source_potential, self.target_potential)
            )
        if exponent > 900:
            for numbers in (cost, u, v):
                require_representable(numbers, "ground")
        before = self.cost, self.gap, self.source_potential, self.target_potential
        after = cost, gap, u, v
        if any((np.ldexp(a, -exponent) != b).any() for a, b in zip(after, before, strict=True)):
            # Half a unit in the last place of the cost, half of the gap, one of each potential;
            # but no optimum is below 0.
            gap = max(gap, min(gap + 4 * SMALLEST_SUBNORMAL, cost))
        return Optimum(self.arcs, u, v, float(cost), float(gap))

    def transport(self) -> Transport:
        """The optimum with its plan as a sparse matrix."""
        arcs, shape = self.arcs, (len(self.source_potential), len(self.target_potential))
        plan = coo_array((arcs.mass, (arcs.rows, arcs.cols)), shape=shape)
        return Transport(self.cost, plan, self.source_potential, self.target_potential, self.gap)


def _rounded_down(potential: Floats, exponent: int) -> Floats:
    """``potential * 2**exponent``, rounded down where it is subnormal, or to 0 from below."""
    result: Floats = np.ldexp(potential, exponent)
    if exponent > 0:
        return result
    # Costs are multiples of the smallest subnormal, and at least 0, so zeros stay feasible.
    raised = (result != 0) & (np.ldexp(result, -exponent) > potential)
    return np.where(raised, np.nextafter(result, -np.inf), result) if raised.any() else result


def certified_optimum(
    arcs: Arcs,
    p: Floats,
    q: Floats,
    potentials: tuple[Floats, Floats],
    /,
    *,
    max_violation: float,
    exponent: int,
    unit_exponent: int = 0,
) -> Optimum:
    """The optimum in the solver's original unit, if the potentials certify the plan.

    Args:
        arcs: The plan.
        p: Masses of the sources, summing to 1.
        q: Masses of the targets, summing to 1.
        potentials: Of the sources and of the targets.
        max_violation: Upper bound of ``u_i + v_j - c_ij`` over all pairs, at least 0.
        exponent: All costs were divided by 2 to this power.
        unit_exponent: The caller's costs are 2 to this power times those of the result; error
            messages state costs in the caller's unit.

    Returns:
        The optimum, multiplied by 2 to the power of ``exponent``.

    Raises:
        SolverError: If the gap is too large to certify the plan.
    """
    cost = arcs.total_cost()
    gap, rounding = duality_gap(arcs, p, q, *potentials)
    gap, rounding = gap + max_violation, rounding + max_violation
    require_optimal(cost, gap, rounding, exponent=exponent + unit_exponent)
    return Optimum(arcs, *potentials, cost, gap).scaled_with_rounding(exponent)
