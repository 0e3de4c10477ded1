"""Coincident points: merged before a problem is solved, and separated again in its solution.

Points with equal coordinates have equal costs, so they count as one point with the sum of their
masses. The plan between the distinct points is divided among the points that coincide, in their
order, and all of them have the same potential.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from divergences._transport.certificate import EPS, Arcs
from divergences._transport.ground import GroundCost
from divergences._transport.result import Optimum, certified_optimum
from divergences._typing import Floats, Indices

MIN_SEARCHED_PAIRS = 1 << 12  # fewer are solved in the time that a search would take
HASH_BLOCK_ENTRIES = 1 << 17
MAX_TESTED_COORDINATES = 64
HALF_WORD = np.uint64(32)
SLIVER = 8 * EPS  # share of the mass of a place that may be rounding of the cumulative shares,
MAX_SLIVER = 2.0**-30  # unless it is more than this of its point or of its arc

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class DistinctPoints:
    """The distinct points of a set.

    Attributes:
        indices: Index of the first point at each place, ascending, shape ``(k,)``.
        place: Index in `indices` of the place of each point, shape ``(n,)``.
        hashes: Hash of each place, shape ``(k,)``.
    """

    indices: Indices
    place: Indices
    hashes: Hashes

    @classmethod
    def of(cls, hashes: Hashes, /) -> "DistinctPoints":
        """Distinct points, from the hash of each point, in the order of their first points."""
        _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
        order = np.argsort(first)
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        return cls(first[order], rank[inverse], hashes[first[order]])

    @classmethod
    def of_points(cls, points: Floats, /) -> "DistinctPoints | None":
        """Distinct points of a set, shape ``(n, d)``; None if no two of them coincide."""
        hashes = _hashes(points)
        distinct = cls.of(hashes)
        merges = len(distinct.indices) < len(points) and distinct.agree_with(points)
        return distinct if merges else None

    def agree_with(self, points: Floats, /) -> bool:
        """Whether points of equal hashes are equal."""
        if len(self.indices) == len(points):
            return True
        size = max(1, HASH_BLOCK_ENTRIES // points.shape[1])
        blocks = (slice(start, start + size) for start in range(0, len(points), size))
        return all((points[b] == points[self.indices[self.place[b]]]).all() for b in blocks)

    def masses(self, masses: Floats | None, /) -> Floats:
        """Mass of each place, which sum to 1; equal shares of integers are equal floats."""
        count = len(self.indices)
        if masses is None:
            return np.bincount(self.place, minlength=count) / len(self.place)
        total: Floats = np.bincount(self.place, masses, count).astype(np.float64)
        return total


@dataclass(frozen=True, slots=True)
class CoincidentPoints:
    """A transport problem with coincident points.

    Attributes:
        sources: Distinct sources.
        targets: Distinct targets.
    """

    sources: DistinctPoints
    targets: DistinctPoints

    @classmethod
    def find(cls, ground: GroundCost, /) -> "CoincidentPoints | None":
        """Coincident points of a problem.

        Args:
            ground: The costs between the points.

        Returns:
            Both sides; None if no two points coincide, on one side or across, or the problem is
            so small that a search does not pay.
        """
        n, m = ground.shape
        if n * m < MIN_SEARCHED_PAIRS:
            return None
        step = -(-ground.x.shape[1] // MAX_TESTED_COORDINATES)
        if step > 1 and not _any_equal(_hashes(ground.x[:, ::step]), _hashes(ground.y[:, ::step])):
            return None
        x, y = _hashes(ground.x), _hashes(ground.y)
        if not _any_equal(x, y):
            return None
        found = cls(DistinctPoints.of(x), DistinctPoints.of(y))
        agree = found.sources.agree_with(ground.x) and found.targets.agree_with(ground.y)
        return found if agree else None

    @property
    def any_on_one_side(self) -> bool:
        """Whether two sources coincide, or two targets."""
        sides = self.sources, self.targets
        return any(len(side.indices) < len(side.place) for side in sides)

    def merged(self, ground: GroundCost, /) -> GroundCost:
        """The costs between the distinct points."""
        if not self.any_on_one_side:
            return ground
        return ground.subset(self.sources.indices, self.targets.indices)

    def shared_places(self, ground: GroundCost, /) -> tuple[Indices, Indices]:
        """Distinct sources and distinct targets that coincide with each other, in pairs."""
        _, rows, cols = np.intersect1d(
            self.sources.hashes, self.targets.hashes, assume_unique=True, return_indices=True
        )
        x, y = ground.x[self.sources.indices[rows]], ground.y[self.targets.indices[cols]]
        equal = (x == y).all(axis=1)
        return rows[equal], cols[equal]

    def separated(
        self, optimum: Optimum, p: Floats, q: Floats, /, *, unit_exponent: int
    ) -> Optimum:
        """Certified optimum between all points, from that between the distinct ones.

        Args:
            optimum: The optimum between the distinct points.
            p: Masses of all sources, summing to 1.
            q: Masses of all targets, likewise.
            unit_exponent: The caller's costs are 2 to this power times these; in messages only.

        Returns:
            The optimum in the same unit.

        Raises:
            SolverError: If the gap is too large to certify the plan.
        """
        if not self.any_on_one_side:
            return optimum
        arcs = divided_plan(optimum.arcs_in_unit, self.sources.place, p)
        transposed = Arcs(arcs.cols, arcs.rows, arcs.mass, arcs.cost)
        arcs = divided_plan(transposed, self.targets.place, q)
        arcs = Arcs(arcs.cols, arcs.rows, arcs.mass, arcs.cost)
        potentials = (
            optimum.source_potential[self.sources.place],
            optimum.target_potential[self.targets.place],
        )
        if optimum.exact_proof:  # which the division of a mass leaves as it is
            cost, gap = optimum.cost, optimum.gap
            return Optimum(arcs, *potentials, cost, gap, exact_proof=True)
        return certified_optimum(
            arcs,
            p,
            q,
            potentials,
            max_violation=0.0,
            exponent=0,
            unit_exponent=unit_exponent,
        )


def _any_equal(x: Hashes, y: Hashes) -> bool:
    """Whether two hashes are equal, on one side or across."""
    pooled = np.sort(np.concatenate([x, y]))
    return bool((pooled[1:] == pooled[:-1]).any())


def _hashes(points: Floats) -> Hashes:
    """A hash of the coordinates of each point, equal for equal points, 0 and -0 included."""
    d = points.shape[1]
    multipliers = _multipliers(d)
    hashes = np.empty(len(points), np.uint64)
    size = max(1, HASH_BLOCK_ENTRIES // d)
    for start in range(0, len(points), size):
        block = slice(start, start + size)
        words = np.ascontiguousarray(points[block] + 0.0).view(np.uint64)
        # Integers differ in the high bits of a float only, which a product loses.
        words ^= words >> HALF_WORD
        hashes[block] = words @ multipliers
    return hashes


@cache
def _multipliers(d: int) -> Hashes:
    """Random odd numbers, one for each coordinate."""
    rng = np.random.default_rng(0)
    return 2 * rng.integers(0, 2**63, size=d, dtype=np.uint64) + 1


def divided_plan(arcs: Arcs, place: Indices, masses: Floats, /) -> Arcs:
    """A plan whose sources are places, divided among the points at each place, in their order.

    Both the arcs of a place and its points divide the mass of the place into intervals; the
    pieces of the new plan are the intersections of these.

    Args:
        arcs: The plan between places and targets.
        place: Place of each point, shape ``(n,)``.
        masses: Mass of each point, shape ``(n,)``.

    Returns:
        The plan between points and targets.
    """
    has_mass = (masses > 0) & (np.bincount(arcs.rows, minlength=place.max() + 1)[place] > 0)
    points = np.flatnonzero(has_mass)
    by_arc = np.argsort(arcs.rows, kind="stable")
    by_point = points[np.argsort(place[points], kind="stable")]
    total = np.bincount(place, masses)
    places = np.concatenate([arcs.rows[by_arc], place[by_point]])
    ends = np.concatenate([
        _cumulative_shares(arcs.rows[by_arc], arcs.mass[by_arc]),
        _cumulative_shares(place[by_point], masses[by_point]),
    ])
    is_arc = np.arange(len(ends)) < len(by_arc)
    order = np.lexsort((~is_arc, ends, places))
    places, ends, is_arc = places[order], ends[order], is_arc[order]
    starts = np.where(np.diff(places, prepend=-1) != 0, 0.0, np.append(0.0, ends[:-1]))
    shares = ends - starts
    # A piece is of the arc and of the point that end next, at the end of the piece or later.
    last = len(by_arc) - 1, len(by_point) - 1
    arc = by_arc[np.minimum(np.cumsum(is_arc) - is_arc, last[0])]
    point = by_point[np.minimum(np.cumsum(~is_arc) - ~is_arc, last[1])]
    mass = (shares * total[places]).astype(np.float64)
    is_tiny = mass <= MAX_SLIVER * np.minimum(masses[point], arcs.mass[arc])
    kept = ~((shares <= SLIVER) & is_tiny)
    # The end of a point of negligible mass is its only piece.
    end = np.flatnonzero(~is_arc)
    end = end[np.bincount(point[kept], minlength=len(masses))[point[end]] == 0]
    kept[end], mass[end] = True, masses[point[end]]
    return Arcs(point[kept], arcs.cols[arc[kept]], mass[kept], arcs.cost[arc[kept]])


def _cumulative_shares(groups: Indices, masses: Floats) -> NDArray[np.longdouble]:
    """Cumulative masses within consecutive groups, as shares of the mass of each group."""
    cumulative = np.cumsum(masses, dtype=np.longdouble)
    last = np.flatnonzero(np.diff(groups, append=-1))
    sizes = np.diff(last, prepend=-1)
    before = np.repeat(np.append(0, cumulative[last[:-1]]), sizes)
    shares = (cumulative - before) / (np.repeat(cumulative[last], sizes) - before)
    shares = np.minimum(shares, 1)
    shares[last] = 1
    return shares
