"""Excess of one histogram over another in integers, for masses of any range of floats."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

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
        return cls.of_components(p, q, np.zeros(p.shape, dtype=np.intp))

    @classmethod
    def of_components(cls, p: Floats, q: Floats, component: Indices, /) -> ExactExcess:
        """Shares of p less those of q, where q is scaled to the mass of p in each component.

        Args:
            p: Masses, of a total above 0.
            q: Masses, above 0 in total in each component in which p is.
            component: Number of the component of each mass, in the shape of p and q.

        Returns:
            The excess, which sums to 0 in each component.
        """
        sources, targets = integers(p)[0], integers(q)[0]
        count = int(component.max()) + 1
        p_totals, q_totals = np.full(count, 0, dtype=object), np.full(count, 0, dtype=object)
        np.add.at(p_totals, component, sources)
        np.add.at(q_totals, component, targets)
        # Components of p without mass are such of q, too, and their excess is 0.
        common = math.lcm(*(total for total in q_totals.tolist() if total))
        scale = np.array([common // total if total else 0 for total in q_totals], dtype=object)
        numerators = sources * q_totals[component] - targets * p_totals[component]
        return cls(numerators * scale[component], common * int(p_totals.sum()))

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


ExactSupply: TypeAlias = Callable[[], ExactExcess]
