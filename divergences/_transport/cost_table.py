r"""Euclidean costs in many coordinates: a table from one matrix product, certified by exact costs.

.. math:: |x - y|^2 = |x|^2 + |y|^2 - 2 x \cdot y

A matrix product is many times as fast as differences, but its rounding is relative to the norms.
The table is of relative accuracy `TABLE_ACCURACY`: entries whose rounding may exceed it, of points
close to each other, are computed from differences. A problem is solved on the table; then exact
costs, of the plan and of all pairs whose constraint the inaccuracy might violate, certify it.
"""

from dataclasses import dataclass, replace

import numpy as np

from divergences._transport.certificate import EPS
from divergences._transport.ground import GroundCost
from divergences._transport.result import Optimum, certified_optimum
from divergences._transport.row_blocks import Check, available_cores, map_row_blocks, no_check
from divergences._typing import Floats, Indices, Rows
from divergences.errors import SolverError

MIN_TABLE_DIMENSION = 25  # below, differences are as fast
MAX_TABLE_PAIRS = 1 << 25  # 268 MB
MAX_CLOSE_FRACTION = 1 / 16  # of the pairs, whose costs take as long as a product
TABLE_ACCURACY = 2.0**-31  # relative, of squared distances
MAX_PRODUCT_ENTRIES = 1 << 21  # of a block
MAX_PRODUCT_TERMS = 1 << 32  # which take some tenths of a second
MIN_PRODUCTS = 4
MAX_POINTS_OF_CENTRE = 256  # of each side
MAX_CENTRE_SHARE = 0.25  # of the mean squared norm, up to which the points are not centred
SMALLEST_SQUARE = 1e-280  # below, digits of products underflow
MAX_CHECKED_PAIRS_PER_POINT = 20  # whose exact costs are computed for the certificate


@dataclass(frozen=True)
class TabulatedCost(GroundCost):
    """Ground cost with a table of all costs; it has no points.

    Attributes:
        exact: The ground cost itself; None for a part of it, which is not certified.
        table: Costs of all pairs, of relative accuracy `accuracy`, shape ``(n, m)``.
    """

    exact: GroundCost | None
    table: Floats

    @classmethod
    def tabulated(
        cls,
        ground: GroundCost,
        /,
        *,
        max_pairs: float = MAX_TABLE_PAIRS,
        check: Check = no_check,
    ) -> "TabulatedCost | None":
        """Tabulate a ground cost where this pays.

        Args:
            ground: The ground cost.
            max_pairs: Number of pairs above which the table takes too much memory.
            check: Called several times a second; it may raise an error.

        Returns:
            The table; None if there are few coordinates, another metric, too many pairs, or too
            many points close to each other.
        """
        n, m = ground.shape
        if ground.metric not in ("euclidean", "sqeuclidean") or n * m > max_pairs:
            return None
        if ground.x.shape[1] < MIN_TABLE_DIMENSION:
            return None
        table = np.empty((n, m))
        rows, cols = _fill_with_squares(table, *_centred(ground.x, ground.y), check)
        if len(rows) > MAX_CLOSE_FRACTION * n * m:
            return None
        if ground.metric == "euclidean":
            np.sqrt(table, out=table)
        plain = replace(ground, order=1.0)
        table[rows, cols] = plain.of_pairs(rows, cols)
        table = ground.powers(table)
        x, y = (_absent_points(size, ground) for size in ground.shape)
        return cls(x, y, ground.metric, ground.order, ground.length_exponent, ground, table)

    @property
    def accuracy(self) -> float:
        """Bound on the relative error of a tabulated cost."""
        return TABLE_ACCURACY * self.order

    @property
    def transposed(self) -> "TabulatedCost":
        """The same costs with sources and targets exchanged."""
        return replace(self, x=self.y, y=self.x, exact=None, table=self.table.T)

    def subset(self, rows: Rows, cols: Rows, /) -> "TabulatedCost":
        """Costs between the given sources and targets, in the same unit."""
        table = self.table[rows][:, cols]
        x, y = (_absent_points(size, self) for size in table.shape)
        return replace(self, x=x, y=y, exact=None, table=table)

    def block(self, rows: Rows, cols: Rows, /) -> Floats:
        """Costs from each of r sources to each of c targets, a new array of shape ``(r, c)``."""
        block = self.table[rows][:, cols]
        return block.copy() if block.base is not None else block

    def of_pairs(self, rows: Indices, cols: Indices, /) -> Floats:
        """Costs of the pairs ``(rows[k], cols[k])``, shape ``(k,)``."""
        return self.table[rows, cols]

    def certified(self, optimum: Optimum, p: Floats, q: Floats, /) -> Optimum:
        """Certified optimum under the exact costs, from that under the table.

        Args:
            optimum: The optimum under the table.
            p: Masses of the sources, summing to 1.
            q: Masses of the targets, likewise.

        Returns:
            The same plan at its exact cost, with potentials that are feasible for exact costs.

        Raises:
            SolverError: If the gap is too large to certify the plan, or this is only a part.
        """
        if self.exact is None:
            raise SolverError("a part of a table of costs has no exact costs")
        arcs = optimum.arcs
        u, v = optimum.source_potential, optimum.target_potential.copy()
        keys = arcs.rows * len(q) + arcs.cols
        near_tight = self._near_tight_pairs(u, v)
        few = len(near_tight) <= MAX_CHECKED_PAIRS_PER_POINT * sum(self.shape)
        known = np.union1d(keys, near_tight) if few else keys
        cost = self.exact.of_pairs(*np.divmod(known, len(q)))
        pairs = np.divmod(near_tight, len(q))
        bounds = (
            cost[np.searchsorted(known, near_tight)]
            if few
            else self.table[pairs] * (1 - 2 * self.accuracy)
        )
        v -= _largest_violations(u, v, pairs, bounds)
        cost = cost[np.searchsorted(known, keys)]
        return certified_optimum(
            replace(arcs, cost=cost),
            p,
            q,
            (u, v),
            max_violation=0.0,
            exponent=0,
            unit_exponent=self.exponent,
        )

    def _near_tight_pairs(self, u: Floats, v: Floats) -> Indices:
        """Pairs ``row * m + col`` whose exact costs may be below the sum of their potentials."""
        n, m = self.shape

        def near_tight(rows: slice) -> Indices:
            reduced_cost = self.table[rows] * (1 - 2 * self.accuracy)
            reduced_cost -= v
            return np.flatnonzero(reduced_cost < u[rows, None]) + rows.start * m

        return np.concatenate(map_row_blocks(near_tight, n, m, available_cores()))


def _largest_violations(
    u: Floats, v: Floats, pairs: tuple[Indices, Indices], cost: Floats
) -> Floats:
    """Amounts by which target potentials are above feasible ones, at least 0, shape ``(m,)``."""
    rows, cols = pairs
    # The sum of two potentials is rounded.
    excess = u[rows] + v[cols] - cost + 2 * EPS * (np.abs(u[rows]) + np.abs(v[cols]))
    violation = np.zeros(len(v))
    np.maximum.at(violation, cols, excess)
    return violation


def _absent_points(count: int, ground: GroundCost) -> Floats:
    """Points of zeros, of the dimension of those of a ground cost, that take no memory."""
    points: Floats = np.broadcast_to(0.0, (count, ground.x.shape[1]))
    return points


def _centred(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The points around a common centre, where that makes their norms much smaller."""
    samples = [points[:: -(-len(points) // MAX_POINTS_OF_CENTRE)] for points in (x, y)]
    centre = (samples[0].mean(axis=0) + samples[1].mean(axis=0)) / 2
    mean_square = max(float(np.einsum("ij,ij", a, a)) / len(a) for a in samples)
    if centre @ centre <= MAX_CENTRE_SHARE * mean_square:
        return x, y
    return x - centre, y - centre


def _fill_with_squares(
    table: Floats, x: Floats, y: Floats, check: Check
) -> tuple[Indices, Indices]:
    """Fill a table with squared distances, by matrix products.

    The rounding error of an entry is below ``(d + 8) EPS (|x|^2 + |y|^2)``: a scalar product of d
    terms has at most d roundings, relative to the sum of the absolute terms (Higham 2002,
    *Accuracy and Stability of Numerical Algorithms*, section 3.1), and so has each norm.

    Returns:
        Rows and columns of the entries that are not accurate.
    """
    n, m = table.shape
    x_squares, y_squares = (np.einsum("ij,ij->i", points, points) for points in (x, y))
    least = (x.shape[1] + 8) * EPS / TABLE_ACCURACY

    def fill(rows: slice) -> tuple[Indices, Indices]:
        squares, sums = table[rows], x_squares[rows, None] + y_squares
        np.matmul(x[rows], y.T, out=squares)
        squares *= -2
        squares += sums
        sums *= least
        np.maximum(sums, SMALLEST_SQUARE, out=sums)
        i, j = np.nonzero(squares < sums)
        squares[i, j] = 0.0
        return i + rows.start, j

    # A matrix product copies one factor: the larger the block, the less often.
    entries = min(MAX_PRODUCT_ENTRIES, MAX_PRODUCT_TERMS // x.shape[1])
    blocks = map_row_blocks(
        fill, n, m, available_cores(), check=check, entries=entries, min_blocks=MIN_PRODUCTS
    )
    rows, cols = (np.concatenate(indices) for indices in zip(*blocks, strict=True))
    return rows, cols
