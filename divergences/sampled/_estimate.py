"""Estimates of a population quantity, with their confidence intervals."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from divergences._results import Number, counted, html_table


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
class ProvedBounds:
    """Proved bounds of the exact value for the points, not an interval for the populations.

    Attributes:
        low: Lower bound.
        high: Upper bound.
    """

    low: float
    high: float

    def __repr__(self) -> str:
        """Both bounds, to twelve digits."""
        return f"proved between {self.low:.12g} and {self.high:.12g}"


@dataclass(frozen=True, slots=True, eq=False)
class Estimate(Number):
    """An estimate from two samples, which acts as its value.

    ``float(e)``, ``f"{e:.3f}"``, ``round(e, 3)``, ``e < 1``, ``2 * e`` and ``np.array([e])`` are
    those of the value. Two estimates are equal if their values are. Printed, it is one line; the
    lower endpoint of an interval that takes more solves to compute is not computed for that.

    Attributes:
        value: The estimate; of tensors, a tensor.
        estimand: Name of the estimated quantity, with its unit.
        method: Name of the estimator.
        n: Number of points in the first sample.
        m: Number of points in the second sample.
        interval: Confidence interval for the value of the populations, or proved bounds of that of
            the points; its endpoints are `low` and `high`. None for methods whose intervals would
            not hold the value often enough.
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
        """Lower endpoint of the interval for the value of the populations; NaN without one.

        With a tolerance, a proved lower bound of the value for the points.
        """
        return math.nan if self.interval is None else self.interval.low

    @property
    def high(self) -> float:
        """Upper endpoint of the interval for the value of the populations; NaN without one.

        With a tolerance, a proved upper bound of the value for the points.
        """
        return math.nan if self.interval is None else self.interval.high

    def __str__(self) -> str:
        """Value, interval, estimand and method in one line."""
        interval = self._interval_text()
        notes = f"; {counted(len(self.notes), 'note')} in `notes`" if self.notes else ""
        return (
            f"{float(self):.6g}{f', {interval}' if interval else ''}: {self.estimand}, "
            f"by {self.method}, n = {self.n}, m = {self.m}{notes}"
        )

    def __repr__(self) -> str:
        """The line that `str` gives, with the name of the class."""
        return f"<{type(self).__name__} {self}>"

    def _repr_html_(self) -> str:
        """A table for a notebook."""
        rows = [("value", f"{float(self):.6g}")]
        if self.interval is not None:
            rows.append(("interval", self._interval_text()))
        if math.isfinite(self.standard_error):
            rows.append(("standard error", f"{self.standard_error:.3g}"))
        rows += [("method", self.method), ("points", f"n = {self.n:,}, m = {self.m:,}")]
        return html_table(self.estimand, [*rows, *(("note", note) for note in self.notes)])

    def _interval_text(self) -> str:
        """Confidence and endpoints of the interval; "" without one."""
        if self.interval is None:
            return ""
        if isinstance(self.interval, ProvedBounds):
            return repr(self.interval)
        level = f"{100 * self.confidence:g}% interval"
        if getattr(self.interval, "is_low_known", True):
            return f"{level} [{self.low:.6g}, {self.high:.6g}]"
        return f"{level} up to {self.high:.6g} (`low` takes two more solves)"
