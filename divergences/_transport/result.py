"""Results of a transport problem: plan, potentials and duality gap."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array

from divergences import _checks
from divergences._results import counted, html_table
from divergences._transport.certificate import (
    MAX_RELATIVE_GAP,
    SMALLEST_SUBNORMAL,
    Arcs,
    duality_gap,
    require_optimal,
)
from divergences._transport.metrics import require_representable
from divergences._typing import Floats, Indices
from divergences.errors import DistributionError

N_MOVES_SHOWN = 5  # in a notebook


class Move(NamedTuple):
    """Mass that an optimal plan moves from one source to one target.

    Attributes:
        source: Label of the source, or its index if the masses have no labels.
        target: Likewise of the target.
        mass: The mass, above 0; all moves together have 1.
        cost: Cost per unit of mass, in the unit of the ground cost.
    """

    source: Hashable
    target: Hashable
    mass: float
    cost: float


@dataclass(frozen=True, slots=True)
class Transport:
    """Optimal transport of one unit of mass from ``p`` to ``q``, with potentials that certify it.

    The potentials are feasible: ``source_potential[i] + target_potential[j] <= cost[i, j]`` for
    every pair. So the dual value ``p @ source_potential + q @ target_potential``, with p and q
    divided by their sums, is a lower bound of the cost of *any* plan, as 0 is:
    ``cost - max(dual value, 0) <= gap``, unless `exact_proof`. Pairs of infinite cost are in no
    plan, and constrain no potential.

    Attributes:
        cost: Sum of ``plan * cost``, the exact EMD, in the unit of the ground cost.
        plan: Mass moved from i to j, shape ``(n, m)``, at most ``n + m - 1`` entries; its rows sum
            to ``p / sum(p)``, its columns to ``q / sum(q)``.
        source_potential: Shape ``(n,)``, in the unit of the ground cost: the dual variable of each
            source.
        target_potential: Shape ``(m,)``, likewise of each target.
        gap: Upper bound of ``cost`` minus the true optimum, in the unit of the ground cost,
            rounding included; at least 0, and above ``cost`` by no more than rounding.
        move_costs: Ground cost of each entry of ``plan.data``, per unit of mass.
        source_labels: Label of each source; None where the masses have no labels.
        target_labels: Label of each target; None where the masses have no labels.
        exact_proof: Whether the proof is one of exact arithmetic, by potentials that are not
            rounded, as costs and masses of many orders of magnitude require: the dual value of
            the rounded ones may then be lower than ``cost - gap``.
    """

    cost: float
    plan: coo_array
    source_potential: Floats
    target_potential: Floats
    gap: float
    move_costs: Floats
    source_labels: tuple[Hashable, ...] | None = None
    target_labels: tuple[Hashable, ...] | None = None
    exact_proof: bool = False

    def moves(self, k: int, /) -> list[Move]:
        """The k largest moves of the plan, the largest mass first.

        Args:
            k: Number of moves, at least 1; a plan with fewer gives all of them.

        Returns:
            Moves; of equal masses, in the order of the sources and targets.

        Raises:
            DistributionError: If ``k`` is no whole number of at least 1.

        >>> from divergences import transport
        >>> transport({"a": 0.75, "b": 0.25}, {"c": 1.0}, lambda a, b: 2.0).moves(1)
        [Move(source='a', target='c', mass=0.75, cost=2.0)]
        """
        k = _checks.whole_number("k", k, "a whole number of at least 1", low=1)
        rows, cols = self.plan.coords
        order = np.lexsort((cols, rows, -self.plan.data))[:k]
        return [
            Move(
                _label(self.source_labels, rows[index]),
                _label(self.target_labels, cols[index]),
                float(self.plan.data[index]),
                float(self.move_costs[index]),
            )
            for index in order
        ]

    def __str__(self) -> str:
        """Cost, gap and size in one line."""
        n, m = self.plan.shape
        return (
            f"cost {self.cost:.6g}, proved within {self.gap:.1g}: "
            f"{counted(self.plan.nnz, 'move')} from {counted(n, 'source')} to "
            f"{counted(m, 'target')}"
        )

    def __repr__(self) -> str:
        """The line that `str` gives, with the name of the class."""
        return f"<Transport {self}>"

    def _repr_html_(self) -> str:
        """A table of the largest moves for a notebook."""
        rows = [
            (move.source, move.target, f"{move.mass:.6g}", f"{move.cost:.6g}")
            for move in self.moves(N_MOVES_SHOWN)
        ]
        return html_table(
            f"optimal transport, {self}", [("from", "to", "mass", "cost"), *rows], header=True
        )


def _label(labels: tuple[Hashable, ...] | None, index: Indices) -> Hashable:
    """Label of a source or target, or its index."""
    return int(index) if labels is None else labels[index]


@dataclass(frozen=True, slots=True)
class Optimum:
    """Certified optimum of a solver, with a plan of arcs.

    Attributes:
        arcs: The plan; its costs stay in the unit of the solver.
        source_potential: Shape ``(n,)``.
        target_potential: Shape ``(m,)``.
        cost: Cost of the plan.
        gap: Upper bound of the cost minus the true optimum.
        arc_exponent: Unit of the costs of the arcs, as a power of two of that of ``cost``.
        exact_proof: Whether the gap was proved in exact arithmetic, not by these potentials.
    """

    arcs: Arcs
    source_potential: Floats
    target_potential: Floats
    cost: float
    gap: float
    arc_exponent: int = 0
    exact_proof: bool = False

    @property
    def arcs_in_unit(self) -> Arcs:
        """The plan, with the costs of its arcs in the unit of ``cost``."""
        arcs, exponent = self.arcs, self.arc_exponent
        if exponent == 0:
            return arcs
        return Arcs(arcs.rows, arcs.cols, arcs.mass, np.ldexp(arcs.cost, exponent))

    @property
    def transposed(self) -> "Optimum":
        """The optimum with sources and targets exchanged."""
        arcs = Arcs(self.arcs.cols, self.arcs.rows, self.arcs.mass, self.arcs.cost)
        return replace(
            self,
            arcs=arcs,
            source_potential=self.target_potential,
            target_potential=self.source_potential,
        )

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
        arc_exponent = self.arc_exponent + exponent
        return Optimum(self.arcs, u, v, float(cost), float(gap), arc_exponent, self.exact_proof)

    def transport(self) -> Transport:
        """The optimum with its plan as a sparse matrix."""
        arcs, shape = self.arcs_in_unit, (len(self.source_potential), len(self.target_potential))
        plan = coo_array((arcs.mass, (arcs.rows, arcs.cols)), shape=shape)
        potentials = self.source_potential, self.target_potential
        proof = self.exact_proof
        return Transport(self.cost, plan, *potentials, self.gap, arcs.cost, exact_proof=proof)


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
    max_relative_gap: float = MAX_RELATIVE_GAP,
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
        max_relative_gap: Largest gap that is accepted, relative to the cost, besides rounding.

    Returns:
        The optimum, multiplied by 2 to the power of ``exponent``.

    Raises:
        SolverError: If the gap is too large to certify the plan.
    """
    cost = arcs.total_cost()
    gap, rounding = duality_gap(arcs, p, q, *potentials)
    gap, rounding = gap + max_violation, rounding + max_violation
    rounding += max(0.0, max_relative_gap - MAX_RELATIVE_GAP) * cost
    require_optimal(cost, gap, rounding, exponent=exponent + unit_exponent)
    return Optimum(arcs, *potentials, cost, gap).scaled_with_rounding(exponent)
