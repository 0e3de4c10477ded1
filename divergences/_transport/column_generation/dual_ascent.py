"""Column generation as stabilized ascent of the dual bound.

Each round solves the restricted master problem in a box around the best feasible potentials so
far, prices all pairs at its potentials, and adds the pairs of most negative reduced cost as arcs.
The rounds end when no pair has negative reduced cost and the box binds no potential.
"""

from dataclasses import dataclass

from divergences._transport.column_generation.arcs import ArcSet
from divergences._transport.column_generation.block_pricing import PairCosts, Pricing
from divergences._transport.column_generation.master_problem import (
    Potentials,
    solve_restricted_master,
)
from divergences._transport.column_generation.partial_pricing import ReducedCostBounds
from divergences._transport.column_generation.progress import ProgressMonitor
from divergences._transport.column_generation.stabilization import (
    Solution,
    SolverState,
    Step,
    take_step,
)
from divergences._typing import Floats, Indices
from divergences.errors import SolverError

NEW_ARCS_PER_POINT = 10  # at most, for each source and each target
MAX_NULL_STEPS = 60  # in succession; more mean that rounding errors prevent progress
CANDIDATE_WIDTH = 0.02  # reduced cost below which a pair is a candidate, in radii of the box
FINAL_RADIUS_FACTOR = 1e-6  # shrinks the box for the last round, and its rounding errors with it


@dataclass(frozen=True, slots=True)
class WarmStart:
    """Initial state of column generation.

    Attributes:
        arcs: Initial arcs.
        potentials: Nearly feasible potentials of sources and targets, the first centre.
        radius: First radius of the box, above 0.
    """

    arcs: ArcSet
    potentials: Potentials
    radius: float


def generate_columns(
    pricing: Pricing,
    p: Floats,
    q: Floats,
    warm_start: WarmStart,
    monitor: ProgressMonitor,
    /,
    *,
    tolerance: float,
    report_bounds: bool,
) -> Solution:
    """Optimal plan and potentials over all pairs.

    Args:
        pricing: Pricing method.
        p: Masses of the sources, above 0, summing to 1.
        q: Masses of the targets, likewise.
        warm_start: Initial arcs, potentials and radius of the box.
        monitor: Counts the rounds and checks the time limit.
        tolerance: Difference of the bounds at which to stop, relative to the cost.
        report_bounds: Whether to report the bounds to the monitor.

    Returns:
        Plan and potentials.

    Raises:
        SolverError: If the time limit has passed, or the bounds stopped improving.
    """
    initial = warm_start.potentials
    state = SolverState(warm_start.arcs, initial, initial, warm_start.radius)
    bounds, final_round = ReducedCostBounds(pricing, monitor.check), False
    while True:
        monitor.begin_round()
        step = _solve_and_price(state, bounds, p, q)
        solution = take_step(state, step)
        if report_bounds:
            monitor.record_bounds(solution.lower, solution.upper, len(state.arcs.keys))
        closed = solution.upper - solution.lower <= tolerance * solution.upper
        if closed or (final_round and step.converged):
            if bounds.complete:
                return solution
            bounds.reset()  # the last round prices all pairs
        elif step.converged:
            final_round = True
            state.radius *= FINAL_RADIUS_FACTOR
        _require_progress(state, monitor)
        state.arcs = _with_violations(state.arcs, step)


def _solve_and_price(state: SolverState, bounds: ReducedCostBounds, p: Floats, q: Floats) -> Step:
    """Solve the restricted master problem and price all pairs at its potentials."""
    arcs, ground = state.arcs, bounds.pricing.ground
    master = solve_restricted_master(
        arcs, p, q, state.centre, state.master_potentials, state.radius, check=bounds.check
    )
    violations = bounds.violations(
        *master.potentials,
        _pair_costs(arcs, bounds.pricing),
        NEW_ARCS_PER_POINT,
        width=CANDIDATE_WIDTH * state.radius,
    )
    _, is_arc = arcs.locate(violations.rows * arcs.n_cols + violations.cols)
    return Step(p, q, master, violations, ~is_arc, master.complete_plan(arcs, ground))


def _pair_costs(arcs: ArcSet, pricing: Pricing) -> PairCosts:
    """Function that returns costs of pairs, those of the arcs without computing them again."""

    def pair_costs(rows: Indices, cols: Indices) -> Floats:
        indices, is_arc = arcs.locate(rows * arcs.n_cols + cols)
        cost = arcs.cost[indices]
        cost[~is_arc] = pricing.ground.of_pairs(rows[~is_arc], cols[~is_arc])
        return cost

    return pair_costs


def _with_violations(arcs: ArcSet, step: Step) -> ArcSet:
    """The arcs and the violations that are new."""
    violations, is_new = step.violations, step.is_new
    keys = violations.rows[is_new] * arcs.n_cols + violations.cols[is_new]
    return arcs.insert(keys, violations.cost[is_new])


def _require_progress(state: SolverState, monitor: ProgressMonitor) -> None:
    """Raise an error after too many null steps in succession."""
    if state.null_steps > MAX_NULL_STEPS:
        raise SolverError(
            f"column generation made {MAX_NULL_STEPS} rounds without a better bound; "
            f"{monitor.summary()}. Costs or masses that span more than about 12 orders of "
            'magnitude do this; try `method="dense"`',
            bracket=monitor.bracket,
        )
