"""Distribution functions on the line in integers, and the monotone coupling."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from divergences._typing import Floats, Indices

Integers = NDArray[np.int64] | NDArray[np.object_]


def integer_cdfs(
    p: Floats | None, q: Floats | None, x_order: Indices, y_order: Indices, /
) -> tuple[Integers, Integers, int]:
    """Both distribution functions at the sorted points, times a common total.

    With weights they are Python integers. Plan and signs of F - G are then exact, also for n != m
    and for weights of very different sizes.

    Args:
        p: Masses of x; None for equal ones.
        q: Masses of y, likewise.
        x_order: Permutation that sorts x in ascending order.
        y_order: Permutation that sorts y.

    Returns:
        Cumulative masses of x, shape ``(n,)``, and of y, shape ``(m,)``; and their common total.
    """
    n, m = len(x_order), len(y_order)
    if p is None and q is None:
        return m * np.arange(1, n + 1), n * np.arange(1, m + 1), n * m
    x_sums = np.cumsum(_integer_weights(np.ones(n) if p is None else p)[x_order])
    y_sums = np.cumsum(_integer_weights(np.ones(m) if q is None else q)[y_order])
    return x_sums * y_sums[-1], y_sums * x_sums[-1], x_sums[-1] * y_sums[-1]


def _integer_weights(weights: Floats) -> NDArray[np.object_]:
    """Python integers in the exact proportions of the weights."""
    mantissas, exponents = np.frexp(weights)
    shifts = exponents - exponents[weights > 0].min()
    integers = np.ldexp(mantissas, 53).astype(np.int64)
    return np.array(
        [int(i) << max(0, int(shift)) for i, shift in zip(integers, shifts, strict=True)], object
    )


def compensated_cumsum(terms: Any, corrections: Any = 0.0, /) -> Any:
    """Cumulative sums of ``terms + corrections``, each rounded about once, in the terms' type."""
    sums = np.cumsum(terms)
    previous = np.concatenate([[0.0], sums[:-1]])
    return sums + np.cumsum(rounding_error(previous, terms, sums) + corrections)


def rounding_error(a: Any, b: Any, total: Any, /) -> Any:
    """Exact difference of ``a + b`` and its rounded value ``total`` (Knuth's two-sum)."""
    b_rounded = total - a
    return (a - (total - b_rounded)) + (b - b_rounded)


def monotone_coupling(
    x_cumulative: Integers, y_cumulative: Integers, /
) -> tuple[Indices, Indices, Integers]:
    """Rows, columns and masses of the monotone coupling of sorted points: up to n + m - 1 arcs."""
    # Not union1d, whose hash table takes 500 times as long for multiples of one number.
    levels = np.sort(np.concatenate([x_cumulative, y_cumulative]), kind="stable")
    mass = np.diff(levels, prepend=0)
    levels, mass = levels[mass > 0], mass[mass > 0]
    return np.searchsorted(x_cumulative, levels), np.searchsorted(y_cumulative, levels), mass
