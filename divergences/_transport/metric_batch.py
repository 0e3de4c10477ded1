"""Costs of many small transport problems under one metric, certified together.

Under a metric, mass that sources and targets share stays where it is, so that the excess of one
over the other is all that moves. The network simplex solves each problem; potentials, dual values
and marginals of all of them are then checked as arrays, which hold one problem after the other.
"""

import math
from dataclasses import dataclass

import numpy as np

from divergences._transport.certificate import EPS, MAX_RELATIVE_GAP
from divergences._transport.network_simplex import compiled_simplex
from divergences._typing import Floats, Indices

MAX_NODES = 256  # beyond them, a problem takes longer than its certificate by itself
MAX_BLOCK_ENTRIES = 1 << 14  # of masses at every node, so that arrays of pairs stay in the cache
MAX_PIVOTS = 10**6
OPTIMAL = 1  # POT's result code
NOT_CENTRED = 0  # POT's potentials as they are


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
    moved = np.maximum(excess, 0.0).sum(axis=1)
    costs = np.where(excess.any(axis=1), np.nan, 0.0)
    moving = np.flatnonzero((moved > 0) & (excess < 0).any(axis=1))
    rows = max(1, MAX_BLOCK_ENTRIES // len(distances))
    for start in range(0, len(moving), rows):
        block = moving[start : start + rows]
        problems = _Problems.of(excess[block] / moved[block, None])
        costs[block] = problems.certified_costs(distances)
    total: Floats = np.ldexp(costs * moved, exponent)
    return total


@dataclass(frozen=True, slots=True)
class _Side:
    """Sources, or targets, of a block of problems, one problem after the other.

    Attributes:
        problem: Problem of each.
        node: Node of each.
        mass: Mass of each.
        starts: Index of the first one of each problem, and their number.
    """

    problem: Indices
    node: Indices
    mass: Floats
    starts: Indices

    @classmethod
    def of(cls, masses: Floats, nodes: Indices) -> "_Side":
        """The positive masses of each row, and their nodes."""
        problem, place = np.nonzero(masses > 0)
        starts = np.searchsorted(problem, np.arange(len(masses) + 1))
        return cls(problem, nodes[problem, place], masses[problem, place], starts)

    def sums(self, values: Floats) -> Floats:
        """Sum of values over the nodes of each problem."""
        totals: Floats = np.add.reduceat(values, self.starts[:-1])
        return totals


@dataclass(frozen=True, slots=True)
class _Problems:
    """A block of problems, each with a source and a target at least.

    Pairs of a source and a target stand in the order of the sources, then of the targets.

    Attributes:
        sources: The sources.
        targets: The targets.
        n_targets: Number of targets of each source's problem.
        target: Target of each pair.
        first: Index of the first pair of each source.
    """

    sources: _Side
    targets: _Side
    n_targets: Indices
    target: Indices
    first: Indices

    @classmethod
    def of(cls, excess: Floats) -> "_Problems":
        """The problems of rows of excess mass."""
        # The simplex takes fewer pivots where small masses come first.
        nodes = np.argsort(excess, axis=1)
        ascending = np.take_along_axis(excess, nodes, axis=1)
        sources = _Side.of(ascending, nodes)
        targets = _Side.of(-ascending[:, ::-1], nodes[:, ::-1])
        n_targets = np.diff(targets.starts)[sources.problem]
        ends = np.cumsum(n_targets)
        first = ends - n_targets
        target = np.arange(ends[-1])
        target += np.repeat(targets.starts[sources.problem] - first, n_targets)
        return cls(sources, targets, n_targets, target, first)

    def certified_costs(self, distances: Floats) -> Floats:
        """Cost of each problem, NaN where the gap is too large."""
        sources, targets = self.sources, self.targets
        pairs = np.repeat(sources.node * len(distances), self.n_targets)
        pairs += targets.node.take(self.target)
        pair_costs = distances.ravel().take(pairs)
        costs, plan, height = self._optimal_plans(pair_costs)
        # Rounded down, so that no pair of a source and a target costs less than their potentials.
        least = np.minimum.reduceat(pair_costs + height.take(self.target), self.first)
        potential = np.nextafter(least, -np.inf)
        taken = np.add.reduceat(plan, self.first)
        brought = np.bincount(self.target, plan, len(height))
        lost = sources.sums(np.abs(taken - sources.mass))
        lost += targets.sums(np.abs(brought - targets.mass))
        dual = sources.sums(potential * sources.mass) - targets.sums(height * targets.mass)
        size = sources.sums(np.abs(potential) * sources.mass)
        size += targets.sums(np.abs(height) * targets.mass)
        # Mass that a plan does not move could cost as much as the largest distance.
        largest = float(distances.max())
        gap = np.abs(costs - dual) + lost * largest
        rounding = 8 * EPS * (largest + costs + size)
        is_proved = gap + rounding <= MAX_RELATIVE_GAP * costs
        return np.where(is_proved, costs, np.nan)

    def _optimal_plans(self, pair_costs: Floats) -> tuple[Floats, Floats, Floats]:
        """Solve each problem.

        Returns:
            Cost of each plan, NaN without one; mass of each pair; negative potential of each
            target.
        """
        emd_c = compiled_simplex().emd_c
        sources, targets = self.sources, self.targets
        scale = sources.sums(sources.mass) / targets.sums(targets.mass)
        supply, demand = sources.mass, targets.mass * scale[targets.problem]
        pair_starts = np.append(self.first, len(pair_costs))[sources.starts]
        s, t, c = (a.tolist() for a in (sources.starts, targets.starts, pair_starts))
        costs, plans, heights = np.empty(len(scale)), [], []
        for k in range(len(scale)):
            cost = pair_costs[c[k] : c[k + 1]].reshape(s[k + 1] - s[k], t[k + 1] - t[k])
            masses = supply[s[k] : s[k + 1]], demand[t[k] : t[k + 1]]
            plan, total, u, v, status = emd_c(*masses, cost, MAX_PIVOTS, NOT_CENTRED)
            costs[k] = total if status == OPTIMAL else np.nan
            plans.append(plan.ravel())
            heights.append(-u[0] - v)  # free up to a constant; small ones round less
        return costs, np.concatenate(plans), np.concatenate(heights)
