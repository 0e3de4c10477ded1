"""Kinds of distance matrices: points, histograms with a ground cost, vectors, anything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from divergences import _checks, sampled
from divergences._checks.categories import is_categorical
from divergences._pairwise.blocks import AllPairs, EachPair, TileDistances
from divergences._pairwise.costs import aligned_ground_cost
from divergences._pairwise.distances import is_symmetric, name_of_vectors, named_distance
from divergences._pairwise.elements import (
    Elements,
    Validator,
    aligned_vectors,
    is_weighted,
    validated,
)
from divergences._pairwise.histograms import refuse_histograms
from divergences._transport import emd
from divergences._transport.histograms import HistogramProblem
from divergences._transport.solve import SolverOptions
from divergences._typing import Array
from divergences.errors import DistributionError
from divergences.sampled._point_clouds import PointCloud, PointCloudPair
from divergences.sampled._transport import emd_estimate


@dataclass(frozen=True, slots=True)
class PairwiseProblem:
    """Validated distributions and their distance.

    Attributes:
        tile: Distances of all pairs of a tile.
        rows: Distributions, or the errors that refuse them.
        columns: Likewise; the rows themselves, if there are no others.
        is_symmetric: Whether the matrix is symmetric.
    """

    tile: TileDistances
    rows: list[Any]
    columns: list[Any]
    is_symmetric: bool

    @classmethod
    def of(
        cls,
        sides: list[Elements],
        tile: TileDistances,
        validate: Validator,
        symmetric: bool,
        validate_rows: Validator | None = None,
    ) -> PairwiseProblem:
        """Validate the distributions of one or two sides.

        Args:
            sides: The rows, and the columns if they are others.
            tile: Distances of all pairs of a tile.
            validate: Function of the name and the value of a distribution.
            symmetric: Whether the distance is symmetric.
            validate_rows: Likewise of the rows of an array.

        Returns:
            The problem.

        Raises:
            DistributionError: If all distributions of a side are refused.
        """
        lists = [validated(side, validate, validate_rows=validate_rows) for side in sides]
        return cls(tile, lists[0], lists[-1], symmetric and len(sides) == 1)


def pairwise_problem(
    distributions: Any, other: Any | None, distance: Any | None, cost: Any | None, /
) -> PairwiseProblem:
    """Read and validate the arguments of `pairwise`.

    Args:
        distributions: As in `pairwise`.
        other: As in `pairwise`.
        distance: As in `pairwise`.
        cost: As in `pairwise`.

    Returns:
        The problem.

    Raises:
        DistributionError: As `pairwise`.
    """
    function = None if distance is None else named_distance(distance)
    sides = [Elements.of("distributions", distributions)]
    if other is not None:
        sides.append(Elements.of("other", other))
    if cost is not None:
        if function not in (None, emd):
            raise DistributionError(
                "`cost` is for the exact EMD of histograms: give either `cost` or `distance`"
            )
        return _of_histograms(sides, cost)
    if distance is emd:
        raise DistributionError(
            "`distance` emd compares histograms under a ground cost: give `cost`, too; for the "
            "exact EMD of points pass distance=divergences.sampled.emd"
        )
    if function in (None, emd, sampled.emd):
        if function is not sampled.emd:
            refuse_histograms(sides)
        return _of_points(sides)
    name, is_log, options = name_of_vectors(function)
    if name is not None:
        return _of_vectors(sides, function, name, is_log, options)
    tile = EachPair(partial(_custom_distance, function))
    return PairwiseProblem.of(sides, tile, _unvalidated, is_symmetric(function))


def _of_histograms(sides: list[Elements], cost: Any) -> PairwiseProblem:
    """Exact EMD of histograms under a ground cost."""
    ground = aligned_ground_cost(sides, cost)
    sides, _ = aligned_vectors(sides, missing=0.0)
    symmetric = bool(np.array_equal(ground, ground.T))
    tile = EachPair(partial(_histogram_emd, ground))
    return PairwiseProblem.of(sides, tile, _histogram, symmetric)


def _histogram(name: str, element: Any) -> Array:
    """Validate masses, and convert them to numpy."""
    masses = _checks.real_array(name, element, _checks.NUMPY)
    _checks.masses(name, masses, _checks.NUMPY)
    return masses


def _histogram_emd(cost: Array, p: Array, q: Array) -> float:
    """Exact EMD of two histograms."""
    return float(HistogramProblem.of_validated(p, q, cost, _checks.NUMPY).value())


def _of_points(sides: list[Elements]) -> PairwiseProblem:
    """Exact EMD of point clouds."""
    if any(_needs_both(value) for side in sides for value in side.values):
        tile = EachPair(partial(_custom_distance, sampled.emd))
        return PairwiseProblem.of(sides, tile, _unvalidated, symmetric=True)
    first = sides[0].values[0]
    reference = first[0] if is_weighted(first) else first
    validate = partial(_point_cloud, reference)
    return PairwiseProblem.of(sides, EachPair(_point_cloud_emd), validate, symmetric=True)


def _needs_both(element: Any) -> bool:
    """Whether a sample holds times, which count from the earliest of a pair, or categories."""
    points = element[0] if is_weighted(element) else element
    return is_categorical(points) or _checks.in_seconds(points, points)[0] is not points


def _point_cloud(reference: Any, name: str, element: Any) -> PointCloud:
    """Validate points, or a pair of points and weights, with their columns in one order."""
    points, weights, names = element, None, (name, "weights")
    if is_weighted(element):
        (points, weights), names = element, (f"{name}[0]", f"{name}[1]")
    weights = _checks.aligned_weights(points, weights, names=names)
    _, points, _ = _checks.aligned_columns(reference, points, names=("distributions[0]", names[0]))
    return PointCloud.of(points, weights, name=names[0], weights_name=names[1]).in_numpy()


def _point_cloud_emd(x: PointCloud, y: PointCloud) -> float:
    """Exact EMD of two point clouds."""
    options = SolverOptions(method=None, time_limit=None, progress=False)
    return float(emd_estimate(PointCloudPair.of_clouds(x, y), options).value)


def _of_vectors(
    sides: list[Elements],
    function: Callable[..., Any],
    name: str,
    is_log: bool,
    options: dict[str, Any],
) -> PairwiseProblem:
    """A divergence of probability vectors, or of their logarithms."""
    _checks.log_base(options.get("base"))
    sides, _ = aligned_vectors(sides, missing=-np.inf if is_log else 0.0)
    tile = AllPairs(
        function,
        is_js=name in ("js", "js_distance") and not is_log,
        base=options.get("base"),
        root=name == "js_distance",
    )
    validate, validate_rows = partial(_vector, name, is_log), partial(_vectors, is_log)
    return PairwiseProblem.of(sides, tile, validate, is_symmetric(function), validate_rows)


def _vector(distance: str, is_log: bool, name: str, element: Any) -> Array:
    """Validate a probability vector, or its logarithm, and convert it to numpy."""
    vector = _checks.real_array(name, element, _checks.NUMPY)
    if vector.ndim != 1:
        estimator = f"divergences.sampled.{distance}"
        remedy = (
            f"for samples of points pass distance={estimator}"
            if hasattr(sampled, distance)
            else "pass vectors"
        )
        raise DistributionError(
            f"`{name}` must be a vector of probabilities, shape (k,), but has shape "
            f"{tuple(vector.shape)}; {remedy}"
        )
    return _vectors(is_log, name, vector)


def _vectors(is_log: bool, name: str, array: Any) -> Array:
    """Validate probability vectors, or their logarithms, along the last axis."""
    vectors = _checks.real_array(name, array, _checks.NUMPY)
    check = _checks.log_probabilities if is_log else _checks.probabilities
    check(name, vectors, _checks.NUMPY, axis=-1)
    return vectors


def _unvalidated(_: str, element: Any) -> Any:
    """The distribution, as the caller's distance takes it."""
    return element


def _custom_distance(distance: Callable[..., Any], a: Any, b: Any) -> Any:
    """The caller's distance of two distributions, with or without weights."""
    weights = {}
    if is_weighted(a):
        a, weights["x_weights"] = a
    if is_weighted(b):
        b, weights["y_weights"] = b
    return distance(a, b, **weights)
