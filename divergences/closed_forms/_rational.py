"""Divergences from exact rational probabilities: every difference is rounded only once."""

import math
from collections.abc import Iterable
from fractions import Fraction

from divergences._special import x_minus_log1p

MassPairs = Iterable[tuple[Fraction, Fraction]]
"""Exact probabilities of each outcome under p and under q."""


def to_float(x: Fraction) -> float:
    """The nearest float, infinite beyond the largest."""
    try:
        return float(x)
    except OverflowError:
        return math.inf if x > 0 else -math.inf


def log(x: Fraction) -> float:
    """Natural logarithm of a positive rational, to a few units in the last place."""
    if Fraction(1, 2) < x < 2:
        return math.log1p(to_float(x - 1))
    if 1e-300 < x < 1e300:
        return math.log(x)
    return math.log(x.numerator) - math.log(x.denominator)


def generalized_kl(p: Fraction, q: Fraction) -> float:
    """Generalized KL of two masses, ``p log(p / q) - p + q``.

    Args:
        p: Mass of at least 0.
        q: Mass of at least 0.

    Returns:
        A value in [0, inf]: ``q`` for ``p = 0``; inf for ``q = 0 < p``.
    """
    if p == 0:
        return to_float(q)
    if q == 0:
        return math.inf
    x = q / p - 1
    if -Fraction(2, 3) < x < 2:
        return to_float(p) * float(x_minus_log1p(to_float(x)))
    return to_float(q - p) - to_float(p) * log(q / p)


def kl(masses: MassPairs) -> float:
    """KL(p || q) in nats, a sum of non-negative terms."""
    return math.fsum(generalized_kl(p, q) for p, q in masses)


def js(masses: MassPairs) -> float:
    """Jensen-Shannon divergence in nats, symmetric to the last bit."""
    terms = [generalized_kl(x, (p + q) / 2) / 2 for p, q in masses for x in (p, q)]
    return min(math.fsum(terms), math.log(2))
