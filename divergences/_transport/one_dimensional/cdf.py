"""Distribution functions on the line in whole numbers, and the monotone coupling they give."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from divergences._typing import Floats, Indices

Levels = NDArray[np.int64] | NDArray[np.object_]


def levels(
    p: Floats | None, q: Floats | None, x_order: Indices, y_order: Indices, /
) -> tuple[Levels, Levels, int]:
    """Both distribution functions after each sorted point, times the last return value.

    They are whole numbers, of Python where there are weights: that makes the plan and the signs of
    F - G exact, for n != m and for weights of any size beside each other, too.

    Args:
        p: Masses of x; None for equal ones.
        q: Masses of y, likewise.
        x_order: Places of the points of x in ascending order.
        y_order: Likewise of y.

    Returns:
        Levels of x, shape ``(n,)``, and of y, shape ``(m,)``; the total that both end at.
    """
    n, m = len(x_order), len(y_order)
    if p is None and q is None:
        return m * np.arange(1, n + 1), n * np.arange(1, m + 1), n * m
    x_sums = np.cumsum(_whole(np.ones(n) if p is None else p)[x_order])
    y_sums = np.cumsum(_whole(np.ones(m) if q is None else q)[y_order])
    return x_sums * y_sums[-1], y_sums * x_sums[-1], x_sums[-1] * y_sums[-1]


def _whole(weights: Floats) -> NDArray[np.object_]:
    """Python integers in the exact proportions of the weights."""
    digits, exponents = np.frexp(weights)
    shifts = exponents - exponents[weights > 0].min()
    whole = np.ldexp(digits, 53).astype(np.int64)
    return np.array([int(w) << max(0, int(s)) for w, s in zip(whole, shifts, strict=True)], object)


def cumulative(steps: Any, rests: Any = 0.0, /) -> Any:
    """Cumulative sums of ``steps + rests``, each rounded about once, in the type of the steps."""
    sums = np.cumsum(steps)
    before = np.concatenate([[0.0], sums[:-1]])
    # The rounding errors of these sums are summed beside them.
    return sums + np.cumsum(rounding(before, steps, sums) + rests)


def rounding(a: Any, b: Any, total: Any, /) -> Any:
    """What rounding took from ``total = a + b``, exactly (Knuth's two-sum)."""
    added = total - a
    return (a - (total - added)) + (b - added)


def staircase(x_levels: Levels, y_levels: Levels, /) -> tuple[Indices, Indices, Levels]:
    """Rows, columns and masses of the monotone coupling of sorted points: up to n + m - 1 arcs."""
    ends = np.union1d(x_levels, y_levels)
    mass = np.diff(ends, prepend=0)
    ends, mass = ends[mass > 0], mass[mass > 0]
    return np.searchsorted(x_levels, ends), np.searchsorted(y_levels, ends), mass
