"""Exact optimal transport: the flow linear program, solved to optimality with a dual certificate.

`histograms` has the public functions of masses and a cost matrix, `batches` solves many of these
problems, `partial` those of unequal masses; `witness` is the Lipschitz extension of potentials.
The solvers are `simplex` (network simplex on a dense cost), `column_generation` (large sets of
points) and `one_dimensional` (closed form); `solve` selects one. `ground` computes costs between
points in blocks, from `metrics`; `certificate` feasible potentials and the duality gap;
`gradients` the gradients of the optimal cost. `result` defines the results, and `memory` refuses
dense problems that do not fit. `divergences.sampled` has the public functions of points.
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
