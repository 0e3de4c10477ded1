"""Power series that replace the closed forms near equality, for ``|delta| < 1/4``.

The coefficients interpolate at Chebyshev nodes, computed with 60 digits: 9 of them are as accurate
as 14 of the Taylor series.
"""

from collections.abc import Sequence
from types import ModuleType

from divergences._typing import Array

SERIES_RADIUS = 0.25  # at a larger |delta| the closed forms are accurate to two bits

# (artanh(d) - d) / d^3 in d^2: 1/3 + d^2 / 5 + ..., relative error 1e-16.
ARTANH_COEFFICIENTS = (
    0.3333333333333333,
    0.1999999999999822,
    0.14285714286473053,
    0.1111111098689728,
    0.09090919255417686,
    0.07691841912131238,
    0.066791397041253,
    0.05689643661793962,
    0.06828732233627811,
)
# [(1 + d) log(1 + d) + (1 - d) log(1 - d)] / (2 d^2) in d^2: 1/2 + d^2 / 12 + ..., error 2e-18.
JS_COEFFICIENTS = (
    0.5,
    0.08333333333333237,
    0.03333333333374186,
    0.017857142790242315,
    0.011111116588583107,
    0.007575506364272297,
    0.0055012416592659435,
    0.004062350901282176,
    0.004119504909789669,
)


def polynomial(x: Array, coefficients: Sequence[float], /) -> Array:
    """Sum of ``coefficients[k] * x**k``, by Horner's rule."""
    value = x * 0 + coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        value = value * x + coefficient
    return value


def bennett_function(u: Array, one_plus_u: Array, xp: ModuleType, /) -> Array:
    """``(1 + u) log(1 + u) - u`` for u in [-1, inf), by the series of KL where it is small."""
    delta = u / (2 + u)  # 1 + u = (1 + delta) / (1 - delta)
    small = xp.abs(delta) < SERIES_RADIUS
    d = xp.where(small, delta, 0.0)
    series = 2 * d * d / (1 - d) * (1 + (1 + d) * d * polynomial(d * d, ARTANH_COEFFICIENTS))
    logarithm = xp.log(xp.where(small | (one_plus_u <= 0), 1.0, one_plus_u))
    return xp.where(small, series, one_plus_u * logarithm - u)
