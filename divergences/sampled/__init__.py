"""The distances from samples: points in, an `Estimate` or a proved `Transport` out.

`exact` has the public functions of exact transport, `line` that of many pairs on the line,
`information` estimates KL, reverse KL and JS of the populations, `compare` all of these and EMD
at once, and `two_sample` tests whether samples differ at all. Behind them stand `points` (two
weighted sets of points, checked, and the gradient of what is computed of them), `methods` (which
solver takes them), `population` (what they say of the populations' W_1), `estimate` (what is
returned), and `reading` and `report` (a comparison in words and in a table).
"""

from divergences.sampled._compare import Comparison, compare
from divergences.sampled._density_ratio import js, kl, reverse_kl
from divergences.sampled._estimate import Estimate
from divergences.sampled._transport import emd, partial_transport, transport
from divergences.sampled._two_sample import PermutationTest, permutation_test
from divergences.sampled._wasserstein_1d import wasserstein_1d

__all__ = [
    "Comparison",
    "Estimate",
    "PermutationTest",
    "compare",
    "emd",
    "js",
    "kl",
    "partial_transport",
    "permutation_test",
    "reverse_kl",
    "transport",
    "wasserstein_1d",
]
