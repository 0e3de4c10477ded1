r"""Distances of many pairs on the line at once, from their quantile functions.

.. math:: W_p^p = \int_0^1 |F^{-1}(t) - G^{-1}(t)|^p \, dt
"""

from types import ModuleType

import numpy as np

from divergences._checks import numpy_values
from divergences._transport.one_dimensional.cdf import staircase
from divergences._typing import Array, Indices


def quantile_distance(
    x: Array, y: Array, p: Array | None, q: Array | None, order: float, xp: ModuleType, /
) -> Array:
    """W_p of each pair, in the namespace's own operations.

    Args:
        x: Points, shape ``(..., n)``, float64.
        y: Points, shape ``(..., m)``, float64.
        p: Masses of x, shape ``(..., n)``, float64; None for equal ones.
        q: Masses of y, likewise.
        order: The power of distances, at least 1.
        xp: The namespace.

    Returns:
        Shape ``(...)``, in the unit of the points; gradient 0 where it is 0.
    """
    lead = np.broadcast_shapes(*(tuple(a.shape[:-1]) for a in (x, y, p, q) if a is not None))
    sides = [_side(points, masses, lead, xp) for points, masses in ((x, p), (y, q))]
    (x, x_levels), (y, y_levels) = sides
    # Each pair in its own unit, a power of two.
    farthest = (np.abs(numpy_values(a)).max(axis=-1, keepdims=True) for a in (x, y))
    exponent = np.frexp(np.maximum(*farthest))[1]
    x, y = (_times(a, -exponent, xp) for a in (x, y))
    if p is None and q is None:
        n, m = x.shape[-1], y.shape[-1]
        rows, cols, mass = staircase(m * np.arange(1, n + 1), n * np.arange(1, m + 1))
        rows, cols = (xp.asarray(k, device=x.device) for k in (rows, cols))
        lengths = xp.take(x, rows, axis=-1) - xp.take(y, cols, axis=-1)
        masses = xp.asarray(mass / (n * m), device=x.device)
    else:
        rows, cols, masses = _merged(x_levels, y_levels, xp)
        lengths = xp.take_along_axis(x, rows, axis=-1) - xp.take_along_axis(y, cols, axis=-1)
    root = _root_of_mean(xp.abs(lengths), masses, order, xp)
    return _times(root, exponent[..., 0], xp)


def _side(
    points: Array, masses: Array | None, lead: tuple[int, ...], xp: ModuleType
) -> tuple[Array, Array]:
    """Sorted points, and the distribution function after each."""
    n = points.shape[-1]
    points = xp.broadcast_to(points, (*lead, n))
    order = xp.argsort(points, axis=-1, stable=True)
    if masses is None:
        levels = xp.arange(1, n + 1, dtype=xp.float64, device=points.device) / n
        levels = xp.broadcast_to(levels, (*lead, n))
    else:
        masses = xp.take_along_axis(xp.broadcast_to(masses, (*lead, n)), order, axis=-1)
        sums = xp.cumulative_sum(masses, axis=-1)
        levels = sums / sums[..., -1:]
    return xp.take_along_axis(points, order, axis=-1), levels


def _merged(x_levels: Array, y_levels: Array, xp: ModuleType) -> tuple[Array, Array, Array]:
    """Rows, columns and masses of the monotone coupling: n + m of each, some without mass."""
    n, m = x_levels.shape[-1], y_levels.shape[-1]
    ends = xp.concat([x_levels, y_levels], axis=-1)
    order = xp.argsort(ends, axis=-1, stable=True)
    ends = xp.take_along_axis(ends, order, axis=-1)
    of_x = xp.astype(order < n, xp.int64)
    before = xp.cumulative_sum(of_x, axis=-1) - of_x
    place = xp.broadcast_to(xp.arange(n + m, device=ends.device), ends.shape)
    rows, cols = xp.clip(before, max=n - 1), xp.clip(place - before, max=m - 1)
    masses = ends - xp.concat([xp.zeros_like(ends[..., :1]), ends[..., :-1]], axis=-1)
    return rows, cols, masses


def _root_of_mean(lengths: Array, masses: Array, order: float, xp: ModuleType) -> Array:
    """The mean of powers, to the power of one over the order."""
    if order == 1:
        return xp.sum(masses * lengths, axis=-1)
    # In units of the largest, a constant, no power of it over- or underflows.
    largest = numpy_values(lengths).max(axis=-1, keepdims=True)
    unit = xp.asarray(np.where(largest > 0, largest, 1.0), device=lengths.device)
    mean = xp.sum(masses * (lengths / unit) ** order, axis=-1)
    above = mean > 0
    root = xp.where(above, xp.where(above, mean, 1.0) ** (1 / order), 0.0)
    return root * unit[..., 0]


def _times(values: Array, exponent: Indices, xp: ModuleType) -> Array:
    """The values times powers of two, in two steps, since a factor may not be a float."""
    half = exponent // 2
    with np.errstate(over="ignore"):
        for factor in (np.ldexp(1.0, half), np.ldexp(1.0, exponent - half)):
            values = values * xp.asarray(factor, device=values.device)
    return values
