"""Gradients of an optimum: at it, plan and potentials are constants to first order.

So the optimal cost moves like ``<plan, cost> + <source potential, p> + <target potential, q>`` with the
plan and the potentials held, each against its own variable (the envelope theorem; Bertsimas and
Tsitsiklis 1997, section 5.2). It is written in the operations of the array namespace, which
differentiates it.
"""

from collections.abc import Callable
from types import ModuleType

import array_api_compat
import numpy as np

from divergences import _checks
from divergences._transport.ground import GroundCost
from divergences._transport.result import Optimum
from divergences._typing import Array
from divergences.errors import DistributionError


def cost_with_gradient(
    solved: Optimum,
    arc_costs: Callable[[Array, Array], Array],
    masses: tuple[Array | None, Array | None],
    like: Array,
    xp: ModuleType,
    /,
    *,
    ground: GroundCost | None = None,
) -> Array:
    """The solved cost as a scalar of the namespace, with the gradients of the optimum.

    Args:
        solved: The optimum.
        arc_costs: The ground costs in float64 from given rows to given columns, as a function of
            what moves them.
        masses: Weights of the sources and of the targets; None where nothing can move them.
        like: An array of the type and on the device of the result.
        xp: The namespace.
        ground: The costs between points in whose unit the optimum is; None where that unit is the
            caller's.

    Returns:
        A scalar whose value is ``solved.cost``, or the distance whose power that is.

    Raises:
        DistributionError: If the type of the result cannot hold it.
    """
    value = solved.cost if ground is None else ground.length_of(solved.cost)
    if isinstance(like, np.ndarray) and like.dtype == np.float64:
        return np.float64(value)
    if value > float(xp.finfo(like.dtype).max):
        raise DistributionError(
            f"the distance is {value:.6g}, more than {like.dtype} can hold; pass float64"
        )
    if array_api_compat.is_numpy_namespace(xp):
        return _checks.scalar(xp.asarray(value), like.dtype, xp)
    device = array_api_compat.device(like)
    rows, cols, mass, *potentials = (
        xp.asarray(values, device=device)
        for values in (
            solved.arcs.rows,
            solved.arcs.cols,
            solved.arcs.mass,
            solved.source_potential,
            solved.target_potential,
        )
    )
    moves = xp.sum(mass * arc_costs(rows, cols))
    for weights, potential in zip(masses, potentials, strict=True):
        if weights is not None:
            share = xp.astype(weights, xp.float64)
            moves = moves + xp.sum(potential * (share / xp.sum(share)))
    held = xp.asarray(_checks.numpy_values(moves), device=device)
    moved = solved.cost + (moves - held)
    if ground is not None:
        moved = _length(moved, ground, xp)
    return _checks.scalar(moved, like.dtype, xp)


def _length(cost: Array, ground: GroundCost, xp: ModuleType) -> Array:
    """The distance whose power is a cost, in the caller's unit, with gradient 0 where it is 0."""
    if ground.order != 1:
        above = cost > 0
        root = xp.where(above, cost / ground.rest, 1.0) ** (1 / ground.order)
        cost = xp.where(above, root, 0.0)
    half = ground.length // 2  # the factor of the whole may not be a float
    return (cost * 2.0**half) * 2.0 ** (ground.length - half)
