"""Parameters of a family: checked once, when a distribution is made, and kept unchangeable."""

import math
from typing import Any

import numpy as np

from divergences import _checks
from divergences._typing import Floats
from divergences.errors import DistributionError


def number(distribution: Any, name: str) -> float:
    """Keep a parameter as a float.

    Returns:
        The float.

    Raises:
        DistributionError: If it is no finite real number.
    """
    value = getattr(distribution, name)
    if np.ndim(value) != 0:
        raise DistributionError(
            f"`{name}` must be one number, but has shape {np.shape(value)}; make one distribution "
            "for each"
        )
    if not isinstance(value, int | float | np.integer | np.floating) or isinstance(value, bool):
        raise DistributionError(
            f"`{name}` must be a real number, but is {value!r}; pass float({name})"
        )
    if not math.isfinite(value):
        raise DistributionError(f"`{name}` must be finite, but is {value!r}; pass a finite number")
    object.__setattr__(distribution, name, float(value))
    return float(value)


def positive(distribution: Any, name: str, advice: str) -> None:
    """Keep a parameter above 0 as a float.

    Raises:
        DistributionError: If it is no finite number above 0; it ends with ``advice``.
    """
    if number(distribution, name) <= 0:
        raise DistributionError(
            f"`{name}` must be above 0, but is {getattr(distribution, name)!r}; {advice}"
        )


def read_only_array(distribution: Any, name: str, axes: int) -> Floats:
    """Keep a parameter as a read-only float64 array of so many axes.

    Returns:
        The array.

    Raises:
        DistributionError: If it has other axes, or an entry that is not finite.
    """
    xp = _checks.namespace()
    array = np.array(_checks.real_array(name, getattr(distribution, name), xp), np.float64)
    if array.ndim != axes:
        raise DistributionError(
            f"`{name}` must have {axes} {'axis' if axes == 1 else 'axes'}, but has shape "
            f"{array.shape}; make one distribution for each"
        )
    _checks.finite(name, array, xp)
    array.flags.writeable = False
    object.__setattr__(distribution, name, array)
    return array
