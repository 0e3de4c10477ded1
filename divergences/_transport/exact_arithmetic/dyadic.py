"""Floats as integers times a common power of two: exact, since every float is dyadic."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from divergences._typing import Floats

Integers: TypeAlias = NDArray[np.object_]  # Python integers, of any length

MANTISSA_BITS = 53


def integers(values: Floats, /) -> tuple[Integers, int]:
    """Finite floats as integers, exactly.

    Args:
        values: Finite floats, of any shape.

    Returns:
        Integers of the same shape, and the exponent: ``values = integers * 2**exponent``.
    """
    mantissas, exponents = _mantissas(values)
    nonzero = mantissas != 0
    exponent = int(exponents[nonzero].min()) if nonzero.any() else 0
    return _shifted(mantissas, np.where(nonzero, exponents - exponent, 0)), exponent


def integers_at(values: Floats, exponent: int, /) -> Integers:
    """Finite floats in units of ``2**exponent``, rounded down to integers."""
    mantissas, exponents = _mantissas(values)
    return _shifted(mantissas, exponents - exponent)


def _mantissas(values: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Integers of up to 53 bits and exponents with ``values = mantissas * 2**exponents``."""
    fractions, exponents = np.frexp(values)
    mantissas = np.ldexp(fractions, MANTISSA_BITS).astype(np.int64)
    return mantissas, exponents.astype(np.int64) - MANTISSA_BITS


def _shifted(mantissas: NDArray[np.int64], shifts: NDArray[np.int64]) -> Integers:
    """``mantissas * 2**shifts``, rounded down."""
    result: Any = np.empty(mantissas.shape, dtype=object)
    result.reshape(-1)[:] = [
        mantissa << shift if shift >= 0 else mantissa >> -shift
        for mantissa, shift in zip(
            mantissas.ravel().tolist(), shifts.ravel().tolist(), strict=True
        )
    ]
    return result


def rounded(numerator: int, denominator: int, exponent: int, /) -> float:
    """``numerator / denominator * 2**exponent``, rounded once, to the nearest float.

    Returns:
        The float.

    Raises:
        OverflowError: If the result is too large for a float.
    """
    if exponent >= 0:
        return (numerator << exponent) / denominator
    return numerator / (denominator << -exponent)
