"""Which solver takes a problem between points: the line, the dense method or columns."""

import contextlib
import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from divergences._transport.column_generation import ProgressMonitor, column_transport
from divergences._transport.ground import GroundCost
from divergences._transport.memory import require_memory
from divergences._transport.one_dimensional import convex_line_transport, line_transport
from divergences._transport.result import Optimum
from divergences._transport.simplex import dense_transport
from divergences._typing import Array, Floats
from divergences.errors import DistributionError, SolverError

Method = Literal["dense", "columns"]
DENSE = 1_500**2  # pairs up to which the dense method is the faster one
TIGHT = 1e-9  # gap, of the cost, with which its answer is taken as it is


@dataclass(frozen=True, slots=True)
class SolverOptions:
    """How a caller wants a problem solved.

    Attributes:
        method: The solver; None for the one that suits.
        time_limit: Seconds after which the column method gives up; None for never.
        progress: Whether the column method shows a progress bar.
    """

    method: Method | None
    time_limit: float | None
    progress: bool

    def __post_init__(self) -> None:
        """Refuse a method or a limit that there is not."""
        if self.method is not None and self.method not in get_args(Method):
            raise DistributionError(
                f'`method` must be "dense", "columns" or None, but is {self.method!r}'
            )
        if self.time_limit is not None and not self.time_limit > 0:
            raise DistributionError(
                f"`time_limit` must be above 0 seconds or None, but is {self.time_limit!r}"
            )
        if self.time_limit is not None and self.method == "dense":
            raise DistributionError(
                'the dense method cannot be stopped: use `time_limit` with `method="columns"` '
                "or None"
            )


def solved(
    ground: GroundCost,
    p: Floats | None,
    q: Floats | None,
    effort: SolverOptions,
    /,
    *,
    device: Array | None = None,
) -> Optimum:
    """The proved plan, in the scaled unit of the ground cost.

    Args:
        ground: The costs between the points.
        p: Masses of the sources, summing to 1; None for equal ones.
        q: Masses of the targets, likewise.
        effort: How to solve it.
        device: An array on the device that prices pairs; None for the CPU.

    Returns:
        The result.

    Raises:
        DistributionError: If a distance is too large for a float, or memory for the dense method
            too small.
        SolverError: If the solver did not finish, or the result could not be proved optimal.
    """
    n, m = ground.shape
    narrow = ground.narrowed  # points on a line along an axis have a closed form, too
    if effort.method is None and narrow.line_power is not None:
        return _on_the_line(narrow, p, q, narrow.line_power)
    p, q = np.full(n, 1 / n) if p is None else p, np.full(m, 1 / m) if q is None else q
    if effort.method == "dense":
        return _dense(ground, p, q)
    dense = None
    if effort.method is None and n * m <= DENSE:
        # Costs of many orders of magnitude are beyond the dense method: it refuses them, or proves
        # no more than their rounding. Columns measure them from the potentials that they have.
        with contextlib.suppress(SolverError):
            dense = _dense(ground, p, q)
            if dense.gap <= TIGHT * dense.cost:
                return dense
    limit = math.inf if effort.time_limit is None else effort.time_limit
    watch = ProgressMonitor(ground, limit, effort.progress)
    try:
        columns = column_transport(ground, p, q, watch=watch, device=device)
    except SolverError:
        if dense is None:
            raise
        return dense
    return columns if dense is None or columns.gap < dense.gap else dense


def _dense(ground: GroundCost, p: Floats, q: Floats) -> Optimum:
    """The proved plan from the matrix of all costs."""
    require_memory(*ground.shape)
    cost = ground.block(slice(None), slice(None))
    if ground.length > 1000:  # else no distance can exceed what a float holds
        ground.length_of(float(cost.max()))
    return dense_transport(p, q, cost, unit=ground.exponent)


def _on_the_line(ground: GroundCost, p: Floats | None, q: Floats | None, power: float) -> Optimum:
    """The proved plan in closed form."""
    x, y = ground.x[:, 0], ground.y[:, 0]
    if power == 1:
        return line_transport(x, y, p, q, unit=ground.exponent)
    return convex_line_transport(x, y, p, q, power=power, factor=ground.rest, unit=ground.exponent)
