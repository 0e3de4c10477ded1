"""Lattices of pixels: offsets between them, their lengths, and pairs of pixels at an offset."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeVar

import numpy as np

from divergences._transport.network_flow import Network
from divergences._typing import Floats, Indices

LatticeMetric = Literal["euclidean", "cityblock", "chebyshev"]
Values = TypeVar("Values", Floats, Indices)


@dataclass(frozen=True)
class Lattice:
    """Pixels at the points of a lattice, and the distance between them.

    A shortest path between two pixels at an offset ``k * o`` passes the pixels at ``o, 2 o, ...``,
    so a function that is 1-Lipschitz at the coprime offsets is 1-Lipschitz.

    Attributes:
        shape: Number of pixels along each axis.
        spacing: Distance of neighbors along each axis, above 0.
        periodic: Whether the last pixel of each axis is next to the first one.
        metric: Distance: "euclidean", "cityblock" or "chebyshev".
    """

    shape: tuple[int, ...]
    spacing: tuple[float, ...]
    periodic: tuple[bool, ...]
    metric: LatticeMetric = "euclidean"

    @cached_property
    def size(self) -> int:
        """Number of pixels."""
        return math.prod(self.shape)

    @cached_property
    def indices(self) -> Indices:
        """Index of each pixel in C order, in the shape of the grid."""
        return np.arange(self.size).reshape(self.shape)

    def lengths(self, offsets: Indices, /) -> Floats:
        """Distances of the pixels at some offsets, shape ``(k,)``."""
        steps = np.abs(offsets) * np.array(self.spacing)
        if self.metric == "euclidean":
            largest = np.maximum(steps.max(axis=1), np.finfo(float).tiny)
            result: Floats = largest * np.sqrt(((steps / largest[:, None]) ** 2).sum(axis=1))
            return result
        total: Floats = steps.sum(axis=1) if self.metric == "cityblock" else steps.max(axis=1)
        return total

    @cached_property
    def reach(self) -> tuple[int, ...]:
        """Largest offset along each axis: half of a periodic one."""
        return tuple(
            n // 2 if wraps else n - 1 for n, wraps in zip(self.shape, self.periodic, strict=True)
        )

    @cached_property
    def diameter(self) -> float:
        """Largest distance between pixels."""
        return float(self.lengths(np.array([self.reach]))[0])

    @cached_property
    def offsets(self) -> Indices:
        """Offsets whose lengths determine all distances, one of each and its negative, by length.

        Shape ``(k, d)``. For "cityblock" they are those of neighbors along an axis, for
        "chebyshev" with one spacing those of all neighbors, else all coprime ones.
        """
        reach = self.reach
        one_spacing = len(set(self.spacing)) == 1
        if self.metric == "cityblock" or (self.metric == "chebyshev" and one_spacing):
            reach = tuple(min(r, 1) for r in reach)
        axes = [np.arange(-r, r + 1) for r in reach]
        offsets = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(reach))
        offsets = offsets[len(offsets) // 2 + 1 :]  # each offset comes before its negative
        offsets = offsets[np.gcd.reduce(offsets, axis=1) == 1]
        if self.metric == "cityblock":
            offsets = offsets[np.abs(offsets).sum(axis=1) == 1]
        return offsets[np.argsort(self.lengths(offsets), kind="stable")]

    def shifted(self, values: Values, offset: tuple[int, ...], /) -> tuple[Values, Values]:
        """Values of all pairs of pixels at an offset: of the first pixels, and of the second ones.

        Args:
            values: Shape of the grid.
            offset: Steps along each axis.

        Returns:
            Two arrays of one shape; views where no axis is periodic.
        """
        first, second = [], []
        for step, n, wraps in zip(offset, self.shape, self.periodic, strict=True):
            if wraps and step:
                first.append(slice(None))
                second.append(slice(None))
            else:
                first.append(slice(max(-step, 0), n - max(step, 0)))
                second.append(slice(max(step, 0), n - max(-step, 0)))
        rolls = [
            (-step, axis)
            for axis, (step, wraps) in enumerate(zip(offset, self.periodic, strict=True))
            if wraps and step
        ]
        ends = values
        if rolls:
            ends = np.roll(values, [s for s, _ in rolls], axis=[a for _, a in rolls])
        return values[tuple(first)], ends[tuple(second)]

    def network(self, offsets: Indices, /) -> Network:
        """The network of arcs in both directions between pixels at some offsets."""
        tails, heads, costs = [], [], []
        for offset, length in zip(offsets.tolist(), self.lengths(offsets), strict=True):
            x, y = (ends.ravel() for ends in self.shifted(self.indices, tuple(offset)))
            tails += [x, y]
            heads += [y, x]
            costs.append(np.full(2 * len(x), length))
        return Network.of(self.size, *map(np.concatenate, (tails, heads, costs)))

    def short_network(self, reach: int, /) -> Network:
        """The network of arcs along the offsets of at most ``reach`` steps along each axis."""
        short = np.abs(self.offsets).max(axis=1) <= reach
        return self.network(self.offsets[short])

    @cached_property
    def is_sparse(self) -> bool:
        """Whether arcs between neighbors determine all distances."""
        return bool(np.abs(self.offsets).max() <= 1)

    def coarser(self) -> Lattice | None:
        """The lattice of blocks of two pixels along each axis; None if an odd one is periodic."""
        odd = any(n % 2 and wraps for n, wraps in zip(self.shape, self.periodic, strict=True))
        if odd:
            return None
        return replace(
            self,
            shape=tuple((n + 1) // 2 for n in self.shape),
            spacing=tuple(2 * s for s in self.spacing),
        )

    def refined_arcs(self, coarse: Lattice, arcs: Network, /) -> Network:
        """Arcs between the pixels of blocks that coarse arcs join, and their neighbors.

        Args:
            coarse: The lattice of blocks.
            arcs: Arcs between blocks.

        Returns:
            Arcs at coprime offsets, each the double of a coarse one but for at most a step along
            each axis.
        """
        d = len(self.shape)
        ends = [np.stack(np.unravel_index(a, coarse.shape), 1) for a in (arcs.tails, arcs.heads)]
        offsets = coarse.nearest(ends[1] - ends[0])
        corners = np.array(list(itertools.product((0, 1), repeat=d)))
        steps = np.array(list(itertools.product((-1, 0, 1), repeat=d)))
        tails = (2 * ends[0])[:, None, None] + corners[:, None]
        fine = (2 * offsets)[:, None, None] + steps
        tails, fine = (a.reshape(-1, d) for a in np.broadcast_arrays(tails, fine))
        heads = tails + fine
        shape, wraps = np.array(self.shape), np.array(self.periodic)
        heads = np.where(wraps, heads % shape, heads)
        valid = ((heads >= 0) & (heads < shape) & (tails < shape)).all(axis=1)
        valid &= (np.gcd.reduce(fine, axis=1) == 1) & (np.abs(fine) <= self.reach).all(axis=1)
        tails, heads, fine = tails[valid], heads[valid], fine[valid]
        flat = [np.ravel_multi_index(tuple(a.T), self.shape) for a in (tails, heads)]
        distinct = flat[0] != flat[1]
        return Network.of(self.size, *(a[distinct] for a in (*flat, self.lengths(fine))))

    def nearest(self, differences: Indices, /) -> Indices:
        """Offsets of pixels whose indices differ so, the shorter way around each periodic axis."""
        shape, wraps = np.array(self.shape), np.array(self.periodic)
        around = (differences + shape // 2) % shape - shape // 2
        return np.where(wraps, around, differences)


def refined(values: Floats, shape: tuple[int, ...], periodic: tuple[bool, ...], /) -> Floats:
    """Values on blocks of two pixels along each axis, interpolated linearly to the pixels.

    Args:
        values: Values on the blocks.
        shape: Shape of the grid of pixels.
        periodic: Whether the last block of each axis is next to the first one.

    Returns:
        Values on the pixels.
    """
    for axis, wraps in enumerate(periodic):
        widths = [(0, 0)] * values.ndim
        widths[axis] = (1, 1)
        padded = np.pad(values, widths, mode="wrap" if wraps else "edge")
        before, after = (np.delete(padded, part, axis=axis) for part in ((-2, -1), (0, 1)))
        halves = np.stack([values * 0.75 + before * 0.25, values * 0.75 + after * 0.25], axis + 1)
        doubled = list(values.shape)
        doubled[axis] *= 2
        values = halves.reshape(doubled)
    return values[tuple(slice(n) for n in shape)]


def block_sums(values: Floats, /) -> Floats:
    """Sums over blocks of two pixels along each axis; an odd axis ends in a block of one."""
    for axis in range(values.ndim):
        values = np.add.reduceat(values, np.arange(0, values.shape[axis], 2), axis=axis)
    return values
