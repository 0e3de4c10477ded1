"""Distances between two samples: estimates for the populations, and exact optimal transport.

`kl`, `reverse_kl` and `js` estimate divergences of the populations (`_density_ratio`), `emd`,
`transport` and `partial_transport` are exact for the points (`_transport`; many pairs on the line:
`_wasserstein_1d`), `compare` computes all of these, and `permutation_test` tests whether the
populations differ (`_two_sample`); `compare_columns` compares tables by column (`_columns`).
Validated samples are a `PointCloudPair` (`_point_clouds`), results an `Estimate` (`_estimate`),
for EMD with a `PopulationInterval` (`_population_interval`); `_interpretation` and `_report` print
a comparison.
"""

from divergences.sampled._columns import ColumnComparison, TableComparison, compare_columns
from divergences.sampled._compare import Comparison, compare
from divergences.sampled._density_ratio import js, kl, reverse_kl
from divergences.sampled._estimate import Estimate
from divergences.sampled._transport import emd, partial_transport, transport
from divergences.sampled._two_sample import PermutationTest, permutation_test
from divergences.sampled._wasserstein_1d import wasserstein_1d

__all__ = [
    "ColumnComparison",
    "Comparison",
    "Estimate",
    "PermutationTest",
    "TableComparison",
    "compare",
    "compare_columns",
    "emd",
    "js",
    "kl",
    "partial_transport",
    "permutation_test",
    "reverse_kl",
    "transport",
    "wasserstein_1d",
]


def __dir__() -> list[str]:
    """The public names."""
    return list(__all__)
