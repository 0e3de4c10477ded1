"""Wasserstein distances of many pairs of point clouds on the line at once."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from divergences import _checks
from divergences._transport.one_dimensional import quantile_distance
from divergences._typing import Array, ArrayLike, of_pair
from divergences.errors import DistributionError


@of_pair
def wasserstein_1d(
    x: ArrayLike,
    y: ArrayLike,
    /,
    *,
    x_weights: ArrayLike | None = None,
    y_weights: ArrayLike | None = None,
    order: float = 1.0,
) -> Array:
    r"""Exact Wasserstein distance W_p on the line, of one or many pairs, in the points' unit.

    .. math:: W_p = \Big( \int_0^1 |F^{-1}(t) - G^{-1}(t)|^p \, dt \Big)^{1/p}

    with the quantile functions of the two samples. Sums of weights are rounded: about 1e-16 of the
    mass may be assigned to any point, and weights below 1e-16 of the total may count as 0. For one
    pair, `sampled.transport` returns the plan and its certificate as well, with exact masses.

    Args:
        x: Points, shape ``(..., n)``.
        y: Points, shape ``(..., m)``; leading axes broadcast.
        x_weights: Masses of the points of ``x``, at least 0, shape ``(..., n)``; divided by their
            sums. Equal by default.
        y_weights: Masses of the points of ``y``, shape ``(..., m)``, likewise.
        order: The p, finite and at least 1.

    Returns:
        Distances, shape ``(...)``, at least 0; in torch with gradients, 0 at distance 0.

    Raises:
        DistributionError: If points or weights are not finite, weights are negative or all 0, the
            shapes do not fit, the order is below 1, or a distance is too large for the type of the
            points.

    Source:
        Peyre and Cuturi 2019, "Computational optimal transport", proposition 2.17.

    >>> wasserstein_1d([[0.0, 1.0], [0.0, 4.0]], [0.5, 1.5]).tolist()
    [0.5, 1.5]
    """
    order = _checks.order_of_distance(order)
    xp = _checks.namespace(x=x, y=y, x_weights=x_weights, y_weights=y_weights)
    like = _checks.first_array(x, y, x_weights, y_weights)
    points = [_checks.real_array(name, a, xp, like=like) for name, a in (("x", x), ("y", y))]
    for name, array in zip("xy", points, strict=True):
        if array.ndim == 0:
            raise DistributionError(f"`{name}` must have an axis of points, but is one number")
        _checks.finite(name, array, xp)
    masses = [
        _masses(name, value, points[k].shape[-1], xp, like=points[k])
        for k, (name, value) in enumerate((("x_weights", x_weights), ("y_weights", y_weights)))
    ]
    dtype = xp.result_type(*points)
    wide_x, wide_y = (xp.astype(a, xp.float64) for a in points)
    p, q = (None if a is None else xp.astype(a, xp.float64) for a in masses)
    _require_broadcast(wide_x, wide_y, p, q)
    distance = quantile_distance(wide_x, wide_y, p, q, order, xp)
    _require_finite(_checks.numpy_values(distance), dtype, xp)
    return _checks.scalar(distance, dtype, xp)


def _require_broadcast(*arrays: Array | None) -> None:
    """Refuse leading axes that do not broadcast."""
    shapes = [tuple(a.shape[:-1]) for a in arrays if a is not None]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        raise DistributionError(
            "the leading axes of the arguments must broadcast, but they are "
            f"{', '.join(map(str, shapes))}"
        ) from None


def _require_finite(distance: Any, dtype: Any, xp: ModuleType) -> None:
    """Refuse distances that are too large for the type of the points."""
    largest = float(distance.max())
    if not largest <= float(xp.finfo(dtype).max):
        raise DistributionError(
            f"a distance is {largest:.6g}, more than {dtype} can hold; divide `x` and `y` by a "
            "constant, or pass float64"
        )


def _masses(
    name: str, value: ArrayLike | None, n: int, xp: ModuleType, /, *, like: Array
) -> Array | None:
    """Validate weights along the last axis.

    Returns:
        The weights divided by their largest, shape ``(..., n)``; None for equal ones.

    Raises:
        DistributionError: If the last axis is not of length n, or weights are negative, not finite
            or all 0.
    """
    if value is None:
        return None
    array = _checks.real_array(name, value, xp, like=like)
    if array.ndim == 0 or array.shape[-1] != n:
        raise DistributionError(
            f"`{name}` must have one entry per point, {n}, along its last axis, "
            f"but has shape {tuple(array.shape)}"
        )
    _checks.non_negative(name, array, xp)
    if not _checks.holds(name, xp.all(xp.max(array, axis=-1) > 0)):
        raise DistributionError(f"`{name}` must hold some mass for every pair, but holds none")
    # In units of the largest, no sum overflows.
    return array / xp.max(array, axis=-1, keepdims=True)
