"""Divergences by their definitions in mpmath, with enough digits to make up for cancellation."""

import math
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.floating[Any]]
GUARD_DIGITS = 60  # correct digits after cancellation

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
    """Working precision in decimal digits for a pair at relative distance ``eps``.

    Divergences are of the order ``eps**2`` and their terms of the order 1, so that twice the
    digits of ``1 / eps`` cancel. Without ``eps``, divergences may be as small as the square of the
    smallest mass.

    Args:
        p: Masses, shape ``(k,)`` or ``(..., k)``.
        q: Masses, of the same shape.
        eps: Relative distance of p and q.

    Returns:
        Number of decimal digits.
    """
    masses = np.concatenate([p, q]).astype(np.float64)
    masses = masses[masses > 0]
    spread = math.log10(float(masses.max())) - math.log10(float(masses.min()))
    closeness = spread if eps is None else -2 * math.log10(eps)
    return GUARD_DIGITS + math.ceil(spread + max(0.0, closeness))


def exact(p: Vector, q: Vector, /, *, digits: int) -> dict[str, Any]:
    """Exact values of all divergences of the normalised vectors, as mpmath numbers.

    Args:
        p: Masses, shape ``(k,)``, of any total.
        q: Masses, shape ``(k,)``, of any total.
        digits: Working precision in decimal digits.

    Returns:
        One value for each of `QUANTITIES`.
    """
    with mpmath.workdps(digits):
        a, b = _normalised(p), _normalised(q)
        midpoint = [(x + y) / 2 for x, y in zip(a, b, strict=True)]
        log_a, log_b = _log_ratios(a, midpoint), _log_ratios(b, midpoint)
        log_ratio = [x - y for x, y in zip(log_a, log_b, strict=True)]
        kl = mpmath.inf if _lacks_support(a, b) else mpmath.fdot(a, log_ratio)
        reverse_kl = mpmath.inf if _lacks_support(b, a) else -mpmath.fdot(b, log_ratio)
        affinity = mpmath.fsum(mpmath.sqrt(x * y) for x, y in zip(a, b, strict=True))
        chi2 = mpmath.inf if _lacks_support(a, b) else _chi2(a, b)
        return {
            "kl": kl,
            "reverse_kl": reverse_kl,
            "js": (mpmath.fdot(a, log_a) + mpmath.fdot(b, log_b)) / 2,
            "jeffreys": kl + reverse_kl,
            "chi2": chi2,
            "hellinger": mpmath.sqrt(1 - affinity),
            "renyi(0.5)": -2 * mpmath.log(affinity) if affinity else mpmath.inf,
            "renyi(2)": mpmath.log(1 + chi2),
            "alpha(0.5)": 4 * (1 - affinity),
        }


def relative_error(value: float, exact: Any, /, *, digits: int) -> float:
    """``|value / exact - 1|``; 0 if both are 0 or both infinite; infinite if ``value`` is NaN."""
    if math.isnan(value):
        return math.inf
    if value == exact:
        return 0.0
    if exact == 0 or mpmath.isinf(exact):
        return math.inf
    with mpmath.workdps(digits):
        return float(abs(mpmath.mpf(value) / exact - 1))


def float32_ulps(value: float, exact: Any, /) -> float:
    """Distance of ``value`` to the float32 nearest to ``exact``, in ulps of that float32."""
    with mpmath.workprec(24):
        nearest = float(+exact)
    return abs(value - nearest) / float(np.spacing(np.float32(nearest)))


def _normalised(masses: Vector) -> list[Any]:
    """Masses divided by their sum."""
    values = [mpmath.mpf(x) for x in masses.tolist()]
    total = mpmath.fsum(values)
    return [x / total for x in values]


def _log_ratios(a: list[Any], midpoint: list[Any]) -> list[Any]:
    """``log(a / midpoint)``; 0 where a has no mass."""
    return [mpmath.log(x / m) if x else mpmath.mpf(0) for x, m in zip(a, midpoint, strict=True)]


def _lacks_support(a: list[Any], b: list[Any]) -> bool:
    """Whether a has mass where b has none."""
    return any(x and not y for x, y in zip(a, b, strict=True))


def _chi2(a: list[Any], b: list[Any]) -> Any:
    """``sum (a - b)^2 / b`` over the support of b."""
    return mpmath.fsum((x - y) ** 2 / y for x, y in zip(a, b, strict=True) if y)
