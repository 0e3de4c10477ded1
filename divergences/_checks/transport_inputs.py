"""Validation of masses, ground costs, points and weights."""

import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from divergences._checks.arrays import (
    first_offender,
    holds,
    non_negative,
    number,
    numpy_values,
    real_array,
)
from divergences._checks.finite_rows import require_finite_rows
from divergences._checks.probabilities import total_tolerance
from divergences._typing import Array
from divergences.errors import DistributionError

SUM_BLOCK = 2**15
LARGEST_EXACT_INTEGER = 2**53  # float64 has every whole number up to it


def masses(name: str, array: Array, xp: ModuleType, /) -> None:
    """Refuse an array that is not a vector of masses: one axis, entries at least 0, not all 0.

    Raises:
        DistributionError: If so; the message gives the violated requirement.
    """
    if array.ndim != 1:
        raise DistributionError(f"`{name}` must have one axis, but has shape {tuple(array.shape)}")
    non_negative(name, array, xp)
    if not holds(name, xp.any(array > 0)):
        raise DistributionError(
            f"`{name}` must hold some mass, but all of its {array.shape[0]} entries are 0"
        )


def equal_totals(p: Array, q: Array, xp: ModuleType, /) -> None:
    """Refuse masses whose totals differ, in any unit of mass.

    Raises:
        DistributionError: If the totals differ by more than 1e-9 of the larger one (1e-5 for
            float32).
    """
    tolerance = total_tolerance(xp, p, q)
    totals = [_total(p), _total(q)]
    unit = max(exponent for _, exponent in totals)
    p_total, q_total = (math.ldexp(total, exponent - unit) for total, exponent in totals)
    if abs(p_total - q_total) > tolerance * max(p_total, q_total):
        raise DistributionError(
            "`p` and `q` must have the same total mass, but sum(p) / sum(q) = "
            f"{_quotient(p_total, q_total)}; normalize both, divergences.normalize(p) and "
            "divergences.normalize(q), or move the smaller mass only, by "
            "divergences.partial_transport"
        )


def _total(array: Array) -> tuple[float, int]:
    """Sum of an array as a pair (total, exponent), ``total * 2**exponent``, free of overflow."""
    scaled, exponent = _scaled(array)
    return math.fsum(scaled), exponent


def _quotient(a: float, b: float) -> str:
    """``a / b`` for a message."""
    return repr(a / b) if b > 0 else "inf"


def _scaled(array: Array) -> tuple[Any, int]:
    """Float64 numpy values scaled to a maximum in [1/2, 1), and the binary exponent."""
    values = numpy_values(array).astype(np.float64, copy=False)
    exponent = math.frexp(float(values.max()))[1]
    return np.ldexp(values, -exponent), exponent


def normalised(array: Array, /) -> Any:
    """Checked masses divided by their sum, as a float64 numpy array."""
    scaled, _ = _scaled(array)
    return scaled / _sum(scaled)


def _sum(scaled: Any) -> float:
    """Sum of values in [0, 1], rounded about once; for many of them faster than `math.fsum`."""
    if len(scaled) <= SUM_BLOCK:
        return math.fsum(scaled)
    # Multiples of 2**-38 in blocks of 2**15 have exact sums.
    high = np.rint(scaled * 2.0**38) * 2.0**-38
    starts = range(0, len(scaled), SUM_BLOCK)
    return math.fsum([*np.add.reduceat(high, starts), (scaled - high).sum()])


def cost_matrix(cost: Array, p: Array, q: Array, xp: ModuleType, /) -> None:
    """Refuse a ground cost of another shape than n by m, or with a negative or NaN entry.

    Infinite entries are forbidden pairs. NaN counts as infinite at points without mass.

    Args:
        cost: Ground cost.
        p: Checked masses of the sources, shape ``(n,)``.
        q: Checked masses of the targets, shape ``(m,)``.
        xp: Namespace of all three.

    Raises:
        DistributionError: If so; the message gives the violated requirement.
    """
    shape = p.shape[0], q.shape[0]
    if tuple(cost.shape) != shape:
        raise DistributionError(
            f"`cost` must have shape (len(p), len(q)) = {shape}, but has shape {tuple(cost.shape)}"
        )
    cost_entries(cost, xp, has_mass=lambda: (p > 0)[:, None] & (q > 0)[None, :])


def cost_entries(
    cost: Array, xp: ModuleType, /, *, has_mass: Callable[[], Array] | None = None
) -> None:
    """Refuse a ground cost that is empty, or has a negative or NaN entry.

    Args:
        cost: Ground cost.
        xp: Its namespace.
        has_mass: Function that returns whether both points of a pair have mass, without which
            NaN counts as infinite; None to refuse all NaN.

    Raises:
        DistributionError: If so; the message gives the first such entry and a remedy.
    """
    if math.prod(cost.shape) == 0:
        raise DistributionError(f"`cost` must not be empty, but has shape {tuple(cost.shape)}")
    if type(cost) is np.ndarray and cost.min() >= 0:
        return
    is_nan = xp.isnan(cost)
    bad = (cost < 0) | (is_nan if has_mass is None else is_nan & has_mass())
    if not holds("cost", xp.any(bad)):
        return
    place, value = first_offender(cost, bad, xp)
    wrong = "negative" if value < 0 else "no number"
    raise DistributionError(
        f"`cost` must be >= 0, or infinite for a forbidden pair, but `cost`{place} = {value} is "
        f"{wrong}; {_remedy_for_cost(value, cost, xp)}"
    )


def _remedy_for_cost(value: float, cost: Array, xp: ModuleType) -> str:
    """Remedy for an entry of a cost that is NaN, minus infinity or another negative number."""
    if math.isinf(value) or math.isnan(value):
        return "pass infinity for a pair that no plan may use"
    least = number(xp.min(xp.where(cost > -math.inf, cost, 0.0)))
    return f"add a constant, {-least:g} or more, to all costs, and subtract it from the result"


def points(
    name: str,
    value: Any,
    xp: ModuleType,
    /,
    *,
    like: Array | None = None,
    sample: Any | None = None,
) -> Array:
    """Points of shape ``(n, d)``, checked; a vector of n numbers is n points on the line.

    Args:
        name: Name of the argument in messages.
        value: The points, an array or nested lists.
        xp: The namespace of the result.
        like: An array whose device a list is put on.
        sample: The object that the caller passed, such as a data frame; None if it is the value.

    Returns:
        The points, shape ``(n, d)``, float64 or float32.

    Raises:
        DistributionError: If there is no point, a coordinate is not finite, or there are not one
            or two axes.
    """
    array = real_array(name, value, xp, like=like)
    if array.ndim not in (1, 2):
        raise DistributionError(
            f"`{name}` must be points of shape (n, d), or (n,) on the line, "
            f"but has shape {tuple(array.shape)}"
        )
    require_finite_rows(name, array, xp, sample=value if sample is None else sample)
    if array is not value:
        _require_exact(name, value, array, xp)
    return array if array.ndim == 2 else xp.reshape(array, (-1, 1))


def weights(name: str, value: Any, n: int, xp: ModuleType, /, *, like: Array) -> Array | None:
    """Weights of n points, checked; None for equal weights.

    Returns:
        The weights, shape ``(n,)``, with the total that was passed; or None.

    Raises:
        DistributionError: If there are not n, one is negative, infinite or NaN, or all are 0.
    """
    if value is None:
        return None
    array = real_array(name, value, xp, like=like)
    masses(name, array, xp)
    if array.shape[0] != n:
        raise DistributionError(
            f"`{name}` must have one entry per point, {n}, but has {array.shape[0]}"
        )
    return array


def _require_exact(name: str, value: Any, array: Array, xp: ModuleType) -> None:
    """Refuse integers beyond 2**53, which float64 rounds.

    Raises:
        DistributionError: If so; the message names the argument.
    """
    own = value if hasattr(value, "dtype") else np.asarray(value)
    whole = "int" in str(own.dtype)
    if whole and holds(name, xp.any(xp.abs(array) > LARGEST_EXACT_INTEGER)):
        raise DistributionError(
            f"`{name}` has integers beyond 2**53, which float64 rounds to others; subtract "
            "an offset from all, or, if they are labels, number them from 0"
        )
