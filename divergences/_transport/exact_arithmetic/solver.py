"""Exact optimum between masses under a cost matrix: integers from the input to the value."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from divergences._transport.certificate import EPS, SMALLEST_SUBNORMAL, Arcs
from divergences._transport.exact_arithmetic.cycles import without_cycles
from divergences._transport.exact_arithmetic.dyadic import (
    integers,
    integers_at,
    rounded,
)
from divergences._transport.exact_arithmetic.flow import IntegerFlow
from divergences._transport.exact_arithmetic.forest import Node, spanning_forest
from divergences._transport.exact_arithmetic.potentials import (
    MAX_POTENTIAL,
    rounded_potentials,
)
from divergences._transport.row_blocks import Check, no_check
from divergences._typing import Floats, Indices


@dataclass(frozen=True, slots=True)
class ExactMasses:
    """Masses as integers in a common unit, with the same total.

    Attributes:
        p: Masses of the sources.
        q: Masses of the targets.
    """

    p: list[int]
    q: list[int]

    @classmethod
    def proportional(cls, p: Floats, q: Floats, /) -> Self:
        """Masses exactly proportional to floats of any total."""
        sources, targets = integers(p)[0].tolist(), integers(q)[0].tolist()
        p_total, q_total = sum(sources), sum(targets)
        return cls([mass * q_total for mass in sources], [mass * p_total for mass in targets])

    @classmethod
    def with_surplus(cls, p: Floats, q: Floats, /) -> Self:
        """Masses in the unit that was passed, and a last target for the surplus of p."""
        both = integers(np.concatenate([p, q]))[0].tolist()
        sources, targets = both[: len(p)], both[len(p) :]
        return cls(sources, [*targets, sum(sources) - sum(targets)])

    def stay_in_place(self, cost: Floats, /) -> bool:
        """Whether each source has the mass of the target of its index, at a cost of 0."""
        return self.p == self.q and not cost.diagonal()[np.array(self.p, dtype=object) > 0].any()


@dataclass(frozen=True, slots=True)
class ExactOptimum:
    """Optimal plan of exact arithmetic, rounded at the end.

    Attributes:
        arcs: The plan; its masses sum to 1.
        source_potential: Feasible potentials, rounded; 0 for sources without mass.
        target_potential: Likewise of the targets.
        cost: Cost of the plan, rounded once.
        rounding: Bound of the rounding of the cost.
        gap: Bound of the cost minus the dual value of the rounded potentials.
        sources_left: Sources with mass that has no path of finite costs.
    """

    arcs: Arcs
    source_potential: Floats
    target_potential: Floats
    cost: float
    rounding: float
    gap: float
    sources_left: Indices


def exact_transport(
    masses: ExactMasses,
    cost: Floats,
    source_potential: Floats,
    arcs: Arcs,
    /,
    *,
    check: Check = no_check,
) -> ExactOptimum:
    """Optimal plan by successive shortest paths in integers.

    Args:
        masses: Masses of n sources and m targets.
        cost: At least 0; infinite for forbidden pairs, shape ``(n, m)``.
        source_potential: Nearly optimal potentials, from which the search starts, shape ``(n,)``.
        arcs: A nearly optimal plan.
        check: Called several times a second; it may raise an error.

    Returns:
        The optimum.

    Raises:
        SolverError: If the computation takes too long.
    """
    rows, cols = (np.flatnonzero(np.array(side, dtype=object)) for side in (masses.p, masses.q))
    p, q = [masses.p[i] for i in rows], [masses.q[j] for j in cols]
    flow, exponent = _integer_flow(p, q, cost[np.ix_(rows, cols)], source_potential[rows])
    flow.start_on(_forest(arcs, rows, cols))
    flow.complete(check)
    flow.require_optimal()
    plan = without_cycles(flow.arcs(), len(p))
    total, value = sum(p), sum(mass * flow.cost[arc] for arc, mass in plan.items())
    u, v = rounded_potentials(flow.cost, flow.source_potential, exponent)
    dual_value = _dual_value((p, q), (u, v), exponent)
    rounding = EPS * rounded(value, total, exponent) + SMALLEST_SUBNORMAL if value else 0.0
    gap = (1 + EPS) * rounded(value - dual_value, total, exponent) + rounding
    return ExactOptimum(
        _arcs_of(plan, total, rows, cols, cost),
        _on_all(u, rows, cost.shape[0]),
        _on_all(v, cols, cost.shape[1]),
        rounded(value, total, exponent),
        rounding,
        gap,
        rows[np.array(flow.supply, dtype=object) > 0],
    )


def _arcs_of(
    plan: dict[tuple[int, int], int], total: int, rows: Indices, cols: Indices, cost: Floats
) -> Arcs:
    """Arcs between all points, with their masses as parts of the total."""
    keys = sorted(plan)
    i, j = np.array(keys, dtype=np.intp).T
    mass = np.array([plan[key] / total for key in keys])
    positive = mass > 0  # but for underflow
    i, j = rows[i[positive]], cols[j[positive]]
    return Arcs(i, j, mass[positive], cost[i, j])


def _on_all(values: Floats, indices: Indices, n: int) -> Floats:
    """Values of some points among all, which have 0."""
    result = np.zeros(n)
    result[indices] = values
    return result


def _integer_flow(
    p: list[int], q: list[int], cost: Floats, source_potential: Floats
) -> tuple[IntegerFlow, int]:
    """The problem in integers, with potentials of the sources near those given.

    Returns:
        The problem, and the exponent of its unit of cost.
    """
    is_finite = np.isfinite(cost)
    whole, exponent = integers(np.where(is_finite, cost, 0.0))
    start = np.clip(source_potential, -MAX_POTENTIAL, MAX_POTENTIAL)
    potential = integers_at(start, exponent)
    longest = len(cost) * (int(whole.max()) + int(np.abs(potential).max()) + 1)
    forbidden = longest << 8  # beyond the reduced cost of any path of finite costs
    whole[~is_finite] = forbidden
    flow = IntegerFlow(whole, forbidden, potential, (p, q))
    return flow, exponent


def _forest(arcs: Arcs, rows: Indices, cols: Indices) -> list[Node]:
    """Spanning forest of a plan between the points of positive mass."""
    kept = np.isin(arcs.rows, rows) & np.isin(arcs.cols, cols) & np.isfinite(arcs.cost)
    i, j = np.searchsorted(rows, arcs.rows[kept]), np.searchsorted(cols, arcs.cols[kept])
    return spanning_forest(i, j, len(rows))


def _dual_value(
    masses: tuple[list[int], list[int]], potentials: tuple[Floats, Floats], exponent: int
) -> int:
    """Dual value of potentials that are multiples of ``2**exponent``, in that unit."""
    pairs = zip(masses, potentials, strict=True)
    return sum(
        mass * potential
        for side, floats in pairs
        for mass, potential in zip(side, integers_at(floats, exponent), strict=True)
    )
