"""Rows of numpy arrays in blocks that fit into the cache, and sums in one order.

A sum depends on the numbers of its row alone: not on how they are stored, on other rows, or on the
number of threads. Short rows lie along the first axis of a block, where all are added at once.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from divergences._typing import Floats

MAX_BLOCK_ENTRIES = 64_000  # long enough that threads seldom wait for the interpreter
MAX_SHORT_ROW = 64
FLOAT64 = np.dtype(np.float64)

Index = tuple[int | slice, ...]


def axis_of_outcomes(k: int, /) -> int:
    """Axis of a block that rows of k entries lie on: 0 for short rows, else 1."""
    return 0 if k <= MAX_SHORT_ROW else 1


def batch_slices(shape: tuple[int, ...], rows: int, /) -> Iterator[Index]:
    """Indices that divide a batch of some shape into parts of at most that many rows.

    Yields:
        Indices of the leading axes, the last of them a slice.
    """
    axis, inner = len(shape), 1
    while axis and inner * shape[axis - 1] <= rows:
        axis -= 1
        inner *= shape[axis]
    if axis == 0:
        yield ()
        return
    step = max(1, rows // inner)
    for outer in product(*map(range, shape[: axis - 1])):
        for start in range(0, shape[axis - 1], step):
            yield (*outer, slice(start, start + step))


def as_block(rows: Any, /) -> Floats:
    """Rows along the last axis of an array of any strides, as a contiguous float64 matrix."""
    k = rows.shape[-1]
    if axis_of_outcomes(k):
        return contiguous(rows).reshape(-1, k)
    if rows.ndim == 1:
        return contiguous(rows).reshape(k, 1)
    block = np.empty((k, *rows.shape[:-1]))
    np.copyto(np.moveaxis(block, 0, -1), rows)
    return block.reshape(k, -1)


def contiguous(array: Any, /) -> Floats:
    """The array as a contiguous and aligned one of float64: numpy sums others in parts."""
    flags = array.flags
    if array.dtype is FLOAT64 and flags.c_contiguous and flags.aligned:
        return array
    array = np.ascontiguousarray(array, dtype=np.float64)
    return array if array.flags.aligned else array.copy()


def row_sums(block: Floats, /, *, axis: int) -> Floats:
    """Sums over the axis of the outcomes; along the first axis, the block is overwritten."""
    if axis:
        return np.add.reduce(block, axis=1)
    n = len(block)
    while n > 1:
        half = n // 2
        head = block[:half]
        np.add(head, block[n - half : n], head)
        n -= half
    return block[0]
