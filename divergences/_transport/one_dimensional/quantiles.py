r"""Wasserstein distances of many pairs on the line, from their quantile functions.

.. math:: W_p^p = \int_0^1 |F^{-1}(t) - G^{-1}(t)|^p \, dt
"""

from types import ModuleType

import array_api_compat
import numpy as np

from divergences._checks import numpy_values
from divergences._transport.one_dimensional.cdf import monotone_coupling
from divergences._transport.one_dimensional.ordering import sorted_values, sorting_permutation
from divergences._typing import Array, Floats, Indices


def quantile_distance(
    x: Array, y: Array, p: Array | None, q: Array | None, order: float, xp: ModuleType, /
) -> Array:
    """W_p of each pair, in operations of the array namespace.

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
    # Each pair in its own unit, a power of two.
    largest = (_largest_absolute_value(numpy_values(a)) for a in (x, y))
    exponent = np.frexp(np.maximum(*largest))[1]
    x, y = (_times_power_of_two(a, -exponent, xp) for a in (x, y))
    if p is None and q is None:
        differences, masses = _coupled_quantiles(x, y, xp)
    else:
        lead = np.broadcast_shapes(*(tuple(a.shape[:-1]) for a in (x, y, p, q) if a is not None))
        (x, x_cdf), (y, y_cdf) = (
            _sorted_with_cdf(points, masses, lead, xp) for points, masses in ((x, p), (y, q))
        )
        x_indices, y_indices, masses = _batched_coupling(x_cdf, y_cdf, xp)
        x_values = xp.take_along_axis(x, x_indices, axis=-1)
        differences = x_values - xp.take_along_axis(y, y_indices, axis=-1)
    mean = _power_mean(xp.abs(differences), masses, order, xp)
    return _times_power_of_two(mean, exponent[..., 0], xp)


def _largest_absolute_value(values: Floats) -> Floats:
    """Largest absolute value along the last axis, which is kept."""
    return np.maximum(
        values.max(axis=-1, keepdims=True), -values.min(axis=-1, keepdims=True), dtype=np.float64
    )


def _coupled_quantiles(x: Array, y: Array, xp: ModuleType) -> tuple[Array, Array]:
    """Differences of coupled points of equal masses, and the masses of the pairs."""
    n, m = x.shape[-1], y.shape[-1]
    x, y = (_ascending(a, xp) for a in (x, y))
    device = array_api_compat.device(x)
    if n == m:
        return x - y, xp.full((n,), 1 / n, dtype=xp.float64, device=device)
    rows, cols, mass = monotone_coupling(m * np.arange(1, n + 1), n * np.arange(1, m + 1))
    x_indices, y_indices = (xp.asarray(k, device=device) for k in (rows, cols))
    differences = xp.take(x, x_indices, axis=-1) - xp.take(y, y_indices, axis=-1)
    return differences, xp.asarray(mass / (n * m), device=device)


def _ascending(points: Array, xp: ModuleType) -> Array:
    """Points in ascending order along the last axis."""
    if isinstance(points, np.ndarray) and points.ndim == 1:
        return sorted_values(points)
    return xp.sort(points, axis=-1, stable=not isinstance(points, np.ndarray))


def _sorted_with_cdf(
    points: Array, masses: Array | None, lead: tuple[int, ...], xp: ModuleType
) -> tuple[Array, Array]:
    """Sorted points, and the distribution function at each."""
    n = points.shape[-1]
    points = xp.broadcast_to(points, (*lead, n))
    if isinstance(points, np.ndarray) and points.ndim == 1:
        order = sorting_permutation(points)
    else:
        order = xp.argsort(points, axis=-1, stable=True)
    if masses is None:
        cdf = xp.arange(1, n + 1, dtype=xp.float64, device=array_api_compat.device(points)) / n
        cdf = xp.broadcast_to(cdf, (*lead, n))
    else:
        masses = xp.take_along_axis(xp.broadcast_to(masses, (*lead, n)), order, axis=-1)
        sums = xp.cumulative_sum(masses, axis=-1)
        cdf = sums / sums[..., -1:]
    return xp.take_along_axis(points, order, axis=-1), cdf


def _batched_coupling(x_cdf: Array, y_cdf: Array, xp: ModuleType) -> tuple[Array, Array, Array]:
    """Rows, columns and masses of the monotone couplings: n + m arcs each, some of mass 0."""
    n, m = x_cdf.shape[-1], y_cdf.shape[-1]
    levels = xp.concat([x_cdf, y_cdf], axis=-1)
    order = xp.argsort(levels, axis=-1, stable=True)
    levels = xp.take_along_axis(levels, order, axis=-1)
    from_x = xp.astype(order < n, xp.int64)
    x_before = xp.cumulative_sum(from_x, axis=-1) - from_x
    position = xp.broadcast_to(
        xp.arange(n + m, device=array_api_compat.device(levels)), levels.shape
    )
    rows, cols = xp.clip(x_before, max=n - 1), xp.clip(position - x_before, max=m - 1)
    masses = levels - xp.concat([xp.zeros_like(levels[..., :1]), levels[..., :-1]], axis=-1)
    return rows, cols, masses


def _power_mean(values: Array, masses: Array, order: float, xp: ModuleType) -> Array:
    """Mean of ``values**order`` under the masses, to the power ``1 / order``."""
    if order == 1:
        return xp.sum(masses * values, axis=-1)
    # In units of the largest value, a constant, no power of it over- or underflows.
    largest = numpy_values(values).max(axis=-1, keepdims=True)
    unit = xp.asarray(np.where(largest > 0, largest, 1.0), device=array_api_compat.device(values))
    mean = xp.sum(masses * (values / unit) ** order, axis=-1)
    positive = mean > 0
    root = xp.where(positive, xp.where(positive, mean, 1.0) ** (1 / order), 0.0)
    return root * unit[..., 0]


def _times_power_of_two(values: Array, exponent: Indices, xp: ModuleType) -> Array:
    """``values * 2**exponent``, in two steps, since the power itself may overflow."""
    half = exponent // 2
    with np.errstate(over="ignore"):
        for factor in (np.ldexp(1.0, half), np.ldexp(1.0, exponent - half)):
            values = values * xp.asarray(factor, device=array_api_compat.device(values))
    return values
