"""Potentials in integers, and feasible ones near them that are floats."""

import math
import sys

import numpy as np

from divergences._transport.exact_arithmetic.dyadic import Integers, integers_at, rounded
from divergences._typing import Floats

MAX_POTENTIAL = sys.float_info.max / 4  # within which costs and potentials can be added
BLOCK_PAIRS = 1 << 16  # of integers in memory, in addition to the costs


def c_transform(cost: Integers, potential: Integers, /) -> Integers:
    """Minimum of ``cost - potential`` over the sources.

    Args:
        cost: Shape ``(n, m)``.
        potential: Potentials of the sources, shape ``(n,)``.

    Returns:
        The largest feasible potentials of the targets, shape ``(m,)``.
    """
    size = max(1, BLOCK_PAIRS // len(potential))
    blocks = range(0, cost.shape[1], size)
    return np.concatenate([
        (cost[:, start : start + size] - potential[:, None]).min(axis=0) for start in blocks
    ])


def rounded_potentials(
    cost: Integers, source_potential: Integers, exponent: int, /
) -> tuple[Floats, Floats]:
    """Feasible potentials in floats, with a median of 0, where they have the least rounding.

    Args:
        cost: Shape ``(n, m)``, in units of ``2**exponent``.
        source_potential: Shape ``(n,)``, likewise.
        exponent: Exponent of the unit.

    Returns:
        Potentials of the sources and of the targets, not in that unit, but multiples of it.
    """
    median = sorted(source_potential)[len(source_potential) // 2]
    u = rounded_down(source_potential - median, exponent)
    v = rounded_down(c_transform(cost, integers_at(u, exponent)), exponent)
    u = rounded_down(c_transform(cost.T, integers_at(v, exponent)), exponent)
    return u, v


def rounded_down(values: Integers, exponent: int, /) -> Floats:
    """``values * 2**exponent`` as floats, rounded down, in [-MAX_POTENTIAL, MAX_POTENTIAL]."""
    floats = np.array([_clipped(value, exponent) for value in values])
    # Floats near multiples of the unit are multiples themselves, so the comparison is exact.
    raised = np.array(integers_at(floats, exponent) > values, dtype=np.bool_)
    return np.where(raised & (floats > -MAX_POTENTIAL), np.nextafter(floats, -np.inf), floats)


def _clipped(value: int, exponent: int) -> float:
    """``value * 2**exponent``, rounded to nearest, or the nearest bound."""
    try:
        return min(max(rounded(value, 1, exponent), -MAX_POTENTIAL), MAX_POTENTIAL)
    except OverflowError:
        return math.copysign(MAX_POTENTIAL, value)
