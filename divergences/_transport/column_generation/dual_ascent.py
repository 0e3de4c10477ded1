"""The rounds of column generation: solve on few arcs, price all pairs, move the centre upwards.

Each round solves the restricted problem within a box around the best feasible potentials found so far
(the centre), potentials all pairs, and adds the worst violations as arcs. Lowering potentials by their
violations makes them feasible for the whole problem: a lower bound. If it is higher than the
centre's, the centre moves there. It ends when no pair violates its potentials and no potential is held by
the box.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divergences._transport.certificate import EPS, Arcs
from divergences._transport.column_generation.arcs import ArcSet
from divergences._transport.column_generation.block_pricing import Known, Pricing
from divergences._transport.column_generation.master_problem import (
    Potentials,
    Restricted,
    restricted,
)
from divergences._transport.column_generation.partial_pricing import ReducedCostBounds, Violations
from divergences._transport.column_generation.progress import ProgressMonitor
from divergences._typing import Floats, Indices
from divergences.errors import SolverError

ADDED = 10  # arcs for each source and each target that has violations
KEPT = 10  # arcs for each source and each target, on average, that are kept from round to round
PATIENCE = 60  # rounds without a better bound after which something is wrong
WIDTH = 0.02  # slack of the pairs that are remembered, in units of the reach
NARROWEST = 0.1  # reach of the box, in units of the gap per mass
POLISHED = 1e-6  # of the reach: for the last round, whose rounding shrinks with it


@dataclass(frozen=True, slots=True)
class WarmStart:
    """Where the rounds begin.

    Attributes:
        arcs: The first arcs.
        potentials: Nearly feasible potentials of sources and targets.
        reach: By how much a potential may exceed them at first, above 0.
    """

    arcs: ArcSet
    potentials: Potentials
    reach: float


@dataclass(frozen=True, slots=True)
class Solution:
    """The end of the rounds.

    Attributes:
        plan: The best plan.
        potentials: The best feasible potentials.
        lower: Their value.
        upper: The plan's cost.
    """

    plan: Arcs
    potentials: Potentials
    lower: float
    upper: float


@dataclass(slots=True)
class _State:
    """What one round leaves to the next."""

    arcs: ArcSet
    centre: Potentials
    guess: Potentials
    reach: float
    best: Solution | None = None
    idle: int = 0


def ascend(
    pricing: Pricing,
    p: Floats,
    q: Floats,
    beginning: WarmStart,
    watch: ProgressMonitor,
    /,
    *,
    tolerance: float,
    told: bool,
) -> Solution:
    """The optimum of the transport problem over all pairs.

    Args:
        pricing: The way to look at all pairs.
        p: Masses of the sources, above 0, summing to 1.
        q: Masses of the targets, likewise.
        beginning: Where to begin.
        watch: Who is told of the progress, and who may end it.
        tolerance: Part of the cost by which the bounds may differ at the end.
        told: Whether the watch is told the bracket.

    Returns:
        Plan and potentials.

    Raises:
        SolverError: If the time is up, or the bounds do not meet.
    """
    state = _State(beginning.arcs, beginning.potentials, beginning.potentials, beginning.reach)
    clearance, polished = ReducedCostBounds(pricing), False
    while True:
        watch.tick()
        optimum = restricted(state.arcs, p, q, state.centre, state.guess, state.reach)
        found = clearance.violations(
            *optimum.potentials, _known(state.arcs, pricing), ADDED, width=WIDTH * state.reach
        )
        fresh = _fresh(state.arcs, found)
        settled = not fresh.any() and not optimum.away.any()
        plan = optimum.completed(state.arcs, pricing.ground)
        summit = _climb(state, _Round(p, q, optimum, found, plan, bool(fresh.any())))
        if told:
            watch.known(summit.lower, summit.upper, len(state.arcs.keys))
        if summit.upper - summit.lower <= tolerance * summit.upper or (polished and settled):
            if clearance.complete:
                return summit
            clearance.forget()  # the last word is over all pairs
        elif settled:
            polished = True
            state.reach *= POLISHED
        _require_progress(state, watch)
        _add(state, found, fresh)


@dataclass(frozen=True, slots=True)
class _Round:
    """What one round found.

    Attributes:
        p: Masses of the sources.
        q: Masses of the targets.
        optimum: Of the restricted problem.
        found: How its potentials violate other pairs.
        plan: Its plan, completed.
        fresh: Whether a violation is no arc yet.
    """

    p: Floats
    q: Floats
    optimum: Restricted
    found: Violations
    plan: Arcs
    fresh: bool

    @property
    def hoped(self) -> float:
        """The value of the potentials, if they were feasible."""
        u, v = self.optimum.potentials
        return float(self.p @ u + self.q @ v)

    def feasible(self) -> tuple[float, Potentials]:
        """The potentials lowered until they are feasible, on the side where that costs less.

        Returns:
            Their value and themselves; at worst 0, since no cost is negative.
        """
        (u, v), found = self.optimum.potentials, self.found
        by_row, by_col = float(self.p @ found.by_row), float(self.q @ found.by_col)
        if self.hoped + max(by_row, by_col) <= 0:
            return 0.0, (np.zeros_like(u), np.zeros_like(v))
        if by_row >= by_col:
            return self.hoped + by_row, (u + found.by_row, v)
        return self.hoped + by_col, (u, v + found.by_col)

    def stretch(self, gained: float, hoped: float) -> float:
        """By how much to stretch the box, after a step that gained some of what was hoped for."""
        if not self.optimum.away.any():
            return 1.0  # the box holds no potential
        if not self.fresh:
            return 4.0
        if gained > 0.5 * hoped:
            return 2.0
        return 0.5 if gained < 0.1 * hoped else 1.0


def _climb(state: _State, this: _Round) -> Solution:
    """The better of the old and the new bounds; moves the centre and sets the reach."""
    lower, potentials = this.feasible()
    old, plan, upper = state.best, this.plan, this.plan.work()
    if old is not None and old.upper <= upper:
        plan, upper = old.plan, old.upper
    state.guess = this.optimum.potentials
    if old is not None and lower <= old.lower:
        state.idle += 1
        narrowest = min(state.reach, NARROWEST * (upper - old.lower))
        state.reach = max(state.reach / 2, narrowest) if this.fresh else 4 * state.reach
        state.best = Solution(plan, old.potentials, old.lower, upper)
        return state.best
    if old is not None:
        state.reach *= this.stretch(lower - old.lower, this.hoped - old.lower)
    state.idle, state.centre = 0, potentials
    state.best = Solution(plan, potentials, lower, upper)
    count = KEPT * (len(this.p) + len(this.q))
    state.arcs = _without_expensive(state.arcs, this.optimum.potentials, count)
    return state.best


def _without_expensive(arcs: ArcSet, potentials: Potentials, count: int) -> ArcSet:
    """The arcs of the lowest reduced costs."""
    if len(arcs.keys) <= count:
        return arcs
    rows, cols = arcs.ends
    above = arcs.cost - potentials[0][rows] - potentials[1][cols]
    size = EPS * (np.abs(potentials[0]).max() + np.abs(potentials[1]).max())
    return arcs.only(above <= max(np.partition(above, count)[count], 1e4 * size))


def _fresh(arcs: ArcSet, found: Violations) -> NDArray[np.bool_]:
    """Which of the violations no arc holds yet."""
    _, held = arcs.find(found.rows * arcs.width + found.cols)
    return ~held


def _add(state: _State, found: Violations, fresh: NDArray[np.bool_]) -> None:
    """Make arcs of the violations."""
    keys = found.rows[fresh] * state.arcs.width + found.cols[fresh]
    _, held = state.arcs.find(keys)
    state.arcs = state.arcs.joined(keys[~held], found.cost[fresh][~held])


def _known(arcs: ArcSet, pricing: Pricing) -> Known:
    """Costs of pairs: those of the arcs are at hand."""

    def known(rows: Indices, cols: Indices) -> Floats:
        place, held = arcs.find(rows * arcs.width + cols)
        cost = arcs.cost[place]
        cost[~held] = pricing.ground.along(rows[~held], cols[~held])
        return cost

    return known


def _require_progress(state: _State, watch: ProgressMonitor) -> None:
    """Refuse to go round for ever."""
    if state.idle > PATIENCE:
        raise SolverError(
            f"column generation made {PATIENCE} rounds without a better bound; "
            f"{watch.sentence()}. Costs or masses that span more than about 12 orders of "
            'magnitude do this; try `method="dense"`',
            bracket=watch.bracket,
        )
