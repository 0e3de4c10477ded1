"""Bounds, time limit and progress bar of a running solve."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from divergences._transport.ground import GroundCost
from divergences.errors import SolverError

SECONDS_PER_REFRESH = 0.5  # of the progress bar


@dataclass(slots=True)
class ProgressMonitor:
    """Bounds on the optimal cost, a time limit and an optional progress bar.

    Attributes:
        ground: The ground cost, which determines the unit of reported bounds.
        time_limit: Seconds after which `check` raises; infinite by default.
        progress: Whether to show a progress bar.
        mass: Total mass of the problem in the caller's unit, by which bounds are multiplied.
        lower: Lower bound on the optimal cost, in the scaled unit of the ground cost.
        upper: Upper bound, in the same unit.
        rounds: Number of rounds so far, those of coarser problems included.
        arcs: Current number of arcs.
        bar: The tqdm progress bar while it is shown, else None.
        start: Time of construction, in seconds of the monotonic clock.
        last_refresh: Time of the last refresh of the bar, on the same clock.
    """

    ground: GroundCost
    time_limit: float = math.inf
    progress: bool = False
    mass: float = 1.0
    lower: float = 0.0
    upper: float = math.inf
    rounds: int = 0
    arcs: int = 0
    bar: Any = None
    start: float = field(default_factory=time.monotonic)
    last_refresh: float = 0.0

    @property
    def bracket(self) -> tuple[float, float]:
        """Lower and upper bound on the optimal cost, in the caller's unit."""
        exponent = self.ground.exponent
        return _scaled(self.mass * self.lower, exponent), _scaled(self.mass * self.upper, exponent)

    @contextmanager
    def progress_bar(self) -> Iterator[None]:
        """Show a progress bar during the ``with`` block, if `progress` is set."""
        if not self.progress:
            yield
            return
        from tqdm import tqdm  # here, since it takes a while to import

        with tqdm(desc="column generation", unit=" rounds") as self.bar:
            yield

    def record_bounds(self, lower: float, upper: float, arcs: int, /) -> None:
        """Tighten the bounds and update the progress bar."""
        self.lower, self.upper = max(self.lower, lower), min(self.upper, upper)
        self.arcs = arcs
        if self.bar is not None:
            gap = (self.upper - self.lower) / self.upper if self.upper > 0 else 0.0
            value = f"{self.bracket[1]:.6g}"
            self.bar.set_postfix(gap=f"{max(gap, 0.0):.1e}", value=value, arcs=arcs)

    def begin_round(self) -> None:
        """Count a round and check the time limit.

        Raises:
            SolverError: If the time limit has passed; the error carries the bounds.
        """
        self.rounds += 1
        if self.bar is not None:
            self.bar.update()
        self.check()

    def check(self) -> None:
        """Check the time limit, and show the elapsed time; called between parts of a round.

        Raises:
            SolverError: If the time limit has passed; the error carries the bounds.
        """
        now = time.monotonic()
        if self.bar is not None and now - self.last_refresh > SECONDS_PER_REFRESH:
            self.last_refresh = now
            self.bar.refresh()
        if now - self.start > self.time_limit:
            raise SolverError(
                f"the time limit of {self.time_limit:g} s was reached after "
                f"{now - self.start:.1f} s; {self.summary()}; raise `time_limit`, or "
                "give a `tolerance` where the function takes one",
                bracket=self.bracket,
            )

    def summary(self) -> str:
        """The bounds as a clause for messages."""
        lower, upper = self.bracket
        return f"the optimal cost is between {lower:.12g} and {upper:.12g}"


def _scaled(value: float, exponent: int) -> float:
    """``value * 2**exponent``, infinite on overflow."""
    try:
        return math.ldexp(value, exponent)
    except OverflowError:
        return math.inf
