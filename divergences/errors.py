"""Exceptions: invalid input, failed computations and interrupted ones."""

from typing import Any

MAX_LISTED_FAILURES = 3


class DistributionError(ValueError):
    """Invalid input: distributions, costs, points or options.

    The message names the argument, the requirement, the value and a remedy.
    """


class SolverError(RuntimeError):
    """A computation that did not reach its accuracy; it returns no number.

    Attributes:
        bracket: Lower and upper bound of the value; None if unavailable.
    """

    def __init__(self, message: str, /, *, bracket: tuple[float, float] | None = None) -> None:
        super().__init__(message)
        self.bracket = bracket


class PairwiseError(SolverError):
    """Failure of some pairs of a distance matrix; carries the distances of all others.

    Attributes:
        distances: The matrix, NaN for failed pairs.
        failures: Row, column and error of each failed pair.
    """

    def __init__(self, distances: Any, failures: list[tuple[int, int, Exception]], /) -> None:
        listed = "; ".join(
            f"({i}, {j}): {error}" for i, j, error in failures[:MAX_LISTED_FAILURES]
        )
        more = (
            f"; and {len(failures) - MAX_LISTED_FAILURES} more"
            if len(failures) > MAX_LISTED_FAILURES
            else ""
        )
        super().__init__(
            f"{len(failures)} of {distances.size} entries failed. {listed}{more}. The others are "
            "in this error's `distances`, and all failures in its `failures`"
        )
        self.distances = distances
        self.failures = failures

    def __reduce__(self) -> tuple[Any, ...]:
        """Constructor and its arguments, for pickling."""
        return type(self), (self.distances, self.failures)


class PairwiseInterrupt(KeyboardInterrupt):
    """Interruption of a distance matrix or of a batch; carries the distances computed so far.

    Attributes:
        distances: The matrix, or the distances of the batch, NaN for those not computed yet.
    """

    def __init__(self, distances: Any, /) -> None:
        done = int((distances == distances).sum())
        super().__init__(
            f"interrupted: {done} of {distances.size} distances are in this error's `distances`"
        )
        self.distances = distances


class PermutationInterrupt(KeyboardInterrupt):
    """Interruption of a permutation test; carries the p-value of the permutations so far.

    Attributes:
        statistic: Statistic of the two samples; NaN if not computed yet.
        p_value: p-value of the completed permutations, valid for any number of them; 1 for none.
        null: Statistics of the completed permutations, in their order.
    """

    def __init__(self, statistic: float, p_value: float, null: Any, permutations: int, /) -> None:
        super().__init__(
            f"interrupted: {len(null)} of {permutations} permutations are in this error's `null`; "
            f"from them, its `p_value` is {p_value:.3g}"
        )
        self.statistic = statistic
        self.p_value = p_value
        self.null = null
