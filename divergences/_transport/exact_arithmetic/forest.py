"""Spanning forest of the arcs of a plan, on which flows and potentials are determined."""

from collections import defaultdict
from typing import NamedTuple

from divergences._typing import Indices


class Node(NamedTuple):
    """A node of the forest, and the arc to its parent.

    Attributes:
        is_source: Whether the node is a source; else it is a target.
        position: Index among the sources, or among the targets.
        parent: Index of the parent, which is on the other side; None for a root.
    """

    is_source: bool
    position: int
    parent: int | None


def spanning_forest(rows: Indices, cols: Indices, n: int, /) -> list[Node]:
    """Forest that spans all arcs, each tree in breadth-first order, parents before children.

    Args:
        rows: Source of each arc.
        cols: Target of each arc.
        n: Number of sources.

    Returns:
        The nodes; sources without arcs are trees of one node, targets without arcs are left out.
    """
    neighbours: dict[tuple[bool, int], list[int]] = defaultdict(list)
    for i, j in zip(rows.tolist(), cols.tolist(), strict=True):
        neighbours[True, i].append(j)
        neighbours[False, j].append(i)
    reached: set[tuple[bool, int]] = set()
    nodes: list[Node] = []
    for root in range(n):
        if (True, root) in reached:
            continue
        reached.add((True, root))
        tree = [Node(True, root, None)]
        for node in tree:  # grows while it is read
            for other in neighbours[node.is_source, node.position]:
                if (not node.is_source, other) not in reached:
                    reached.add((not node.is_source, other))
                    tree.append(Node(not node.is_source, other, node.position))
        nodes += tree
    return nodes
