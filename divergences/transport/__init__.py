"""Exact optimal transport: the flow linear program, solved to the end and proved.

`histograms` has the public functions of masses and a cost matrix. Behind it stand `simplex`
(network simplex on a dense cost), `line` (one dimension in closed form), `distances` (ground costs
between points), `proof` (feasible prices and the gap) and `result` (what is returned).
`divergences.sampled` has the same for points.
"""

from divergences.transport.histograms import emd, transport
from divergences.transport.result import Transport

__all__ = ["Transport", "emd", "transport"]
