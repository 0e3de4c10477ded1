"""Distributions of a distance matrix, validated one by one, and the distance of two of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from divergences import _checks, sampled
from divergences._transport.histograms import HistogramProblem
from divergences._transport.solve import SolverOptions
from divergences._typing import Array, ArrayLike
from divergences.errors import DistributionError
from divergences.sampled._point_clouds import PointCloud, PointCloudPair
from divergences.sampled._transport import emd_estimate

Validator = Callable[[str, Any], Any]
Distance = Callable[[Any, Any], float]


def distance_function(
    distance: Callable[..., Any] | None, cost: ArrayLike | None, /, *, symmetric: bool
) -> tuple[Validator, Distance]:
    """Functions that validate a distribution, and compute the distance of two validated ones.

    Args:
        distance: The caller's distance; None for exact EMD.
        cost: Ground cost of histograms, shape ``(n, n)``; None for other distributions.
        symmetric: Whether the cost must be symmetric.

    Returns:
        Both functions; the second can be pickled if ``distance`` can.

    Raises:
        DistributionError: If both a distance and a cost are given, or the cost is invalid.
    """
    if cost is not None:
        if distance is not None:
            raise DistributionError(
                "`cost` is for the exact EMD of histograms: give either `cost` or `distance`"
            )
        return _histogram, partial(_histogram_emd, _cost_matrix(cost, symmetric=symmetric))
    if distance is None or distance is sampled.emd:
        return _point_cloud, _point_cloud_emd
    return _unvalidated, partial(_custom_distance, distance)


def validated_elements(
    name: str, distributions: Sequence[Any], validate: Validator, /
) -> list[Any]:
    """Validate distributions one by one.

    Args:
        name: The argument.
        distributions: Its entries.
        validate: Function of the name and the value of an entry.

    Returns:
        Each validated distribution, or the `DistributionError` that refuses it, which then is the
        error of all of its pairs.

    Raises:
        DistributionError: If there are no distributions.
    """
    elements = list(distributions)
    if not elements:
        raise DistributionError(f"`{name}` must hold at least one distribution, but is empty")
    validated: list[Any] = []
    for index, element in enumerate(elements):
        try:
            validated.append(validate(f"{name}[{index}]", element))
        except DistributionError as error:
            validated.append(error)
    return validated


def _point_cloud(name: str, element: Any) -> PointCloud:
    """Validate points, or a pair of points and weights, and convert them to numpy."""
    element = _unvalidated(name, element)
    if _is_weighted(element):
        names = f"{name}[0]", f"{name}[1]"
        return PointCloud.of(*element, name=names[0], weights_name=names[1]).in_numpy()
    return PointCloud.of(element, name=name).in_numpy()


def _point_cloud_emd(x: PointCloud, y: PointCloud) -> float:
    """Exact EMD of two point clouds."""
    _require_validated(x, y)
    options = SolverOptions(method=None, time_limit=None, progress=False)
    return float(emd_estimate(PointCloudPair.of_clouds(x, y), options).value)


def _histogram(name: str, element: Any) -> Array:
    """Validate masses, and convert them to numpy."""
    xp = _checks.namespace(**{name: element})
    masses = _checks.real_array(name, element, xp)
    _checks.masses(name, masses, xp)
    return _checks.numpy_values(masses)


def _cost_matrix(cost: ArrayLike, *, symmetric: bool) -> Array:
    """Validate a ground cost, all but its size.

    Returns:
        The cost in numpy.

    Raises:
        DistributionError: If an entry is negative, infinite or NaN, or the cost is not symmetric
            although it must be; naming the entry.
    """
    matrix: Any = _checks.real_array("cost", _plain(cost), _checks.NUMPY)
    _checks.non_negative("cost", matrix, _checks.NUMPY)
    if symmetric and matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1]:
        unequal = np.argwhere(matrix != matrix.T)
        if len(unequal):
            i, j = unequal[0]
            raise DistributionError(
                f"`cost` must be symmetric where each pair is computed once, but cost[{i}, {j}] = "
                f"{matrix[i, j]} and cost[{j}, {i}] = {matrix[j, i]}; pass the distributions twice"
            )
    return matrix


def _histogram_emd(cost: Array, p: Array, q: Array) -> float:
    """Exact EMD of two histograms."""
    _require_validated(p, q)
    return float(HistogramProblem.of_validated(p, q, cost, _checks.NUMPY).value())


def _unvalidated(_: str, element: Any) -> Any:
    """A distribution as the caller's distance takes it, tensors as numpy arrays."""
    return tuple(map(_plain, element)) if _is_weighted(element) else _plain(element)


def _custom_distance(distance: Callable[..., Any], a: Any, b: Any) -> float:
    """The caller's distance of two distributions, with or without weights."""
    weights = {}
    if _is_weighted(a):
        a, weights["x_weights"] = a
    if _is_weighted(b):
        b, weights["y_weights"] = b
    value = distance(a, b, **weights)
    return float(getattr(value, "value", value))


def _require_validated(*elements: Any) -> None:
    """Raise the error of a distribution that was refused."""
    for element in elements:
        if isinstance(element, DistributionError):
            raise element


def _is_weighted(element: Any) -> bool:
    """Whether it is a pair of points and weights, and not a vector of two probabilities."""
    return isinstance(element, tuple) and len(element) == 2 and np.ndim(_plain(element[0])) > 0


def _plain(array: Any) -> Any:
    """A tensor as a numpy array, which processes share; all else unchanged."""
    return _checks.numpy_values(array) if hasattr(array, "detach") else array
