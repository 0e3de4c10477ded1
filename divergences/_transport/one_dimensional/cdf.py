"""Distribution functions on the line in integers, and the monotone coupling."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from divergences._transport.certificate import EPS
from divergences._transport.one_dimensional.ordering import is_sorted
from divergences._typing import Floats, Indices

Integers = NDArray[np.int64] | NDArray[np.object_]
ROUNDED_TOTAL = 2**61  # to whose fractions masses are rounded; twice it is within 64 bits
MAX_RELATIVE_COST_ROUNDING = 1e-13


class Levels(NamedTuple):
    """Cumulative masses of both sides at their sorted points, in units of a common total.

    Attributes:
        x: Shape ``(n,)``; the last is the total.
        y: Shape ``(m,)``, likewise.
        total: The total mass.
        rounding: Bound of the error of ``x[i] - y[j]``, relative to the total; 0 if exact.
    """

    x: Integers
    y: Integers
    total: int
    rounding: float = 0.0

    def rounding_matters(self, cost: float, largest_cost: float, power: float = 1.0, /) -> bool:
        """Whether rounded masses may change the cost by more than a relative 1e-13.

        Args:
            cost: Cost of the coupling.
            largest_cost: Largest cost of a pair.
            power: Power of the distance that is the cost.

        Returns:
            False for exact masses.
        """
        # For power 1, the error of |F - G| times the range; else, along the path, the sum of the
        # changes of the cost is at most 4 power times the largest.
        error = (1 if power == 1 else 4 * power) * self.rounding * largest_cost
        return error > MAX_RELATIVE_COST_ROUNDING * cost


def cumulative_levels(
    masses: tuple[Floats | None, Floats | None], sizes: tuple[int, int], /, *, exact: bool
) -> Levels:
    """Both distribution functions at the sorted points, times a common total.

    Exact weights become Python integers, and plan and signs of F - G are exact, also for n != m
    and for weights of very different sizes. Rounded ones are 64-bit integers, 100 times as fast.

    Args:
        masses: Masses of x and of y, each summing to 1, in the order of the points; None for equal
            ones.
        sizes: Numbers of points of x and of y.
        exact: Whether masses are to be exact.

    Returns:
        The cumulative masses. Equal masses are always exact.
    """
    (p, q), (n, m) = masses, sizes
    if p is None and q is None:
        return Levels(m * np.arange(1, n + 1), n * np.arange(1, m + 1), n * m)
    if not exact:
        (x, x_rounding), (y, y_rounding) = _rounded_sums(p, n), _rounded_sums(q, m)
        return Levels(x, y, ROUNDED_TOTAL, x_rounding + y_rounding)
    x_sums = np.cumsum(_integer_weights(np.ones(n) if p is None else p))
    y_sums = np.cumsum(_integer_weights(np.ones(m) if q is None else q))
    return Levels(x_sums * y_sums[-1], y_sums * x_sums[-1], x_sums[-1] * y_sums[-1])


def _integer_weights(weights: Floats) -> NDArray[np.object_]:
    """Python integers in the exact proportions of the weights."""
    mantissas, exponents = np.frexp(weights)
    shifts = exponents - exponents[weights > 0].min()
    integers = np.ldexp(mantissas, 53).astype(np.int64)
    return np.array(
        [int(i) << max(0, int(shift)) for i, shift in zip(integers, shifts, strict=True)], object
    )


def _rounded_sums(weights: Floats | None, n: int) -> tuple[NDArray[np.int64], float]:
    """Cumulative weights in units of ``1 / ROUNDED_TOTAL``, and a bound of their rounding."""
    if weights is None:
        quotient, rest = divmod(ROUNDED_TOTAL, n)
        k = np.arange(1, n + 1)
        return k * quotient + k * rest // n, 1 / ROUNDED_TOTAL
    sums = np.cumsum(weights)
    corrections = np.cumsum(_errors_of_sums(weights, sums))
    rounding = n * EPS * float(np.abs(corrections).max()) + 1 / ROUNDED_TOTAL
    excess = (sums[-1] - 1) + corrections[-1]  # of the total over 1, whose square is negligible
    scaled = sums * ROUNDED_TOTAL
    whole = np.floor(scaled)
    fraction = (scaled - whole) + (corrections - sums * excess) * ROUNDED_TOTAL
    levels = whole.astype(np.int64) + np.rint(fraction).astype(np.int64)
    levels[-1] = ROUNDED_TOTAL
    if not is_sorted(levels):
        levels = np.minimum(np.maximum.accumulate(levels), ROUNDED_TOTAL)
    return levels, rounding


def compensated_cumsum(terms: Any, corrections: Any = 0.0, /) -> Any:
    """Cumulative sums of ``terms + corrections``, each rounded about once, in the terms' type."""
    sums = np.cumsum(terms)
    return sums + np.cumsum(_errors_of_sums(terms, sums) + corrections)


def _errors_of_sums(terms: Any, sums: Any) -> Any:
    """Exact rounding error of each step of a cumulative sum."""
    previous = np.concatenate([[0.0], sums[:-1]])
    return rounding_error(previous, terms, sums)


def rounding_error(a: Any, b: Any, total: Any, /) -> Any:
    """Exact difference of ``a + b`` and its rounded value ``total`` (Knuth's two-sum)."""
    b_rounded = total - a
    return (a - (total - b_rounded)) + (b - b_rounded)


def monotone_coupling(
    x_cumulative: Integers, y_cumulative: Integers, /
) -> tuple[Indices, Indices, Integers]:
    """Rows, columns and masses of the monotone coupling of sorted points: up to n + m - 1 arcs."""
    n = len(x_cumulative)
    # Not union1d, whose hash table takes 500 times as long for multiples of one number.
    levels = np.concatenate([x_cumulative, y_cumulative])
    order = np.argsort(levels, kind="stable")  # linear for two sorted runs
    mass = np.diff(levels[order], prepend=0)
    from_x = (order < n).astype(np.int64)
    rows = np.cumsum(from_x) - from_x  # sources that end below each level
    cols = np.arange(len(order)) - rows
    positive = mass > 0
    return rows[positive], cols[positive], mass[positive]
