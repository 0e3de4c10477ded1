"""Distribution functions on the line in integers, and the monotone coupling."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from divergences._typing import Floats, Indices

Integers = NDArray[np.int64] | NDArray[np.object_]
ROUNDED_TOTAL_EXPONENT = 62  # rounded cumulative masses are multiples of 2**-62 of the total
LEVEL_ROUNDING = 2.0**-61  # bound of the error of a difference of two of them
MAX_RELATIVE_COST_ROUNDING = 1e-13
DEKKER_FACTOR = 2.0**27 + 1


class Levels(NamedTuple):
    """Cumulative masses of both sides at their sorted points, in units of a common total.

    Attributes:
        x: Shape ``(n,)``; the last is the total.
        y: Shape ``(m,)``, likewise.
        total: The total mass.
        is_exact: False if the masses are rounded to multiples of the unit.
    """

    x: Integers
    y: Integers
    total: int
    is_exact: bool

    def rounding_matters(self, cost: float, largest_cost: float, power: float = 1.0, /) -> bool:
        """Whether rounded masses may change the cost by more than a relative 1e-13.

        Args:
            cost: Cost of the coupling.
            largest_cost: Largest cost of a pair.
            power: Power of the distance that is the cost.

        Returns:
            False for exact masses.
        """
        # Along the path, the sum of the changes of the cost is at most 4 power times the largest.
        error = 4 * power * LEVEL_ROUNDING * largest_cost
        return not self.is_exact and error > MAX_RELATIVE_COST_ROUNDING * cost


def cumulative_levels(
    masses: tuple[Floats | None, Floats | None], sizes: tuple[int, int], /, *, exact: bool
) -> Levels:
    """Both distribution functions at the sorted points, times a common total.

    Exact weights become Python integers, and plan and signs of F - G are exact, also for n != m
    and for weights of very different sizes. Rounded ones are 64-bit integers, 100 times as fast.

    Args:
        masses: Masses of x and of y, in the order of the points; None for equal ones.
        sizes: Numbers of points of x and of y.
        exact: Whether masses are to be exact.

    Returns:
        The cumulative masses. Equal masses are always exact.
    """
    (p, q), (n, m) = masses, sizes
    if p is None and q is None:
        return Levels(m * np.arange(1, n + 1), n * np.arange(1, m + 1), n * m, True)
    if not exact:
        x, y = _rounded_sums(p, n), _rounded_sums(q, m)
        return Levels(x, y, 1 << ROUNDED_TOTAL_EXPONENT, False)
    x_sums = np.cumsum(_integer_weights(np.ones(n) if p is None else p))
    y_sums = np.cumsum(_integer_weights(np.ones(m) if q is None else q))
    return Levels(x_sums * y_sums[-1], y_sums * x_sums[-1], x_sums[-1] * y_sums[-1], True)


def _integer_weights(weights: Floats) -> NDArray[np.object_]:
    """Python integers in the exact proportions of the weights."""
    mantissas, exponents = np.frexp(weights)
    shifts = exponents - exponents[weights > 0].min()
    integers = np.ldexp(mantissas, 53).astype(np.int64)
    return np.array(
        [int(i) << max(0, int(shift)) for i, shift in zip(integers, shifts, strict=True)], object
    )


def _rounded_sums(weights: Floats | None, n: int) -> NDArray[np.int64]:
    """Cumulative weights rounded to multiples of 2**-62 of their total."""
    total = 1 << ROUNDED_TOTAL_EXPONENT
    if weights is None:
        quotient, rest = divmod(total, n)
        k = np.arange(1, n + 1)
        return k * quotient + k * rest // n
    sums = np.cumsum(weights)
    corrections = np.cumsum(_errors_of_sums(weights, sums))
    # (sums + corrections) / (their last) is a rounded quotient plus a remainder over the last.
    last, last_correction = sums[-1], corrections[-1]
    quotients = sums / last
    remainders = _remainders(sums, quotients, last) + (corrections - quotients * last_correction)
    scaled = np.ldexp(quotients, ROUNDED_TOTAL_EXPONENT)
    whole = np.floor(scaled)
    fraction = (scaled - whole) + np.ldexp(remainders / last, ROUNDED_TOTAL_EXPONENT)
    levels = whole.astype(np.int64) + np.rint(fraction).astype(np.int64)
    levels[-1] = total
    return np.minimum(np.maximum.accumulate(levels), total)


def _remainders(sums: Floats, quotients: Floats, last: np.float64) -> Floats:
    """``sums - quotients * last`` with an exact product (Dekker's)."""
    product = quotients * last
    high = quotients * DEKKER_FACTOR
    high = high - (high - quotients)
    low = quotients - high
    last_high = last * DEKKER_FACTOR
    last_high = last_high - (last_high - last)
    last_low = last - last_high
    error = high * last_high - product + high * last_low + low * last_high + low * last_low
    return np.asarray((sums - product) - error)


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
