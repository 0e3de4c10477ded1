"""Stabilization of column generation: a box around the best feasible potentials, the centre.

Lowering the master potentials by the lowest reduced costs makes them feasible, and their value a
lower bound of the optimal cost. If the bound improves (a serious step), the centre moves there,
else (a null step) it stays. The radius of the box follows the quality of the steps, as in
trust-region methods.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divergences._transport.certificate import EPS, Arcs
from divergences._transport.column_generation.arcs import ArcSet
from divergences._transport.column_generation.master_problem import MasterSolution, Potentials
from divergences._transport.column_generation.partial_pricing import Violations
from divergences._typing import Floats

KEPT_ARCS_PER_POINT = 10  # on average, after a serious step
MAX_STEPS_WITHOUT_ARCS = 8  # in an active box, null steps lack arcs rather than a smaller box
MIN_RADIUS_PER_GAP = 0.1  # least radius after a null step, as a fraction of the gap


@dataclass(frozen=True, slots=True)
class Solution:
    """Best plan and best feasible potentials.

    Attributes:
        plan: Plan of lowest cost so far.
        potentials: Feasible potentials of highest value so far.
        lower: Value of the potentials, a lower bound of the optimal cost.
        upper: Cost of the plan, an upper bound of the optimal cost.
    """

    plan: Arcs
    potentials: Potentials
    lower: float
    upper: float


@dataclass(slots=True)
class SolverState:
    """Solver state carried between rounds.

    Attributes:
        arcs: Columns of the restricted master problem.
        centre: Stability centre, the middle of the box.
        master_potentials: Optimal potentials of the last restricted master problem.
        radius: Radius of the box.
        best: Best solution so far; None before the first round.
        null_steps: Number of null steps since the last serious step.
    """

    arcs: ArcSet
    centre: Potentials
    master_potentials: Potentials
    radius: float
    best: Solution | None = None
    null_steps: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One round of column generation.

    Attributes:
        p: Masses of the sources.
        q: Masses of the targets.
        master: Solution of the restricted master problem.
        violations: Pairs of negative reduced cost at its potentials.
        is_new: Mask of the pairs that are not arcs yet, shape ``(k,)``.
        plan: Complete plan of the master problem.
    """

    p: Floats
    q: Floats
    master: MasterSolution
    violations: Violations
    is_new: NDArray[np.bool_]
    plan: Arcs

    @property
    def box_is_active(self) -> bool:
        """Whether the box binds a potential, so that supply is left unshipped."""
        return bool(self.master.unshipped.any())

    @property
    def converged(self) -> bool:
        """Whether there are no new arcs and the box binds no potential."""
        return not self.is_new.any() and not self.box_is_active

    @property
    def predicted_value(self) -> float:
        """Value of the master potentials, which may be infeasible."""
        u, v = self.master.potentials
        return float(self.p @ u + self.q @ v)

    def dual_bound(self) -> tuple[float, Potentials]:
        """Lower bound from the master potentials, lowered until they are feasible.

        Either the sources or the targets are lowered by their lowest reduced cost, whichever keeps
        the higher value.

        Returns:
            The value of feasible potentials, at least 0 since costs are nonnegative, and these
            potentials.
        """
        (u, v), violations = self.master.potentials, self.violations
        by_row, by_col = float(self.p @ violations.by_row), float(self.q @ violations.by_col)
        if self.predicted_value + max(by_row, by_col) <= 0:
            return 0.0, (np.zeros_like(u), np.zeros_like(v))
        if by_row >= by_col:
            return self.predicted_value + by_row, (u + violations.by_row, v)
        return self.predicted_value + by_col, (u, v + violations.by_col)

    def radius_factor(self, increase: float, predicted: float) -> float:
        """Factor for the radius after a serious step, as in trust-region methods.

        Args:
            increase: Increase of the lower bound.
            predicted: Increase that feasible master potentials would have given.

        Returns:
            Between 1 and 4.
        """
        if not self.box_is_active:
            return 1.0
        if not self.is_new.any():
            return 4.0
        if increase > 0.5 * predicted:
            return 2.0
        return 1.0


def take_step(state: SolverState, step: Step, /) -> Solution:
    """Update the best solution, the centre, the radius and the arcs.

    Returns:
        The best solution.
    """
    lower, potentials = step.dual_bound()
    previous, plan, upper = state.best, step.plan, step.plan.total_cost()
    if previous is not None and previous.upper <= upper:
        plan, upper = previous.plan, previous.upper
    state.master_potentials = step.master.potentials
    if previous is not None and lower <= previous.lower:
        state.null_steps += 1
        least = min(state.radius, MIN_RADIUS_PER_GAP * (upper - previous.lower))
        if not step.is_new.any():
            state.radius *= 4
        elif not step.box_is_active or state.null_steps > MAX_STEPS_WITHOUT_ARCS:
            state.radius = max(state.radius / 2, least)
        state.best = Solution(plan, previous.potentials, previous.lower, upper)
        return state.best
    if previous is not None:
        predicted = step.predicted_value - previous.lower
        state.radius *= step.radius_factor(lower - previous.lower, predicted)
    state.null_steps, state.centre = 0, potentials
    state.best = Solution(plan, potentials, lower, upper)
    count = KEPT_ARCS_PER_POINT * (len(step.p) + len(step.q))
    state.arcs = _without_expensive(state.arcs, step.master.potentials, count)
    return state.best


def _without_expensive(arcs: ArcSet, potentials: Potentials, count: int) -> ArcSet:
    """The arcs of lowest reduced cost, ``count`` or those of reduced cost 0 up to rounding."""
    if len(arcs.keys) <= count:
        return arcs
    rows, cols = arcs.endpoints
    reduced_cost = arcs.cost - potentials[0][rows] - potentials[1][cols]
    scale = np.abs(potentials[0]).max() + np.abs(potentials[1]).max()
    limit = max(np.partition(reduced_cost, count)[count], 1e4 * (EPS * scale))
    return arcs.subset(reduced_cost <= limit)
