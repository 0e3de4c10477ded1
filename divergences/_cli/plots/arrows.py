"""What a picture shows of two samples: the points, and some moves of an optimal plan."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from divergences._typing import Floats
from divergences.sampled import transport

MOST = 3_000  # points of each side that the plan is computed of
MOVES = 30  # arrows


@dataclass(frozen=True, slots=True)
class Cloud:
    """A sample that is drawn.

    Attributes:
        points: Shape ``(n, d)``.
        weights: Shape ``(n,)``, or None for equal ones.
        label: What it is called.
    """

    points: Floats
    weights: Floats | None
    label: str

    def part(self, rng: np.random.Generator) -> "Cloud":
        """At most `MOST` of the points that weigh something; all of them if there are no more."""
        if len(self.points) <= MOST:
            return self
        some = np.arange(len(self.points)) if self.weights is None else self.weights.nonzero()[0]
        chosen = rng.choice(some, min(MOST, len(some)), replace=False)
        weights = None if self.weights is None else self.weights[chosen]
        return Cloud(self.points[chosen], weights, self.label)

    def onto(self, centre: Floats, axes: Floats) -> "Cloud":
        """The points in coordinates along some axes."""
        return Cloud((self.points - centre) @ axes.T, self.weights, self.label)


@dataclass(frozen=True, slots=True)
class Moves:
    """Moves of an optimal plan, one for every equal part of its work.

    Work is mass times distance. In the order of their starts, the moves are those where the work
    that has been done passes the middles of `MOVES` equal parts: most arrows are where most of the
    distance comes from, and no corner with a lot of it is left out.

    Attributes:
        start: Shape ``(k, d)``, points of x.
        end: Shape ``(k, d)``, points of y.
        n: How many points of x the plan is of.
        m: How many points of y.
    """

    start: Floats
    end: Floats
    n: int
    m: int

    @classmethod
    def between(cls, x: Cloud, y: Cloud, rng: np.random.Generator, /) -> Self:
        """Moves from x to y, of a part of the points if there are many."""
        few, fewer = x.part(rng), y.part(rng)
        plan = transport(
            few.points, fewer.points, x_weights=few.weights, y_weights=fewer.weights
        ).plan
        order = np.argsort(few.points[plan.row, 0], kind="stable")
        start, end = few.points[plan.row[order]], fewer.points[plan.col[order]]
        done = np.cumsum(plan.data[order] * np.linalg.norm(end - start, axis=1))
        middles = (np.arange(MOVES) + 0.5) / MOVES * done[-1]
        shown = np.unique(np.searchsorted(done, middles)) if done[-1] > 0 else slice(0)
        return cls(start[shown], end[shown], len(few.points), len(fewer.points))
