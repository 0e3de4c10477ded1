"""Exact EMD of histograms on a grid: the public functions."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Literal

import array_api_compat
import numpy as np
from numpy.typing import NDArray

from divergences import _checks
from divergences._transport.certificate import Arcs
from divergences._transport.gradients import cost_with_gradient
from divergences._transport.result import Optimum
from divergences._typing import Array, ArrayLike, of_pair
from divergences.errors import DistributionError
from divergences.grids._arguments import GridArguments, grid_arguments
from divergences.grids._batch import small_costs
from divergences.grids._problem import NO_ARCS
from divergences.grids._result import GridTransport

GridMetric = Literal["euclidean", "cityblock", "chebyshev", "sqeuclidean"]


@of_pair
def emd(
    p: ArrayLike,
    q: ArrayLike,
    /,
    *,
    metric: GridMetric = "euclidean",
    order: float = 1.0,
    spacing: float | tuple[float, ...] | NDArray[Any] = 1.0,
    periodic: bool | tuple[bool, ...] = False,
    edges: ArrayLike | None = None,
    axes: tuple[int, ...] | None = None,
) -> Array:
    r"""Exact earth mover's distance between two histograms on a grid, such as two images.

    The distance is that of `divergences.emd` under the cost from pixel to pixel, without a matrix
    of costs. Under a distance, mass flows along arcs between pixels, and the arcs that can matter
    are priced in; squared distances are split by coordinate; in one dimension the flow is known
    in closed form.

    Args:
        p: Masses of the sources, an array of 1 to 3 axes with entries of at least 0: pixels of an
            image, voxels, bins. Images of type uint8 are fine; a third axis of colors would be one
            of space, so pass one channel, or ``axes``.
        q: Masses of the targets, of the same shape and with the same total within 1e-9 of it
            (1e-5 in float32).
        metric: Distance between pixels: "euclidean", "cityblock" or "chebyshev"; "sqeuclidean" is
            the square of the first.
        order: The r of the Wasserstein distance W_r: 1, or 2 for "euclidean".
        spacing: Distance of neighboring pixels, above 0; one value, or one for each axis.
        periodic: Whether the last pixel is next to the first one; one value, or one for each axis.
        edges: Edges of the bins of a 1-D histogram, ascending, one more than bins; the mass of a
            bin is at its center. None for bins of one width, ``spacing``.
        axes: Axes of the grid, such as (0, 1) for each channel of a color image; all others are a
            batch, and broadcast. None for all axes.

    Returns:
        Distances, in the shape of the batch, at least 0, in the unit of the spacing (its square
        for "sqeuclidean"), certified to a relative error of 1e-9. Of squared distances on over
        1000 pixels, rounding may leave more open where histograms nearly agree, up to 1e-3 of the
        cost: `transport` states it as the gap. In torch they carry the envelope gradient: the
        potentials.

    Raises:
        DistributionError: If an argument is negative, infinite or NaN, the shapes or totals
            differ, or the grid has more than three axes.
        SolverError: If the solver did not finish, or could not certify the optimum.

    Source:
        Auricchio, Bassetti, Gualandi and Veneroni 2018, "Computing Kantorovich-Wasserstein
        distances on d-dimensional histograms using (d+1)-partite graphs", for squared distances;
        Bassetti, Gualandi and Veneroni 2020, "On the computation of Kantorovich-Wasserstein
        distances between two-dimensional histograms by uncapacitated minimum cost flows", for
        arcs at coprime offsets.

    >>> float(emd([[1, 0, 0], [0, 0, 0]], [[0, 0, 0], [0, 0, 1]], metric="cityblock"))
    3.0
    """
    arguments = grid_arguments(p, q, metric, order, spacing, periodic, edges, axes)
    xp = arguments.xp
    if array_api_compat.is_numpy_namespace(xp):
        return _numpy_values(arguments, order)
    values = [
        _value(arguments.cost.solve(masses), pair, order, xp)
        for masses, pair in arguments.problems()
    ]
    if not arguments.batch:
        return values[0]
    return xp.reshape(xp.stack([xp.asarray(v) for v in values]), arguments.batch)


def _numpy_values(arguments: GridArguments, order: float) -> Array:
    """Distances in numpy, those of small grids certified together."""
    xp, dtype = arguments.xp, np.result_type(arguments.p, arguments.q)
    costs = small_costs(arguments)
    values = costs.astype(dtype if np.issubdtype(dtype, np.floating) else np.float64)
    for k in np.flatnonzero(np.isnan(costs)).tolist():
        index = tuple(map(int, np.unravel_index(k, arguments.batch))) if arguments.batch else ()
        masses, pair = arguments.problem(index)
        values[k] = _value(arguments.cost.solve(masses), pair, order, xp)
    return _checks.scalar(values.reshape(arguments.batch), values.dtype, xp)


def transport(
    p: ArrayLike,
    q: ArrayLike,
    /,
    *,
    metric: GridMetric = "euclidean",
    order: float = 1.0,
    spacing: float | tuple[float, ...] | NDArray[Any] = 1.0,
    periodic: bool | tuple[bool, ...] = False,
    edges: ArrayLike | None = None,
) -> GridTransport:
    """Optimal transport between two histograms on a grid, with potentials that certify it.

    Args:
        p: Masses of the sources, as in `emd`.
        q: Masses of the targets, as in `emd`.
        metric: Distance between pixels, as in `emd`.
        order: 1, or 2 for "euclidean": the cost is the distance to this power.
        spacing: Distance of neighboring pixels, as in `emd`.
        periodic: Whether the last pixel is next to the first one, as in `emd`.
        edges: Edges of the bins of a 1-D histogram, as in `emd`.

    Returns:
        Cost, potentials, flow and duality gap, and on demand the plan; all in numpy.

    Raises:
        DistributionError: If an argument is negative, infinite or NaN, the shapes or totals
            differ, or the grid has more than three axes.
        SolverError: If the solver did not finish, or could not certify the optimum.

    >>> solved = transport([[1, 0, 0]], [[0, 0, 1]])
    >>> solved.cost, solved.potential.tolist()
    (2.0, [[1.0, 0.0, -1.0]])
    """
    arguments = grid_arguments(p, q, metric, order, spacing, periodic, edges, None)
    if arguments.batch:
        raise DistributionError(
            "`p` and `q` must be one problem for a flow, but their axes outside the grid are "
            f"{arguments.batch}; call divergences.grids.transport for each, or "
            "divergences.grids.emd for costs only"
        )
    masses, _ = arguments.problem(())
    return arguments.cost.solve(masses)


def _value(
    solved: GridTransport, pair: tuple[Array, Array], order: float, xp: ModuleType
) -> Array:
    """The distance in the arrays' namespace, with its gradients."""
    p, q = pair
    arcs = Arcs(NO_ARCS, NO_ARCS, np.empty(0), np.empty(0))  # the costs are constants
    potentials = solved.potential.ravel(), solved.target_potential.ravel()
    optimum = Optimum(arcs, *potentials, solved.cost, solved.gap)
    like = next(a for a in pair if a.dtype == xp.result_type(p, q))

    def no_costs(rows: Any, _cols: Any) -> Any:
        return xp.zeros(rows.shape, dtype=xp.float64)

    masses = xp.reshape(p, (-1,)), xp.reshape(q, (-1,))
    cost = cost_with_gradient(optimum, no_costs, masses, like, xp)
    if order == 1:
        return cost
    if solved.cost == 0:
        return cost * 0.0  # the distance has no gradient where it is 0
    return cost**0.5
