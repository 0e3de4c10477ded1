r"""Exact EMD on the line, in closed form.

Sort both sides, and move the lowest mass to the lowest place.

.. math:: W_1 = \int |F(t) - G(t)| \, dt

with F and G the distribution functions; the optimal prices are a function of slope +1 where F < G
and -1 where F > G.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from divergences.transport.distances import exponent_of, require_representable
from divergences.transport.proof import EPS, Arcs, Floats
from divergences.transport.result import Transport, proved

Levels = NDArray[np.int64] | NDArray[np.object_]


def line_transport(
    x: Floats, y: Floats, p: Floats | None, q: Floats | None, /, *, unit: int = 0
) -> Transport:
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
    rows, cols, mass = _staircase(x_levels, y_levels)
    arcs = Arcs(
        x_order[rows],
        y_order[cols],
        (mass / total).astype(np.float64),
        np.abs(x_sorted[rows] - y_sorted[cols]),
    )
    values = _witness(x_sorted, y_sorted, x_levels, y_levels)
    source_price, target_price = np.empty(len(x)), np.empty(len(y))
    source_price[x_order], target_price[y_order] = values[: len(x)], -values[len(x) :]
    # Each value is rounded once, so one step down makes the prices feasible, but for what is left
    # of the sums of n + m rounding errors.
    source_price, target_price = (np.nextafter(a, -np.inf) for a in (source_price, target_price))
    slack = 2 * ((len(x) + len(y)) * EPS) ** 2 * float(np.abs(reach).max())
    p = np.full(len(x), 1 / len(x)) if p is None else p
    q = np.full(len(y), 1 / len(y)) if q is None else q
    return proved(arcs, p, q, (source_price, target_price), slack=slack, exponent=exponent)


def levels(
    p: Floats | None, q: Floats | None, x_order: NDArray[np.intp], y_order: NDArray[np.intp], /
) -> tuple[Levels, Levels, int]:
    """Both distribution functions after each sorted point, times their total.

    They are whole numbers, of Python where there are weights: that makes the plan and the signs of
    F - G exact, for n != m and for weights of any size beside each other, too.

    Args:
        p: Masses of the sources, shape ``(n,)``; None for equal ones.
        q: Masses of the targets, shape ``(m,)``; None for equal ones.
        x_order: The order of the sources along the line.
        y_order: The order of the targets.

    Returns:
        Levels of x, shape ``(n,)``, and of y, shape ``(m,)``; the total that both end at.
    """
    n, m = len(x_order), len(y_order)
    if p is None and q is None:
        return m * np.arange(1, n + 1), n * np.arange(1, m + 1), n * m
    x_sums = np.cumsum(_whole(np.ones(n) if p is None else p)[x_order])
    y_sums = np.cumsum(_whole(np.ones(m) if q is None else q)[y_order])
    return x_sums * y_sums[-1], y_sums * x_sums[-1], x_sums[-1] * y_sums[-1]


def _whole(weights: Floats) -> NDArray[np.object_]:
    """Python integers in the exact proportions of the weights."""
    digits, exponents = np.frexp(weights)
    shifts = exponents - exponents[weights > 0].min()
    whole = np.ldexp(digits, 53).astype(np.int64)
    return np.array([int(w) << max(0, int(s)) for w, s in zip(whole, shifts, strict=True)], object)


def cumulative(steps: Any, rests: Any = 0.0, /) -> Any:
    """Cumulative sums of ``steps + rests``, each rounded about once, in the type of the steps."""
    sums = np.cumsum(steps)
    before = np.concatenate([[0.0], sums[:-1]])
    # The rounding errors of these sums are summed beside them.
    return sums + np.cumsum(_rounding(before, steps, sums) + rests)


def _rounding(a: Any, b: Any, total: Any) -> Any:
    """What rounding took from ``total = a + b``, exactly (Knuth's two-sum)."""
    added = total - a
    return (a - (total - added)) + (b - added)


def _staircase(
    x_levels: Levels, y_levels: Levels
) -> tuple[NDArray[np.intp], NDArray[np.intp], Levels]:
    """Rows, columns and masses of the monotone coupling of sorted points: up to n + m - 1 arcs."""
    ends = np.union1d(x_levels, y_levels)
    mass = np.diff(ends, prepend=0)
    ends, mass = ends[mass > 0], mass[mass > 0]
    return np.searchsorted(x_levels, ends), np.searchsorted(y_levels, ends), mass


def _witness(x: Floats, y: Floats, x_levels: Levels, y_levels: Levels) -> Floats:
    """At all x, then all y: an optimal 1-Lipschitz function f, with ``E f(x) - E f(y) = W1``."""
    points = np.concatenate([x, y])
    order = np.argsort(points, kind="stable")
    z = points[order]
    f = np.concatenate([[0], x_levels])[np.searchsorted(x, z[:-1], side="right")]
    g = np.concatenate([[0], y_levels])[np.searchsorted(y, z[:-1], side="right")]
    slopes = np.sign(g - f).astype(np.float64)
    steps = np.diff(z)
    rests = _rounding(z[1:], -z[:-1], steps)
    values = np.empty(len(z))
    values[order] = np.concatenate([[0.0], cumulative(slopes * steps, slopes * rests)])
    return values
