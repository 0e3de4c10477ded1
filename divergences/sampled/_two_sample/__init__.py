"""Permutation tests of whether two samples come from one population.

`permutation_test` has the public function, `labellings` the random divisions of the pooled sample,
`statistic` the protocol of a statistic and one from a caller's function; the statistics of the
library are in `kernel_statistics` (energy distance, MMD), `neighbour_statistic` (JS) and
`emd_statistic`.
"""

from divergences.sampled._two_sample.permutation_test import PermutationTest, permutation_test

__all__ = ["PermutationTest", "permutation_test"]
