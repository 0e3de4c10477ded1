"""Optimal flow on a line or a circle of bins, in closed form.

The flow past each gap between neighboring bins is the difference of the cumulative masses. On a
circle, a constant is free, and the optimal one is the median of these flows, weighted by the
lengths of the gaps.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from itertools import accumulate

import numpy as np

from divergences._transport.certificate import (
    EPS,
    MAX_RELATIVE_GAP,
    SMALLEST_SUBNORMAL,
    Arcs,
)
from divergences._transport.exact_arithmetic import ExactExcess, ExactSupply
from divergences._transport.network_flow import flow_gap, moves_of
from divergences._typing import Floats
from divergences.grids._flow import LatticeFlow


def line_flow(gaps: Floats, supply: Floats, exact_supply: ExactSupply, /) -> LatticeFlow:
    """Optimal flow between bins with its certificate.

    Where cumulative sums in floats leave the cost open, they are computed in integers.

    Args:
        gaps: Distance of each bin from the next one; with as many as bins, the last one is that
            from the last bin to the first.
        supply: Supply of each bin less its demand, not all 0, shape ``(n,)``.
        exact_supply: Function that returns the supply without rounding.

    Returns:
        The optimum.
    """
    flow = np.cumsum(supply)[: len(gaps)]
    if len(gaps) == len(supply):
        flow = flow - flow[_weighted_median(flow, gaps)]
    optimum = _optimum(flow, gaps, supply)
    if optimum.gap <= MAX_RELATIVE_GAP * optimum.cost:
        return optimum
    flow, moves = _exact_flow(gaps, exact_supply())
    optimum = _optimum(flow, gaps, supply)
    # No sum or difference was rounded: the flow, its products with the gaps and their sum were.
    gap = 8 * EPS * optimum.cost + len(gaps) * SMALLEST_SUBNORMAL
    return replace(optimum, gap=gap, exact_proof=True, moves=moves)


def _exact_flow(gaps: Floats, supply: ExactExcess) -> tuple[Floats, Arcs]:
    """Flow past each gap, and the moves that it consists of, rounded once."""
    numerators = supply.numerators.tolist()
    flow, start = list(accumulate(numerators))[: len(gaps)], 0
    if len(gaps) == len(numerators):
        gap = _weighted_median(supply.shares(np.array(flow, dtype=object)), gaps)
        flow, start = [passed - flow[gap] for passed in flow], gap + 1  # nothing passes the gap
    pairs = _matched_in_order(numerators, start)
    masses = supply.shares(np.array([mass for *_, mass in pairs], dtype=object))
    moves = moves_of([
        (i, j, mass) for (i, j, _), mass in zip(pairs, masses.tolist(), strict=True)
    ])
    return supply.shares(np.array(flow, dtype=object)), moves


def _matched_in_order(supply: list[int], start: int) -> list[tuple[int, int, int]]:
    """Sources, targets and masses along a line of bins, or a circle from one on, in order."""
    n, moves = len(supply), []
    waiting: deque[tuple[int, int]] = deque()  # bins before whose supply, or demand, is unmet
    for node in ((start + step) % n for step in range(n)):
        rest = supply[node]
        while rest and waiting and (waiting[0][1] > 0) != (rest > 0):
            other, open_mass = waiting.popleft()
            mass = min(abs(rest), abs(open_mass))
            moves.append((other, node, mass) if rest < 0 else (node, other, mass))
            rest += mass if rest < 0 else -mass
            open_mass += mass if open_mass < 0 else -mass
            if open_mass:
                waiting.appendleft((other, open_mass))
        if rest:
            waiting.append((node, rest))
    return moves


def _optimum(flow: Floats, gaps: Floats, supply: Floats) -> LatticeFlow:
    """The optimum of the flow past each gap."""
    n = len(supply)
    ties = _slope_of_ties(flow, gaps) if len(gaps) == n else 0.0
    slopes = np.where(flow == 0, ties, -np.sign(flow))
    potential = np.append(0.0, np.cumsum(slopes * gaps))[:n]
    potential -= (potential.max() + potential.min()) / 2
    starts = np.arange(len(gaps))
    ends = (starts + 1) % n
    potential /= _steepest(potential[starts], potential[ends], gaps)
    used = np.flatnonzero(flow)
    right = flow[used] > 0
    starts, ends = starts[used], ends[used]
    tails, heads = np.where(right, starts, ends), np.where(right, ends, starts)
    arcs = Arcs(tails, heads, np.abs(flow[used]), gaps[used])
    gap, _ = flow_gap(arcs, supply, potential, diameter=float(gaps.sum()))
    return LatticeFlow(arcs, potential, arcs.total_cost(), gap)


def _steepest(left: Floats, right: Floats, gaps: Floats) -> float:
    """Largest slope across a gap, at least 1, and rounded up unless the slopes are exact."""
    drops = left - right
    subtracted = left - drops
    error = (left - (drops + subtracted)) + (subtracted - right)  # Knuth's exact difference
    steepest = float((np.abs(drops) / gaps).max())
    if steepest <= 1 and not error.any() and (np.abs(drops) <= gaps).all():
        return 1.0
    return max(1.0, steepest) * (1 + 8 * EPS)


def _weighted_median(values: Floats, weights: Floats) -> int:
    """Index of a value with at most half of the weight below it, and at most half above it."""
    order = np.argsort(values, kind="stable")
    cumulative = np.cumsum(weights[order])
    return int(order[np.searchsorted(cumulative, cumulative[-1] / 2)])


def _slope_of_ties(flow: Floats, gaps: Floats) -> float:
    """Slope of the potential across gaps without flow, with which it closes around the circle."""
    rise = float(-np.sign(flow) @ gaps)
    tied = float(gaps[flow == 0].sum())
    return min(max(-rise / tied, -1.0), 1.0) if tied else 0.0
