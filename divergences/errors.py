"""The two ways to fail: what was asked cannot be computed, or we could not compute it."""


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
