"""Gradients of an optimum: at it, plan and prices are constants to first order.

So the optimal cost moves like ``<plan, cost> + <source price, p> + <target price, q>`` with the
plan and the prices held, each against its own variable (the envelope theorem; Bertsimas and
Tsitsiklis 1997, section 5.2). It is written in the operations of the array namespace, which
differentiates it.
"""

from collections.abc import Callable
from types import ModuleType

import array_api_compat

from divergences import checks
from divergences.checks import Array
from divergences.errors import DistributionError
from divergences.transport.result import Transport


def cost_with_gradient(
    solved: Transport,
    arc_costs: Callable[[Array, Array], Array],
    masses: tuple[Array | None, Array | None],
    like: Array,
    xp: ModuleType,
    /,
) -> Array:
    """The solved cost as a scalar of the namespace, with the gradients of the optimum.

    Args:
        solved: The optimum.
        arc_costs: The ground costs in float64 from given rows to given columns, as a function of
            what moves them.
        masses: Weights of the sources and of the targets; None where nothing can move them.
        like: An array of the type and on the device of the result.
        xp: The namespace.

    Returns:
        A scalar whose value is ``solved.cost``.

    Raises:
        DistributionError: If the type of the result cannot hold it.
    """
    if solved.cost > float(xp.finfo(like.dtype).max):
        raise DistributionError(
            f"the distance is {solved.cost:.6g}, more than {like.dtype} can hold; pass float64"
        )
    if array_api_compat.is_numpy_namespace(xp):
        return checks.scalar(xp.asarray(solved.cost), like.dtype, xp)
    device = array_api_compat.device(like)
    rows, cols, mass, *prices = (
        xp.asarray(values, device=device)
        for values in (
            *solved.plan.coords,
            solved.plan.data,
            solved.source_price,
            solved.target_price,
        )
    )
    moves = xp.sum(mass * arc_costs(rows, cols))
    for weights, price in zip(masses, prices, strict=True):
        if weights is not None:
            share = xp.astype(weights, xp.float64)
            moves = moves + xp.sum(price * (share / xp.sum(share)))
    held = xp.asarray(checks.numpy_values(moves), device=device)
    return checks.scalar(solved.cost + (moves - held), like.dtype, xp)
