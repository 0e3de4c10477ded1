"""Checks of a distribution's parameters at construction; checked values are stored read-only."""

import math
from typing import Any

import numpy as np

from divergences import _checks
from divergences._checks.values import as_float, shortened
from divergences._typing import Floats
from divergences.errors import DistributionError


def store_number(distribution: Any, name: str) -> float:
    """Store a parameter as a float.

    Returns:
        The float, finite.

    Raises:
        DistributionError: If the parameter is no finite real number.
    """
    value = getattr(distribution, name)
    shape = getattr(value, "shape", ())
    if isinstance(value, list | tuple) or (isinstance(shape, tuple) and shape):
        raise DistributionError(
            f"`{name}` must be one number, but is {shortened(value)}; make one distribution for "
            "each number"
        )
    number = None if isinstance(value, bool) else as_float(value)
    if number is None and isinstance(value, int) and not isinstance(value, bool):
        raise DistributionError(f"`{name}` must be at most 1.8e308, the largest float")
    if number is None:
        raise DistributionError(
            f"`{name}` must be a real number, but is {shortened(value)}; pass float({name})"
        )
    if not math.isfinite(number):
        raise DistributionError(f"`{name}` must be finite, but is {value!r}; pass a finite number")
    object.__setattr__(distribution, name, number)
    return number


def store_positive(distribution: Any, name: str, advice: str) -> None:
    """Store a positive parameter as a float.

    Raises:
        DistributionError: If the parameter is no finite number above 0; ends with ``advice``.
    """
    if store_number(distribution, name) <= 0:
        raise DistributionError(
            f"`{name}` must be above 0, but is {getattr(distribution, name)!r}; {advice}"
        )


def store_read_only_array(distribution: Any, name: str, axes: int) -> Floats:
    """Store a parameter as a read-only float64 array with the given number of axes.

    Returns:
        The array.

    Raises:
        DistributionError: If it has another number of axes, or an entry that is not finite.
    """
    value, xp = getattr(distribution, name), _checks.NUMPY
    array = np.array(_checks.real_array(name, value, xp), np.float64)
    if array.ndim != axes:
        raise DistributionError(
            f"`{name}` must have {axes} {'axis' if axes == 1 else 'axes'}, but has shape "
            f"{array.shape}; make one distribution for each"
        )
    _checks.finite(name, array, xp)
    array.flags.writeable = False
    object.__setattr__(distribution, name, array)
    return array
