"""Cycles of a flow, canceled so that a plan has at most ``n + m - 1`` arcs."""

from collections.abc import Iterable
from itertools import pairwise
from typing import TypeVar

Arc = tuple[int, int]
Mass = TypeVar("Mass", int, float)


def without_cycles(flow: Iterable[tuple[int, int, Mass]], n: int, /) -> dict[Arc, Mass]:
    """Flow of the same marginals on a forest; the cost is the same if all arcs are tight.

    Args:
        flow: Source, target and positive mass of each arc.
        n: Number of sources.

    Returns:
        Mass of each arc, above 0.
    """
    forest: dict[int, dict[int, Mass]] = {}  # targets are numbered from n
    for i, j, mass in flow:
        path: list[int] = _path(forest, n + j, i)
        forest.setdefault(i, {})[n + j] = mass
        forest.setdefault(n + j, {})[i] = mass
        if path:
            _cancel(forest, [i, *path])
    return {(i, j - n): mass for i, row in forest.items() if i < n for j, mass in row.items()}


def _path(forest: dict[int, dict[int, Mass]], start: int, end: int) -> list[int]:
    """Nodes of the path between two nodes of the forest; none if there is no path."""
    previous = {start: start}
    stack = [start]
    while stack and end not in previous:
        node = stack.pop()
        for neighbour in forest.get(node, ()):
            if neighbour not in previous:
                previous[neighbour] = node
                stack.append(neighbour)
    if end not in previous:
        return []
    path = [end]
    while path[-1] != start:
        path.append(previous[path[-1]])
    return path[::-1]


def _cancel(forest: dict[int, dict[int, Mass]], cycle: list[int]) -> None:
    """Shift mass around a cycle until an arc is empty, and remove the empty arcs."""
    arcs = list(pairwise(cycle))
    change = min(forest[a][b] for a, b in arcs[1::2])
    for position, (a, b) in enumerate(arcs):
        mass = forest[a][b] + (change if position % 2 == 0 else -change)
        for start, end in ((a, b), (b, a)):
            if mass:
                forest[start][end] = mass
            else:
                del forest[start][end]
