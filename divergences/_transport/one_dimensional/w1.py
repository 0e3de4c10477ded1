r"""W_1 on the line.

Sort both sides, and move the lowest mass to the lowest place.

.. math:: W_1 = \int |F(t) - G(t)| \, dt

with F and G the distribution functions; the optimal potentials are a function of slope +1 where F < G
and -1 where F > G.
"""

import numpy as np

from divergences._transport.certificate import EPS, Arcs
from divergences._transport.metrics import exponent_of, require_representable
from divergences._transport.one_dimensional.cdf import (
    Levels,
    cumulative,
    levels,
    rounding,
    staircase,
)
from divergences._transport.result import Optimum, proved
from divergences._typing import Floats


def line_transport(
    x: Floats, y: Floats, p: Floats | None, q: Floats | None, /, *, unit: int = 0
) -> Optimum:
    """The optimal plan between points of the line under ``|x - y|``, with its proof.

    Takes ``O((n + m) log(n + m))``.

    Args:
        x: Sources, shape ``(n,)``.
        y: Targets, shape ``(m,)``.
        p: Masses of the sources, summing to 1; None for equal ones.
        q: Masses of the targets, likewise.
        unit: The caller's distances are ``2**unit`` times these.

    Returns:
        The result, in the unit of the points.

    Raises:
        DistributionError: If a distance is too large for a float.
        SolverError: If rounding leaves a gap above the tolerance.
    """
    exponent = exponent_of(x, y)
    x, y = np.ldexp(x, -exponent), np.ldexp(y, -exponent)
    x_order, y_order = np.argsort(x, kind="stable"), np.argsort(y, kind="stable")
    x_sorted, y_sorted = x[x_order], y[y_order]
    reach = np.array([x_sorted[-1] - y_sorted[0], y_sorted[-1] - x_sorted[0]])
    with np.errstate(over="ignore"):
        require_representable(np.ldexp(reach, exponent + unit), "euclidean")
    x_levels, y_levels, total = levels(p, q, x_order, y_order)
    rows, cols, mass = staircase(x_levels, y_levels)
    arcs = Arcs(
        x_order[rows],
        y_order[cols],
        (mass / total).astype(np.float64),
        np.abs(x_sorted[rows] - y_sorted[cols]),
    )
    values = _witness(x_sorted, y_sorted, x_levels, y_levels)
    source_potential, target_potential = np.empty(len(x)), np.empty(len(y))
    source_potential[x_order], target_potential[y_order] = values[: len(x)], -values[len(x) :]
    # Each value is rounded once, so one step down makes the potentials feasible, but for what is left
    # of the sums of n + m rounding errors.
    source_potential, target_potential = (
        np.nextafter(a, -np.inf) for a in (source_potential, target_potential)
    )
    slack = 2 * ((len(x) + len(y)) * EPS) ** 2 * float(np.abs(reach).max())
    p = np.full(len(x), 1 / len(x)) if p is None else p
    q = np.full(len(y), 1 / len(y)) if q is None else q
    return proved(
        arcs, p, q, (source_potential, target_potential), slack=slack, exponent=exponent, unit=unit
    )


def _witness(x: Floats, y: Floats, x_levels: Levels, y_levels: Levels) -> Floats:
    """At all x, then all y: an optimal 1-Lipschitz function f, with ``E f(x) - E f(y) = W1``."""
    points = np.concatenate([x, y])
    order = np.argsort(points, kind="stable")
    z = points[order]
    f = np.concatenate([[0], x_levels])[np.searchsorted(x, z[:-1], side="right")]
    g = np.concatenate([[0], y_levels])[np.searchsorted(y, z[:-1], side="right")]
    slopes = np.sign(g - f).astype(np.float64)
    steps = np.diff(z)
    rests = rounding(z[1:], -z[:-1], steps)
    values = np.empty(len(z))
    values[order] = np.concatenate([[0.0], cumulative(slopes * steps, slopes * rests)])
    return values
