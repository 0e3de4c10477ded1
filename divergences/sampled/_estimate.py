"""What a number computed from samples is an estimate of, and how wrong it may be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from divergences._typing import Array


class Interval(Protocol):
    """Two ends between which something lies; they may be computed when they are first read."""

    @property
    def low(self) -> float:
        """The lower end."""

    @property
    def high(self) -> float:
        """The upper end."""


@dataclass(frozen=True, slots=True)
class Ends:
    """An interval that is known.

    Attributes:
        low: The lower end.
        high: The upper end.
    """

    low: float
    high: float

    def __repr__(self) -> str:
        """Both ends."""
        return f"[{self.low:.6g}, {self.high:.6g}]"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number computed from samples.

    Attributes:
        value: The estimate.
        of: What it is an estimate of, in words.
        method: What it was computed by.
        n: Number of points in the first sample.
        m: Number of points in the second sample.
        interval: Where the populations' value lies; its ends are `low` and `high`.
        confidence: In what share of repetitions the interval is meant to hold it.
        standard_error: Of the value, where the method gives one and it is finite; else NaN.
        scores: Held-out loss of all models that were looked at, in nats per point, with that of a
            coin that knows the sizes only; lower is better.
        notes: What a reader should know of these data.
    """

    value: Array
    of: str
    method: str
    n: int
    m: int
    interval: Interval
    confidence: float
    standard_error: float = float("nan")
    scores: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def low(self) -> float:
        """Lower end of the interval for the populations' value."""
        return self.interval.low

    @property
    def high(self) -> float:
        """Upper end of the interval for the populations' value."""
        return self.interval.high

    def __str__(self) -> str:
        """Value, interval and what they are of; notes in lines of their own."""
        lines = [
            f"{float(self.value):.6g} {self.interval} at {self.confidence:.0%}: {self.of}, "
            f"by {self.method}, n = {self.n}, m = {self.m}"
        ]
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])
