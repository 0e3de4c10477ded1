"""The distances from samples: points in, an `Estimate` or a proved `Transport` out.

`exact` has the public functions of exact transport, `line` that of many pairs on the line,
`two_sample` the test whether samples differ at all; behind them stand `points` (two weighted sets
of points, checked, and the gradient of what is computed of them), `methods` (which solver takes
them) and `estimate` (what is returned).
"""

from divergences.sampled.estimate import Estimate
from divergences.sampled.exact import emd, partial_transport, transport
from divergences.sampled.line import wasserstein_1d
from divergences.sampled.two_sample import PermutationTest, permutation_test

__all__ = [
    "Estimate",
    "PermutationTest",
    "emd",
    "partial_transport",
    "permutation_test",
    "transport",
    "wasserstein_1d",
]
