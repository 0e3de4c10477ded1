"""Exact transport between two sets of points."""

import numpy as np
from numpy.typing import ArrayLike

from divergences import _checks
from divergences._checks import numpy_values
from divergences._transport.memory import require_memory
from divergences._transport.metrics import BlockMetric, Metric
from divergences._transport.partial import partial_optimum
from divergences._transport.result import Transport
from divergences._transport.solve import Method, SolverOptions
from divergences.sampled._estimate import Estimate
from divergences.sampled._point_clouds import Points
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
    method: Method | None = None,
    time_limit: float | None = None,
    progress: bool = False,
    confidence: float = 0.95,
) -> Estimate:
    r"""Exact earth mover's distance between two sets of points, in their unit of length.

    .. math:: \Big( \min_f \sum_{ij} f_{ij} \, d(x_i, y_j)^r \Big)^{1/r}, \qquad
        \sum_j f_{ij} = p_i, \quad \sum_i f_{ij} = q_j, \quad f \ge 0

    With a distance this is the Wasserstein-1 distance of the two *empirical* distributions,
    exactly: `value`. As an estimate of the populations' it is biased upwards, by an amount that
    falls only like ``n**(-1/d)``, for d > 2: two samples of one population are not at distance 0.

    `low` and `high` bracket the distance of the populations. Below, a 1-Lipschitz function that is
    optimal for one half of the points is held against the other half, both ways: what it gains
    there is at most W_1 in the mean. Above stands the value itself, whose mean is at least W_1.
    Each end leaves room for its own chance, by the central limit theorem. They are computed when
    they are read, `high` at once, `low` by solving two problems of half the size. In many
    dimensions the bracket is wide: no method knows better without assumptions.

    Args:
        x: Points, shape ``(n, d)``, or ``(n,)`` on the line.
        y: Points, shape ``(m, d)``.
        x_weights: Masses of the points of ``x``, at least 0, shape ``(n,)``; divided by their sum.
            Equal by default.
        y_weights: Masses of the points of ``y``, shape ``(m,)``; divided by their sum. Equal by
            default.
        metric: Distance between points: "euclidean", "cityblock", "chebyshev", "sqeuclidean", or
            a function of two blocks of points, numpy arrays of shapes ``(r, d)`` and ``(c, d)``,
            that returns their distances, shape ``(r, c)``.
        order: The r, at least 1, of the Wasserstein distance W_r: distances are raised to it.
        method: "dense" computes all distances at once, which takes about ``40 n m`` bytes;
            "columns" never holds more than a few for each point. By default the faster one, and
            on the line neither, but the closed form.
        time_limit: Seconds after which the column method gives up; None for never.
        progress: Whether the column method shows a progress bar, with the gap.
        confidence: In what share of repetitions the bracket is meant to hold the distance of the
            populations.

    Returns:
        The estimate, for "sqeuclidean" in the square of the unit. Its value is at least 0, its
        power proved within 1e-9 of itself plus rounding. For torch tensors it is a tensor with the
        envelope gradient in points and weights (0 at coincident points; for "chebyshev" shared by
        the coordinates of a tie).

    Raises:
        DistributionError: If points or weights are not finite or do not fit each other, or the
            metric or the method is unknown, or a function returns no distances, or the confidence
            is not between 0 and 1; on reading `low`, if a function is no metric.
        SolverError: If the solver did not finish, or the result could not be proved optimal; it
            carries a bracket of the answer if the time was up. Likewise on reading `low`.

    Source:
        Villani 2009, "Optimal transport", definition 6.1; Weed and Bach 2019 for the bias.

    >>> float(emd([[0.0, 0.0], [3.0, 4.0]], [[0.0, 0.0]]).value)
    2.5
    """
    _checks.confidence(confidence)
    inputs = Points.of(x, y, x_weights, y_weights)
    effort = SolverOptions(method, time_limit, progress)
    ground = inputs.ground(metric, order)
    optimum = inputs.solve(ground, effort)
    return Estimate(
        inputs.value(optimum, ground),
        _name(metric, order),
        "exact transport",
        *inputs.sizes,
        PopulationInterval(inputs.masses, ground, optimum, effort, confidence),
        confidence,
    )


def _name(metric: Metric | BlockMetric, order: float) -> str:
    """What is estimated, in words."""
    name = getattr(metric, "__name__", "given") if callable(metric) else metric
    return f"{name} {'EMD' if order == 1 else f'W_{order:g}'} of the two point sets"


def transport(
    x: ArrayLike,
    y: ArrayLike,
    /,
    *,
    x_weights: ArrayLike | None = None,
    y_weights: ArrayLike | None = None,
    metric: Metric | BlockMetric = "euclidean",
    order: float = 1.0,
    method: Method | None = None,
    time_limit: float | None = None,
    progress: bool = False,
) -> Transport:
    """An optimal plan between two sets of points, with the potentials that prove it.

    On the line in closed form, in ``O((n + m) log(n + m))``; else by network simplex, on all
    ``n * m`` distances or, for large sets, on the few that matter. The ground cost is the distance
    to the power of ``order``: cost, potentials and gap are in the unit of length to that power.

    Args:
        x: Points, shape ``(n, d)``, or ``(n,)`` on the line.
        y: Points, shape ``(m, d)``.
        x_weights: Masses of the points of ``x``, at least 0, shape ``(n,)``; divided by their sum.
            Equal by default.
        y_weights: Masses of the points of ``y``, shape ``(m,)``; divided by their sum. Equal by
            default.
        metric: Distance between points: "euclidean", "cityblock", "chebyshev", "sqeuclidean", or
            a function of two blocks of points, numpy arrays of shapes ``(r, d)`` and ``(c, d)``,
            that returns their distances, shape ``(r, c)``.
        order: The r, at least 1, of the Wasserstein distance W_r: distances are raised to it.
        method: "dense" computes all distances at once, which takes about ``40 n m`` bytes;
            "columns" never holds more than a few for each point. By default the faster one, and
            on the line neither, but the closed form.
        time_limit: Seconds after which the column method gives up; None for never.
        progress: Whether the column method shows a progress bar, with the gap.

    Returns:
        The cost, the plan, both potentials and the gap, in numpy.

    Raises:
        DistributionError: If points or weights are not finite or do not fit each other, or the
            metric or the method is unknown, or a function returns no distances.
        SolverError: If the solver did not finish, or the result could not be proved optimal; it
            carries a bracket of the answer if the time was up.

    >>> transport([0.0, 1.0, 2.0], [0.5, 1.5]).cost
    0.5
    """
    inputs = Points.of(x, y, x_weights, y_weights)
    effort = SolverOptions(method, time_limit, progress)
    ground = inputs.ground(metric, order)
    return inputs.solve(ground, effort).scaled(ground.exponent).transport()


def partial_transport(
    x: ArrayLike,
    y: ArrayLike,
    /,
    *,
    x_weights: ArrayLike | None = None,
    y_weights: ArrayLike | None = None,
    metric: Metric | BlockMetric = "euclidean",
    order: float = 1.0,
) -> Transport:
    """An optimal plan between sets of points of unequal masses: all of the lighter one goes.

    The problem of `divergences.partial_transport`, with distances to the power of ``order`` as
    costs; by network simplex on all of them, which takes about ``40 n m`` bytes.

    Args:
        x: Points, shape ``(n, d)``, or ``(n,)`` on the line.
        y: Points, shape ``(m, d)``.
        x_weights: Masses of the points of ``x``, at least 0, shape ``(n,)``, of any total. By
            default each point weighs 1.
        y_weights: Masses of the points of ``y``, shape ``(m,)``, likewise.
        metric: As in `emd`.
        order: As in `transport`.

    Returns:
        The cost per unit of mass that is moved, the plan, whose entries sum to 1, both potentials and
        the gap, in numpy.

    Raises:
        DistributionError: If points or weights are not finite or do not fit each other, the metric
            is unknown, or memory does not suffice.
        SolverError: If the solver did not finish, or the result could not be proved optimal.

    >>> partial_transport([0.0, 10.0], [1.0]).cost
    1.0
    """
    inputs = Points.of(x, y, x_weights, y_weights)
    ground = inputs.ground(metric, order)
    require_memory(*ground.shape, remedy="take fewer points, or a machine with more")
    p, q = (
        np.ones(n) if w is None else numpy_values(w).astype(np.float64, copy=False)
        for n, w in zip(inputs.sizes, (inputs.p, inputs.q), strict=True)
    )
    optimum = partial_optimum(p, q, ground.block(slice(None), slice(None)), unit=ground.exponent)
    ground.require_seen(optimum.cost, optimum.arcs.rows, optimum.arcs.cols)
    return optimum.scaled(ground.exponent).transport()
