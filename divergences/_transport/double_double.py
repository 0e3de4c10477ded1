"""Sums and products in twice the precision of a float, as the sum of two floats.

Where p and q nearly agree, their difference has no digits to lose to the rounding of totals.
"""

import math

import numpy as np

from divergences._typing import Floats, Indices

SPLITTER = 2.0**27 + 1

DoubleFloats = tuple[Floats, Floats]


def component_totals(masses: Floats, component: Indices, /) -> DoubleFloats:
    """Sums of masses over components, in twice the precision.

    Args:
        masses: Shape ``(n,)``.
        component: Number of the component of each mass, from 0 to c - 1.

    Returns:
        The sums rounded to floats, and the rests; each of shape ``(c,)``.
    """
    if component.max() == 0:
        groups = [masses]
    else:
        order = np.argsort(component, kind="stable")
        groups = np.split(masses[order], np.cumsum(np.bincount(component))[:-1])
    totals = np.array([total(group.tolist()) for group in groups])
    return totals[:, 0], totals[:, 1]


def have_equal_totals(p: Floats, q: Floats, component: Indices | None = None, /) -> np.ndarray:
    """Whether masses have the same sums over components, without rounding.

    Args:
        p: Shape ``(n,)``.
        q: Likewise.
        component: Number of the component of each mass, from 0 to c - 1; None for one of all.

    Returns:
        True or False for each component, shape ``(c,)``.
    """
    component = np.zeros(p.size, dtype=np.intp) if component is None else component
    # A sum that is rounded once is 0 only if it is.
    difference = component_totals(np.concatenate([p, -q]), np.tile(component, 2))
    result: np.ndarray = difference[0] == 0
    return result


def rows_have_equal_totals(p: Floats, q: Floats, /) -> np.ndarray:
    """Whether rows of masses have the same sums, without rounding, shape ``(k, 1)``."""
    rows = np.concatenate([p, -q], axis=1).tolist()
    return np.array([[math.fsum(row) == 0] for row in rows])


def row_totals(masses: Floats, /) -> DoubleFloats:
    """Sums along the last axis of a matrix, in twice the precision, each of shape ``(k, 1)``."""
    if len(masses) < masses.shape[1]:  # fewer steps
        totals = np.array([total(row) for row in masses.tolist()])
        return totals[:, :1], totals[:, 1:]
    high, low = np.zeros(len(masses)), np.zeros(len(masses))
    for column in masses.T:
        raised = high + column
        back = raised - high
        low += (high - (raised - back)) + (column - back)
        high = raised
    rounded = high + low
    return rounded[:, None], (low - (rounded - high))[:, None]


def total(values: list[float], /) -> tuple[float, float]:
    """Sum of floats, and the rest of its rounding."""
    high = math.fsum(values)
    return high, math.fsum([*values, -high])


def difference_of_products(a: Floats, x: DoubleFloats, b: Floats, y: DoubleFloats, /) -> Floats:
    """``a * x - b * y`` to the last digits, for x and y in twice the precision."""
    ax, ax_rest = _product(a, x[0])
    by, by_rest = _product(b, y[0])
    high = ax - by
    # Knuth's sum: the rounding of the difference of the two leading parts.
    back = high - ax
    rest = (ax - (high - back)) - (by + back)
    return high + (rest + (ax_rest - by_rest) + (a * x[1] - b * y[1]))


def _product(a: Floats, b: Floats) -> DoubleFloats:
    """Product of floats, and the rest of its rounding (Dekker 1971)."""
    product = a * b
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    rest = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, rest


def _halves(a: Floats) -> DoubleFloats:
    """A float as the sum of two of half the digits."""
    scaled = SPLITTER * a
    high = scaled - (scaled - a)
    return high, a - high
