"""Whether two samples differ at all: permutation tests.

`permutation` has the public function; behind it stand `labellings` (the random divisions of the
pooled sample), `statistic` (what a statistic of them is, and one that a caller defines) and the
statistics `quadratic` (energy and MMD), `neighbours` (JS) and `matching` (EMD).
"""

from divergences.sampled._two_sample.permutation_test import PermutationTest, permutation_test

__all__ = ["PermutationTest", "permutation_test"]
