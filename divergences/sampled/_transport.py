"""Exact optimal transport between two point clouds."""

from __future__ import annotations

import array_api_compat
import numpy as np

from divergences import _checks
from divergences._checks import numpy_values
from divergences._transport.circular_distance import CircularDistance
from divergences._transport.metrics import BlockMetric, Metric
from divergences._transport.partial_points import partial_point_optimum
from divergences._transport.result import Transport
from divergences._transport.solve import SolverMethod, SolverOptions
from divergences._typing import ArrayLike
from divergences.sampled._estimate import Estimate, ProvedBounds
from divergences.sampled._lattice_points import lattice_optimum
from divergences.sampled._missing import CompleteRows, Missing
from divergences.sampled._point_clouds import PointCloudPair
from divergences.sampled._population_interval import PopulationInterval


def emd(
    x: ArrayLike,
    y: ArrayLike,
    /,
    *,
    x_weights: ArrayLike | None = None,
    y_weights: ArrayLike | None = None,
    metric: Metric | BlockMetric = "euclidean",
    order: float = 1.0,
    period: float | None = None,
    method: SolverMethod | None = None,
    time_limit: float | None = None,
    tolerance: float | None = None,
    progress: bool = False,
    confidence: float = 0.95,
    missing: Missing = "refuse",
) -> Estimate:
    r"""Exact earth mover's distance between two sets of points, in their unit of length.

    .. math:: \Big( \min_f \sum_{ij} f_{ij} \, d(x_i, y_j)^r \Big)^{1/r}, \qquad
        \sum_j f_{ij} = p_i, \quad \sum_i f_{ij} = q_j, \quad f \ge 0

    With order 1 and a distance, `value` is exactly the Wasserstein-1 distance of the two
    *empirical* distributions. As an estimate for the populations it is biased upwards, for d > 2
    by about ``n**(-1/d)``: two samples of the same population have a positive distance.

    `low` and `high` are a confidence interval for the distance of the populations. `low` is the
    mean gap, on one half of the points, of the optimal 1-Lipschitz function of the other half,
    averaged over both directions: its expectation is at most W_1. `high` is the value, whose
    expectation is at least W_1. Both include a standard error, by the central limit theorem, and
    are computed on first access, `low` by solving two problems of half the size. In many
    dimensions the interval is wide, as for any method without further assumptions.

    The rows of an array of two axes are points, also of a picture: the EMD of two images is
    `divergences.grids.emd`. Images of total 1 are refused.

    Args:
        x: Points, shape ``(n, d)``, or ``(n,)`` on the line.
        y: Points, shape ``(m, d)``.
        x_weights: Masses of the points of ``x``, at least 0, shape ``(n,)``; divided by their sum.
            Equal by default.
        y_weights: Masses of the points of ``y``, shape ``(m,)``; divided by their sum. Equal by
            default.
        metric: Distance between points: "euclidean", "cityblock", "chebyshev", "sqeuclidean",
            "haversine", or a function of two blocks of points, numpy arrays of shapes ``(r, d)``
            and ``(c, d)``, that returns their distances, shape ``(r, c)``. "haversine" is the
            great-circle distance of points (latitude, longitude) in degrees, in units of the
            radius: times 6371.0088 it is in kilometres on the Earth.
        order: The r, at least 1, of the Wasserstein distance W_r: distances are raised to it.
        period: Length of a circle on which the points lie, as 24.0 for hours of the day; points
            are taken modulo it, and the distance is the length of the shorter arc. Dates and
            durations are in seconds: 86400.0 for their time of day. None for the line.
        method: "dense" computes all distances at once, which takes about ``40 n m`` bytes;
            "columns" keeps a few distances per point, and with more than 24 coordinates a table of
            up to 270 MB. By default the faster of the two, the closed form on the line and the
            circle, and a flow from neighbor to neighbor, as in `divergences.grids`, for many
            points that fill a small grid.
        time_limit: Seconds after which the column method stops with an error; None for no limit.
        tolerance: Relative difference of proved bounds at which to stop, strictly between 0 and 1.
            Large problems take much less time; then `low` and `high` are these bounds, of the EMD
            of the points, and the value is `high`, the cost of a plan. None for the exact value.
        progress: Whether the column method shows a progress bar, with the gap.
        confidence: Nominal coverage of the interval for the populations.
        missing: "refuse" raises an error where an entry is missing (NaN, None, NA); "drop" leaves
            out the rows that have one, and a note counts them.

    Returns:
        The estimate, at least 0, in the unit of the points (its square for "sqeuclidean"). The
        optimal cost is certified within a relative 1e-9 plus rounding. For torch tensors the value
        is a tensor with the envelope gradient in points and weights (0 at coincident points; for
        "chebyshev" divided between tied coordinates).

    Raises:
        DistributionError: If points or weights are not finite, their shapes do not match, or the
            metric or the method is unknown, or a function returns no distances, or the confidence
            is not between 0 and 1, or the period is not above 0, or a latitude is beyond 90
            degrees; on access to `low`, if a function is not a metric.
        SolverError: If the solver did not finish, or could not certify the optimum; after
            ``time_limit`` it carries bounds of the answer, `bracket`. Likewise on access to `low`.

    Source:
        Villani 2009, "Optimal transport", definition 6.1; Weed and Bach 2019 for the bias; Delon,
        Salomon and Sobolevski 2010 for the circle.

    >>> float(emd([[0.0, 0.0], [3.0, 4.0]], [[0.0, 0.0]]).value)
    2.5
    >>> float(emd([23.5, 0.5], [0.0, 1.0], period=24.0).value)
    0.5
    """
    confidence = _checks.confidence(confidence)
    rows = CompleteRows.of(x, y, x_weights, y_weights, missing)
    clouds = PointCloudPair.of(*rows.samples)
    options = SolverOptions(method, time_limit, progress)
    if period is not None:
        metric = CircularDistance.of(period, metric, clouds.x.d)
    tolerance = _checks.tolerance_or_none(tolerance)
    if tolerance is not None:
        return rows.noted(_bounded_estimate(clouds, options, tolerance, metric, order))
    estimate = emd_estimate(clouds, options, metric=metric, order=order, confidence=confidence)
    return rows.noted(estimate)


def emd_estimate(
    clouds: PointCloudPair,
    options: SolverOptions,
    /,
    *,
    metric: Metric | BlockMetric = "euclidean",
    order: float = 1.0,
    confidence: float = 0.95,
) -> Estimate:
    """`emd` of validated point clouds.

    Args:
        clouds: Both samples.
        options: Solver options.
        metric: As in `emd`.
        order: As in `emd`.
        confidence: As in `emd`.

    Returns:
        The estimate.
    """
    ground = clouds.ground_cost(metric, order)
    masses, optimum = clouds.masses, None
    value = clouds.closed_form_distance(ground, masses) if options.method is None else None
    if value is None:
        if array_api_compat.is_numpy_namespace(clouds.xp):
            optimum = lattice_optimum(ground, *masses, options)
        optimum = optimum or clouds.solve(ground, options)
        value = clouds.distance(optimum, ground)
    return Estimate(
        value,
        _estimand(metric, order),
        "exact transport",
        *clouds.sizes,
        PopulationInterval(masses, ground, optimum, options, confidence),
        confidence,
    )


def _bounded_estimate(
    clouds: PointCloudPair,
    options: SolverOptions,
    tolerance: float,
    metric: Metric | BlockMetric,
    order: float,
) -> Estimate:
    """Cost of a plan within a tolerance of the EMD, with proved bounds of it."""
    ground = clouds.ground_cost(metric, order)
    optimum = clouds.solve_within(ground, options, tolerance)
    lower = max(optimum.cost - optimum.gap, 0.0)
    return Estimate(
        clouds.distance(optimum, ground),
        _estimand(metric, order),
        f"transport within a tolerance of {tolerance:g}",
        *clouds.sizes,
        ProvedBounds(ground.distance(lower), ground.distance(optimum.cost)),
        confidence=1.0,
    )


def _estimand(metric: Metric | BlockMetric, order: float) -> str:
    """Name of the distance."""
    name = getattr(metric, "__name__", "given") if callable(metric) else metric
    unit = ", in units of the radius" if metric == "haversine" else ""
    return f"{name} {'EMD' if order == 1 else f'W_{order:g}'} of the two point sets{unit}"


def transport(
    x: ArrayLike,
    y: ArrayLike,
    /,
    *,
    x_weights: ArrayLike | None = None,
    y_weights: ArrayLike | None = None,
    metric: Metric | BlockMetric = "euclidean",
    order: float = 1.0,
    period: float | None = None,
    method: SolverMethod | None = None,
    time_limit: float | None = None,
    tolerance: float | None = None,
    progress: bool = False,
) -> Transport:
    """Optimal plan between two point clouds, with the dual potentials that certify it.

    On the line and the circle in closed form, in ``O((n + m) log(n + m))``; else by network
    simplex, on all ``n * m`` distances or, for large clouds, by column generation. The ground cost
    is the distance to the power of ``order``: cost, potentials and gap are in the unit of length
    to that power.

    Args:
        x: Points, shape ``(n, d)``, or ``(n,)`` on the line.
        y: Points, shape ``(m, d)``.
        x_weights: Masses of the points of ``x``, at least 0, shape ``(n,)``; divided by their sum.
            Equal by default.
        y_weights: Masses of the points of ``y``, shape ``(m,)``; divided by their sum. Equal by
            default.
        metric: Distance between points: "euclidean", "cityblock", "chebyshev", "sqeuclidean",
            "haversine", or a function of two blocks of points, numpy arrays of shapes ``(r, d)``
            and ``(c, d)``, that returns their distances, shape ``(r, c)``. "haversine" is the
            great-circle distance of points (latitude, longitude) in degrees, in units of the
            radius: times 6371.0088 it is in kilometres on the Earth.
        order: The r, at least 1, of the Wasserstein distance W_r: distances are raised to it.
        period: Length of a circle on which the points lie, as 24.0 for hours of the day; points
            are taken modulo it, and the distance is the length of the shorter arc. Dates and
            durations are in seconds: 86400.0 for their time of day. None for the line.
        method: "dense" computes all distances at once, which takes about ``40 n m`` bytes;
            "columns" keeps a few distances per point, and with more than 24 coordinates a table of
            up to 270 MB. By default the faster of the two, and the closed form on the line and the
            circle.
        time_limit: Seconds after which the column method stops with an error; None for no limit.
        tolerance: Largest ``gap``, relative to the cost, at which to stop, strictly between 0 and
            1. Large problems take much less time. None for an optimal plan.
        progress: Whether the column method shows a progress bar, with the gap.

    Returns:
        The cost, the plan, both potentials and the gap; the arrays are numpy arrays.

    Raises:
        DistributionError: If points or weights are not finite, their shapes do not match, or the
            metric or the method is unknown, or a function returns no distances, or the period is
            not above 0, or a latitude is beyond 90 degrees.
        SolverError: If the solver did not finish, or could not certify the optimum; after
            ``time_limit`` it carries bounds of the answer, `bracket`.

    >>> transport([0.0, 1.0, 2.0], [0.5, 1.5]).cost
    0.5
    """
    clouds = PointCloudPair.of(x, y, x_weights, y_weights)
    options = SolverOptions(method, time_limit, progress)
    if period is not None:
        metric = CircularDistance.of(period, metric, clouds.x.d)
    ground = clouds.ground_cost(metric, order)
    tolerance = _checks.tolerance_or_none(tolerance)
    if tolerance is None:
        optimum = clouds.solve(ground, options)
    else:
        optimum = clouds.solve_within(ground, options, tolerance)
    return optimum.scaled(ground.exponent).transport()


def partial_transport(
    x: ArrayLike,
    y: ArrayLike,
    /,
    *,
    x_weights: ArrayLike | None = None,
    y_weights: ArrayLike | None = None,
    metric: Metric | BlockMetric = "euclidean",
    order: float = 1.0,
    method: SolverMethod | None = None,
    time_limit: float | None = None,
    progress: bool = False,
) -> Transport:
    """Optimal plan between point clouds of unequal masses, which moves all of the lighter one.

    The problem of `divergences.partial_transport`, with distances to the power of ``order`` as
    costs; by network simplex on the full cost matrix or, for large clouds, by column generation.

    Args:
        x: Points, shape ``(n, d)``, or ``(n,)`` on the line.
        y: Points, shape ``(m, d)``.
        x_weights: Masses of the points of ``x``, at least 0, shape ``(n,)``, of any total. By
            default each point weighs 1.
        y_weights: Masses of the points of ``y``, shape ``(m,)``, likewise.
        metric: As in `emd`.
        order: As in `transport`.
        method: As in `transport`, except that there is no closed form on the line.
        time_limit: As in `transport`.
        progress: As in `transport`.

    Returns:
        The cost per unit of moved mass, the plan, whose entries sum to 1, both potentials and the
        gap; the arrays are numpy arrays.

    Raises:
        DistributionError: If points or weights are not finite, their shapes do not match, the
            metric or the method is unknown, or memory for the dense method does not suffice.
        SolverError: If the solver did not finish, or could not certify the optimum; after
            ``time_limit`` it carries bounds of the answer, `bracket`.

    >>> partial_transport([0.0, 10.0], [1.0]).cost
    1.0
    """
    clouds = PointCloudPair.of(x, y, x_weights, y_weights)
    ground = clouds.ground_cost(metric, order)
    p, q = (
        np.ones(cloud.n)
        if cloud.weights is None
        else numpy_values(cloud.weights).astype(np.float64, copy=False)
        for cloud in (clouds.x, clouds.y)
    )
    options = SolverOptions(method, time_limit, progress)
    optimum = partial_point_optimum(ground, p, q, options, device=clouds.device)
    ground.require_no_underflow(optimum.cost, optimum.arcs.rows, optimum.arcs.cols)
    return optimum.scaled(ground.exponent).transport()
