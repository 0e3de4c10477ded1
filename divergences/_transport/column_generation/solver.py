"""The column method from ground cost and masses to the proved plan."""

from dataclasses import replace

import numpy as np

from divergences._transport.certificate import EPS
from divergences._transport.column_generation.block_pricing import BlockPricing, Pricing
from divergences._transport.column_generation.dual_ascent import Solution
from divergences._transport.column_generation.euclidean_pricing import EuclideanPricing
from divergences._transport.column_generation.multiscale import crude_cost, solved
from divergences._transport.column_generation.negligible_mass import with_light
from divergences._transport.column_generation.progress import ProgressMonitor
from divergences._transport.ground import GroundCost
from divergences._transport.result import Optimum, proved
from divergences._typing import Array, Floats

TOLERANCE = 1e-13  # of the cost, between the bounds; the last rounds usually close it altogether


def column_transport(
    ground: GroundCost,
    p: Floats,
    q: Floats,
    /,
    *,
    watch: ProgressMonitor,
    device: Array | None = None,
) -> Optimum:
    """The optimal plan between masses ``p`` and ``q`` under a ground cost, with its proof.

    Args:
        ground: The costs.
        p: Masses of the sources, summing to 1.
        q: Masses of the targets, summing to 1.
        watch: Who is told of the progress, and who may end it.
        device: An array on the device that prices the pairs; None for the CPU.

    Returns:
        The result, in the scaled unit of the ground cost.

    Raises:
        SolverError: If the time is up, which tells a bracket of the optimum, or the potentials do not
            prove the plan optimal.
        KeyboardInterrupt: With the bracket, if interrupted.
    """
    # What weighs less than the rounding of the whole takes part only when the potentials are known.
    rows, cols = np.flatnonzero(p > EPS), np.flatnonzero(q > EPS)
    full = len(rows) == len(p) and len(cols) == len(q)
    carried = ground if full else ground.subset(rows, cols)
    with watch.shown():
        try:
            summit = _summit(_pricing(carried, device), p[rows], q[cols], watch)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"interrupted: {watch.sentence()}") from None
    u, v = summit.potentials
    # A slack is computed from costs and potentials with three roundings.
    u = u - 4 * EPS * (np.abs(u) + np.abs(v).max())
    plan = replace(summit.plan, rows=rows[summit.plan.rows], cols=cols[summit.plan.cols])
    plan, potentials = with_light(ground, p, q, plan, (rows, cols), (u, v))
    return proved(plan, p, q, potentials, slack=0.0, exponent=0, unit=ground.exponent)


def _summit(pricing: Pricing, p: Floats, q: Floats, watch: ProgressMonitor) -> Solution:
    """The optimum between points that all carry mass."""
    p, q = p / p.sum(), q / q.sum()
    watch.known(0.0, crude_cost(pricing, p, q), 0)
    return solved(pricing, p, q, watch, tolerance=TOLERANCE, told=True)


def _pricing(ground: GroundCost, device: Array | None) -> Pricing:
    """The fastest way to look at all pairs."""
    if ground.metric in ("euclidean", "sqeuclidean") and ground.order == 1:
        return EuclideanPricing.of(ground, device)
    return BlockPricing(ground)
