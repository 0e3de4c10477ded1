"""The divergences by their definitions, in as many digits as cancellation may take, by mpmath."""

import math
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.floating[Any]]
KEPT = 60  # digits left after all that cancels

# Order of the columns of every table.
QUANTITIES = (
    "kl",
    "reverse_kl",
    "js",
    "jeffreys",
    "chi2",
    "hellinger",
    "renyi(0.5)",
    "renyi(2)",
    "alpha(0.5)",
)


def digits(p: Vector, q: Vector, /, *, eps: float | None = None) -> int:
    """Working digits for a pair that is about ``eps`` apart.

    The divergences are of the order ``eps**2`` and their terms of the order 1: twice the digits
    of ``1 / eps`` cancel. Without an ``eps`` they may be as small as the square of the smallest
    mass.

    Returns:
        A number for `exact`.
    """
    masses = np.concatenate([p, q]).astype(np.float64)
    masses = masses[masses > 0]
    spread = math.log10(float(masses.max())) - math.log10(float(masses.min()))
    closeness = spread if eps is None else -2 * math.log10(eps)
    return KEPT + math.ceil(spread + max(0.0, closeness))


def exact(p: Vector, q: Vector, /, *, digits: int) -> dict[str, Any]:
    """Every quantity of the vectors over their exact sums, as mpmath numbers.

    Args:
        p: Masses, shape ``(k,)``, of any total.
        q: Masses, shape ``(k,)``.
        digits: To calculate with.

    Returns:
        One value for each of `QUANTITIES`.
    """
    with mpmath.workdps(digits):
        a, b = _normalised(p), _normalised(q)
        middle = [(x + y) / 2 for x, y in zip(a, b, strict=True)]
        above, below = _logs(a, middle), _logs(b, middle)
        ratio = [x - y for x, y in zip(above, below, strict=True)]
        kl = mpmath.inf if _misses(a, b) else mpmath.fdot(a, ratio)
        reverse_kl = mpmath.inf if _misses(b, a) else -mpmath.fdot(b, ratio)
        affinity = mpmath.fsum(mpmath.sqrt(x * y) for x, y in zip(a, b, strict=True))
        chi2 = mpmath.inf if _misses(a, b) else _chi2(a, b)
        return {
            "kl": kl,
            "reverse_kl": reverse_kl,
            "js": (mpmath.fdot(a, above) + mpmath.fdot(b, below)) / 2,
            "jeffreys": kl + reverse_kl,
            "chi2": chi2,
            "hellinger": mpmath.sqrt(1 - affinity),
            "renyi(0.5)": -2 * mpmath.log(affinity) if affinity else mpmath.inf,
            "renyi(2)": mpmath.log(1 + chi2),
            "alpha(0.5)": 4 * (1 - affinity),
        }


def relative_error(got: float, exact: Any, /, *, digits: int) -> float:
    """``|got / exact - 1|``; 0 where both are 0 or both infinite; NaN is infinitely wrong."""
    if math.isnan(got):
        return math.inf
    if got == exact:
        return 0.0
    if exact == 0 or mpmath.isinf(exact):
        return math.inf
    with mpmath.workdps(digits):
        return float(abs(mpmath.mpf(got) / exact - 1))


def float32_ulps(got: float, exact: Any, /) -> float:
    """Distance to the float32 that is nearest to ``exact``, in units of its last place."""
    with mpmath.workprec(24):
        nearest = float(+exact)
    return abs(got - nearest) / float(np.spacing(np.float32(nearest)))


def _normalised(masses: Vector) -> list[Any]:
    """Masses over their sum."""
    values = [mpmath.mpf(x) for x in masses.tolist()]
    total = mpmath.fsum(values)
    return [x / total for x in values]


def _logs(a: list[Any], middle: list[Any]) -> list[Any]:
    """``log(a / middle)``, 0 where a has no mass."""
    return [mpmath.log(x / m) if x else mpmath.mpf(0) for x, m in zip(a, middle, strict=True)]


def _misses(a: list[Any], b: list[Any]) -> bool:
    """Whether a has mass where b has none."""
    return any(x and not y for x, y in zip(a, b, strict=True))


def _chi2(a: list[Any], b: list[Any]) -> Any:
    """``sum (a - b)^2 / b``, where b has mass."""
    return mpmath.fsum((x - y) ** 2 / y for x, y in zip(a, b, strict=True) if y)
