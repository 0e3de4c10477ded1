"""Exact optimal transport: the flow linear program, solved to the end and proved.

`histograms` has the public functions of masses and a cost matrix. Behind it stand `simplex`
(network simplex on a dense cost), `line` and `convex_line` (one dimension in closed form),
`columns` (large sets of points), `distances` and `ground` (costs between points), `proof`
(feasible prices and the gap) and `result` (what is returned). `partial` is for unequal masses, and
`witness` is the function that attains a distance. `divergences.sampled` has the same for points.
"""

from divergences.transport.histograms import emd, transport
from divergences.transport.partial import partial_transport
from divergences.transport.result import Transport
from divergences.transport.witness import LipschitzWitness, lipschitz_witness

__all__ = [
    "LipschitzWitness",
    "Transport",
    "emd",
    "lipschitz_witness",
    "partial_transport",
    "transport",
]
