"""Sorting of points on the line."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from divergences._typing import Floats, Indices


def sorting_permutation(values: Floats, /) -> Indices:
    """Permutation that sorts values in ascending order, equal ones in the order of their indices.

    Numpy's default sort is several times as fast as its stable one, but leaves the order of equal
    values to the processor, so that these are sorted again by index.

    Args:
        values: Shape ``(n,)``, finite.

    Returns:
        Indices, shape ``(n,)``.
    """
    n = len(values)
    if is_sorted(values):
        return np.arange(n)
    order = np.argsort(values)
    ordered = values[order]
    rises = ordered[1:] > ordered[:-1]
    if rises.all():
        return order
    run = np.zeros(n, np.int64)
    np.cumsum(rises, out=run[1:])
    keys = run * n + order
    keys.sort()
    return keys - run * n


def in_order(masses: Floats | None, order: Indices, /) -> Floats | None:
    """Masses in the order of sorted points; None for equal ones."""
    return None if masses is None else masses[order]


def sorted_values(values: Floats, /) -> Floats:
    """Values in ascending order, shape ``(n,)``; the array itself if it is sorted."""
    return values if is_sorted(values) else np.sort(values)


def is_sorted(values: NDArray[Any], /) -> bool:
    """Whether values are in ascending order."""
    return bool((values[1:] >= values[:-1]).all())
