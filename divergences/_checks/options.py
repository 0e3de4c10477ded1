"""Options that many functions share, each checked in one place."""

import math
import numbers
import operator
import sys
from collections.abc import Collection
from typing import Any

import numpy as np

from divergences._checks.values import as_float, shortened
from divergences.errors import DistributionError

MAX_ORDER = 1e9  # of a Wasserstein distance: beyond it W_r and W_inf agree to 1e-6


def real_number(name: str, value: Any, requirement: str, /) -> float:
    """The value of an option as a float, possibly infinite.

    Args:
        name: The option.
        value: The caller's value.
        requirement: The end of "must be ...", for the message.

    Returns:
        The float, not NaN.

    Raises:
        DistributionError: If the value is not a real number, is NaN, or exceeds the largest float.
    """
    number = as_float(value)
    if number is None or math.isnan(number):
        raise DistributionError(f"`{name}` must be {requirement}, but is {shortened(value)}")
    return number


def number_within(
    name: str, value: Any, low: float, high: float, requirement: str, /, *, ends: bool = True
) -> float:
    """The value of an option as a float in an interval.

    Args:
        name: The option.
        value: The caller's value.
        low: Lower end.
        high: Upper end.
        requirement: The end of "must be ...", for the message.
        ends: Whether the ends are allowed.

    Returns:
        The float.

    Raises:
        DistributionError: If the value is not a real number in the interval.
    """
    number = real_number(name, value, requirement)
    # A rational number may round to an end that it does not reach.
    exact: Any = value if isinstance(value, numbers.Rational) else number
    if (low <= exact <= high) if ends else (low < exact < high and low < number < high):
        return number
    raise DistributionError(f"`{name}` must be {requirement}, but is {shortened(value)}")


def whole_number(name: str, value: Any, requirement: str, /, *, low: int | None = None) -> int:
    """The value of an option as an int.

    Args:
        name: The option.
        value: The caller's value.
        requirement: The end of "must be ...", for the message.
        low: The least value that is allowed; None for any.

    Returns:
        The int, between -2**63 and 2**63.

    Raises:
        DistributionError: If the value is not a whole number of this range.
    """
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool | np.timedelta64)
    if whole and -(2**63) < value < 2**63 and (low is None or value >= low):
        return operator.index(value)
    raise DistributionError(f"`{name}` must be {requirement}, but is {shortened(value)}")


def flag(name: str, value: Any, /) -> bool:
    """The value of an option that is True or False.

    Returns:
        The bool.

    Raises:
        DistributionError: If the value is neither.
    """
    if not isinstance(value, bool | np.bool_):
        raise DistributionError(f"`{name}` must be True or False, but is {shortened(value)}")
    return bool(value)


def log_base(base: float | None, /) -> float:
    """Natural logarithm of ``base``, the divisor of a result in nats.

    Returns:
        ``log(base)``; 1 for None, which stands for nats.

    Raises:
        DistributionError: If ``base`` is not a finite number above 1.
    """
    if base is None:
        return 1.0
    requirement = "a finite number above 1, or None for nats"
    return math.log(number_within("base", base, 1.0, math.inf, requirement, ends=False))


def confidence(value: float, /) -> float:
    """A confidence level.

    Returns:
        The level, a float strictly between 0 and 1.

    Raises:
        DistributionError: If it is not such a number; the message gives the value.
    """
    requirement = "strictly between 0 and 1, as 0.95 is"
    return number_within("confidence", value, 0.0, 1.0, requirement, ends=False)


def random_generator(rng: np.random.Generator, /) -> np.random.Generator:
    """The source of randomness that was passed.

    Returns:
        ``rng`` itself.

    Raises:
        DistributionError: If ``rng`` is not a ``numpy.random.Generator``.
    """
    if not isinstance(rng, np.random.Generator):
        raise DistributionError(
            f"`rng` must be a numpy Generator, but is {shortened(rng)}; pass "
            "numpy.random.default_rng(0)"
        )
    return rng


def number_of_jobs(n_jobs: int | None, /) -> None:
    """Refuse a number of processes that joblib does not know.

    Raises:
        DistributionError: If ``n_jobs`` is 0 or not a whole number.
    """
    requirement = "a number of processes, -1 for all cores or None"
    if n_jobs is not None and whole_number("n_jobs", n_jobs, requirement) == 0:
        raise DistributionError(f"`n_jobs` must be {requirement}, but is 0")


def order_of_distance(order: float, /) -> float:
    """The order of a Wasserstein distance.

    Returns:
        The order, a float of at least 1.

    Raises:
        DistributionError: If the order is below 1, or above 1e9.
    """
    requirement = "a finite number of at least 1"
    number = number_within("order", order, 1.0, sys.float_info.max, requirement)
    if number > MAX_ORDER:
        raise DistributionError(
            f"`order` must be at most {MAX_ORDER:g}, but is {shortened(order)}; from there on W_r "
            "is W_inf, the least possible largest distance of a plan, to a relative 1e-6"
        )
    return number


def seconds_or_none(name: str, value: float | None, /) -> float | None:
    """A time limit in seconds.

    Returns:
        The seconds, above 0; None for no limit.

    Raises:
        DistributionError: If it is neither None nor a number above 0.
    """
    if value is None:
        return None
    requirement = "above 0 seconds or None"
    seconds = number_within(name, value, 0.0, math.inf, requirement)
    if seconds == 0:
        raise DistributionError(f"`{name}` must be {requirement}, but is {shortened(value)}")
    return seconds


def tolerance_or_none(value: float | None, /) -> float | None:
    """A relative tolerance.

    Returns:
        The tolerance, strictly between 0 and 1; None for an exact result.

    Raises:
        DistributionError: If it is neither None nor such a number.
    """
    if value is None:
        return None
    requirement = "strictly between 0 and 1, as 1e-3 is, or None for the exact value"
    return number_within("tolerance", value, 0.0, 1.0, requirement, ends=False)


def choice(name: str, value: Any, choices: Collection[str], /, *, otherwise: str = "") -> None:
    """Refuse a value that is not among the choices of an option.

    Args:
        name: The option.
        value: The caller's choice.
        choices: The names of the option.
        otherwise: A further choice, in words.

    Raises:
        DistributionError: If so; the message lists the choices.
    """
    if not (isinstance(value, str) and value in choices):
        listed = ", ".join(f'"{known}"' for known in choices)
        raise DistributionError(
            f"`{name}` must be one of {listed}{otherwise}, but is {shortened(value)}"
        )
