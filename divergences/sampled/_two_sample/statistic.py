"""What a statistic of two samples must tell, and the one that a caller defines."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from divergences._typing import Floats
from divergences.errors import DistributionError
from divergences.sampled._two_sample.labellings import BLOCK, Labellings


class Statistic(Protocol):
    """A statistic of any labelling of one pooled sample; larger means more different."""

    @property
    def size(self) -> int:
        """How many labellings are computed at a time, a multiple of `BLOCK`."""

    @property
    def parts(self) -> int:
        """Of how many terms, which can be computed apart, each value is the sum."""

    @property
    def exponent(self) -> int:
        """The caller's values are ``2**exponent`` times these."""

    @property
    def rounding(self) -> float:
        """How far two values may differ that are equal but for rounding."""

    def terms(self, labellings: Labellings, start: int, stop: int, part: int, /) -> Floats:
        """One term of the values of some labellings, shape ``(stop - start,)``."""


@dataclass(frozen=True, slots=True)
class ConstantStatistic:
    """The statistic of points that are all the same."""

    size: int = 64 * BLOCK
    parts: int = 1
    exponent: int = 0
    rounding: float = 0.0

    def terms(self, _: Labellings, start: int, stop: int, __: int, /) -> Floats:
        """Nothing differs."""
        return np.zeros(stop - start)


@dataclass(frozen=True, slots=True)
class CustomStatistic:
    """A caller's function of two samples.

    Attributes:
        function: It.
        points: The pooled sample, shape ``(n + m, d)``, or ``(n + m,)``.
        size: How many labellings are computed at a time.
        parts: One: a value is computed as a whole.
        exponent: None: the function has the points in their own unit.
        rounding: What is known of it, nothing.
    """

    function: Callable[[Any, Any], Any]
    points: Floats
    size: int = BLOCK
    parts: int = 1
    exponent: int = 0
    rounding: float = 0.0

    def terms(self, labellings: Labellings, start: int, stop: int, _: int, /) -> Floats:
        """The function's values.

        Args:
            labellings: All of them.
            start: Number of the first one.
            stop: Number of the one after the last.

        Returns:
            Shape ``(stop - start,)``.

        Raises:
            DistributionError: If one is no number.
        """
        n = labellings.n
        return np.array([
            _number(self.function(self.points[row[:n]], self.points[row[n:]]))
            for row in labellings.places(start, stop)
        ])


def _number(value: Any) -> float:
    """What a caller's function returned, if it is a number."""
    value = getattr(value, "value", value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if math.isnan(number):
        raise DistributionError(
            "`statistic` must return a number, or an estimate with a `value`, for any two samples "
            f"of the given points, but returned {value!r}"
        )
    return number
