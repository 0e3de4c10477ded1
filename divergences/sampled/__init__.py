"""The distances from samples: points in, an `Estimate` or a proved `Transport` out.

`exact` has the public functions of exact transport, `line` that of many pairs on the line; behind
them stand `points` (two weighted sets of points, checked, and the gradient of what is computed of
them), `methods` (which solver takes them), `population` (what they say of the populations' W_1)
and `estimate` (what is returned). `information` estimates KL, reverse KL and JS of the
populations. `compare` brings all of them together; `reading` has the words, `report` the table.
"""

from divergences.sampled.compare import Comparison, compare
from divergences.sampled.estimate import Estimate
from divergences.sampled.exact import emd, partial_transport, transport
from divergences.sampled.information import js, kl, reverse_kl
from divergences.sampled.line import wasserstein_1d

__all__ = [
    "Comparison",
    "Estimate",
    "compare",
    "emd",
    "js",
    "kl",
    "partial_transport",
    "reverse_kl",
    "transport",
    "wasserstein_1d",
]
