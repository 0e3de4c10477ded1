"""Excess of one histogram over another in integers, for masses of any range of floats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from divergences._transport.exact_arithmetic.dyadic import Integers, integers
from divergences._transport.exact_arithmetic.solver import ExactMasses

if TYPE_CHECKING:
    from divergences._typing import Floats, Indices


@dataclass(frozen=True, slots=True)
class ExactExcess:
    """Shares ``p / sum(p)`` less ``q / sum(q)``, as integers over one denominator.

    Attributes:
        numerators: Integers that sum to 0, in the shape of p and q.
        denominator: Product of the totals, in the units of the numerators.
    """

    numerators: Integers
    denominator: int

    @classmethod
    def of(cls, p: Floats, q: Floats, /) -> ExactExcess:
        """The excess of p over q, of any totals above 0."""
        sources, targets = integers(p)[0], integers(q)[0]
        totals = sum(sources.ravel().tolist()), sum(targets.ravel().tolist())
        return cls(sources * totals[1] - targets * totals[0], totals[0] * totals[1])

    def rounded(self) -> Floats:
        """The excess, each entry rounded once, in the shape of p and q."""
        return self.shares(self.numerators)

    def shares(self, numerators: Integers, /) -> Floats:
        """Integers in the unit of the excess as parts of the total mass, each rounded once."""
        values = [numerator / self.denominator for numerator in numerators.ravel().tolist()]
        return np.array(values, dtype=np.float64).reshape(numerators.shape)

    def masses(self, sources: Indices, targets: Indices, /) -> ExactMasses:
        """Masses of sources and targets, which hold all of the excess but for underflow.

        Args:
            sources: Flat indices of entries above 0.
            targets: Flat indices of entries below 0.

        Returns:
            The masses, of equal totals.
        """
        flat = self.numerators.ravel()
        p, q = flat[sources].tolist(), (-flat[targets]).tolist()
        p_total, q_total = sum(p), sum(q)
        if p_total == q_total:
            return ExactMasses(p, q)
        return ExactMasses([mass * q_total for mass in p], [mass * p_total for mass in q])
