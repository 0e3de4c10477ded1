"""Transport of unequal masses: the lighter side is moved completely, at minimal cost."""

import math

import numpy as np

from divergences._transport.certificate import EPS, Arcs
from divergences._transport.result import Optimum, certified_optimum
from divergences._transport.simplex import dense_transport
from divergences._typing import Floats

EQUAL_TOTALS_TOLERANCE = 4 * EPS  # relative rounding of the difference of equal totals


def partial_optimum(p: Floats, q: Floats, cost: Floats, /, *, unit_exponent: int = 0) -> Optimum:
    """Cheapest plan that moves ``min(sum p, sum q)``, per unit of moved mass.

    A dummy target of cost 0 receives the surplus of the heavier side. Its potential is 0, so no
    potential of the heavier side is above 0.

    Args:
        p: Masses of the sources, at least 0, not all 0, shape ``(n,)``.
        q: Masses of the targets, likewise, shape ``(m,)``.
        cost: At least 0, shape ``(n, m)``.
        unit_exponent: The caller's costs are 2 to this power times these; used in messages only.

    Returns:
        The optimum; its masses are divided by the flow.

    Raises:
        SolverError: If the solver did not finish, or the gap is too large to certify the plan.
    """
    if _is_heavier(q, p):
        transposed = partial_optimum(q, p, cost.T, unit_exponent=unit_exponent)
        arcs = transposed.arcs
        return Optimum(
            Arcs(arcs.cols, arcs.rows, arcs.mass, arcs.cost),
            transposed.target_potential,
            transposed.source_potential,
            transposed.cost,
            transposed.gap,
            transposed.arc_exponent,
        )
    p, q = _divided_by_flow(p, q)
    surplus = math.fsum(np.concatenate([p, -q]))
    if surplus <= EQUAL_TOTALS_TOLERANCE:
        return dense_transport(p / math.fsum(p), q, cost, unit_exponent=unit_exponent)
    return _with_dummy_target(p, q, surplus, cost, unit_exponent)


def _with_dummy_target(
    p: Floats, q: Floats, surplus: float, cost: Floats, unit_exponent: int
) -> Optimum:
    """Partial optimum from balanced transport to the targets and a dummy for the surplus."""
    total = math.fsum(p)
    exponent = math.frexp(cost.max())[1]
    cost = np.ldexp(cost, -exponent)
    balanced = dense_transport(
        p / total,
        np.append(q, surplus) / total,
        np.hstack([cost, np.zeros((len(p), 1))]),
        unit_exponent=exponent + unit_exponent,
    )
    source_potential = np.minimum(balanced.source_potential + balanced.target_potential[-1], 0.0)
    target_potential = np.nextafter((cost - source_potential[:, None]).min(axis=0), -np.inf)
    moved = balanced.arcs.cols < len(q)
    rows, cols = balanced.arcs.rows[moved], balanced.arcs.cols[moved]
    mass = balanced.arcs.mass[moved] * total
    # A source with mass left over has the potential 0, so the mass left over adds 0 to the gap.
    sent = np.bincount(rows, mass, len(p))
    return certified_optimum(
        Arcs(rows, cols, mass, cost[rows, cols]),
        np.where(source_potential < 0, p, sent),
        q,
        (source_potential, target_potential),
        max_violation=0.0,
        exponent=exponent,
        unit_exponent=unit_exponent,
    )


def _is_heavier(p: Floats, q: Floats) -> bool:
    """Whether p has more mass than q."""
    exponent = math.frexp(max(p.max(), q.max()))[1]
    p, q = np.ldexp(p, -exponent), np.ldexp(q, -exponent)
    return math.fsum(np.concatenate([p, -q])) > 0


def _divided_by_flow(p: Floats, q: Floats) -> tuple[Floats, Floats]:
    """Masses in units of the total of q, the lighter side.

    No source sends more than that total, so larger masses of p are cut to twice the total.

    Returns:
        Masses of p, at most 2, and of q.
    """
    exponent = math.frexp(q.max())[1]
    q = np.ldexp(q, -exponent)
    total = math.fsum(q)
    with np.errstate(over="ignore"):
        p = np.minimum(np.ldexp(p, -exponent), 2 * total)
    return p / total, q / total
