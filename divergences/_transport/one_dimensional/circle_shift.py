"""Optimal shift of the cumulative masses on a circle against each other."""

import math
from typing import NamedTuple

import numpy as np

from divergences._transport.one_dimensional.cdf import Levels
from divergences._typing import Floats, Indices

FIRST_WIDTH_DIVISOR = 1 << 12  # the first steps from the median, as a share of the total mass
BISECTION_PERIOD = 3  # of three steps, one bisects, so that no bracket stays wide


def optimal_shift(x: Floats, y: Floats, levels: Levels, length: float, power: float, /) -> int:
    """Mass by which the target quantiles are shifted in an optimal coupling.

    Args:
        x: Sources in ascending order, in [0, length), shape ``(n,)``.
        y: Targets likewise, shape ``(m,)``.
        levels: Cumulative masses of both.
        length: Length of the circle.
        power: Power of the distance that is the cost, at least 1.

    Returns:
        The shift in units of the levels, from minus the total to the total: a difference of a
        level of x and one of y, up to multiples of the total.
    """
    median = _weighted_median(*_differences(x, y, levels, length))
    if power == 1:
        return median
    return _Derivative(x, y, levels, length, power).zero(median)


def _differences(x: Floats, y: Floats, levels: Levels, length: float) -> tuple[Indices, Floats]:
    """F - G between neighbouring points, and the distances of these, shapes ``(n + m,)``."""
    points = np.concatenate([x, y])
    order = np.argsort(points, kind="stable")
    z = points[order]
    steps = np.append(z[1:] - z[:-1], (length - z[-1]) + z[0])
    jumps = np.concatenate([np.diff(levels.x, prepend=0), -np.diff(levels.y, prepend=0)])
    return np.cumsum(jumps[order]), steps


def _weighted_median(values: Indices, weights: Floats) -> int:
    """Median of integers under weights."""
    order = np.argsort(values)
    cumulative = np.cumsum(weights[order])
    return int(values[order[np.searchsorted(cumulative, cumulative[-1] / 2)]])


class _Step(NamedTuple):
    """Derivative of the cost, constant between two neighbouring breakpoints.

    Attributes:
        value: The derivative.
        start: First shift that has it, a breakpoint.
        stop: First shift after, a breakpoint.
    """

    value: float
    start: int
    stop: int


class _Derivative:
    """Derivative of the cost by the shift, at increasing shifts.

    The boundary of two neighbouring targets moves along the sources: each mass that it passes goes
    from the second target to the first.
    """

    def __init__(self, x: Floats, y: Floats, levels: Levels, length: float, power: float) -> None:
        """Store the problem, with one target more after a turn."""
        self.x, self.levels, self.length, self.power = x, levels, length, power
        self.y = np.append(y, y[0] + length)
        self.starts = np.concatenate([[0], levels.x[:-1]])

    def step(self, shift: int, /) -> _Step:
        """The linear piece of the cost at and above a shift."""
        total = self.levels.total
        boundary = self.levels.y + shift
        turns = boundary // total
        boundary = boundary - turns * total
        i = np.searchsorted(self.levels.x, boundary, side="right")
        x = self.x[i] + self.length * turns.astype(np.float64)
        costs = (np.abs(x - self.y[k : k + len(x)]) ** self.power for k in (0, 1))
        value = float(np.subtract(*costs).sum())
        down = int((boundary - self.starts[i]).min())
        up = int((self.levels.x[i] - boundary).min())
        return _Step(value, shift - down, shift + up)

    def zero(self, guess: int, /) -> int:
        """Least shift from which on the derivative is not negative, by bracketed secants."""
        low, high = -self.levels.total - 1, self.levels.total
        low_value = high_value = math.nan
        width, trial, count = max(1, self.levels.total // FIRST_WIDTH_DIVISOR), guess, 0
        while high - low > 1:
            step = self.step(trial)
            if step.value < 0:
                low, low_value = step.stop - 1, step.value
            else:
                high, high_value = step.start, step.value
            count += 1
            if math.isnan(low_value):
                trial, width = high - width, 4 * width
            elif math.isnan(high_value):
                trial, width = low + width, 4 * width
            elif count % BISECTION_PERIOD == 0:
                trial = (low + high) // 2
            else:
                share = low_value / (low_value - high_value)
                trial = low + int((high - low) * share)
            trial = min(max(trial, low + 1), high - 1)
        return high
