"""Choice of the dense method by the time that a metric takes, and its matrix of costs."""

import math
import time

import numpy as np

from divergences._transport.ground import GroundCost
from divergences._transport.memory import BYTES_PER_PAIR, available_memory
from divergences._typing import Floats

MAX_DENSE_PAIRS = 1_500**2  # up to which the dense method is the faster one for every metric
MEASURED_PAIRS = 1 << 16
MATRIX_BLOCK_PAIRS = 1 << 18  # per call of a metric, to amortise the call within the caches
MAX_MEMORY_SHARE = 0.5  # of the available memory, for a method that the caller did not ask for
# Seconds on one core; only their ratios to the measured time of the metric count.
SIMPLEX_SECONDS_PER_PAIR = 2e-7  # of 1000 x 1000 points; grows with the root of their number
PRICING_SECONDS_PER_PAIR = 1e-8  # of one round of column generation, without the metric
PRICING_ROUNDS = 20  # a usual number of rounds that price all pairs


def dense_is_faster(ground: GroundCost, /) -> bool:
    """Whether the dense method is expected to be faster than column generation.

    The dense method computes each distance once, column generation once in each round. For metrics
    that take long per pair, a function or the great-circle distance, one block is timed.

    Args:
        ground: The costs between the points.

    Returns:
        True if so, and the matrix takes at most half of the available memory.
    """
    pairs = math.prod(ground.shape)
    if pairs <= MAX_DENSE_PAIRS:
        return True
    if not _is_slow(ground):
        return False
    memory = available_memory()
    if memory is not None and BYTES_PER_PAIR * pairs > MAX_MEMORY_SHARE * memory:
        return False
    seconds = _seconds_per_pair(ground)
    dense = seconds + SIMPLEX_SECONDS_PER_PAIR * math.sqrt(max(ground.shape) / 1000)
    return dense < PRICING_ROUNDS * (seconds + PRICING_SECONDS_PER_PAIR)


def _is_slow(ground: GroundCost) -> bool:
    """Whether the metric may take long per pair: a function, or the great-circle distance."""
    return callable(ground.metric) or ground.metric == "haversine"


def _seconds_per_pair(ground: GroundCost) -> float:
    """Measured time of one distance, the shorter of two blocks."""
    side = math.isqrt(MEASURED_PAIRS)
    rows, cols = (slice(0, min(side, size)) for size in ground.shape)
    times = []
    for _ in range(2):
        start = time.perf_counter()
        pairs = ground.block(rows, cols).size
        times.append((time.perf_counter() - start) / pairs)
    return min(times)


def matrix(ground: GroundCost, /) -> Floats:
    """Costs of all pairs, shape ``(n, m)``; a slow metric takes blocks of rows."""
    n, m = ground.shape
    size = max(1, MATRIX_BLOCK_PAIRS // m)
    if not _is_slow(ground) or size >= n:
        return ground.block(slice(None), slice(None))
    cost = np.empty((n, m))
    for start in range(0, n, size):
        rows = slice(start, start + size)
        cost[rows] = ground.block(rows, slice(None))
    return cost
