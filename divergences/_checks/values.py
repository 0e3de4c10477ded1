"""Single values of arguments: as floats, and as text of a message."""

import numbers
from decimal import Decimal
from typing import Any

import numpy as np


def as_float(value: Any, /) -> float | None:
    """A real number as a float; None for anything else, and for numbers beyond the largest float.

    Durations of numpy, which numpy counts as integers, are no numbers.

    Returns:
        The float, possibly infinite or NaN; or None.
    """
    if isinstance(value, np.timedelta64) or not isinstance(value, numbers.Real | Decimal):
        return None
    try:
        return float(value)
    except (OverflowError, ValueError):  # of large int and Fraction; of a signaling NaN
        return None


def returned_number(value: Any, /) -> float | None:
    """A number that a function returned, also as an array or a tensor of one entry.

    Returns:
        The float, possibly infinite or NaN; None for anything else.
    """
    if isinstance(value, str | bytes | bytearray):
        return None
    if hasattr(value, "detach"):  # torch warns of numbers of tensors with a gradient
        value = value.detach()
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        return None


def shortened(value: Any, /) -> str:
    """``repr`` of a value in one line, cut to 60 characters."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # noqa: BLE001  # a message must not fail: int of 5000 digits have no repr
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."
