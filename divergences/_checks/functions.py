"""Validation of functions that the caller passes, and of the values they return."""

from types import ModuleType
from typing import Any

import array_api_compat
import numpy as np

from divergences._checks.arrays import first_offender, holds
from divergences._checks.values import shortened
from divergences._typing import Array
from divergences.errors import DistributionError


def require_function(name: str, value: Any, requirement: str, /) -> None:
    """Refuse a value that cannot be called.

    Args:
        name: Name of the argument.
        value: The caller's value.
        requirement: The end of "must be ...", for the message.

    Raises:
        DistributionError: If so; the message gives the value.
    """
    if not callable(value):
        raise DistributionError(f"`{name}` must be {requirement}, but is {shortened(value)}")


def returned_values(name: str, values: Any, argument: Array, xp: ModuleType, /) -> Array:
    """Values that a function of an array returned, one real number for each entry.

    Args:
        name: Name of the function.
        values: Its values.
        argument: The array that it was called with.
        xp: Array namespace of the argument.

    Returns:
        The values.

    Raises:
        DistributionError: If they are not an array of the library and the shape of the argument,
            or hold anything but real numbers.
    """
    library = xp.__name__.removeprefix("array_api_compat.").partition(".")[0]
    is_array = isinstance(values, np.ndarray | np.generic) or array_api_compat.is_array_api_obj(
        values
    )
    is_array = is_array and not isinstance(values, type)
    if not is_array or array_api_compat.array_namespace(values) is not xp:
        raise DistributionError(
            f"`{name}` must return an array of {library} with one number for each entry of its "
            f"argument, but returned {shortened(values)}"
        )
    if tuple(values.shape) != tuple(argument.shape):
        raise DistributionError(
            f"`{name}` must return one number for each entry of its argument, but for shape "
            f"{tuple(argument.shape)} returned shape {tuple(values.shape)}"
        )
    if not xp.isdtype(values.dtype, ("real floating", "integral", "bool")):
        raise DistributionError(
            f"`{name}` must return real numbers, but returned values of type {values.dtype}"
        )
    return values


def refuse_values_where(
    name: str, values: Array, argument: Array, invalid: Array, requirement: str, xp: ModuleType, /
) -> None:
    """Refuse values of a function at the entries of its argument that are marked as invalid.

    Args:
        name: Name of the function.
        values: Its values.
        argument: The array that it was called with, of the same shape.
        invalid: Mask of the invalid values.
        requirement: The end of "must be ...", for the message.
        xp: Array namespace of all three.

    Raises:
        DistributionError: If there is an invalid value; the message gives the first one.
    """
    if holds(name, xp.any(invalid)):
        index, value = first_offender(values, invalid, xp)
        at = first_offender(argument, invalid, xp)[1]
        place = f"{at:.17g}" + (f" (entry {index})" if index else "")
        raise DistributionError(f"`{name}` must be {requirement}, but is {value} at {place}")
