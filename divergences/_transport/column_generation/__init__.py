"""Column generation: exact transport of large point sets without a matrix of all distances.

The linear program is solved over a small set of pairs (`arcs`, `master_problem`). Its potentials
price all other pairs block by block (`block_pricing`; `euclidean_pricing` by matrix products on
the coordinates of `projection`), and the pairs of negative reduced cost are added until there are
none (`dual_ascent`, with the box of `stabilization`). `partial_pricing` skips pairs whose reduced
cost is provably still nonnegative, and `near_pairs`, in low dimension, those that are too far from
each other. `multiscale` starts from the potentials of a quarter of the points (`c_transform`),
`negligible_mass` adds points of zero or negligible mass at the end, `solver` combines the parts
and `progress` reports the bounds. `lipschitz_extension` evaluates potentials at other points, by
the same products. Memory is ``O(n + m)``.

Blocks are priced in threads or, for large problems under `joblib.parallel_config` with several
jobs, as on a dask cluster, by joblib. Points, arcs and potentials travel to the workers in every
round, and the pairs of lowest reduced cost back: ``O((n + m) d)`` numbers for each worker, for
``n m`` reduced costs. The master problem, costs that are functions, and points on a GPU stay. The
results are the same bits where the machines are alike.

Source: Ford and Fulkerson 1958 and Gilmore and Gomory 1961 for column generation; Marsten, Hogan
and Blankenship 1975 for the box; Desaulniers, Desrosiers and Solomon (editors), *Column
Generation*, 2005, for the terms.
"""

from divergences._transport.column_generation.lipschitz_extension import extension_by_products
from divergences._transport.column_generation.progress import ProgressMonitor
from divergences._transport.column_generation.solver import cell_transport, column_transport

__all__ = ["ProgressMonitor", "cell_transport", "column_transport", "extension_by_products"]
