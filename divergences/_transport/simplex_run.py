"""One run of the network simplex on a dense cost matrix: POT's solver on scaled, capped costs."""

import math
from dataclasses import dataclass, replace

import numpy as np

from divergences._transport.certificate import (
    EPS,
    UNDERFLOW_TOLERANCE,
    Arcs,
    feasible_potentials,
)
from divergences._transport.exact_arithmetic import without_cycles
from divergences._transport.forbidden_pairs import without_forbidden
from divergences._transport.interruptible import call_interruptibly
from divergences._transport.network_simplex import compiled_simplex
from divergences._transport.result import Optimum, certified_optimum
from divergences._transport.row_blocks import Check, no_check
from divergences._typing import Floats, Indices
from divergences.errors import SolverError

MAX_RELATIVE_MASS_LOSS = 1e-9  # of a point, by rounding in the network simplex
MAX_RELATIVE_ROUNDING = 1e-3  # of the duality gap, relative to the cost
MAX_ROUNDING_ULPS = 64  # of the duality gap, in units of the largest cost in the plan
MAX_UNSCALED_EXPONENT = 3  # scaling a copy of the costs takes time in small problems
OPTIMAL, ITERATION_LIMIT = 1, 3  # POT's result codes
MAX_UNINTERRUPTED_PAIRS = 1 << 18  # which take hundredths of a second


@dataclass(frozen=True, slots=True)
class SimplexRun:
    """Plan and potentials of a run, and the proof if there is one.

    Attributes:
        arcs: The plan; its costs are in units of ``2**exponent``.
        source_potential: Potentials of the simplex, in the same unit.
        exponent: Exponent of the unit in which the simplex solved the problem.
        outcome: The certified optimum, in the unit of the costs that were passed, or the reason
            why there is none.
    """

    arcs: Arcs
    source_potential: Floats
    exponent: int
    outcome: Optimum | SolverError


def simplex_run(
    p: Floats,
    q: Floats,
    cost: Floats,
    /,
    *,
    cap: float,
    unit_exponent: int,
    is_capped: bool = False,
    check: Check = no_check,
) -> SimplexRun:
    """Solve the problem with costs of at most ``cap``, and certify it for the true costs.

    POT compares reduced costs with absolute thresholds, so the costs are scaled by a power of two
    to have their largest entry near 1: scaling is exact, and the plan does not depend on the unit.

    Args:
        p: Masses that sum to 1, shape ``(n,)``.
        q: Masses that sum to 1, shape ``(m,)``.
        cost: At least 0, infinite for forbidden pairs, shape ``(n, m)``.
        cap: The largest cost that the simplex distinguishes from larger ones.
        unit_exponent: The caller's costs are 2 to this power times these; used in messages only.
        is_capped: Whether costs are above the cap.
        check: Called several times a second; it may raise an error.

    Returns:
        The run.

    Raises:
        NoFinitePlanError: If every plan uses forbidden pairs.
        SolverError: If POT does not finish.
    """
    exponent = math.frexp(cap)[1]
    exponent = exponent if abs(exponent) > MAX_UNSCALED_EXPONENT else 0
    scaled = cost if exponent == 0 else _scaled(cost, -exponent)
    capped = np.minimum(scaled, math.ldexp(cap, -exponent)) if is_capped else scaled
    arcs, potential = _network_simplex(p, q, capped, check)
    if is_capped:
        arcs = replace(arcs, cost=scaled[arcs.rows, arcs.cols])
    outcome: Optimum | SolverError
    try:
        if exponent > 0 and np.count_nonzero(scaled > UNDERFLOW_TOLERANCE) < np.count_nonzero(
            cost
        ):
            raise SolverError("`cost` spans more than 290 orders of magnitude")
        # Masses below the rounding of the total must not determine the potentials of larger ones.
        potentials = feasible_potentials(scaled, potential, p > EPS, q > EPS)
        arcs = _restore_lost_mass(arcs, p, q, scaled, potentials)
        plan = _plan_of_finite_costs(arcs, p, q, cost) if is_capped else arcs
        outcome = _certified(plan, p, q, potentials, exponent, unit_exponent)
    except SolverError as error:
        outcome = error
    return SimplexRun(arcs, potential, exponent, outcome)


def _scaled(cost: Floats, exponent: int) -> Floats:
    """``cost * 2**exponent``; what overflows is above the cap, and may count as infinite."""
    with np.errstate(over="ignore"):
        scaled: Floats = np.ldexp(cost, exponent)
    return scaled


def _plan_of_finite_costs(arcs: Arcs, p: Floats, q: Floats, cost: Floats) -> Arcs:
    """The plan without forbidden pairs of rounding.

    Returns:
        The arcs of finite costs.

    Raises:
        NoFinitePlanError: If every plan uses forbidden pairs.
        SolverError: If this plan does, or has costs that overflow in the unit of the others.
    """
    plan = without_forbidden(arcs, p, q, cost)
    if not np.isfinite(plan.cost).all():
        raise SolverError("the plan has costs that are infinite in the unit of the others")
    return plan


def _certified(
    arcs: Arcs,
    p: Floats,
    q: Floats,
    potentials: tuple[Floats, Floats],
    exponent: int,
    unit_exponent: int,
) -> Optimum:
    """The certified optimum in the unit of the costs that were passed."""
    unit_exponent += exponent
    optimum = certified_optimum(
        arcs, p, q, potentials, max_violation=0.0, exponent=0, unit_exponent=unit_exponent
    )
    require_small_rounding(optimum, unit_exponent)
    return optimum.scaled_with_rounding(exponent)


def require_small_rounding(optimum: Optimum, exponent: int, /) -> None:
    """Refuse a gap above 1e-3 of the cost, unless it is 0, and 64 roundings of the largest arc.

    Costs of arcs outside the plan may require large potentials, whose rounding dominates the gap.

    Args:
        optimum: The optimum.
        exponent: Its costs are in units of 2 to this power, which the message undoes.

    Raises:
        SolverError: If the gap is too large.
    """
    if optimum.cost == 0 and optimum.gap < np.inf:
        return  # no plan costs less, where none of the mass is lost
    ulps = MAX_ROUNDING_ULPS * EPS * float(optimum.arcs.cost.max())
    if optimum.gap > max(MAX_RELATIVE_ROUNDING * optimum.cost, ulps):
        raise SolverError(
            f"the plan costs {np.ldexp(optimum.cost, exponent):.6g}, but its duality gap is "
            f"{np.ldexp(optimum.gap, exponent):.2g}, by rounding of its potentials. Costs that "
            "span more than about 12 orders of magnitude do this, and are solved in exact "
            "arithmetic up to 1,000,000 pairs: take fewer points, or remove the largest costs"
        )


def _restore_lost_mass(
    arcs: Arcs, p: Floats, q: Floats, cost: Floats, potentials: tuple[Floats, Floats]
) -> Arcs:
    """The plan, completed by masses that rounding removed, each along its tightest arc."""
    # The network simplex subtracts flows: of 1 + 1e-17, it keeps 1.
    source_potential, target_potential = potentials
    p_lost = p - np.bincount(arcs.rows, arcs.mass, len(p))
    q_lost = q - np.bincount(arcs.cols, arcs.mass, len(q))
    max_loss = MAX_RELATIVE_MASS_LOSS
    if (p_lost <= max_loss * p).all() and (q_lost <= max_loss * q).all():
        return arcs
    rows, row_targets, row_mass = _lost_mass(p, p_lost, q, cost, target_potential)
    cols, col_sources, col_mass = _lost_mass(q, q_lost, p, cost.T, source_potential)
    all_rows = np.concatenate([arcs.rows, rows, col_sources])
    all_cols = np.concatenate([arcs.cols, row_targets, cols])
    cells, inverse = np.unique(all_rows * len(q) + all_cols, return_inverse=True)
    sums = np.bincount(inverse, np.concatenate([arcs.mass, row_mass, col_mass]))
    i, j, mass = _on_forest(*np.divmod(cells, len(q)), sums.astype(np.float64), p, q)
    return Arcs(i, j, mass, cost[i, j])


def _on_forest(
    rows: Indices, cols: Indices, mass: Floats, p: Floats, q: Floats
) -> tuple[Indices, Indices, Floats]:
    """The plan on as many arcs as a basic solution has; the cycles of tight arcs cost nothing."""
    if len(rows) < np.count_nonzero(p) + np.count_nonzero(q):
        return rows, cols, mass
    flow = zip(rows.tolist(), cols.tolist(), mass.tolist(), strict=True)
    plan = without_cycles(flow, len(p))
    i, j = np.array(sorted(plan), dtype=np.intp).T
    return i, j, np.array([plan[key] for key in sorted(plan)])


def _lost_mass(
    masses: Floats, lost: Floats, opposite_masses: Floats, cost: Floats, potential: Floats
) -> tuple[Indices, Indices, Floats]:
    """Points whose mass was lost, their tightest partners, and the lost masses."""
    points = np.flatnonzero(lost > MAX_RELATIVE_MASS_LOSS * masses)
    # Partners so heavy that the additional mass is within their rounding.
    heavy = opposite_masses > 1e9 * lost[points, None]
    reduced_cost = np.where(heavy, cost[points] - potential, np.inf)
    if np.isinf(reduced_cost.min(axis=1)).any():
        raise SolverError("masses below rounding have no partner of finite cost that takes them")
    return points, np.argmin(reduced_cost, axis=1), lost[points]


def max_pivots(n: int, m: int, /) -> int:
    """Limit of pivots for an n by m problem, far above the 30 (n + m) or so that occur."""
    return int(max(1_000_000, 50 * (n + m) ** 2))


def _network_simplex(
    p: Floats, q: Floats, cost: Floats, check: Check = no_check
) -> tuple[Arcs, Floats]:
    """Arcs of positive mass, and potentials of the sources, 0 for those without mass."""
    emd_c = compiled_simplex().emd_c
    if not (p.all() and q.all()):
        return _network_simplex_on_support(p, q, cost, check)
    n, m = cost.shape
    limit = max_pivots(n, m)
    arguments = p, q * (p.sum() / q.sum()), np.ascontiguousarray(cost), limit, 1
    if cost.size <= MAX_UNINTERRUPTED_PAIRS:
        plan, _, potential, _, status = emd_c(*arguments)
    else:
        plan, _, potential, _, status = call_interruptibly(emd_c, *arguments, check=check)
    if status == ITERATION_LIMIT:
        raise SolverError(
            f"POT's network simplex made {limit} pivots on a {n} x {m} problem and did not finish"
        )
    if status != OPTIMAL:
        raise SolverError(
            f"POT's network simplex ended with result code {status} instead of {OPTIMAL} (optimal)"
        )
    i, j = np.nonzero(plan)
    # Potentials are free up to a constant; small ones have the least rounding.
    median = np.partition(potential, n // 2)[n // 2]
    return Arcs(i, j, plan[i, j], cost[i, j]), potential - median


def _network_simplex_on_support(
    p: Floats, q: Floats, cost: Floats, check: Check
) -> tuple[Arcs, Floats]:
    """Solution of the problem between the points of positive mass, on the original indices."""
    rows, cols = np.flatnonzero(p), np.flatnonzero(q)
    arcs, potential = _network_simplex(p[rows], q[cols], cost[np.ix_(rows, cols)], check)
    source_potential = np.zeros(len(p))
    source_potential[rows] = potential
    return Arcs(rows[arcs.rows], cols[arcs.cols], arcs.mass, arcs.cost), source_potential
