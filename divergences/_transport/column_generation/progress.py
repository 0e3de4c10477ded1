"""What is known of an optimum while it is sought, told to the caller when it matters."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from divergences._transport.ground import GroundCost
from divergences.errors import SolverError


@dataclass(slots=True)
class ProgressMonitor:
    """A bracket of the optimum, a time limit and a progress bar.

    Attributes:
        ground: The costs, whose unit the bracket is told in.
        time_limit: Seconds after which to give up; infinite by default.
        lower: What the optimum is at least, in the unit of the ground cost.
        upper: What it is at most.
        rounds: How many there were, those of coarser problems included.
        arcs: How many arcs there are now.
        progress: Whether to show a progress bar.
        bar: The progress bar, while it is shown.
        start: When the watch began.
    """

    ground: GroundCost
    time_limit: float = math.inf
    progress: bool = False
    lower: float = 0.0
    upper: float = math.inf
    rounds: int = 0
    arcs: int = 0
    bar: Any = None
    start: float = field(default_factory=time.monotonic)

    @property
    def bracket(self) -> tuple[float, float]:
        """What the optimum is at least and at most, in the caller's unit."""
        exponent = self.ground.exponent
        return _in_unit(self.lower, exponent), _in_unit(self.upper, exponent)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show a progress bar, if one is wanted, while this lasts."""
        if not self.progress:
            yield
            return
        from tqdm import tqdm  # here, since it takes a while to import

        with tqdm(desc="column generation", unit=" rounds") as self.bar:
            yield

    def known(self, lower: float, upper: float, arcs: int, /) -> None:
        """Take note of a bracket, and show it."""
        self.lower, self.upper = max(self.lower, lower), min(self.upper, upper)
        self.arcs = arcs
        if self.bar is not None:
            gap = (self.upper - self.lower) / self.upper if self.upper > 0 else 0.0
            value = f"{self.bracket[1]:.6g}"
            self.bar.set_postfix(gap=f"{max(gap, 0.0):.1e}", value=value, arcs=arcs)

    def tick(self) -> None:
        """Count one round.

        Raises:
            SolverError: If the time is up; with the bracket.
        """
        self.rounds += 1
        if self.bar is not None:
            self.bar.update()
        spent = time.monotonic() - self.start
        if spent > self.time_limit:
            raise SolverError(
                f"the time limit of {self.time_limit:g} s was reached after {spent:.1f} s; "
                f"{self.sentence()}; raise `time_limit`",
                bracket=self.bracket,
            )

    def sentence(self) -> str:
        """The bracket in words."""
        lower, upper = self.bracket
        return f"the optimal cost is between {lower:.12g} and {upper:.12g}"


def _in_unit(value: float, exponent: int) -> float:
    """``value * 2**exponent``, infinite where that is too large."""
    try:
        return math.ldexp(value, exponent)
    except OverflowError:
        return math.inf
