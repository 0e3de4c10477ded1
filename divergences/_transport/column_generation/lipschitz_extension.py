"""Lipschitz extension of potentials of points of many coordinates, by products of matrices."""

import numpy as np

from divergences._transport.column_generation.c_transform import lowest_reduced_costs
from divergences._transport.column_generation.euclidean_pricing import (
    MAX_FLOAT64_DIMENSION,
    EuclideanPricing,
)
from divergences._transport.ground import GroundCost
from divergences._transport.row_blocks import map_row_blocks
from divergences._typing import Floats, Indices

MIN_COORDINATE_PAIRS = 1 << 30  # of fewer, distances from differences take less time


def extension_by_products(
    ground: GroundCost, potential: Floats, /
) -> tuple[Indices, Floats] | None:
    """Target of the minimum of distance minus potential for each source, and the minimum.

    A target of nearly the lowest value is found by products in float32. The targets that may have
    a lower value are those whose pair may have negative reduced cost at that value; their
    distances are computed from differences.

    Args:
        ground: Distances of sources and targets.
        potential: Potentials of the targets, shape ``(m,)``.

    Returns:
        Indices of targets and minima, shape ``(n,)``; None if the distance is not Euclidean, or
        the points are few or have few coordinates.
    """
    n, d = ground.x.shape
    if ground.metric != "euclidean" or d <= MAX_FLOAT64_DIMENSION:
        return None
    if n * len(potential) * d < MIN_COORDINATE_PAIRS:
        return None
    pricing = EuclideanPricing.of(ground, None)
    near, _ = lowest_reduced_costs(pricing, potential, 1)
    minimizer = near[:, 0].copy()
    minimum = ground.of_pairs(np.arange(n), minimizer) - potential[minimizer]
    price = pricing.pricer(minimum, potential, ground.of_pairs, 0.0)

    def lower_values(rows: slice) -> tuple[Indices, Indices, Floats]:
        priced = price(np.arange(n)[rows], slice(None))
        return priced.rows, priced.cols, priced.cost - potential[priced.cols]

    for rows, columns, values in map_row_blocks(lower_values, n, len(potential), pricing.threads):
        order = np.argsort(-values, kind="stable")  # of one source, the last written stays
        order = order[values[order] < minimum[rows[order]]]
        minimizer[rows[order]], minimum[rows[order]] = columns[order], values[order]
    return minimizer, minimum
