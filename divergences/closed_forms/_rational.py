"""Terms of divergences from exact rational numbers: every difference is rounded once."""

import math
from collections.abc import Iterable
from fractions import Fraction

from divergences._special import x_minus_log1p

Masses = Iterable[tuple[Fraction, Fraction]]
"""Of each outcome, its exact probability under p and under q."""


def rounded(x: Fraction) -> float:
    """The nearest float, infinite beyond the largest."""
    try:
        return float(x)
    except OverflowError:
        return math.copysign(math.inf, x)


def log(x: Fraction) -> float:
    """Natural logarithm of a positive rational, to a few units in the last place."""
    if Fraction(1, 2) < x < 2:
        return math.log1p(rounded(x - 1))
    if 1e-300 < x < 1e300:
        return math.log(x)
    return math.log(x.numerator) - math.log(x.denominator)


def excess(a: Fraction, b: Fraction) -> float:
    """``a - b - b log(a / b)``, at least 0: what a measure of mass b pays where q has mass a.

    Args:
        a: At least 0.
        b: At least 0.

    Returns:
        A value in [0, inf]: ``a`` where ``b`` is 0; inf where ``a`` is 0 and ``b`` is not.
    """
    if b == 0:
        return rounded(a)
    if a == 0:
        return math.inf
    x = a / b - 1
    if -Fraction(2, 3) < x < 2:
        return rounded(b) * float(x_minus_log1p(rounded(x)))
    return rounded(a - b) - rounded(b) * log(a / b)


def kl(masses: Masses) -> float:
    """KL(p || q) in nats, a sum of terms that are at least 0."""
    return math.fsum(excess(b, a) for a, b in masses)


def js(masses: Masses) -> float:
    """Jensen-Shannon divergence in nats, the same to the last bit with p and q exchanged."""
    terms = [excess((a + b) / 2, x) / 2 for a, b in masses for x in (a, b)]
    return min(math.fsum(terms), math.log(2))
