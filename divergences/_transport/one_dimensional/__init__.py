"""Exact transport on the line, in closed form.

`w1` has the distance as cost, `convex_cost` a power of it above 1, with plan and potentials, these
from `staircase`; `coupling_cost` the cost alone. `cdf` computes the distribution functions and the
monotone coupling that is optimal for both, `ordering` sorts, and `quantiles` has the distances of
many pairs at once. `solver` selects one for a ground cost.
"""

from divergences._transport.one_dimensional.quantiles import quantile_distance
from divergences._transport.one_dimensional.solver import (
    closed_form_cost,
    closed_form_extension,
    closed_form_optimum,
)

__all__ = ["closed_form_cost", "closed_form_extension", "closed_form_optimum", "quantile_distance"]
