r"""W_1 on the line, by the monotone coupling.

.. math:: W_1 = \int |F(t) - G(t)| \, dt

with F and G the distribution functions; the optimal potentials are values of a function of slope
+1 where F < G and -1 where F > G.
"""

import numpy as np

from divergences._transport.certificate import EPS, Arcs
from divergences._transport.metrics import common_exponent, require_representable
from divergences._transport.one_dimensional.cdf import (
    Integers,
    Levels,
    compensated_cumsum,
    cumulative_levels,
    monotone_coupling,
    rounding_error,
)
from divergences._transport.one_dimensional.ordering import in_order, sorting_permutation
from divergences._transport.result import Optimum, certified_optimum
from divergences._typing import Floats


def line_transport(
    x: Floats, y: Floats, p: Floats | None, q: Floats | None, /, *, unit_exponent: int = 0
) -> Optimum:
    """Optimal plan between points of the line under ``|x - y|``, with its certificate.

    Takes ``O((n + m) log(n + m))``.

    Args:
        x: Sources, shape ``(n,)``.
        y: Targets, shape ``(m,)``.
        p: Masses of the sources, summing to 1; None for equal ones.
        q: Masses of the targets, likewise.
        unit_exponent: The caller's distances are 2 to this power times these.

    Returns:
        The optimum, in the unit of the points.

    Raises:
        DistributionError: If a distance is too large for a float.
        SolverError: If rounding makes the gap too large to certify the plan.
    """
    exponent = common_exponent(x, y)
    x, y = np.ldexp(x, -exponent), np.ldexp(y, -exponent)
    x_order, y_order = sorting_permutation(x), sorting_permutation(y)
    x_sorted, y_sorted = x[x_order], y[y_order]
    ranges = np.array([x_sorted[-1] - y_sorted[0], y_sorted[-1] - x_sorted[0]])
    with np.errstate(over="ignore"):
        require_representable(np.ldexp(ranges, exponent + unit_exponent), "euclidean")
    masses, sizes = (in_order(p, x_order), in_order(q, y_order)), (len(x), len(y))
    levels = cumulative_levels(masses, sizes, exact=False)
    arcs = _plan(x_sorted, y_sorted, levels)
    if levels.rounding_matters(arcs.total_cost(), float(np.abs(ranges).max())):
        levels = cumulative_levels(masses, sizes, exact=True)
        arcs = _plan(x_sorted, y_sorted, levels)
    arcs = Arcs(x_order[arcs.rows], y_order[arcs.cols], arcs.mass, arcs.cost)
    values = _kantorovich_potential(x_sorted, y_sorted, levels.x, levels.y)
    u, v = np.empty(len(x)), np.empty(len(y))
    u[x_order], v[y_order] = values[: len(x)], -values[len(x) :]
    # Each value is rounded about once, so that one step down makes the potentials feasible, but
    # for second-order terms of the sums of n + m rounding errors.
    potentials = np.nextafter(u, -np.inf), np.nextafter(v, -np.inf)
    return certified_optimum(
        arcs,
        np.full(len(x), 1 / len(x)) if p is None else p,
        np.full(len(y), 1 / len(y)) if q is None else q,
        potentials,
        max_violation=2 * ((len(x) + len(y)) * EPS) ** 2 * float(np.abs(ranges).max()),
        exponent=exponent,
        unit_exponent=unit_exponent,
    )


def _plan(x: Floats, y: Floats, levels: Levels) -> Arcs:
    """Monotone coupling of sorted points."""
    rows, cols, mass = monotone_coupling(levels.x, levels.y)
    return Arcs(rows, cols, (mass / levels.total).astype(np.float64), np.abs(x[rows] - y[cols]))


def _kantorovich_potential(x: Floats, y: Floats, x_cdf: Integers, y_cdf: Integers) -> Floats:
    """Values at all x, then all y, of a 1-Lipschitz function f with ``E f(x) - E f(y) = W1``."""
    points = np.concatenate([x, y])
    order = np.argsort(points, kind="stable")
    z = points[order]
    f_cdf = np.concatenate([[0], x_cdf])[np.searchsorted(x, z[:-1], side="right")]
    g_cdf = np.concatenate([[0], y_cdf])[np.searchsorted(y, z[:-1], side="right")]
    slopes = np.sign(g_cdf - f_cdf).astype(np.float64)
    steps = np.diff(z)
    errors = rounding_error(z[1:], -z[:-1], steps)
    values = np.empty(len(z))
    values[order] = np.concatenate([[0.0], compensated_cumsum(slopes * steps, slopes * errors)])
    return values
