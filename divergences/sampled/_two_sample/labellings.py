"""Random divisions of a pooled sample into two, represented by their seeds."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divergences._typing import Indices

LABELLINGS_PER_SEED = 8


@dataclass(frozen=True, slots=True)
class Labellings:
    """The observed labelling, number 0, and random ones.

    Only seeds are stored: each process regenerates the labellings it evaluates. The first
    labellings do not depend on the total count.

    Attributes:
        n: Size of the first sample, whose points come first in the pooled sample.
        m: Size of the second sample.
        count: Number of labellings, the observed one included.
        seeds: A seed for each group of `LABELLINGS_PER_SEED`.
    """

    n: int
    m: int
    count: int
    seeds: NDArray[np.int64]

    @classmethod
    def draw(cls, n: int, m: int, count: int, rng: np.random.Generator, /) -> "Labellings":
        """Draw the seeds."""
        groups = math.ceil(count / LABELLINGS_PER_SEED)
        return cls(n, m, count, rng.integers(2**63 - 1, size=groups))

    def permutations(self, start: int, stop: int, /) -> Indices:
        """Permutations of the pooled sample, whose first n entries are the first sample.

        Args:
            start: Index of the first labelling, a multiple of `LABELLINGS_PER_SEED`.
            stop: Index after the last labelling.

        Returns:
            Indices into the pooled sample, shape ``(stop - start, n + m)``.
        """
        groups = range(start // LABELLINGS_PER_SEED, math.ceil(stop / LABELLINGS_PER_SEED))
        return np.concatenate([self._permutations_of_seed(g) for g in groups])[: stop - start]

    def labels(self, start: int, stop: int, /) -> NDArray[np.bool_]:
        """Membership of each point in the first sample.

        Args:
            start: Index of the first labelling, a multiple of `LABELLINGS_PER_SEED`.
            stop: Index after the last labelling.

        Returns:
            True for points of the first sample, shape ``(stop - start, n + m)``.
        """
        labels = np.zeros((stop - start, self.n + self.m), dtype=np.bool_)
        for first in range(start, stop, LABELLINGS_PER_SEED):
            rows = labels[first - start : first - start + LABELLINGS_PER_SEED]
            permutations = self._permutations_of_seed(first // LABELLINGS_PER_SEED)
            np.put_along_axis(rows, permutations[: len(rows), : self.n], True, axis=1)
        return labels

    def _permutations_of_seed(self, group: int) -> Indices:
        """Permutations of one group; the first of group 0 is the identity."""
        size = self.n + self.m
        identity = np.tile(np.arange(size), (LABELLINGS_PER_SEED, 1))
        permutations = np.random.default_rng(self.seeds[group]).permuted(identity, axis=1)
        if group == 0:
            permutations[0] = identity[0]
        return permutations
