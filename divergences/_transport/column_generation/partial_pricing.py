"""What earlier rounds have left known, so that not every pair is priced in every round.

When a source was priced, its pairs were of two kinds. Those close to violating their potentials are
remembered with their costs, and looked at in every round. All others had some room at least;
potentials that rise use it up, and while there is any, none of them can violate its potentials. The few
targets whose potentials rise much more than the others' are priced for all sources instead.
"""

from dataclasses import dataclass, field

import numpy as np

from divergences._transport.certificate import EPS
from divergences._transport.column_generation.arcs import worst
from divergences._transport.column_generation.block_pricing import Known, Look, Pricing, in_blocks
from divergences._typing import Floats, Indices, Rows

FAR = 32  # one target in so many may rise more than the room of all sources is charged for
MANY = 0.6  # part of the sources above which all are priced
REMEMBERED = 64  # pairs of a row, on average of a block, that are remembered at the most


@dataclass(frozen=True, slots=True)
class Violations:
    """Pairs that cost less than their potentials.

    Attributes:
        rows: Sources of the worst of them.
        cols: Targets.
        cost: Their costs.
        by_row: Lowest slack of each source over *all* targets, 0 where none is negative.
        by_col: Likewise of each target.
    """

    rows: Indices
    cols: Indices
    cost: Floats
    by_row: Floats
    by_col: Floats


@dataclass(slots=True)
class ReducedCostBounds:
    """The pairs that are close to violating their potentials, and the room of all others.

    Attributes:
        pricing: The way to look at pairs.
        room: Least slack of the pairs of each source that are not remembered, shape ``(n,)``;
            below 0 where they have to be looked at.
        potentials: Those that the room is for.
        rows: Sources of the remembered pairs.
        cols: Targets of them.
        cost: Their costs.
        complete: Whether the last look was at all pairs.
    """

    pricing: Pricing
    room: Floats = field(init=False)
    potentials: tuple[Floats, Floats] | None = None
    rows: Indices = field(default_factory=lambda: np.empty(0, np.intp))
    cols: Indices = field(default_factory=lambda: np.empty(0, np.intp))
    cost: Floats = field(default_factory=lambda: np.empty(0))
    complete: bool = False

    def __post_init__(self) -> None:
        """Nothing is known yet."""
        self.forget()

    def forget(self) -> None:
        """Look at all pairs the next time."""
        self.room = np.full(len(self.pricing.ground.x), -np.inf)

    def violations(
        self, u: Floats, v: Floats, known: Known, keep: int, /, *, width: float
    ) -> Violations:
        """How far potentials are from feasible, over all pairs, and which pairs are worst.

        Args:
            u: Potentials of the sources.
            v: Potentials of the targets.
            known: The costs of pairs.
            keep: How many pairs to return for each source and for each target, the worst ones.
            width: Slack below which a pair is remembered, where that does not make too many.

        Returns:
            The pairs, and the lowest slack of all rows and columns.
        """
        rounding = 8 * EPS * float(np.abs(u).max() + np.abs(v).max())
        far = self._use_room(u, v, rounding)
        stale = self.room < 0
        if np.count_nonzero(stale) > MANY * len(stale):
            stale[:] = True
        self.complete = bool(stale.all())
        look = self.pricing.suspects(u, v, known, width)
        kept = ~stale[self.rows]
        parts = [(self.rows[kept], self.cols[kept], self.cost[kept])]
        self.room[stale] = np.inf
        parts += self._look(look, np.flatnonzero(stale), slice(None), (u, v), rounding)
        if not self.complete and len(far):
            parts += self._look(look, np.flatnonzero(~stale), far, (u, v), rounding)
        self._remember(parts)
        self.potentials = u, v
        return self._violations(u, v, keep)

    def _use_room(self, u: Floats, v: Floats, rounding: float) -> Indices:
        """Charge the room for what potentials have risen, and tell whose rise was not charged."""
        if self.potentials is None:
            return np.empty(0, np.intp)
        risen = v - self.potentials[1]
        usual = float(np.partition(risen, -(len(v) // FAR) - 1)[-(len(v) // FAR) - 1])
        self.room -= (u - self.potentials[0]) + usual + rounding
        return np.flatnonzero(risen > usual)

    def _look(
        self,
        look: Look,
        rows: Indices,
        cols: Rows,
        potentials: tuple[Floats, Floats],
        rounding: float,
    ) -> list[tuple[Indices, Indices, Floats]]:
        """Close pairs of some rows and columns; the room of the others limits that of the rows."""
        u, v = potentials
        width = len(v) if isinstance(cols, slice) else len(cols)

        def one(part: slice) -> tuple[Indices, Indices, Floats]:
            here = rows[part]
            i, j, cost, room = look(here, cols)
            if len(i) > REMEMBERED * len(here):
                # The worst of each row and column tell how far potentials are from feasible.
                slack = cost - u[i] - v[j]
                chosen = np.union1d(
                    worst(i, slack, REMEMBERED // 2), worst(j, slack, REMEMBERED // 2)
                )
                i, j, cost, room = i[chosen], j[chosen], cost[chosen], np.full(len(here), -np.inf)
            self.room[here] = np.minimum(self.room[here], room - rounding)
            return i, j, cost

        if len(rows) == 0:
            return []
        return in_blocks(one, len(rows), width, self.pricing.threads)

    def _remember(self, parts: list[tuple[Indices, Indices, Floats]]) -> None:
        """Put the pairs together, each once."""
        i, j, cost = (np.concatenate(list(part)) for part in zip(*parts, strict=True))
        if self.complete:
            self.rows, self.cols, self.cost = i, j, cost
            return
        _, first = np.unique(i * len(self.pricing.ground.y) + j, return_index=True)
        self.rows, self.cols, self.cost = i[first], j[first], cost[first]

    def _violations(self, u: Floats, v: Floats, keep: int) -> Violations:
        """The remembered pairs that violate these potentials."""
        slack = self.cost - u[self.rows] - v[self.cols]
        below: Indices = np.flatnonzero(slack < 0)
        i, j, slack = self.rows[below], self.cols[below], slack[below]
        by_row, by_col = np.zeros(len(u)), np.zeros(len(v))
        np.minimum.at(by_row, i, slack)
        np.minimum.at(by_col, j, slack)
        chosen = np.union1d(worst(i, slack, keep), worst(j, slack, keep))
        return Violations(i[chosen], j[chosen], self.cost[below][chosen], by_row, by_col)
