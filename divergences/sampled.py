"""The distances from samples: points in, an `Estimate` or a proved `Transport` out."""

from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import ArrayLike

from divergences import checks
from divergences.checks import Array
from divergences.errors import DistributionError
from divergences.transport.distances import Metric, distances, exponent_of, require_metric
from divergences.transport.envelope import cost_with_gradient
from divergences.transport.line import line_transport
from divergences.transport.result import Transport
from divergences.transport.simplex import dense_transport


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number computed from samples.

    Attributes:
        value: The estimate.
        of: What it is an estimate of, in words.
        n: Number of points in the first sample.
        m: Number of points in the second sample.
    """

    value: Array
    of: str
    n: int
    m: int


def emd(
    x: ArrayLike,
    y: ArrayLike,
    /,
    *,
    x_weights: ArrayLike | None = None,
    y_weights: ArrayLike | None = None,
    metric: Metric = "euclidean",
) -> Estimate:
    r"""Exact earth mover's distance between two sets of points, in their unit of length.

    .. math:: \min_f \sum_{ij} f_{ij} \, d(x_i, y_j), \qquad
        \sum_j f_{ij} = p_i, \quad \sum_i f_{ij} = q_j, \quad f \ge 0

    With a distance this is the Wasserstein-1 distance of the two *empirical* distributions,
    exactly. As an estimate of the populations' it is biased upwards, by an amount that falls only
    like ``n**(-1/d)``: two samples of one population are not at distance 0.

    Args:
        x: Points, shape ``(n, d)``, or ``(n,)`` on the line.
        y: Points, shape ``(m, d)``.
        x_weights: Masses of the points of ``x``, at least 0, shape ``(n,)``; divided by their sum.
            Equal by default.
        y_weights: Masses of the points of ``y``, shape ``(m,)``; divided by their sum. Equal by
            default.
        metric: Ground cost: "euclidean", "cityblock" or "sqeuclidean".

    Returns:
        The estimate, for "sqeuclidean" in the square of the unit. Its value is at least 0, proved
        within 1e-9 of itself plus rounding. For torch tensors it is a tensor with the envelope
        gradient in points and weights (0 at coincident points).

    Raises:
        DistributionError: If points or weights are not finite or do not fit each other, or the
            metric is unknown.
        SolverError: If the solver did not finish, or the result could not be proved optimal.

    Source:
        Villani 2009, "Optimal transport", definition 6.1; Weed and Bach 2019 for the bias.

    >>> float(emd([[0.0, 0.0], [3.0, 4.0]], [[0.0, 0.0]]).value)
    2.5
    """
    inputs = _Points.of(x, y, x_weights, y_weights)
    solved = inputs.solve(metric)
    return Estimate(
        inputs.value(solved, metric), f"{metric} EMD of the two point sets", *inputs.sizes
    )


def transport(
    x: ArrayLike,
    y: ArrayLike,
    /,
    *,
    x_weights: ArrayLike | None = None,
    y_weights: ArrayLike | None = None,
    metric: Metric = "euclidean",
) -> Transport:
    """An optimal plan between two sets of points, with the prices that prove it.

    On the line in closed form, in ``O((n + m) log(n + m))``; else by network simplex on all
    ``n * m`` distances, which needs about ``40 n m`` bytes. Arguments and errors as in `emd`.

    Args:
        x: Points, shape ``(n, d)``, or ``(n,)`` on the line.
        y: Points, shape ``(m, d)``.
        x_weights: Masses of the points of ``x``, at least 0, shape ``(n,)``; divided by their sum.
            Equal by default.
        y_weights: Masses of the points of ``y``, shape ``(m,)``; divided by their sum. Equal by
            default.
        metric: Ground cost: "euclidean", "cityblock" or "sqeuclidean".

    Returns:
        The cost, the plan, both prices and the gap, in numpy.

    Raises:
        DistributionError: If points or weights are not finite or do not fit each other, or the
            metric is unknown.
        SolverError: If the solver did not finish, or the result could not be proved optimal.

    >>> transport([0.0, 1.0, 2.0], [0.5, 1.5]).cost
    0.5
    """
    return _Points.of(x, y, x_weights, y_weights).solve(metric)


@dataclass(frozen=True, slots=True)
class _Points:
    """Two weighted sets of points of one dimension, checked.

    Attributes:
        xp: Their array namespace.
        x: Shape ``(n, d)``.
        y: Shape ``(m, d)``.
        p: Weights of x as passed, or None.
        q: Weights of y as passed, or None.
    """

    xp: ModuleType
    x: Array
    y: Array
    p: Array | None
    q: Array | None

    @classmethod
    def of(cls, x: Array, y: Array, p: Array | None, q: Array | None) -> "_Points":
        """The arguments of `emd` and `transport`, checked."""
        xp = checks.namespace(x=x, y=y, x_weights=p, y_weights=q)
        like = checks.first_array(x, y, p, q)
        x, y = checks.points("x", x, xp, like=like), checks.points("y", y, xp, like=like)
        if x.shape[1] != y.shape[1]:
            raise DistributionError(
                "`x` and `y` must have points of the same dimension, "
                f"but have {x.shape[1]} and {y.shape[1]} coordinates"
            )
        p = checks.weights("x_weights", p, x.shape[0], xp, like=x)
        q = checks.weights("y_weights", q, y.shape[0], xp, like=y)
        return cls(xp, x, y, p, q)

    @property
    def sizes(self) -> tuple[int, int]:
        """How many points there are on each side."""
        return self.x.shape[0], self.y.shape[0]

    def solve(self, metric: Metric) -> Transport:
        """The proved plan."""
        x, y = (checks.numpy_values(a).astype(np.float64, copy=False) for a in (self.x, self.y))
        p, q = (None if w is None else checks.normalised(w) for w in (self.p, self.q))
        require_metric(metric)
        if x.shape[1] == 1 and metric != "sqeuclidean":
            return line_transport(x[:, 0], y[:, 0], p, q)
        n, m = self.sizes
        p, q = np.full(n, 1 / n) if p is None else p, np.full(m, 1 / m) if q is None else q
        return dense_transport(p, q, distances(x, y, metric=metric))

    def value(self, solved: Transport, metric: Metric) -> Array:
        """The cost in the points' namespace, with its gradients in points and weights."""
        xp = self.xp
        x, y = xp.astype(self.x, xp.float64), xp.astype(self.y, xp.float64)

        def arc_costs(rows: Array, cols: Array) -> Array:
            return _lengths(x[rows, :] - y[cols, :], metric, xp)

        like = self.x if self.x.dtype == xp.result_type(self.x, self.y) else self.y
        return cost_with_gradient(solved, arc_costs, (self.p, self.q), like, xp)


def _lengths(steps: Array, metric: Metric, xp: ModuleType) -> Array:
    """Length of each row of ``steps``, with gradient 0 where it is 0."""
    if metric == "cityblock":
        return xp.sum(xp.abs(steps), axis=-1)
    if metric == "sqeuclidean":
        return xp.sum(steps * steps, axis=-1)
    unit = 2.0 ** (exponent_of(checks.numpy_values(steps)) - 1)  # in it, no square overflows
    squares = xp.sum((steps / unit) ** 2, axis=-1)
    return unit * xp.where(squares > 0, xp.sqrt(xp.where(squares > 0, squares, 1.0)), 0.0)
