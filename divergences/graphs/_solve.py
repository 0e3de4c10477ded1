"""Selection of the method for a problem on a graph, and its certified optimum."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from divergences._transport.certificate import EPS, MAX_RELATIVE_GAP, Arcs
from divergences._transport.simplex import MAX_EXACT_PAIRS
from divergences.errors import SolverError
from divergences.graphs._certificate import flow_gap, require_proved
from divergences.graphs._network import network_flow
from divergences.graphs._paths import flow_of_paths, path_optimum
from divergences.graphs._potential import (
    cycles_potential,
    forest_potential,
    lipschitz_potential,
)

if TYPE_CHECKING:
    from divergences._transport.exact_arithmetic import ExactSupply
    from divergences._typing import Floats
    from divergences.graphs._forest import SpanningForest
    from divergences.graphs._prepared import PreparedGraph

MAX_STARTS = 32  # of shortest paths, which take less than a flow on all arcs
MAX_PAIRS = 200_000  # of sources and targets, likewise
MAX_PAIRS_AFTER_FAILURE = 4_000_000  # where the flow on all arcs could not be certified
MAX_PATH_ENTRIES = 20_000_000  # distances from all sources, or to all targets, to every node
EMPTY = np.empty(0, dtype=np.intp)
NO_FLOW = Arcs(EMPTY, EMPTY, np.empty(0), np.empty(0))


@dataclass(frozen=True, slots=True)
class FlowOptimum:
    """Certified optimal flow, in the unit of the graph's arcs.

    Attributes:
        arcs: Tail, head, flow and length of the arcs of positive flow.
        potential: 1-Lipschitz potential, shape ``(n,)``.
        cost: Cost of the flow.
        gap: Upper bound of the cost minus the true optimum.
        plan: Mass moved from each source to each target, where the gap was proved without
            rounding, not by this potential; None otherwise.
    """

    arcs: Arcs
    potential: Floats
    cost: float
    gap: float
    plan: Arcs | None = None


def optimal_cost(graph: PreparedGraph, excess: Floats, exact_excess: ExactSupply, /) -> float:
    """Optimal cost of one problem on a graph without a closed form.

    Args:
        graph: The graph.
        excess: Mass of sources less that of targets, shape ``(n,)``.
        exact_excess: Function that returns the excess without rounding.

    Returns:
        The cost, in the unit of the graph's arcs.

    Raises:
        DistributionError: If some mass cannot reach any target.
        SolverError: If the solver did not finish, or the cost could not be certified as optimal.
    """
    if not excess.any():
        return 0.0
    if _is_local(excess):
        moved = float(excess[excess > 0].sum())
        return path_optimum(graph, excess, exact_excess)[0].cost * moved
    return optimal_flow(graph, excess, exact_excess).cost


def optimal_flow(
    graph: PreparedGraph, excess: Floats, exact_excess: ExactSupply, /
) -> FlowOptimum:
    """Optimal flow with its certificate.

    Args:
        graph: The graph.
        excess: Mass of sources less that of targets, shape ``(n,)``.
        exact_excess: Function that returns the excess without rounding.

    Returns:
        The optimum, in the unit of the graph's arcs.

    Raises:
        DistributionError: If some mass cannot reach any target.
        SolverError: If the solver did not finish, or the flow could not be certified as optimal.
    """
    if not excess.any():
        return FlowOptimum(NO_FLOW, np.zeros(graph.n), 0.0, 0.0)
    optimum = None
    if graph.closed_form is not None or not _is_local(excess):
        try:
            optimum = _flow_on_arcs(graph, excess)
        except SolverError:
            if not _fits_in_matrix(graph, excess):
                raise
    if optimum is not None and (
        optimum.gap <= MAX_RELATIVE_GAP * optimum.cost or not _is_exactly_solved(excess)
    ):
        return optimum
    return _flow_by_paths(graph, excess, exact_excess)


def _flow_on_arcs(graph: PreparedGraph, excess: Floats) -> FlowOptimum:
    """Certified optimum in closed form, or by a flow on all arcs."""
    if graph.closed_form is not None:
        arcs, potential = _closed_form_flow(graph, graph.closed_form, excess)
        # The errors of sums along the forest bound what moving the lost mass costs.
        lost = float(graph.closed_form.largest_errors(excess[None])[0])
        optimum = _certified(graph, excess, arcs, potential, np.zeros(graph.n))
        return replace(optimum, gap=optimum.gap + lost)
    arcs, guess = network_flow(graph, excess)
    potential = lipschitz_potential(graph, guess, excess)
    return _certified(graph, excess, arcs, potential, graph.radius)


def _certified(
    graph: PreparedGraph, excess: Floats, arcs: Arcs, potential: Floats, radius: Floats
) -> FlowOptimum:
    """The optimum of a flow and a 1-Lipschitz potential, if its gap is small."""
    gap, rounding = flow_gap(arcs, excess, potential, radius)
    require_proved(arcs, excess, gap, rounding, exponent=graph.exponent)
    return FlowOptimum(arcs, potential, arcs.total_cost(), gap)


def _is_local(excess: Floats) -> bool:
    """Whether shortest paths between sources and targets take less than a flow on the graph."""
    sources, targets = np.count_nonzero(excess > 0), np.count_nonzero(excess < 0)
    return bool(min(sources, targets) <= MAX_STARTS and sources * targets <= MAX_PAIRS)


def _fits_in_matrix(graph: PreparedGraph, excess: Floats) -> bool:
    """Whether shortest paths between sources and targets can be computed at all."""
    sources, targets = np.count_nonzero(excess > 0), np.count_nonzero(excess < 0)
    entries = min(sources, targets) * graph.n
    return bool(sources * targets <= MAX_PAIRS_AFTER_FAILURE and entries <= MAX_PATH_ENTRIES)


def _is_exactly_solved(excess: Floats) -> bool:
    """Whether a plan between few nodes may be computed in exact arithmetic."""
    sources, targets = np.count_nonzero(excess > 0), np.count_nonzero(excess < 0)
    return bool(sources * targets <= MAX_EXACT_PAIRS)


def _flow_by_paths(graph: PreparedGraph, excess: Floats, exact_excess: ExactSupply) -> FlowOptimum:
    """Certified optimum of a plan between few nodes, along shortest paths."""
    optimum, sources, targets = path_optimum(graph, excess, exact_excess)
    guess = np.zeros(graph.n)
    guess[targets] = -optimum.target_potential
    arcs = flow_of_paths(graph, optimum.arcs, sources, targets)
    moved = float(excess[excess > 0].sum())
    arcs = Arcs(arcs.rows, arcs.cols, arcs.mass * moved, arcs.cost)
    potential = lipschitz_potential(graph, guess, excess)
    cost, (gap, _) = arcs.total_cost(), flow_gap(arcs, excess, potential, graph.radius)
    if gap <= MAX_RELATIVE_GAP * cost:
        return FlowOptimum(arcs, potential, cost, gap)
    # Distances are sums of at most n lengths.
    excessive = max(cost - optimum.cost * moved, 0.0) + 2 * graph.n * EPS * cost
    gap = min(cost, optimum.gap * moved + excessive)
    plan = optimum.arcs
    plan = Arcs(sources[plan.rows], targets[plan.cols], plan.mass * moved, plan.cost)
    return FlowOptimum(arcs, potential, cost, gap, plan)


def _closed_form_flow(
    graph: PreparedGraph, forest: SpanningForest, excess: Floats
) -> tuple[Arcs, Floats]:
    """Flow and potential on a graph with at most one cycle in each component."""
    (upward,), (circulation,) = forest.flows(excess[None])
    parents = forest.order[np.maximum(forest.parent, 0)]
    tails = np.concatenate([forest.order, forest.chord_heads])
    heads = np.concatenate([parents, forest.chord_tails])
    flow = np.concatenate([upward, circulation])
    length = np.concatenate([forest.length, forest.chords])
    used = np.flatnonzero(flow)
    tails, heads, flow, length = (a[used] for a in (tails, heads, flow, length))
    forward = flow > 0
    starts, ends = np.where(forward, tails, heads), np.where(forward, heads, tails)
    arcs = Arcs(starts.astype(np.intp), ends.astype(np.intp), np.abs(flow), length)
    if len(forest.chords) == 0:
        return arcs, forest_potential(forest, upward)
    guess = cycles_potential(forest, upward, circulation)
    return arcs, lipschitz_potential(graph, guess, excess)
