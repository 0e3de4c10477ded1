"""Excess of one histogram over another, to the last digits also where they nearly agree.

Under a metric, only the excess moves. Normalized histograms are each rounded to 1e-16 of an entry,
so their difference loses as many digits as they share; here totals and products have twice the
precision, and each entry of the excess is right to its last digits.
"""

import numpy as np

from divergences._transport.double_double import (
    DoubleFloats,
    difference_of_products,
    row_totals,
    rows_have_equal_totals,
    total,
)
from divergences._typing import Floats

LARGEST_PLAIN = 1e100  # masses whose products neither overflow nor underflow
ROUNDING_OF_SHARES = 2.0**-104  # in twice the precision
ROUNDING_OF_FLOATS = 2.0**-52
MAX_IMBALANCE = 2.0**-48  # of entries that are each rounded, relative to the sum of their sizes
# Relative to all of the excess, under a metric whose distances do not vanish beside each other.
NEGLIGIBLE = 2.0**-70
MIN_PLAIN_EXCESS = 2.0**-33  # times NEGLIGIBLE above ROUNDING_OF_SHARES


def normalized_excess(
    p: Floats, p_total: DoubleFloats, q: Floats, q_total: DoubleFloats
) -> Floats:
    """Shares ``p / sum(p)`` less ``q / sum(q)``.

    Args:
        p: Masses whose products neither overflow nor underflow.
        p_total: Their sum in twice the precision, of a shape that broadcasts against theirs.
        q: Likewise.
        q_total: Likewise.

    Returns:
        The excess, in the shape of p and q.
    """
    numerator = difference_of_products(p, q_total, q, p_total)
    excess: Floats = numerator / (p_total[0] * q_total[0])
    return excess


def exact_total(masses: Floats, /) -> DoubleFloats:
    """Sum of all masses in twice the precision, as arrays without axes."""
    high, low = total(masses.ravel().tolist())
    return np.asarray(high), np.asarray(low)


def plain_excess(
    p: Floats, q: Floats, /, *, tolerance: float, negligible: float = NEGLIGIBLE
) -> Floats | None:
    """Excess of the rows of two matrices, if nothing about them needs a closer look.

    Args:
        p: Masses, shape ``(k, n)``.
        q: Masses, likewise.
        tolerance: Largest relative difference of totals that is certainly allowed.
        negligible: Sum of errors that does not matter, relative to the sum of all excess.

    Returns:
        The excess, shape ``(k, n)``; None if any entry may be invalid, or very large, or totals
        may differ by more than the tolerance.
    """
    low, high = min(p.min(), q.min()), max(p.max(), q.max())
    if not (low >= 0 and high < LARGEST_PLAIN):
        return None
    p_total, q_total = row_totals(p), row_totals(q)
    if not (p_total[0] > 1 / LARGEST_PLAIN).all():
        return None
    if not (np.abs(p_total[0] - q_total[0]) <= tolerance * p_total[0]).all():
        return None
    excess = normalized_excess(p, p_total, q, q_total)
    shares = p / p_total[0], q / q_total[0]
    if negligible:
        # Totals that agree in twice the precision may differ beyond it: that is negligible
        # beside an excess which is not tiny itself.
        agree = (p_total[0] == q_total[0]) & (p_total[1] == q_total[1])
        agree &= np.abs(excess).sum(axis=-1, keepdims=True) > MIN_PLAIN_EXCESS
        agree |= (p == q).all(axis=-1, keepdims=True)
    else:
        agree = rows_have_equal_totals(p, q)
    return None if lacks_digits(excess, *shares, agree, negligible=negligible).any() else excess


def lacks_digits(
    excess: Floats,
    p: Floats,
    q: Floats,
    has_equal_totals: np.ndarray | bool,
    /,
    *,
    negligible: float,
) -> np.ndarray:
    """Whether an excess in twice the precision is not right to its last digits.

    Args:
        excess: Shares of p less those of q, shape ``(..., n)``.
        p: Shares of p, likewise.
        q: Shares of q, likewise.
        has_equal_totals: Whether the masses have the same total, without rounding; of a shape that
            broadcasts. Equal masses have then no excess.
        negligible: Sum of errors that does not matter, relative to the sum of all excess.

    Returns:
        True or False for each row, shape ``(...)``.
    """
    rounding = np.where((p == q) & has_equal_totals, 0.0, ROUNDING_OF_SHARES * (p + q))
    size = np.abs(excess)
    all_excess = size.sum(axis=-1)
    is_off = (rounding > ROUNDING_OF_FLOATS * size).any(axis=-1)
    is_off &= rounding.sum(axis=-1) > negligible * all_excess
    is_off |= np.abs(excess.sum(axis=-1)) > MAX_IMBALANCE * all_excess
    result: np.ndarray = is_off
    return result
