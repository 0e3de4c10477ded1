"""Protocol of a two-sample statistic, and statistics of a constant and of a caller's function."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from divergences._checks.values import returned_number, shortened
from divergences._typing import Floats
from divergences.errors import DistributionError
from divergences.sampled._two_sample.labellings import LABELLINGS_PER_SEED, Labellings


class Statistic(Protocol):
    """A statistic of all labellings of one pooled sample, large for different samples."""

    @property
    def batch_size(self) -> int:
        """Number of labellings per task, a multiple of `LABELLINGS_PER_SEED`."""

    @property
    def n_parts(self) -> int:
        """Number of summands of each value; each summand is computed in a separate task."""

    @property
    def exponent(self) -> int:
        """Binary exponent of the unit: a value is ``2**exponent`` times the sum of its parts."""

    @property
    def rounding_error(self) -> float:
        """Bound of the rounding error of a difference of two values, before the exponent."""

    def partial_sums(self, labellings: Labellings, start: int, stop: int, part: int, /) -> Floats:
        """Vector of summands ``part`` of the statistic at labellings ``start`` to ``stop - 1``."""


@dataclass(frozen=True, slots=True)
class ConstantStatistic:
    """The statistic 0, of a pooled sample of coincident points.

    Attributes:
        batch_size: Number of labellings per task.
        n_parts: Number of summands of the statistic, 1.
        exponent: Binary exponent of the unit, 0.
        rounding_error: Rounding error of the statistic, 0.
    """

    batch_size: int = 64 * LABELLINGS_PER_SEED
    n_parts: int = 1
    exponent: int = 0
    rounding_error: float = 0.0

    def partial_sums(self, _: Labellings, start: int, stop: int, __: int, /) -> Floats:
        """Zeros, shape ``(stop - start,)``."""
        return np.zeros(stop - start)


@dataclass(frozen=True, slots=True)
class CustomStatistic:
    """A caller's function of two samples.

    Attributes:
        function: Function of two arrays of points that returns a number.
        points: The pooled sample in the caller's unit, shape ``(n + m, d)`` or ``(n + m,)``.
        batch_size: Number of labellings per task.
        n_parts: Number of summands of the statistic, 1.
        exponent: Binary exponent of the unit, 0.
        rounding_error: 0, since no bound is available.
    """

    function: Callable[[Any, Any], Any]
    points: Floats
    batch_size: int = LABELLINGS_PER_SEED
    n_parts: int = 1
    exponent: int = 0
    rounding_error: float = 0.0

    def partial_sums(self, labellings: Labellings, start: int, stop: int, _: int, /) -> Floats:
        """Values of the function for some labellings.

        Args:
            labellings: All labellings.
            start: Index of the first labelling.
            stop: Index after the last labelling.

        Returns:
            Values, shape ``(stop - start,)``.

        Raises:
            DistributionError: If the function returns anything else than a number.
        """
        n = labellings.n
        return np.array([
            _number(self.function(self.points[row[:n]], self.points[row[n:]]))
            for row in labellings.permutations(start, stop)
        ])


def _number(result: Any) -> float:
    """The value of an estimate, or a number itself; NaN and other objects are an error."""
    result = getattr(result, "value", result)
    number = returned_number(result)
    if number is None or math.isnan(number):
        raise DistributionError(
            "`statistic` must return a number, or an estimate with a `value`, for any two samples "
            f"of the given points, but returned {shortened(result)}"
        )
    return number
