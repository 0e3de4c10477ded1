"""Exact transport on the line, in closed form.

`first_order` takes the distance as cost, `convex` a power of it above 1; `levels` has the
distribution functions and the monotone coupling that is optimal for both, and `quantiles` the
distances of many pairs at once.
"""

from divergences.transport.line.convex import convex_line_transport
from divergences.transport.line.first_order import line_transport
from divergences.transport.line.quantiles import quantile_distance

__all__ = ["convex_line_transport", "line_transport", "quantile_distance"]
