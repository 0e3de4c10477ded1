"""Column generation: exact transport of large point sets, without a matrix of all distances.

The flow linear program is solved on a small part of all pairs (`arcs`, `master`), all other pairs
are priced in blocks (`pricing`; `screen`, for Euclidean distances, by matrix products), and those
that violate their potentials are added, until there are none (`ascent`); pairs that cannot have come
to violate them since are left out (`clearance`). It begins with the potentials of
a quarter of the points (`multiscale`). Points of next to no mass join at the end (`light`), and
`solver` puts it together, for a caller who may `watch`. Memory is ``O(n + m)``.

Source: Ford and Fulkerson 1958 and Gilmore and Gomory 1961 for column generation; Marsten, Hogan
and Blankenship 1975 for the box.
"""

from divergences._transport.column_generation.progress import ProgressMonitor
from divergences._transport.column_generation.solver import column_transport

__all__ = ["ProgressMonitor", "column_transport"]
