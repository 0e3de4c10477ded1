"""Potentials that are 1-Lipschitz in exact arithmetic, from approximate ones.

Lengths are rounded down to multiples of one unit so large that every sum of them up to the largest
potential is exact in floating point. Shortest paths of these lengths are then computed without
rounding, and a potential of shortest paths is 1-Lipschitz along every arc.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from divergences.graphs._forest import SpanningForest

if TYPE_CHECKING:
    from divergences._typing import Floats, Indices
    from divergences.graphs._prepared import PreparedGraph

SMALLEST_UNIT = 2.0**-1074


def lipschitz_potential(graph: PreparedGraph, guess: Floats, excess: Floats, /) -> Floats:
    """The largest potential that is at most a guess at the targets, rounded down.

    Args:
        graph: The graph.
        guess: Approximate potential, of which the values at targets are used, shape ``(n,)``.
        excess: Mass of sources less that of targets, shape ``(n,)``.

    Returns:
        Potential f with ``f[i] - f[j] <= length`` for every arc from i to j as real numbers,
        shape ``(n,)``, in the unit of the graph's arcs.
    """
    support, targets = np.flatnonzero(excess), np.flatnonzero(excess < 0)
    if len(targets) == 0:
        return np.zeros(graph.n)
    start = guess[targets] - guess[targets].min()
    approximate = _shortest_paths(graph, graph.reversed_arcs.data, targets, start)[support]
    top = float(approximate[np.isfinite(approximate)].max())
    unit = unit_of_exact_sums(top)
    # Beyond the largest potential, a length bounds nothing.
    lengths = rounded_down(np.minimum(graph.reversed_arcs.data, 2 * top), unit)
    potential = _shortest_paths(graph, lengths, targets, rounded_down(start, unit))
    on_support = potential[support]
    highest = on_support[np.isfinite(on_support)].max()
    return centred(np.minimum(potential, highest), unit)


def forest_potential(forest: SpanningForest, flow: Floats, /) -> Floats:
    """The potential of a flow on a forest, 1-Lipschitz along its edges as real numbers.

    Args:
        forest: The forest.
        flow: Flow from each position to its parent, shape ``(n,)``.

    Returns:
        Potential by node, shape ``(n,)``.
    """
    slopes = np.sign(flow)
    approximate = forest.sums_from_root(slopes * forest.length)
    unit = unit_of_exact_sums(2 * float(np.abs(approximate).max()))
    exact = forest.sums_from_root(slopes * rounded_down(forest.length, unit))
    return centred(exact[forest.position], unit)


def cycles_potential(forest: SpanningForest, flow: Floats, circulation: Floats, /) -> Floats:
    """An approximate potential of a flow on a graph with a cycle in each component at most.

    Args:
        forest: A spanning forest of the graph.
        flow: Flow from each position to its parent, shape ``(n,)``.
        circulation: Flow from the head to the tail of each chord.

    Returns:
        Potential by node, shape ``(n,)``.
    """
    slopes = np.sign(flow)
    for cycle in forest.cycles:
        rising, falling = cycle.ascending, cycle.descending
        lengths = np.concatenate([forest.length[rising], forest.length[falling], [cycle.length]])
        signs = np.concatenate([
            slopes[rising],
            -slopes[falling],
            [np.sign(circulation[cycle.chord])],
        ])
        free = lengths[signs == 0].sum()
        # Around the cycle, the potential returns to itself: edges without flow make up for others.
        slope = -float(signs @ lengths) / free if free > 0 else 0.0
        slopes[rising] = np.where(slopes[rising] == 0, slope, slopes[rising])
        slopes[falling] = np.where(slopes[falling] == 0, -slope, slopes[falling])
    return forest.sums_from_root(slopes * forest.length)[forest.position]


def unit_of_exact_sums(largest: float, /) -> float:
    """The smallest power of two whose multiples up to a number are all floats."""
    return max(math.ldexp(1.0, math.frexp(largest)[1] - 53), SMALLEST_UNIT)


def rounded_down(lengths: Floats, unit: float, /) -> Floats:
    """Lengths of at least 0, rounded down to multiples of a power of two."""
    multiples: Floats = np.floor(lengths / unit) * unit
    return multiples


def centred(potential: Floats, unit: float, /) -> Floats:
    """A potential shifted to be around 0 by a multiple of the unit, without rounding."""
    middle = potential.min() / 2 + potential.max() / 2
    shifted: Floats = potential - math.floor(middle / unit) * unit
    return shifted


def _shortest_paths(
    graph: PreparedGraph, lengths: Floats, targets: Indices, start: Floats
) -> Floats:
    """Least of path length plus start value over the targets, inf where none is reached."""
    from scipy.sparse.csgraph import dijkstra

    arcs, n = graph.reversed_arcs, graph.n
    # One more node, from which each target is as far as its start value.
    joined = csr_array(
        (
            np.concatenate([lengths, start]),
            np.concatenate([arcs.indices, targets.astype(np.int32)]),
            np.concatenate([arcs.indptr, [arcs.nnz + len(targets)]]).astype(np.int32),
        ),
        shape=(n + 1, n + 1),
    )
    paths: Floats = dijkstra(joined, indices=[n])[0, :n]
    return paths
