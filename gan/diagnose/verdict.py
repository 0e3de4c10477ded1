"""Verdict on a claim: criteria that were fixed before the measurement, and what met them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Status = Literal["shown", "shown in part", "not reproduced"]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One requirement of a claim, with the number that was measured for it.

    Attributes:
        requirement: The requirement, with its threshold, as part of a sentence: "trained value
            within 0.01 nats of 2 JS - 2 log 2".
        measured: The number that the requirement is about.
        met: Whether the number meets it.
        unit: Unit of the number; empty for a ratio.
        claim: Number of the one claim that it belongs to, such as "C4"; empty for all claims of
            its diagnostic.
        reason: Reason of a missing number, which is then NaN; empty if there is one.
    """

    requirement: str
    measured: float | int
    met: bool
    unit: str = ""
    claim: str = ""
    reason: str = ""

    def __str__(self) -> str:
        """The requirement, its number and whether it is met, in one line."""
        number = self.reason or f"{self.measured:.4g} {self.unit}".strip()
        return f"{self.requirement}: {number}{'' if self.met else ' (not met)'}"


def status_of(met: Sequence[bool], /) -> Status:
    """Status of a claim, by whether each of its criteria is met."""
    if all(met):
        return "shown"
    return "shown in part" if any(met) else "not reproduced"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Criteria of a claim, and what follows from them.

    Attributes:
        criteria: One or more criteria.
    """

    criteria: tuple[Criterion, ...]

    @property
    def status(self) -> Status:
        """Shown if all criteria are met, shown in part if some are, else not reproduced."""
        return status_of([criterion.met for criterion in self.criteria])

    @property
    def sentence(self) -> str:
        """All criteria with their numbers, in one line."""
        return "; ".join(map(str, self.criteria))

    @classmethod
    def of(cls, criteria: Sequence[Criterion], /) -> "Verdict":
        """The verdict of some criteria."""
        return cls(tuple(criteria))
