"""Random divisions of a pooled sample into two, settled before any of them is computed."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divergences._typing import Indices

BLOCK = 8  # labellings that share a seed


@dataclass(frozen=True, slots=True)
class Labellings:
    """The observed labelling, number 0, and random ones.

    Only seeds are kept: who computes some of them draws them again. The first ones are the same,
    however many there are.

    Attributes:
        n: Size of the first sample; its points come first in the pooled one.
        m: Size of the second.
        count: How many labellings there are, the observed one included.
        seeds: One for each `BLOCK` of them.
    """

    n: int
    m: int
    count: int
    seeds: NDArray[np.int64]

    @classmethod
    def draw(cls, n: int, m: int, count: int, rng: np.random.Generator, /) -> "Labellings":
        """Settle them."""
        return cls(n, m, count, rng.integers(2**63 - 1, size=math.ceil(count / BLOCK)))

    def places(self, start: int, stop: int, /) -> Indices:
        """Permutations of the pooled sample, the first n places of which are the first sample.

        Args:
            start: Number of the first labelling, a multiple of `BLOCK`.
            stop: Number of the one after the last.

        Returns:
            Shape ``(stop - start, n + m)``.
        """
        blocks = [self._block(b) for b in range(start // BLOCK, math.ceil(stop / BLOCK))]
        return np.concatenate(blocks)[: stop - start]

    def labels(self, start: int, stop: int, /) -> NDArray[np.bool_]:
        """Which points are in the first sample.

        Args:
            start: Number of the first labelling, a multiple of `BLOCK`.
            stop: Number of the one after the last.

        Returns:
            Shape ``(stop - start, n + m)``.
        """
        labels = np.zeros((stop - start, self.n + self.m), dtype=np.bool_)
        for first in range(start, stop, BLOCK):
            rows = labels[first - start : first - start + BLOCK]
            chosen = self._block(first // BLOCK)[: len(rows), : self.n]
            np.put_along_axis(rows, chosen, True, axis=1)
        return labels

    def _block(self, block: int) -> Indices:
        """The permutations of one seed."""
        size = self.n + self.m
        identity = np.tile(np.arange(size), (BLOCK, 1))
        places = np.random.default_rng(self.seeds[block]).permuted(identity, axis=1)
        if block == 0:
            places[0] = identity[0]
        return places
