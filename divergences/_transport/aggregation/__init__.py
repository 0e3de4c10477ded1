"""Aggregation: lower and upper bounds of an EMD from a smaller problem between cells of points.

Each side is divided into cells of a k-d tree (`cells`). The optimal plan between their means,
divided among their points, is a plan of all points and its cost an upper bound; the potentials of
the cells, extended to a 1-Lipschitz function (`lipschitz_extension`), are feasible and their value
a lower bound. `solver` refines the cells until the bounds are close enough.

Source: Zipkin 1980, "Bounds for aggregating nodes in network problems", for the terms.
"""

from divergences._transport.aggregation.solver import optimum_within

__all__ = ["optimum_within"]
