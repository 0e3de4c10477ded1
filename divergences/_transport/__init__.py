"""Exact optimal transport: the flow linear program, solved to the end and proved.

`histograms` has the public functions of masses and a cost matrix, `batches` those of many at once,
`partial` those of unequal masses, `witness` the function that potentials extend to. Behind them stand
`simplex` (network simplex on a dense cost), `columns` (column generation, for large sets of
points), `line` (one dimension in closed form), `ground` (costs between points, in blocks, from
`distances` and `lengths`), `proof` (feasible potentials and the gap) and `result` (what is returned).
`divergences.sampled` has the same for points.
"""

from divergences._transport.histograms import emd, partial_transport, transport
from divergences._transport.result import Transport
from divergences._transport.witness import LipschitzWitness, lipschitz_witness

__all__ = [
    "LipschitzWitness",
    "Transport",
    "emd",
    "lipschitz_witness",
    "partial_transport",
    "transport",
]
