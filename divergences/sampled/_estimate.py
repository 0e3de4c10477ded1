"""Estimates of a population quantity, with their confidence intervals."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class Interval(Protocol):
    """A confidence interval, whose endpoints may be computed on first access."""

    @property
    def low(self) -> float:
        """Lower endpoint."""

    @property
    def high(self) -> float:
        """Upper endpoint."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """An interval given by its endpoints.

    Attributes:
        low: Lower endpoint.
        high: Upper endpoint.
    """

    low: float
    high: float

    def __repr__(self) -> str:
        """Both endpoints, to six digits."""
        return f"[{self.low:.6g}, {self.high:.6g}]"


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate from two samples.

    Attributes:
        value: The estimate.
        estimand: Name of the estimated quantity, with its unit.
        method: Name of the estimator.
        n: Number of points in the first sample.
        m: Number of points in the second sample.
        interval: Confidence interval for the value of the populations; its endpoints are `low` and
            `high`. None for methods whose intervals would not hold the value often enough.
        confidence: Nominal coverage of the interval.
        standard_error: Standard error of the value; NaN if the method has none or it is infinite.
        scores: Held-out loss of each candidate model, in nats per point, and that of the constant
            classifier as a baseline; lower is better.
        notes: Remarks on the data that affect the interpretation.
    """

    value: Any
    estimand: str
    method: str
    n: int
    m: int
    interval: Interval | None
    confidence: float
    standard_error: float = float("nan")
    scores: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def low(self) -> float:
        """Lower endpoint of the interval for the value of the populations; NaN without one."""
        return math.nan if self.interval is None else self.interval.low

    @property
    def high(self) -> float:
        """Upper endpoint of the interval for the value of the populations; NaN without one."""
        return math.nan if self.interval is None else self.interval.high

    def __str__(self) -> str:
        """Value, interval and estimand in one line, and a line for each note."""
        interval = "" if self.interval is None else f" {self.interval} at {self.confidence:.0%}"
        lines = [
            f"{float(self.value):.6g}{interval}: {self.estimand}, "
            f"by {self.method}, n = {self.n}, m = {self.m}"
        ]
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])
