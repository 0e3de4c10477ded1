r"""Potentials along a staircase path, for costs that form a Monge array.

Potentials that are tight, ``u_i + v_j = c_ij``, on a staircase path through the arcs of the
monotone coupling, from cell to neighbouring cell, are feasible everywhere (Hoffman 1963, "On
simple linear programming problems"). Their increments are the differences of costs in one row or
column.

Where the cumulative masses of both sides are equal, the path may turn at either of two opposite
corners, and all potentials between the two choices are feasible, too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divergences._transport.one_dimensional.cdf import Integers, Levels, compensated_cumsum
from divergences._typing import Floats, Indices

LongDoubles = NDArray[np.longdouble]
# The rounding bounds assume 64 bits of mantissa; wider long doubles satisfy them, too.
LONG_DOUBLE_EPS = max(float(np.finfo(np.longdouble).eps), 2.0**-64)


@dataclass(frozen=True, slots=True)
class StaircasePath:
    """Costs along a staircase path from the lowest pair of sorted points to the highest.

    Attributes:
        rows: Source of each pair on the path, shape ``(k,)``, rising by 0 or 1.
        cols: Target of each pair, likewise.
        mass: Mass of each pair, 0 between steps at equal cumulative masses.
        cost: Cost of each pair.
        along_x: True for steps to the next source, False for steps to the next target, shape
            ``(k - 1,)``.
        corners: Indices of pairs of mass 0 on the path, between a step to the next source and a
            step to the next target.
        opposite_cost: Cost of the pair at the opposite corner of each.
        max_roundings: Upper bound of the relative rounding error of a cost, in units of
            ``LONG_DOUBLE_EPS``.
    """

    rows: Indices
    cols: Indices
    mass: Floats
    cost: LongDoubles
    along_x: NDArray[np.bool_]
    corners: Indices
    opposite_cost: LongDoubles
    max_roundings: float

    @classmethod
    def of(
        cls,
        lengths: Callable[[Indices, Indices, Any], LongDoubles],
        levels: Levels,
        sizes: tuple[int, int],
        /,
        *,
        power: float,
        factor: float,
        targets_first: bool = False,
    ) -> "StaircasePath":
        """Path through the arcs of the monotone coupling under ``factor * length**power``.

        Args:
            lengths: Function of rows, columns and a type of floats that returns the distances of
                these sorted points, each rounded at most twice.
            levels: Cumulative masses of both sides.
            sizes: Numbers of sources and targets on the path; of each side one per level, and
                possibly one more, reached at the total.
            power: At least 1.
            factor: Above 0.
            targets_first: Whether steps to the next target come first at equal cumulative masses;
                the path then has no corners.

        Returns:
            The path.
        """
        along_x, mass = _steps(levels, *sizes, targets_first)
        rows, cols = (np.append(0, np.cumsum(steps)) for steps in (along_x, ~along_x))
        corners = 1 + np.flatnonzero(along_x[:-1] & ~along_x[1:] & (mass[1:-1] == 0))
        cost = factor * lengths(rows, cols, np.longdouble) ** power
        opposite = lengths(rows[corners] - 1, cols[corners] + 1, np.longdouble)
        return cls(
            rows,
            cols,
            (mass / levels.total).astype(np.float64),
            cost,
            along_x,
            corners,
            factor * opposite**power,
            power + 3,
        )

    def total_cost(self) -> float:
        """Sum of mass times cost."""
        return float(self.mass @ self.cost)

    def potentials(self, turn: float = 0.5, /) -> tuple[LongDoubles, LongDoubles, float]:
        """Potentials of sorted sources and targets, tight on the path except at corners.

        The sum of two potentials is a sum of costs on the path, each at most once with either
        sign, and of increments at corners. So its rounding is bounded by that of the sum of the
        costs, plus the excess of rounding over the slack at each corner.

        Args:
            turn: Weight of the opposite corner, in [0, 1]. At 1/2 the potentials grow with the
                cost, not with the distance of neighbouring points.

        Returns:
            Potentials of both sides, and an upper bound of ``u_i + v_j - c_ij``.
        """
        increments, corner_violation = self._increments(turn)
        u, v = (
            np.append(0, compensated_cumsum(increments[steps]))
            for steps in (self.along_x, ~self.along_x)
        )
        v = v + self.cost[0]
        largest = np.abs(u).max() + np.abs(v).max()
        median = np.median(u)  # free constant; small potentials have the least rounding
        u, v = u - median, v + median
        of_sums = (5 + LONG_DOUBLE_EPS * len(self.cost) ** 2) * largest
        of_costs = self.max_roundings * np.delete(self.cost, self.corners).sum()
        violation = 2 * (LONG_DOUBLE_EPS * (of_costs + of_sums) + corner_violation)
        return u, v, float(violation)

    def _increments(self, turn: float) -> tuple[LongDoubles, np.longdouble]:
        """Increment of a potential at each step, and a bound of the violations at the corners."""
        increments = np.diff(self.cost)
        before, at, after = (self.cost[self.corners + k] for k in (-1, 0, 1))
        direct, around = at - before, after - self.opposite_cost
        increments[self.corners - 1] = (1 - turn) * direct + turn * around
        increments[self.corners] = (after - before) - increments[self.corners - 1]
        slack = min(turn, 1 - turn) * (direct - around)
        all_costs = before + at + after + self.opposite_cost
        rounding = self.max_roundings * LONG_DOUBLE_EPS * all_costs
        return increments, np.maximum(rounding - slack, 0).sum()


def rounded_down(potential: LongDoubles, /) -> Floats:
    """Potentials in float64, below those given."""
    return np.nextafter(potential.astype(np.float64), -np.inf)


def _steps(
    levels: Levels, n: int, m: int, targets_first: bool
) -> tuple[NDArray[np.bool_], Integers]:
    """Steps of the path, one point at a time, in the order of the masses.

    Args:
        levels: Cumulative masses.
        n: Number of sources on the path.
        m: Number of targets on the path.
        targets_first: Order of the steps at equal cumulative masses.

    Returns:
        True for a step to the next source, False for one to the next target, shape
        ``(n + m - 2,)``; and the mass of each pair on the path, shape ``(n + m - 1,)``, 0 between
        steps at equal cumulative masses.
    """
    sides = [levels.x[: n - 1], levels.y[: m - 1]]
    interior = np.concatenate(sides[::-1] if targets_first else sides)
    order = np.argsort(interior, kind="stable")
    along_x = order >= m - 1 if targets_first else order < n - 1
    mass = np.diff(np.concatenate([[0], interior[order], [levels.total]]))
    return along_x, mass
