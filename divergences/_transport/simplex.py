"""Exact transport on a dense cost matrix: network simplex, and exact arithmetic as a fallback."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeGuard

import numpy as np

from divergences._checks import normalised
from divergences._transport.certificate import (
    EPS,
    MAX_RELATIVE_GAP,
    Arcs,
    duality_gap,
    extended_potentials,
)
from divergences._transport.exact_arithmetic import ExactMasses, exact_transport
from divergences._transport.forbidden_pairs import (
    largest_finite,
    may_hide_a_cut,
    require_finite_pairs,
    require_no_cut,
    without_nan,
)
from divergences._transport.result import Optimum
from divergences._transport.row_blocks import Check, no_check
from divergences._transport.simplex_run import (
    MAX_RELATIVE_ROUNDING,
    SimplexRun,
    require_small_rounding,
    simplex_run,
)
from divergences._typing import Floats
from divergences.errors import SolverError

MAX_EXACT_PAIRS = 1_000_000  # seconds, and a GB of integers
MAX_OPTIONAL_EXACT_PAIRS = 40_000  # for plans that are certified but for their rounding: 20 ms
LARGEST_FLOAT = np.finfo(np.float64).max


def dense_transport(
    p: Floats,
    q: Floats,
    cost: Floats,
    /,
    *,
    unit_exponent: int = 0,
    exact_masses: Callable[[], ExactMasses] | None = None,
    check: Check = no_check,
) -> Optimum:
    """Optimal plan between masses ``p`` and ``q`` under ``cost``, with its certificate.

    Costs far above those of the plan leave no digits for its potentials. Where they prevent the
    proof, the problem is solved again with costs that are cut off above all that an optimal plan
    needs, and then in exact arithmetic.

    Args:
        p: Masses that sum to 1, shape ``(n,)``.
        q: Masses that sum to 1, shape ``(m,)``.
        cost: At least 0; infinite, or NaN at points without mass, for forbidden pairs, shape
            ``(n, m)``.
        unit_exponent: The caller's costs are 2 to this power times these; used in messages only.
        exact_masses: Function that returns the masses before rounding; None for ``p`` and ``q``,
            whose rounding is then part of the gap unless all are equal.
        check: Called several times a second; it may raise an error.

    Returns:
        The optimum, in the unit of ``cost``.

    Raises:
        NoFinitePlanError: If every plan uses forbidden pairs.
        SolverError: If POT does not finish, or the gap is too large to certify the plan.
    """
    largest = float(cost.max())
    if not largest < np.inf:
        cost, largest = without_nan(cost), np.inf
        require_finite_pairs(p, q, cost)
    runs = _simplex_runs(p, q, cost, largest, unit_exponent, check)
    best = min((run.outcome for run in runs), key=_gap)
    if cost.size > MAX_EXACT_PAIRS:
        if isinstance(best, SolverError):
            raise best
        return best if best.cost else _of_unknown_cost(best, cost)
    is_rounded = exact_masses is not None
    if _is_final(best, p, q, cost, is_rounded) and not may_hide_a_cut(p, q, largest):
        return best
    masses = exact_masses() if exact_masses else ExactMasses.proportional(p, q)
    if isinstance(best, Optimum) and masses.stay_in_place(cost):
        return best
    optimum = _exact_optimum(p, q, cost, masses, runs[-1], check)
    if exact_masses is None and not (_is_uniform(p) and _is_uniform(q)):
        optimum = _with_rounding_of_masses(optimum, p, q)
        require_small_rounding(optimum, unit_exponent)
    return optimum


def _simplex_runs(
    p: Floats, q: Floats, cost: Floats, largest: float, unit_exponent: int, check: Check
) -> list[SimplexRun]:
    """Runs with lower and lower caps of the costs, until one is proved."""
    cap = largest if largest < np.inf else _cap(largest_finite(cost) or 1.0, cost.shape)
    run = partial(simplex_run, p, q, cost, unit_exponent=unit_exponent, check=check)
    runs = [run(cap=cap, is_capped=cap < largest)]
    while not _is_proved(runs[-1].outcome):
        previous, cap = cap, _cap(_largest_cost_of_plan(runs[-1], p, q), cost.shape)
        if not 0 < cap < previous / 2:
            break
        runs.append(run(cap=cap, is_capped=True))
    return runs


def histogram_optimum(p: Floats, q: Floats, cost: Floats, /) -> Optimum:
    """Optimal plan between masses of any total, in exact arithmetic as they were passed.

    Args:
        p: Masses, shape ``(n,)``.
        q: Masses, shape ``(m,)``.
        cost: As in `dense_transport`.

    Returns:
        The optimum of the normalized masses.

    Raises:
        NoFinitePlanError: If every plan uses forbidden pairs.
        SolverError: If POT does not finish, or the gap is too large to certify the plan.
    """
    if p.shape == q.shape and (p == q).all() and not cost.diagonal()[p > 0].any():
        return _staying(normalised(p))
    unrounded = partial(ExactMasses.proportional, p, q)
    return dense_transport(normalised(p), normalised(q), cost, exact_masses=unrounded)


def _staying(p: Floats) -> Optimum:
    """The optimum that leaves all masses where they are, at a cost of 0."""
    kept, zeros = np.flatnonzero(p), np.zeros(len(p))
    return Optimum(Arcs(kept, kept, p[kept], zeros[kept]), zeros, zeros, 0.0, 0.0)


def _cap(cost: float, shape: tuple[int, ...]) -> float:
    """A cost above all that rerouting mass can save, if no arc of the plan costs more than one."""
    # An alternating path has an arc of the plan for each source, or each target, at most.
    return min(cost * (min(shape) + 1), float(LARGEST_FLOAT))


def _is_proved(outcome: Optimum | SolverError) -> TypeGuard[Optimum]:
    """Whether the gap is below 1e-9 of a cost above 0, rounding and underflow included."""
    return isinstance(outcome, Optimum) and 0 < outcome.gap <= MAX_RELATIVE_GAP * outcome.cost


def _is_final(
    outcome: Optimum | SolverError, p: Floats, q: Floats, cost: Floats, is_rounded: bool
) -> TypeGuard[Optimum]:
    """Whether exact arithmetic would improve an optimum by less than it takes.

    A cost of 0 is that of rounded masses: what they differ by may be all that costs something.

    Returns:
        True or False.
    """
    if not isinstance(outcome, Optimum):
        return False
    if is_rounded and _depends_on_last_digits(outcome, cost):
        return not cost.any()
    if cost.size > MAX_OPTIONAL_EXACT_PAIRS:
        return 0 < outcome.gap <= MAX_RELATIVE_ROUNDING * outcome.cost or not cost.any()
    return _is_proved(outcome) and not _has_negligible_mass(p, q)


def _has_negligible_mass(p: Floats, q: Floats) -> bool:
    """Whether a mass is below the rounding of the total, so that its arcs may not be tight."""
    return bool(min(p[p > 0].min(), q[q > 0].min()) < EPS)


def _depends_on_last_digits(optimum: Optimum, cost: Floats) -> bool:
    """Whether mass of the size of the rounding of p and q matters at the largest cost.

    Potentials do not tell: they may be 0 at the masses that rounding made equal.

    Returns:
        True or False.
    """
    is_large = cost.size > MAX_OPTIONAL_EXACT_PAIRS
    allowed = MAX_RELATIVE_ROUNDING if is_large else MAX_RELATIVE_GAP
    return bool(EPS * largest_finite(cost) > allowed * optimum.cost)


def _of_unknown_cost(optimum: Optimum, cost: Floats) -> Optimum:
    """An optimum of cost 0 with a gap that includes what the rounding of masses may cost."""
    return replace(optimum, gap=max(optimum.gap, EPS * largest_finite(cost)))


def _gap(outcome: Optimum | SolverError) -> float:
    """The duality gap; infinity without a proof."""
    return outcome.gap if isinstance(outcome, Optimum) else np.inf


def _largest_cost_of_plan(run: SimplexRun, p: Floats, q: Floats) -> float:
    """The largest finite cost of the arcs whose mass is above the rounding of their ends."""
    arcs = run.arcs
    counted = (arcs.mass > EPS * np.maximum(p[arcs.rows], q[arcs.cols])) & np.isfinite(arcs.cost)
    return float(np.ldexp(arcs.cost.max(where=counted, initial=0.0), run.exponent))


def _is_uniform(masses: Floats) -> bool:
    """Whether all masses are equal, so that their proportions are exact."""
    return bool((masses == masses[0]).all())


def _with_rounding_of_masses(optimum: Optimum, p: Floats, q: Floats) -> Optimum:
    """The optimum with a gap that includes the rounding of the masses, at their potentials."""
    u, v = optimum.source_potential, optimum.target_potential
    rounding = EPS * (p @ np.abs(u) + q @ np.abs(v))
    return replace(optimum, gap=optimum.gap + float(rounding))


def _exact_optimum(
    p: Floats, q: Floats, cost: Floats, masses: ExactMasses, run: SimplexRun, check: Check
) -> Optimum:
    """The optimum of exact arithmetic, proved by rounded potentials if they can.

    Returns:
        The optimum, in the unit of ``cost``.

    Raises:
        NoFinitePlanError: If every plan uses forbidden pairs.
        SolverError: If the computation takes too long, or masses are left that have no path.
    """
    with np.errstate(over="ignore"):
        start = np.ldexp(run.source_potential, run.exponent)
    exact = exact_transport(masses, cost, start, run.arcs, check=check)
    supports = p > 0, q > 0
    potentials = exact.source_potential[supports[0]], exact.target_potential[supports[1]]
    with np.errstate(over="ignore"):
        potentials = extended_potentials(cost, potentials, *supports)
    gap = exact.gap
    if len(exact.sources_left):
        require_no_cut(exact.sources_left, exact.arcs, p, q, cost)
        gap, _ = duality_gap(exact.arcs, p, q, *potentials)
    if gap <= MAX_RELATIVE_GAP * exact.cost:
        return Optimum(exact.arcs, *potentials, exact.cost, gap)
    if len(exact.sources_left):
        raise SolverError(
            "infinite costs divide the points into groups, and the masses of a group differ by "
            "rounding on both sides: make them equal, or solve the groups one by one"
        )
    return Optimum(exact.arcs, *potentials, exact.cost, exact.rounding, exact_proof=True)
