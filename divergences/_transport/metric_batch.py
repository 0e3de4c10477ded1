"""Costs of many small transport problems under one metric, certified together.

Under a metric, mass that sources and targets share stays where it is, so that the excess of one
over the other is all that moves. The network simplex solves each problem; potentials, dual values
and marginals of all of them are then checked as arrays.
"""

import math
from typing import Any

import numpy as np

from divergences._transport.certificate import EPS, MAX_RELATIVE_GAP
from divergences._transport.network_simplex import compiled_simplex
from divergences._typing import Floats, Indices

MAX_NODES = 256  # beyond them, a problem takes longer than its certificate by itself
MAX_BLOCK_ENTRIES = 1 << 16  # of masses at every node, which stay in the cache
MAX_PIVOTS = 10**6
OPTIMAL = 1  # POT's result code


def metric_costs(excess: Floats, distances: Floats, /) -> Floats:
    """Optimal costs of transporting an excess of mass, in the unit of the distances.

    Args:
        excess: Mass of sources less that of targets, of total 0 up to rounding, shape ``(k, n)``.
        distances: A metric, or one without symmetry, shape ``(n, n)``; all finite.

    Returns:
        Costs, shape ``(k,)``; NaN where a cost could not be certified.
    """
    exponent = math.frexp(float(distances.max()))[1]  # POT compares with absolute thresholds
    distances = np.ldexp(distances, -exponent)
    moved = excess.sum(axis=1, where=excess > 0)
    excess = excess / np.where(moved > 0, moved, 1.0)[:, None]
    rows = max(1, MAX_BLOCK_ENTRIES // len(distances))
    blocks = [excess[start : start + rows] for start in range(0, len(excess), rows)]
    costs = [_certified_costs(block, distances) for block in blocks]
    total: Floats = np.ldexp(np.concatenate([*costs, np.empty(0)]) * moved, exponent)
    return total


def _certified_costs(excess: Floats, distances: Floats) -> Floats:
    """Costs of a block of problems, NaN where the gap is too large."""
    plans = _Plans.optimal(excess, distances)
    # Rounded down, so that no pair of a source and a target costs less than their potentials.
    potential = np.nextafter(_least_sums(distances, plans.potential), -np.inf)
    sources = excess > 0
    at_target = np.where(np.isfinite(plans.potential), plans.potential, 0.0)
    potential = np.where(sources, potential, at_target)
    size = np.abs(potential)
    # Mass that a plan does not move could cost as much as the largest distance.
    largest = float(distances.max())
    unmoved = np.abs(plans.excess - excess).sum(axis=1) * largest
    gap = np.abs(plans.costs - (potential * excess).sum(axis=1)) + unmoved
    rounding = 8 * EPS * (largest + plans.costs + (size * np.abs(excess)).sum(axis=1))
    is_proved = (gap + rounding <= MAX_RELATIVE_GAP * plans.costs) | ~excess.any(axis=1)
    return np.where(is_proved, plans.costs, np.nan)


def _least_sums(distances: Floats, potential: Floats) -> Floats:
    """Minimum over targets of the distance to a target plus its potential, shape ``(k, n)``."""
    least, sums = np.full(potential.shape, np.inf), np.empty(potential.shape)
    for target in np.flatnonzero((potential < np.inf).any(axis=0)):
        np.add(potential[:, target, None], distances[:, target], out=sums)
        np.minimum(least, sums, out=least)
    return least


class _Plans:
    """Optimal plans of a block of problems, by what is needed to certify them.

    Attributes:
        costs: Cost of each plan, shape ``(k,)``; 0 without mass, NaN without a plan.
        excess: Mass that each plan takes from a node, less that it brings, shape ``(k, n)``.
        potential: Negative potential of each target, inf at other nodes, shape ``(k, n)``; 0
            without targets.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.costs = np.zeros(shape[0])
        self.excess = np.zeros(shape)
        self.potential = np.full(shape, np.inf)

    @classmethod
    def optimal(cls, excess: Floats, distances: Floats) -> "_Plans":
        """Solve each problem of a block."""
        plans, emd_c = cls(excess.shape), compiled_simplex().emd_c
        supply, demand = np.maximum(excess, 0.0), np.maximum(-excess, 0.0)
        totals = [part.sum(axis=1, keepdims=True) for part in (supply, demand)]
        demand *= totals[0] / np.where(totals[1] > 0, totals[1], 1.0)
        sources, targets = _positive(supply), _positive(demand)
        for row, (rows, cols) in enumerate(zip(sources, targets, strict=True)):
            if len(rows) and len(cols):
                masses = supply[row].take(rows), demand[row].take(cols)
                plans.solve(row, rows, cols, masses, distances, emd_c)
            else:
                plans.potential[row] = 0.0
        return plans

    def solve(
        self,
        row: int,
        rows: Indices,
        cols: Indices,
        masses: tuple[Floats, Floats],
        distances: Floats,
        emd_c: Any,
    ) -> None:
        """Solve one problem between its sources and targets."""
        costs = distances.take(rows, 0).take(cols, 1)
        plan, cost, u, v, status = emd_c(*masses, costs, MAX_PIVOTS, 1)
        self.costs[row] = cost if status == OPTIMAL else np.nan
        self.excess[row, rows] = np.add.reduce(plan, 1)
        self.excess[row, cols] = -np.add.reduce(plan, 0)
        self.potential[row, cols] = -u[0] - v  # free up to a constant; small ones round less


def _positive(values: Floats) -> list[Indices]:
    """Columns of the positive entries of each row."""
    rows, cols = np.nonzero(values > 0)
    return np.split(cols, np.searchsorted(rows, np.arange(1, len(values))))
