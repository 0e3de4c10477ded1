"""The two ways to fail: what was asked cannot be computed, or we could not compute it."""

from typing import Any

SHOWN = 3  # failures that a message tells


class DistributionError(ValueError):
    """The caller's input is no distribution, cost or point set.

    The message says what is wrong and how to mend it.
    """


class SolverError(RuntimeError):
    """Our computation did not reach the answer; no number is returned in its place.

    Attributes:
        bracket: What the answer is at least and at most, where that is known; else None.
    """

    def __init__(self, message: str, /, *, bracket: tuple[float, float] | None = None) -> None:
        super().__init__(message)
        self.bracket = bracket


class PairwiseError(SolverError):
    """Some pairs of a distance matrix failed; all others are here.

    Attributes:
        distances: The matrix, NaN where a pair failed.
        failures: Row, column and error of each pair that failed.
    """

    def __init__(self, distances: Any, failures: list[tuple[int, int, Exception]], /) -> None:
        shown = "; ".join(f"({i}, {j}): {error}" for i, j, error in failures[:SHOWN])
        more = f"; and {len(failures) - SHOWN} more" if len(failures) > SHOWN else ""
        super().__init__(
            f"{len(failures)} of {distances.size} entries failed. {shown}{more}. The others are "
            "in this error's `distances`, and all failures in its `failures`"
        )
        self.distances = distances
        self.failures = failures

    def __reduce__(self) -> tuple[Any, ...]:
        """How to send it from process to process."""
        return type(self), (self.distances, self.failures)


class PairwiseInterrupt(KeyboardInterrupt):
    """A distance matrix was interrupted; what was done is here.

    Attributes:
        distances: The matrix, NaN where a pair was not done.
    """

    def __init__(self, distances: Any, /) -> None:
        done = int((distances == distances).sum())
        super().__init__(
            f"interrupted: {done} of {distances.size} distances are in this error's `distances`"
        )
        self.distances = distances


class PermutationInterrupt(KeyboardInterrupt):
    """A permutation test was interrupted; what was done is here.

    Attributes:
        statistic: That of the two samples; NaN if it was not done yet.
        p_value: From the permutations that were done, as valid as from all: 1 if there are none.
        null: The statistics after them, in the order of the permutations.
    """

    def __init__(self, statistic: float, p_value: float, null: Any, permutations: int, /) -> None:
        super().__init__(
            f"interrupted: {len(null)} of {permutations} permutations are in this error's `null`; "
            f"from them, its `p_value` is {p_value:.3g}"
        )
        self.statistic = statistic
        self.p_value = p_value
        self.null = null
