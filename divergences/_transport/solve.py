"""Selection of a solver between points: closed form on the line, dense, or column generation.

Coincident points are merged before, and mass that they share stays in place under a metric.
"""

import contextlib
import math
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal, get_args

import numpy as np

from divergences import _checks
from divergences._transport.coincident_points import CoincidentPoints
from divergences._transport.column_generation import ProgressMonitor, column_transport
from divergences._transport.common_mass import METRICS, CommonMass
from divergences._transport.cost_table import MAX_TABLE_PAIRS, TabulatedCost
from divergences._transport.dense_choice import MAX_DENSE_PAIRS, dense_is_faster, matrix
from divergences._transport.ground import GroundCost
from divergences._transport.memory import require_memory
from divergences._transport.one_dimensional import closed_form_optimum
from divergences._transport.result import Optimum
from divergences._transport.row_blocks import Check, no_check
from divergences._transport.simplex import MAX_EXACT_PAIRS, dense_transport
from divergences._typing import Array, Floats
from divergences.errors import DistributionError, SolverError

SolverMethod = Literal["dense", "columns"]
MAX_DENSE_TABLE_PAIRS = 700**2  # up to which the dense method is the faster one with a table
MAX_DENSE_RELATIVE_GAP = 1e-9  # above which column generation is tried as well


@dataclass(frozen=True, slots=True)
class SolverOptions:
    """Options of a solver between points.

    Attributes:
        method: The solver; None for the fastest one.
        time_limit: Seconds after which the column method gives up; None for no limit.
        progress: Whether the column method shows a progress bar.
    """

    method: SolverMethod | None
    time_limit: float | None
    progress: bool

    def __post_init__(self) -> None:
        """Refuse an unknown method or an invalid time limit."""
        if self.method is not None:
            _checks.choice("method", self.method, get_args(SolverMethod), otherwise=", or None")
        _checks.seconds_or_none("time_limit", self.time_limit)
        _checks.flag("progress", self.progress)
        if self.time_limit is not None and self.method == "dense":
            raise DistributionError(
                'the dense method cannot be stopped: use `time_limit` with `method="columns"` '
                "or None"
            )


def solve(
    ground: GroundCost,
    p: Floats | None,
    q: Floats | None,
    options: SolverOptions,
    /,
    *,
    device: Array | None = None,
) -> Optimum:
    """Certified optimum between points, in the scaled unit of the ground cost.

    Args:
        ground: The costs between the points.
        p: Masses of the sources, summing to 1; None for equal ones.
        q: Masses of the targets, likewise.
        options: Method, time limit and progress bar.
        device: An array on the device that computes reduced costs; None for the CPU.

    Returns:
        The optimum.

    Raises:
        DistributionError: If a distance is too large for a float, or memory for the dense method
            too small.
        SolverError: If the solver did not finish, or the gap is too large to certify the plan.
    """
    n, m = ground.shape
    if options.method is None:
        closed_form = closed_form_optimum(ground, p, q)
        if closed_form is not None:
            return closed_form
    coincident = CoincidentPoints.find(ground)
    if coincident is not None:
        return _solve_merged(coincident, ground, (p, q), options, device)
    p, q = np.full(n, 1 / n) if p is None else p, np.full(m, 1 / m) if q is None else q
    return _solve_distinct(ground, p, q, options, device)


def _solve_merged(
    coincident: CoincidentPoints,
    ground: GroundCost,
    masses: tuple[Floats | None, Floats | None],
    options: SolverOptions,
    device: Array | None,
) -> Optimum:
    """Certified optimum from that between the distinct points."""
    sides = coincident.sources, coincident.targets
    p, q = (side.masses(mass) for side, mass in zip(sides, masses, strict=True))
    distinct, common = coincident.merged(ground), None
    if ground.order == 1 and ground.metric in METRICS:
        common = CommonMass.of(p, q, coincident.shared_places(ground))
    if common is None:
        optimum = _solve_distinct(distinct, p, q, options, device)
    elif common.moved == 0:
        optimum = common.restored(None, distinct, p, q)
    else:
        rows, cols = common.moving
        moving = common.p[rows] / common.p.sum(), common.q[cols] / common.q.sum()
        rest = distinct.subset(rows, cols)
        solved = _solve_distinct(rest, *moving, options, device, mass=common.moved)
        optimum = common.restored(solved, distinct, p, q)
    every = (
        np.full(len(side.place), 1 / len(side.place)) if mass is None else mass
        for side, mass in zip(sides, masses, strict=True)
    )
    return coincident.separated(optimum, *every, unit_exponent=ground.exponent)


def _solve_distinct(
    ground: GroundCost,
    p: Floats,
    q: Floats,
    options: SolverOptions,
    device: Array | None,
    *,
    mass: float = 1.0,
) -> Optimum:
    """Certified optimum by the dense method or by column generation.

    Args:
        ground: The costs between the points.
        p: Masses of the sources, summing to 1.
        q: Masses of the targets, likewise.
        options: Method, time limit and progress bar.
        device: An array on the device that computes reduced costs; None for the CPU.
        mass: Total mass in the caller's unit, for the bounds in messages.

    Returns:
        The optimum.

    Raises:
        SolverError: If the solver did not finish, or the gap is too large to certify the plan.
    """
    limit = math.inf if options.time_limit is None else float(options.time_limit)
    monitor = ProgressMonitor(ground, limit, options.progress, mass)
    if device is None:
        max_pairs = math.inf if options.method == "dense" else MAX_TABLE_PAIRS
        table = TabulatedCost.tabulated(ground, max_pairs=max_pairs, check=monitor.check)
        if table is not None:
            return table.certified(_solve_by_method(table, p, q, options, monitor), p, q)
    return _solve_by_method(ground, p, q, options, monitor, device)


def _solve_by_method(
    ground: GroundCost,
    p: Floats,
    q: Floats,
    options: SolverOptions,
    monitor: ProgressMonitor,
    device: Array | None = None,
) -> Optimum:
    """Certified optimum by the given method, or the faster one."""
    if options.method == "dense":
        return _solve_dense(ground, p, q)
    dense = None
    tabulated = isinstance(ground, TabulatedCost)
    pairs = math.prod(ground.shape)
    try_dense = pairs <= MAX_DENSE_TABLE_PAIRS if tabulated else dense_is_faster(ground)
    if options.time_limit is not None and pairs > MAX_DENSE_PAIRS:
        try_dense = False  # it cannot be stopped
    if options.method is None and try_dense:
        # For costs over many orders of magnitude, the dense method fails or its gap is their
        # rounding. Column generation computes reduced costs relative to the potentials.
        with contextlib.suppress(SolverError):
            dense = _solve_dense(ground, p, q)
            if dense.gap <= MAX_DENSE_RELATIVE_GAP * dense.cost:
                return dense
    return _solve_by_columns(ground, p, q, monitor, device, dense)


def _solve_by_columns(
    ground: GroundCost,
    p: Floats,
    q: Floats,
    monitor: ProgressMonitor,
    device: Array | None,
    dense: Optimum | None,
) -> Optimum:
    """Certified optimum by column generation, or by the dense method where its proof is better.

    Returns:
        The optimum of the smaller gap.

    Raises:
        SolverError: If no method certifies its plan, or the time limit has passed.
    """
    candidates, failure = [] if dense is None else [dense], None
    try:
        candidates.append(column_transport(ground, p, q, monitor=monitor, device=device))
    except SolverError as error:
        failure = error
    is_poor = all(c.gap > MAX_DENSE_RELATIVE_GAP * c.cost for c in candidates)
    if is_poor and dense is None and math.prod(ground.shape) <= MAX_EXACT_PAIRS:
        with contextlib.suppress(SolverError):  # exact arithmetic needs no range of floats
            monitor.check()  # of the time limit
            candidates.append(_solve_dense(ground, p, q, monitor.check))
    if failure is not None and not candidates:
        raise failure
    return min(candidates, key=attrgetter("gap"))


def _solve_dense(ground: GroundCost, p: Floats, q: Floats, check: Check = no_check) -> Optimum:
    """Certified optimum from the matrix of all costs."""
    require_memory(*ground.shape)
    cost = ground.table if isinstance(ground, TabulatedCost) else matrix(ground)
    if ground.length_exponent > 1000:  # smaller units cannot overflow
        ground.distance(float(cost.max()))
    return dense_transport(p, q, cost, unit_exponent=ground.exponent, check=check)
