"""Transport of unequal masses: the lighter side is moved completely, at minimal cost."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from divergences._transport.certificate import EPS, MAX_RELATIVE_GAP, Arcs, c_transform
from divergences._transport.exact_arithmetic import ExactMasses
from divergences._transport.forbidden_pairs import (
    NoFinitePlanError,
    largest_finite,
    without_nan,
)
from divergences._transport.result import Optimum, certified_optimum
from divergences._transport.simplex import dense_transport
from divergences._typing import Floats
from divergences.errors import SolverError

EQUAL_TOTALS_TOLERANCE = 4 * EPS  # relative rounding of the difference of equal totals


def partial_optimum(p: Floats, q: Floats, cost: Floats, /, *, unit_exponent: int = 0) -> Optimum:
    """Cheapest plan that moves ``min(sum p, sum q)``, per unit of moved mass.

    A dummy target of cost 0 receives the surplus of the heavier side. Its potential is 0, so no
    potential of the heavier side is above 0.

    Args:
        p: Masses of the sources, at least 0, not all 0, shape ``(n,)``.
        q: Masses of the targets, likewise, shape ``(m,)``.
        cost: At least 0; infinite, or NaN at points without mass, for forbidden pairs, shape
            ``(n, m)``.
        unit_exponent: The caller's costs are 2 to this power times these; used in messages only.

    Returns:
        The optimum; its masses are divided by the flow.

    Raises:
        NoFinitePlanError: If every plan that moves all of the lighter side uses forbidden pairs.
        SolverError: If the solver did not finish, or the gap is too large to certify the plan.
    """
    cost = without_nan(cost)
    if is_heavier(q, p):
        try:
            return partial_optimum(q, p, cost.T, unit_exponent=unit_exponent).transposed
        except NoFinitePlanError as error:
            raise error.transposed() from None
    unrounded = cut_to_flow(p, q)
    p, q, surplus = divided_by_flow(p, q)
    if surplus == 0:
        return dense_transport(
            p / math.fsum(p),
            q,
            cost,
            unit_exponent=unit_exponent,
            exact_masses=partial(ExactMasses.proportional, *unrounded),
        )
    with_surplus = partial(ExactMasses.with_surplus, *unrounded)
    return _with_dummy_target(p, q, surplus, cost, unit_exponent, with_surplus)


def _with_dummy_target(
    p: Floats,
    q: Floats,
    surplus: float,
    cost: Floats,
    unit_exponent: int,
    exact_masses: Callable[[], ExactMasses],
) -> Optimum:
    """Partial optimum from balanced transport to the targets and a dummy for the surplus."""
    total = math.fsum(p)
    try:
        balanced = dense_transport(
            p / total,
            np.append(q, surplus) / total,
            np.hstack([cost, np.zeros((len(p), 1))]),
            unit_exponent=unit_exponent,
            exact_masses=exact_masses,
        )
    except NoFinitePlanError as error:
        raise error.of_targets(p, q) from None
    return _without_dummy_target(balanced, p, q, cost, unit_exponent)


def _without_dummy_target(
    balanced: Optimum, p: Floats, q: Floats, cost: Floats, unit_exponent: int
) -> Optimum:
    """Partial optimum between the points, with the proof of the balanced one if it is better."""
    total = math.fsum(p)
    moved = balanced.arcs.cols < len(q)
    rows, cols = balanced.arcs.rows[moved], balanced.arcs.cols[moved]
    mass = balanced.arcs.mass[moved] * total
    if not balanced.exact_proof:
        exponent = math.frexp(cost[rows, cols].max() or largest_finite(cost))[1]
        with np.errstate(over="ignore"):  # costs far above those of the plan count as infinite
            scaled = np.ldexp(cost, -exponent)
            potentials = _potentials(balanced, scaled, exponent)
        try:
            return certified_partial_optimum(
                Arcs(rows, cols, mass, scaled[rows, cols]),
                p,
                q,
                potentials,
                exponent=exponent,
                unit_exponent=unit_exponent,
            )
        except SolverError:
            if balanced.gap > MAX_RELATIVE_GAP * balanced.cost:
                raise
    arcs = Arcs(rows, cols, mass, cost[rows, cols])
    value = balanced.cost * total
    gap = balanced.gap * total + 4 * EPS * value
    return Optimum(arcs, *_potentials(balanced, cost, 0), value, gap, exact_proof=True)


def _potentials(balanced: Optimum, cost: Floats, exponent: int) -> tuple[Floats, Floats]:
    """Feasible potentials, none of the sources above 0, that of the dummy target.

    Args:
        balanced: Optimum of the problem with a dummy target.
        cost: Costs without the dummy, in units of ``2**exponent``.
        exponent: Unit of the result, as a power of two of that of the optimum.

    Returns:
        Potentials of the sources and of the targets.
    """
    source_potential = balanced.source_potential + balanced.target_potential[-1]
    source_potential = np.minimum(np.ldexp(source_potential, -exponent), 0.0)
    return source_potential, c_transform(cost.T, source_potential)


def certified_partial_optimum(
    arcs: Arcs,
    p: Floats,
    q: Floats,
    potentials: tuple[Floats, Floats],
    /,
    *,
    exponent: int = 0,
    unit_exponent: int,
) -> Optimum:
    """The optimum in the solver's original unit, if the potentials certify the plan.

    Args:
        arcs: A plan that moves all of q.
        p: Masses of the sources in units of the flow, shape ``(n,)``.
        q: Masses of the targets, likewise, shape ``(m,)``.
        potentials: Feasible potentials of the sources, at most 0, and of the targets.
        exponent: All costs were divided by 2 to this power.
        unit_exponent: The caller's costs are 2 to this power times those of the result; error
            messages state costs in the caller's unit.

    Returns:
        The optimum.

    Raises:
        SolverError: If the gap is too large to certify the plan.
    """
    # A source with mass left over has the potential 0, so the mass left over adds 0 to the gap.
    sent = np.bincount(arcs.rows, arcs.mass, len(p))
    return certified_optimum(
        arcs,
        np.where(potentials[0] < 0, p, sent),
        q,
        potentials,
        max_violation=0.0,
        exponent=exponent,
        unit_exponent=unit_exponent,
    )


def is_heavier(p: Floats, q: Floats, /) -> bool:
    """Whether p has more mass than q."""
    exponent = math.frexp(max(p.max(), q.max()))[1]
    p, q = np.ldexp(p, -exponent), np.ldexp(q, -exponent)
    return math.fsum(np.concatenate([p, -q])) > 0


def divided_by_flow(p: Floats, q: Floats, /) -> tuple[Floats, Floats, float]:
    """Masses in units of the total of q, the lighter side.

    Returns:
        Masses of p, at most 2, and of q, and the mass of p that is left over, 0 where it is
        rounding.
    """
    p, q = cut_to_flow(p, q)
    total = math.fsum(q)
    p, q = p / total, q / total
    surplus = math.fsum(np.concatenate([p, -q]))
    return p, q, surplus if surplus > EQUAL_TOTALS_TOLERANCE else 0.0


def cut_to_flow(p: Floats, q: Floats, /) -> tuple[Floats, Floats]:
    """Masses in a unit near the largest of q, the lighter side.

    No source sends more than the total of q, so larger masses of p are cut to twice that total.

    Returns:
        Masses of p, at most twice the total of q, and of q.
    """
    exponent = math.frexp(q.max())[1]
    q = np.ldexp(q, -exponent)
    with np.errstate(over="ignore"):
        p = np.ldexp(p, -exponent)
    return np.minimum(p, 2 * math.fsum(q)), q
