"""Selection of a closed form for a ground cost between points of the line or of a circle."""

import math
from dataclasses import replace

import numpy as np

from divergences._transport.circular_distance import CircularDistance
from divergences._transport.ground import GroundCost
from divergences._transport.one_dimensional.circle import circle_cost, circle_transport
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
    if isinstance(ground.metric, CircularDistance):
        x, y, length = _positions(ground, ground.metric)
        optimum = circle_transport(
            x,
            y,
            p,
            q,
            length=length,
            power=ground.order,
            factor=ground.factor,
            unit_exponent=ground.exponent,
        )
    else:
        line = ground.without_constant_coordinates
        if line.line_power is None:
            return None
        optimum = _line_optimum(line, p, q, line.line_power)
    # The cost in the digits of `closed_form_cost`; their difference is within the gap.
    cost = closed_form_cost(ground, p, q)
    return optimum if cost is None else replace(optimum, cost=cost)


def _line_optimum(line: GroundCost, p: Floats | None, q: Floats | None, power: float) -> Optimum:
    """Certified optimum on the line."""
    x, y = line.x[:, 0], line.y[:, 0]
    if power == 1:
        return line_transport(x, y, p, q, unit_exponent=line.exponent)
    return convex_line_transport(
        x, y, p, q, power=power, factor=line.factor, unit_exponent=line.exponent
    )


def _positions(ground: GroundCost, metric: CircularDistance) -> tuple[Floats, Floats, float]:
    """Positions of both sides and the length of the circle, in the unit of distances."""
    x, y = (np.ldexp(points[:, 0], -ground.length_exponent) for points in (ground.x, ground.y))
    return x, y, math.ldexp(metric.period, -ground.length_exponent)


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
    if isinstance(ground.metric, CircularDistance):
        x, y, length = _positions(ground, ground.metric)
        cost = circle_cost(x, y, p, q, length=length, power=ground.order)
        return None if cost is None else ground.factor * cost
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
    if isinstance(ground.metric, CircularDistance) and ground.order == 1:
        z, y, length = _positions(ground, ground.metric)
        m = len(y)
        copies = np.concatenate([y - length, y, y + length])
        minimizer, _ = line_extension(z, copies, np.tile(potential, 3))
        minimizer %= m
        rows = np.arange(len(z))
        return minimizer, ground.of_pairs(rows, minimizer) - potential[minimizer]
    if ground.line_power != 1:
        return None
    return line_extension(ground.x[:, 0], ground.y[:, 0], potential)
