"""The two ways to fail: what was asked cannot be computed, or we could not compute it."""


class DistributionError(ValueError):
    """The caller's input is no distribution, cost or point set.

    The message says what is wrong and how to mend it.
    """


class SolverError(RuntimeError):
    """Our computation did not reach the answer; no number is returned in its place."""
