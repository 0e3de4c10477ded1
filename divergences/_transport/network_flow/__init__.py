"""Minimum-cost flow on nodes and arcs, with potentials and the duality gap.

`simplex` solves the linear program on the arcs of a `Network`, from the potential and the basis of
an earlier solution where there is one; `refinement` removes its rounding. `forest` computes the
flow anew on the arcs that carry it, and `certificate` bounds its distance from the optimum by a
feasible potential. `plan` has the masses that move from sources to targets.
"""

from divergences._transport.network_flow.certificate import flow_gap
from divergences._transport.network_flow.forest import (
    forest_flow,
    forest_potential,
    signed_forest_flow,
)
from divergences._transport.network_flow.network import Network
from divergences._transport.network_flow.plan import moves_of, plan_of_moves
from divergences._transport.network_flow.refinement import refined_flow
from divergences._transport.network_flow.simplex import BasicFlow, optimal_flow

__all__ = [
    "BasicFlow",
    "Network",
    "flow_gap",
    "forest_flow",
    "forest_potential",
    "moves_of",
    "optimal_flow",
    "plan_of_moves",
    "refined_flow",
    "signed_forest_flow",
]
