"""Pricing: the pairs of pixels between which a potential drops by more than their distance."""

import numpy as np

from divergences._transport.network_flow import Network
from divergences._typing import Floats, Indices
from divergences.grids._lattice import Lattice

ROUNDING_OF_DRIFT = 1e-12  # relative to the potential's range


class LatticePricing:
    """Partial pricing of a sequence of potentials, offset by offset.

    For each offset, the least slack of its pairs is known from when it was last priced. It falls
    by at most the range of the change of the potential, so most offsets are skipped.
    """

    def __init__(self, lattice: Lattice) -> None:
        self._lattice = lattice
        self._lengths = lattice.lengths(lattice.offsets)
        self._slack = np.full(len(self._lengths), -np.inf)
        self._last: Floats | None = None

    def violated_arcs(
        self, potential: Floats, /, *, slack: float, per_pixel: int
    ) -> tuple[Network | None, float]:
        """The arcs along which a potential drops by more than their length less a slack.

        Args:
            potential: Shape of the grid.
            slack: Arcs of at most this slack are returned, beside those violated; may be below 0.
            per_pixel: Number of arcs from each pixel, those of the least slack.

        Returns:
            The arcs, None if there are none; and the least slack of any pair of pixels, at most 0.
        """
        self._fall(potential)
        span = potential.max() - potential.min()
        near = (self._slack <= slack) & (self._lengths <= span + slack)
        arcs: list[tuple[Indices, Indices, Floats, Floats]] = []
        for index in np.flatnonzero(near).tolist():
            arcs += self._price(index, potential, slack)
        least = min(0.0, float(self._slack[near].min(initial=0.0)))
        if not arcs:
            return None, least
        tails, heads, lengths, slacks = map(np.concatenate, zip(*arcs, strict=True))
        kept = _least_of_each(tails, slacks, per_pixel)
        return Network.of(self._lattice.size, tails[kept], heads[kept], lengths[kept]), least

    def _fall(self, potential: Floats) -> None:
        """Lower the known slacks by the change of the potential."""
        if self._last is not None:
            change = potential - self._last
            span = potential.max() - potential.min()
            self._slack -= change.max() - change.min() + ROUNDING_OF_DRIFT * span
        self._last = potential

    def _price(
        self, index: int, potential: Floats, slack: float
    ) -> list[tuple[Indices, Indices, Floats, Floats]]:
        """Tails, heads, lengths and slacks of the pairs at an offset of at most a slack."""
        offset, length = tuple(self._lattice.offsets[index].tolist()), self._lengths[index]
        x, y = self._lattice.shifted(potential, offset)
        drop = x - y
        least = length - max(drop.max(), -drop.min())
        self._slack[index] = least
        if least > slack:
            return []
        pairs = np.abs(drop) >= length - slack
        drops = drop[pairs]
        first, second = (
            ends[pairs] for ends in self._lattice.shifted(self._lattice.indices, offset)
        )
        tails, heads = np.where(drops > 0, first, second), np.where(drops > 0, second, first)
        return [(tails, heads, np.full(len(drops), length), length - np.abs(drops))]


def _least_of_each(groups: Indices, values: Floats, count: int) -> Indices:
    """Indices of the ``count`` least values of each group."""
    order = np.lexsort((values, groups))
    ordered = groups[order]
    first = np.append(True, ordered[1:] != ordered[:-1])
    start = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    return order[np.arange(len(order)) - start < count]
