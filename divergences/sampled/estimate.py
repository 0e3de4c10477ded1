"""What a number computed from samples is an estimate of."""

from dataclasses import dataclass

from divergences.checks import Array


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number computed from samples.

    Attributes:
        value: The estimate.
        of: What it is an estimate of, in words.
        n: Number of points in the first sample.
        m: Number of points in the second sample.
    """

    value: Array
    of: str
    n: int
    m: int
