"""Lengths of steps from point to point, under each named metric."""

from types import ModuleType
from typing import cast

import numpy as np

from divergences._checks import Array, numpy_values
from divergences._transport.certificate import Floats
from divergences._transport.metrics import BlockMetric, Metric, exponent_of


def lengths(steps: Array, metric: Metric | BlockMetric, xp: ModuleType, /) -> Array:
    """Length of each row of ``steps``, with gradient 0 where it is 0."""
    if metric == "cityblock":
        return xp.sum(xp.abs(steps), axis=-1)
    if metric == "chebyshev":
        return xp.max(xp.abs(steps), axis=-1)
    if metric == "sqeuclidean":
        return xp.sum(steps * steps, axis=-1)
    unit = 2.0 ** (exponent_of(numpy_values(steps)) - 1)  # in it, no square overflows
    squares = xp.sum((steps / unit) ** 2, axis=-1)
    return unit * xp.where(squares > 0, xp.sqrt(xp.where(squares > 0, squares, 1.0)), 0.0)


def scaled_lengths(steps: Floats, metric: Metric, /) -> Floats:
    """Length of each row in numpy, of steps scaled so that no square overflows: the fast one."""
    if metric == "cityblock":
        return cast(Floats, np.abs(steps).sum(axis=1))
    if metric == "chebyshev":
        return cast(Floats, np.abs(steps).max(axis=1))
    squares: Floats = np.einsum("ij,ij->i", steps, steps)
    return squares if metric == "sqeuclidean" else np.sqrt(squares)
