"""Gradients of the optimal cost by the envelope theorem.

To first order, plan and potentials are constants at the optimum, so the optimal cost varies like
``<plan, cost> + <source potential, p> + <target potential, q>``, with plan and potentials fixed
(Bertsimas and Tsitsiklis 1997, section 5.2). The expression is written in operations of the array
namespace, which differentiates it.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import array_api_compat
import numpy as np

from divergences import _checks
from divergences._transport.ground import GroundCost
from divergences._transport.result import Optimum
from divergences._typing import Array
from divergences.errors import DistributionError


def cost_with_gradient(
    optimum: Optimum,
    arc_costs: Callable[[Array, Array], Array],
    masses: tuple[Array | None, Array | None],
    like: Array,
    xp: ModuleType,
    /,
    *,
    ground: GroundCost | None = None,
) -> Array:
    """The optimal cost, or the distance whose power it is, as a scalar with its gradients.

    Args:
        optimum: The optimum.
        arc_costs: Differentiable function from rows and columns to their ground costs in float64.
        masses: Weights of the sources and of the targets; None for constant ones.
        like: An array of the type and on the device of the result.
        xp: The namespace.
        ground: The costs between points whose unit the optimum has; None for histograms, whose
            optimum is in the caller's unit.

    Returns:
        A scalar whose value is ``optimum.cost``, or for points the distance in their unit.

    Raises:
        DistributionError: If the value is too large for the type of the result.
    """
    value = numpy_scalar(optimum.cost, like, xp, ground=ground)
    if value is not None:
        return value
    device = array_api_compat.device(like)
    linear = _linearized_cost(optimum, arc_costs, masses, xp, device)
    constant = xp.asarray(_checks.numpy_values(linear), device=device)
    cost = optimum.cost + (linear - constant)
    if ground is not None:
        cost = _distance(cost, ground, xp)
    return _checks.scalar(cost, like.dtype, xp)


def numpy_scalar(
    cost: float, like: Array, xp: ModuleType, /, *, ground: GroundCost | None = None
) -> Any | None:
    """An optimal cost, or the distance whose power it is, where no gradient can be asked for.

    Args:
        cost: The cost, in the unit of the ground cost.
        like: An array of the type of the result.
        xp: Its namespace.
        ground: The costs between points; None for histograms.

    Returns:
        A scalar of numpy; None for other libraries.

    Raises:
        DistributionError: If the value is too large for the type of the result.
    """
    value = cost if ground is None else ground.distance(cost)
    if isinstance(like, np.ndarray) and like.dtype == np.float64:
        return np.float64(value)
    if value > float(xp.finfo(like.dtype).max):
        raise DistributionError(
            f"the distance is {value:.6g}, more than {like.dtype} can hold; pass float64"
        )
    if array_api_compat.is_numpy_namespace(xp):
        return _checks.scalar(xp.asarray(value), like.dtype, xp)
    return None


def _linearized_cost(
    optimum: Optimum,
    arc_costs: Callable[[Array, Array], Array],
    masses: tuple[Array | None, Array | None],
    xp: ModuleType,
    device: object,
) -> Array:
    """``<plan, cost> + <source potential, p> + <target potential, q>``, without constant terms."""
    arcs = optimum.arcs
    constants = arcs.rows, arcs.cols, arcs.mass, optimum.source_potential, optimum.target_potential
    rows, cols, mass, *potentials = (xp.asarray(values, device=device) for values in constants)
    cost = xp.sum(mass * arc_costs(rows, cols))
    for weights, potential in zip(masses, potentials, strict=True):
        if weights is not None:
            wide = xp.astype(weights, xp.float64)
            cost = cost + xp.sum(potential * (wide / xp.sum(wide)))
    return cost


def _distance(cost: Array, ground: GroundCost, xp: ModuleType) -> Array:
    """The distance whose power is a cost, in the caller's unit, with gradient 0 where it is 0."""
    if ground.order != 1:
        positive = cost > 0
        root = xp.where(positive, cost / ground.factor, 1.0) ** (1 / ground.order)
        cost = xp.where(positive, root, 0.0)
    half = ground.length_exponent // 2  # 2.0**length_exponent itself may overflow
    return (cost * 2.0**half) * 2.0 ** (ground.length_exponent - half)
