"""Optimal transport under squared distances between few pixels, by all pairs of them.

Squared costs of nearly equal histograms, or of spacings of many orders of magnitude, are below the
rounding of potentials along the axes; exact arithmetic has none.
"""

from __future__ import annotations

from dataclasses import replace

from divergences._transport.simplex import histogram_optimum
from divergences._typing import Floats
from divergences.errors import SolverError
from divergences.grids._masses import Masses
from divergences.grids._result import GridTransport

MAX_PIXELS = 1000  # whose pairs exact arithmetic takes seconds for


def paired_transport(axis_costs: list[Floats], exponent: int, masses: Masses, /) -> GridTransport:
    """Optimal transport with its certificate.

    Args:
        axis_costs: Costs of all pairs of pixels along each axis, which add up.
        exponent: They are in units of 2 to this power.
        masses: Masses of the sources and of the targets.

    Returns:
        The result, whose flow is the plan.

    Raises:
        DistributionError: If the cost is too small for a float.
        SolverError: If there are more than 1000 pixels, or the solver did not finish.
    """
    p, q = (a.ravel() for a in masses.unrounded)
    if len(p) > MAX_PIXELS:
        raise SolverError(
            f"squared costs of {len(p)} pixels whose masses nearly agree, or whose spacings span "
            "many orders of magnitude, are below rounding, and exact arithmetic takes up to "
            f'{MAX_PIXELS} pixels: pass metric="euclidean" with order=1, which moves only the '
            "difference of the histograms, or sum blocks of pixels"
        )
    cost = _pairs(axis_costs)
    optimum = histogram_optimum(p, q, cost).scaled(exponent)
    u, v = optimum.source_potential, optimum.target_potential
    potentials = u.reshape(masses.p.shape), v.reshape(masses.p.shape)
    arcs = optimum.arcs_in_unit
    solved = GridTransport.of_arcs(arcs, potentials, optimum.gap, masses, is_plan=True)
    return replace(solved, exact_proof=optimum.exact_proof)


def _pairs(axis_costs: list[Floats]) -> Floats:
    """Costs of all pairs of pixels, in C order."""
    total = axis_costs[0]
    for costs in axis_costs[1:]:
        n, m = len(total), len(costs)
        total = (total[:, None, :, None] + costs[None, :, None, :]).reshape(n * m, n * m)
    return total
