"""Validation of the arguments of problems on a grid."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from divergences import _checks
from divergences._checks.values import shortened
from divergences._typing import Array
from divergences.errors import DistributionError
from divergences.grids._lattice import Lattice
from divergences.grids._masses import Masses, normalized_masses
from divergences.grids._problem import GridCost

METRICS = ("euclidean", "cityblock", "chebyshev", "sqeuclidean")
MAX_AXES = 3
MAX_COST = 1e307  # so that sums of costs and potentials are floats


@dataclass(frozen=True, slots=True)
class GridArguments:
    """Checked arguments of problems on one grid.

    Attributes:
        xp: The namespace of the masses.
        p: Masses of the sources, shape of the batch and of the grid.
        q: Masses of the targets, likewise.
        batch: Shape of the batch.
        cost: Ground cost between the pixels.
    """

    xp: ModuleType
    p: Array
    q: Array
    batch: tuple[int, ...]
    cost: GridCost

    def problems(self) -> Iterator[tuple[Masses, tuple[Array, Array]]]:
        """Normalized masses in numpy, and the masses passed, of each problem of the batch.

        Yields:
            The masses of each, and the two arrays.

        Raises:
            DistributionError: If an entry is negative, infinite or NaN, or the totals differ.
        """
        for index in np.ndindex(self.batch):
            yield self.problem(index)

    def problem(self, index: tuple[int, ...]) -> tuple[Masses, tuple[Array, Array]]:
        """Normalized masses in numpy, and the masses passed, of one problem of the batch.

        Returns:
            The masses, and the two arrays.

        Raises:
            DistributionError: If an entry is negative, infinite or NaN, or the totals differ.
        """
        p, q = self.p[index], self.q[index]
        try:
            return normalized_masses(p, q, self.xp), (p, q)
        except DistributionError as error:
            if index:
                raise DistributionError(f"problem {list(index)}: {error}") from None
            raise


def grid_arguments(
    p: Any,
    q: Any,
    metric: str,
    order: float,
    spacing: Any,
    periodic: Any,
    edges: Any,
    axes: Any,
    /,
) -> GridArguments:
    """The checked arguments.

    Returns:
        The arguments, with the axes of the grid last.

    Raises:
        DistributionError: If an argument is invalid.
    """
    xp = _checks.namespace(p=p, q=q)
    like = _checks.first_array(p, q)
    p, q = (_checks.real_array(k, v, xp, like=like) for k, v in (("p", p), ("q", q)))
    if axes is not None:
        p, q = (_grid_axes_last(k, a, axes, xp) for k, a in (("p", p), ("q", q)))
    d = p.ndim if axes is None else np.size(axes)
    p, q, batch = _common_batch(p, q, d, xp)
    shape = tuple(p.shape[len(batch) :])
    squared = _is_squared(metric, order)
    spacings, wraps = _spacings(spacing, d), _flags(periodic, d)
    lattice = Lattice(shape, spacings, wraps, "euclidean" if squared else metric)  # type: ignore[arg-type]
    return GridArguments(xp, p, q, batch, _cost(lattice, squared, edges))


def _cost(lattice: Lattice, squared: bool, edges: Any) -> GridCost:
    """The ground cost, between the centers of bins where there are edges."""
    if edges is None:
        _require_representable(
            "spacing",
            sum(map(math.prod, zip(lattice.shape, lattice.spacing, strict=True))),
            squared,
        )
        return GridCost(lattice, squared)
    array = np.asarray(_checks.numpy_values(_checks.real_array("edges", edges, _checks.NUMPY)))
    array = array.astype(np.float64)
    if len(lattice.shape) != 1 or array.shape != (lattice.size + 1,):
        raise DistributionError(
            "`edges` must be those of the bins of a 1-D histogram, one more than bins, but the "
            f"histogram has shape {lattice.shape} and edges {array.shape}"
        )
    ascending = np.isfinite(array[:-1]) & (array[:-1] < array[1:]) & np.isfinite(array[1:])
    if not ascending.all():
        k = int(ascending.argmin())
        raise DistributionError(
            f"`edges` must be finite and ascending, but `edges`[{k}] = {array[k]} comes before "
            f"{array[k + 1]}; pass edges and masses in the order of the bins"
        )
    with np.errstate(over="ignore"):
        _require_representable("edges", float(array[-1] - array[0]), squared)
    if lattice.spacing[0] != 1.0:
        raise DistributionError("`spacing` must not be passed beside `edges`, which determine it")
    if squared and lattice.periodic[0]:
        raise DistributionError(
            "`edges` on a circle need a distance; pass order=1 and metric='euclidean'"
        )
    gaps = array[2:] / 2 - array[:-2] / 2
    if lattice.periodic[0]:
        gaps = np.append(gaps, (array[1] - array[0]) / 2 + (array[-1] - array[-2]) / 2)
    return GridCost(lattice, squared, array[1:] / 2 + array[:-1] / 2, gaps)


def _require_representable(name: str, extent: float, squared: bool, /) -> None:
    """Refuse a grid whose largest cost exceeds the floats.

    Raises:
        DistributionError: If so.
    """
    largest = MAX_COST**0.5 if squared else MAX_COST
    if extent > largest:
        raise DistributionError(
            f"the grid must extend over at most {largest:.3g}, so that costs are floats, but "
            f"`{name}` makes it {extent:.3g}; divide `{name}` by a constant"
        )


def _grid_axes_last(name: str, array: Array, axes: Any, xp: ModuleType) -> Array:
    """The array with the axes of the grid moved to its end."""
    chosen = tuple(axes) if isinstance(axes, tuple | list) else (axes,)
    whole = all(isinstance(a, int | np.integer) and not isinstance(a, bool) for a in chosen)
    valid = whole and all(-array.ndim <= a < array.ndim for a in chosen)
    positive = [a % array.ndim for a in chosen] if valid else []
    if not valid or len(set(positive)) < len(chosen) or not chosen:
        raise DistributionError(
            f"`axes` must be different axes of `{name}`, whose shape is {tuple(array.shape)}, "
            f"but is {axes!r}; for a batch of images along the first axis: axes=(-2, -1)"
        )
    others = [a for a in range(array.ndim) if a not in positive]
    return xp.permute_dims(array, (*others, *positive))


def _common_batch(
    p: Array, q: Array, d: int, xp: ModuleType
) -> tuple[Array, Array, tuple[int, ...]]:
    """Both arrays with a common batch, and its shape.

    Returns:
        The arrays, in the shape of the batch and of the grid, and the shape of the batch.

    Raises:
        DistributionError: If the grids differ, are empty, or do not have one to three axes, or
            the batches do not broadcast.
    """
    if not 1 <= d <= MAX_AXES:
        raise DistributionError(
            f"`p` and `q` must have one to three axes, but `p` has shape {tuple(p.shape)}; for a "
            "batch of images pass their axes: axes=(-2, -1)"
        )
    shapes = tuple(p.shape), tuple(q.shape)
    if shapes[0][len(shapes[0]) - d :] != shapes[1][len(shapes[1]) - d :] or q.ndim < d:
        raise DistributionError(
            f"`p` and `q` must be on one grid, but have shapes {shapes[0]} and {shapes[1]}; add "
            "zeros to the smaller one, or resample one of them"
        )
    grid = shapes[0][len(shapes[0]) - d :]
    if 0 in grid:
        raise DistributionError(f"`p` and `q` must hold some mass, but have shape {grid}")
    try:
        batch = np.broadcast_shapes(shapes[0][:-d], shapes[1][:-d])
    except ValueError:
        raise DistributionError(
            f"the axes of `p` and `q` outside the grid must broadcast, but are {shapes[0][:-d]} "
            f"and {shapes[1][:-d]}"
        ) from None
    p, q = (xp.broadcast_to(a, (*batch, *grid)) for a in (p, q))
    return p, q, batch


def _is_squared(metric: Any, order: Any) -> bool:
    """Whether the cost is the squared Euclidean distance.

    Returns:
        True or False.

    Raises:
        DistributionError: If the metric is unknown, or does not have this order.
    """
    _checks.choice("metric", metric, METRICS)
    number = _checks.real_number("order", order, "1 or 2")
    if isinstance(order, bool) or number not in (1, 2):
        raise DistributionError(
            f"`order` must be 1 or 2, but is {shortened(order)}; for others pass the pixels as "
            "points: divergences.sampled.emd(numpy.argwhere(p), numpy.argwhere(q), "
            f"x_weights=p[p > 0], y_weights=q[q > 0], order={shortened(order)})"
        )
    if number == 2 and metric != "euclidean":
        raise DistributionError(
            f"`order` must be 1 for the metric {metric!r}, but is 2; pass metric='euclidean' for "
            "W_2, or order=1"
        )
    return number == 2 or metric == "sqeuclidean"


def _spacings(spacing: Any, d: int) -> tuple[float, ...]:
    """The spacing along each axis."""
    if isinstance(spacing, np.ndarray):
        spacing = spacing.tolist()  # a number, for an array without axes
    values = tuple(spacing) if isinstance(spacing, tuple | list) else (spacing,) * d
    _require_one_per_axis("spacing", values, d)
    requirement = "above 0 and finite"
    return tuple(
        _checks.number_within("spacing", v, 0.0, math.inf, requirement, ends=False) for v in values
    )


def _flags(periodic: Any, d: int) -> tuple[bool, ...]:
    """Whether each axis is periodic."""
    if isinstance(periodic, np.ndarray):
        periodic = periodic.tolist()
    values = tuple(periodic) if isinstance(periodic, tuple | list) else (periodic,) * d
    _require_one_per_axis("periodic", values, d)
    for value in values:
        _checks.flag("periodic", value)
    return tuple(map(bool, values))


def _require_one_per_axis(name: str, values: tuple[Any, ...], d: int) -> None:
    """Refuse another number of values than axes of the grid."""
    if len(values) != d:
        raise DistributionError(
            f"`{name}` must be one value, or one for each of the {d} axes of the grid, but has "
            f"{len(values)}"
        )
