r"""Lipschitz extension of potentials on the line, in the time of a sort.

.. math:: \min_j \big( |z - y_j| - v_j \big) = \min \Big( z + \min_{y_j \le z} (-y_j - v_j), \;
    -z + \min_{y_j > z} (y_j - v_j) \Big)
"""

import numpy as np

from divergences._transport.one_dimensional.ordering import sorting_permutation
from divergences._typing import Floats, Indices


def line_extension(z: Floats, y: Floats, potential: Floats, /) -> tuple[Indices, Floats]:
    """Minimum over j of ``|z - y[j]| - potential[j]`` at each z.

    Args:
        z: Points, shape ``(k,)``.
        y: Targets, shape ``(m,)``.
        potential: Potentials of the targets, shape ``(m,)``.

    Returns:
        Index j that attains the minimum up to rounding, and the minimum, both of shape ``(k,)``.
    """
    order = sorting_permutation(y)
    ordered, values = y[order], potential[order]
    below = _running_minimizer(-ordered - values)
    above = len(y) - 1 - _running_minimizer((ordered - values)[::-1])[::-1]
    count = np.searchsorted(ordered, z, side="right")  # targets up to each point
    candidates = (
        order[below[np.maximum(count - 1, 0)]],
        order[above[np.minimum(count, len(y) - 1)]],
    )
    first, second = (np.abs(z - y[j]) - potential[j] for j in candidates)
    return np.where(first <= second, *candidates), np.minimum(first, second)


def _running_minimizer(values: Floats) -> Indices:
    """Index of the least of the first k + 1 values, for each k."""
    indices = np.arange(len(values))
    is_least = values == np.minimum.accumulate(values)
    return np.asarray(np.maximum.accumulate(np.where(is_least, indices, 0)))
