"""Selection of a closed form for a ground cost between points of the line or of a circle."""

from dataclasses import replace

from divergences._transport.ground import GroundCost
from divergences._transport.one_dimensional.convex_cost import convex_line_transport
from divergences._transport.one_dimensional.coupling_cost import line_cost
from divergences._transport.one_dimensional.lipschitz_extension import line_extension
from divergences._transport.one_dimensional.w1 import line_transport
from divergences._transport.result import Optimum
from divergences._typing import Floats, Indices

MAX_SAFE_EXPONENT = 1000  # of the unit of length, up to which no distance overflows


def closed_form_optimum(
    ground: GroundCost, p: Floats | None, q: Floats | None, /
) -> Optimum | None:
    """Certified optimum in closed form.

    Args:
        ground: The costs between the points.
        p: Masses of the sources, summing to 1; None for equal ones.
        q: Masses of the targets, likewise.

    Returns:
        The optimum, in the scaled unit of the ground cost; None if there is no closed form.
    """
    line = ground.without_constant_coordinates
    power = line.line_power
    if power is None:
        return None
    x, y = line.x[:, 0], line.y[:, 0]
    if power == 1:
        optimum = line_transport(x, y, p, q, unit_exponent=ground.exponent)
    else:
        optimum = convex_line_transport(
            x, y, p, q, power=power, factor=ground.factor, unit_exponent=ground.exponent
        )
    # The cost in the digits of `closed_form_cost`; their difference is within the gap.
    cost = closed_form_cost(ground, p, q)
    return optimum if cost is None else replace(optimum, cost=cost)


def closed_form_cost(ground: GroundCost, p: Floats | None, q: Floats | None, /) -> float | None:
    """Optimal cost in closed form, without the plan.

    Args:
        ground: The costs between the points.
        p: Masses of the sources, summing to 1; None for equal ones.
        q: Masses of the targets, likewise.

    Returns:
        The cost, in the scaled unit of the ground cost; None if there is no closed form, or a
        solver has to decide because numbers leave the range of 64 bits.
    """
    line = ground.without_constant_coordinates
    power = line.line_power
    if power is None or ground.length_exponent > MAX_SAFE_EXPONENT:
        return None
    return line_cost(line.x[:, 0], line.y[:, 0], p, q, power=power, factor=ground.factor)


def closed_form_extension(
    ground: GroundCost, potential: Floats, /
) -> tuple[Indices, Floats] | None:
    """Minimum of cost minus potential over the targets, for each source, in closed form.

    Args:
        ground: The costs between the points.
        potential: Potentials of the targets, in the unit of the costs, shape ``(m,)``.

    Returns:
        Target that attains the minimum, and the minimum, both of shape ``(n,)``; None if there is
        no closed form.
    """
    if ground.line_power != 1:
        return None
    return line_extension(ground.x[:, 0], ground.y[:, 0], potential)
