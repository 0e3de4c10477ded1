"""Samples to draw, and a selection of the moves of an optimal plan between them."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from divergences._typing import Floats
from divergences.sampled import transport

MAX_PLAN_POINTS = 3_000  # on each side
MAX_ARROWS = 30


@dataclass(frozen=True, slots=True)
class LabelledSample:
    """A sample with its label in the legend.

    Attributes:
        points: Shape ``(n, d)``.
        weights: Shape ``(n,)``, or None for equal ones.
        label: Text of the legend.
    """

    points: Floats
    weights: Floats | None
    label: str

    def subsample(self, rng: np.random.Generator) -> "LabelledSample":
        """A sample of at most `MAX_PLAN_POINTS`; of more, a random subset of positive weight."""
        if len(self.points) <= MAX_PLAN_POINTS:
            return self
        indices = (
            np.arange(len(self.points)) if self.weights is None else self.weights.nonzero()[0]
        )
        chosen = rng.choice(indices, min(MAX_PLAN_POINTS, len(indices)), replace=False)
        weights = None if self.weights is None else self.weights[chosen]
        return LabelledSample(self.points[chosen], weights, self.label)

    def projected(self, centre: Floats, axes: Floats) -> "LabelledSample":
        """The points in coordinates along axes, shape ``(k, d)``, from a centre."""
        return LabelledSample((self.points - centre) @ axes.T, self.weights, self.label)


@dataclass(frozen=True, slots=True)
class Arrows:
    """Moves of an optimal plan, selected at equal steps of work.

    Work is mass times distance. With the moves sorted by the first coordinate of their start, an
    arrow is drawn where the cumulative work passes the middle of each of `MAX_ARROWS` equal parts:
    the number of arrows of a region is proportional to its work.

    Attributes:
        start: Points of x, shape ``(k, d)``.
        end: Points of y, shape ``(k, d)``.
        n: Number of points of x in the plan.
        m: Number of points of y in the plan.
    """

    start: Floats
    end: Floats
    n: int
    m: int

    @classmethod
    def between(cls, x: LabelledSample, y: LabelledSample, rng: np.random.Generator, /) -> Self:
        """Select arrows from x to y, or between subsamples of many points."""
        x, y = x.subsample(rng), y.subsample(rng)
        plan = transport(x.points, y.points, x_weights=x.weights, y_weights=y.weights).plan
        start, end = moves_at_equal_work(x.points[plan.row], y.points[plan.col], plan.data)
        return cls(start, end, len(x.points), len(y.points))


def moves_at_equal_work(start: Floats, end: Floats, mass: Floats, /) -> tuple[Floats, Floats]:
    """Select moves at equal steps of work, sorted by the first coordinate of their start.

    Args:
        start: Start of each move, shape ``(k, d)``.
        end: End of each move, shape ``(k, d)``.
        mass: Mass of each move, shape ``(k,)``.

    Returns:
        Starts and ends of at most `MAX_ARROWS` moves.
    """
    order = np.argsort(start[:, 0], kind="stable")
    start, end = start[order], end[order]
    work = np.cumsum(mass[order] * np.linalg.norm(end - start, axis=1))
    if not len(work) or work[-1] <= 0:
        return start[:0], end[:0]
    middles = (np.arange(MAX_ARROWS) + 0.5) / MAX_ARROWS * work[-1]
    chosen = np.unique(np.searchsorted(work, middles))
    return start[chosen], end[chosen]
