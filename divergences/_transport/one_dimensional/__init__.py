"""Exact transport on the line, in closed form.

`w1` has the distance as cost, `convex_cost` a power of it above 1, with plan and potentials, these
from `staircase`; `coupling_cost` the cost alone. `cdf` computes the distribution functions and the
monotone coupling that is optimal for both, `ordering` sorts, and `quantiles` has the distances of
many pairs at once.
"""

from divergences._transport.one_dimensional.convex_cost import convex_line_transport
from divergences._transport.one_dimensional.coupling_cost import line_cost
from divergences._transport.one_dimensional.quantiles import quantile_distance
from divergences._transport.one_dimensional.w1 import line_transport

__all__ = ["convex_line_transport", "line_cost", "line_transport", "quantile_distance"]
