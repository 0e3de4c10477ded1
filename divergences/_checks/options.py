"""Options that many functions share, each checked in one place."""

import math
import numbers
from collections.abc import Collection
from typing import Any

import numpy as np

from divergences.errors import DistributionError


def log_base(base: float | None, /) -> float:
    """Natural logarithm of ``base``, the divisor of a result in nats.

    Returns:
        ``log(base)``; 1 for None, which stands for nats.

    Raises:
        DistributionError: If ``base`` is not a finite number above 1.
    """
    if base is None:
        return 1.0
    if not (isinstance(base, numbers.Real) and 1 < base < math.inf):
        raise DistributionError(
            f"`base` must be a finite number above 1, or None for nats, but is {base!r}"
        )
    return math.log(base)


def confidence(value: float, /) -> None:
    """Refuse a confidence level that is not strictly between 0 and 1.

    Raises:
        DistributionError: Naming the value.
    """
    if not (isinstance(value, numbers.Real) and 0 < value < 1):
        raise DistributionError(
            f"`confidence` must be strictly between 0 and 1, as 0.95 is, but is {value!r}"
        )


def random_generator(rng: np.random.Generator, /) -> np.random.Generator:
    """The source of randomness that was passed.

    Returns:
        ``rng`` itself.

    Raises:
        DistributionError: If ``rng`` is not a ``numpy.random.Generator``.
    """
    if not isinstance(rng, np.random.Generator):
        raise DistributionError(
            f"`rng` must be a numpy Generator, but is {rng!r}; pass numpy.random.default_rng(0)"
        )
    return rng


def number_of_jobs(n_jobs: int | None, /) -> None:
    """Refuse a number of processes that joblib does not know.

    Raises:
        DistributionError: If ``n_jobs`` is 0 or not a whole number.
    """
    if n_jobs is not None and (not isinstance(n_jobs, int) or n_jobs == 0):
        raise DistributionError(
            f"`n_jobs` must be a number of processes, -1 for all cores or None, but is {n_jobs!r}"
        )


def order_of_distance(order: float, /) -> None:
    """Refuse an order of a Wasserstein distance that is below 1 or infinite.

    Raises:
        DistributionError: Naming the value.
    """
    if not (isinstance(order, numbers.Real) and 1 <= order < math.inf):
        raise DistributionError(f"`order` must be a finite number of at least 1, but is {order!r}")


def choice(name: str, value: Any, choices: Collection[str], /, *, otherwise: str = "") -> None:
    """Refuse a name that is not among those that an option has.

    Args:
        name: The option.
        value: The caller's choice.
        choices: The names of the option.
        otherwise: A further choice, in words.

    Raises:
        DistributionError: With the list of choices.
    """
    if not (isinstance(value, str) and value in choices):
        listed = ", ".join(f'"{known}"' for known in choices)
        raise DistributionError(f"`{name}` must be one of {listed}{otherwise}, but is {value!r}")
