"""Pairs of numpy vectors whose terms are summed: a block of pairs, or one pair of long vectors."""

from collections.abc import Callable
from typing import Any

import numpy as np

from divergences import _checks
from divergences._discrete import midpoint
from divergences._discrete.midpoint import MidpointForm
from divergences._discrete.outcome_block import HALF, ONE, ZERO, OutcomeBlock
from divergences._discrete.threads import holds_for_all
from divergences._discrete.vector_blocks import MAX_BLOCK_ENTRIES, contiguous, row_sums
from divergences._typing import Array, Floats, Indices

EPS = 2.0**-52
MIN_QUOTIENT_MASS = 1e-290  # quotients of smaller masses may overflow

Terms = Callable[[OutcomeBlock], Floats]
Condition = Callable[[Floats, Floats], Any]


class PairSums:
    """Sums of pairs of vectors, each of shape ``(r,)``.

    Attributes:
        q: Sums of the second vectors.
        t: ``sum(p - q) / sum(p + q)``.
        norm: ``sum(p + q) (1 - t^2)``.
        extreme: Whether a mass is too small for quotients.
    """

    __slots__ = ("extreme", "norm", "q", "t")

    def __init__(self, parts: Floats, extreme: bool) -> None:
        """Sums from those of p, q and ``p - q``, shape ``(3, r)``."""
        self.q, self.extreme = parts[1], extreme
        total = parts[0] + self.q
        self.t = t = parts[2] / total
        total *= (ONE - t) * (ONE + t)  # symmetric to the last bit
        self.norm = total


def _sums_if_distributions(parts: Floats, smallest: float, tolerances: Floats) -> PairSums | None:
    """Sums of pairs, or None where a mass is negative or NaN or a total is not 1."""
    if smallest >= 0:
        off = parts[:2] - ONE
        np.abs(off, off)
        off -= tolerances
        if np.maximum.reduce(off, axis=None) <= 0:
            return PairSums(parts, smallest < MIN_QUOTIENT_MASS)
    return None


class PairBlock:
    """Pairs of vectors that fit into the cache together.

    Args:
        p: First vectors, float64, contiguous.
        q: Second vectors, likewise.
        axis: Axis of the outcomes; the other one is that of the pairs.
    """

    __slots__ = ("axis", "difference", "p", "q", "sums")

    def __init__(self, p: Floats, q: Floats, axis: int) -> None:
        self.p, self.q, self.axis = p, q, axis

    def are_distributions(self, tolerances: Floats, /) -> bool:
        """Whether all are at least 0 and sum to 1; computes the sums."""
        p, q, difference = self.p, self.q, self.p - self.q
        if self.axis:
            parts = np.stack([row_sums(a, axis=1) for a in (p, q, difference)])
            smallest = min(p.min(), q.min())
        else:
            work = np.concatenate((p, q, difference), axis=1)
            smallest = np.minimum.reduce(work[:, : -p.shape[1]], axis=None)
            parts = row_sums(work, axis=0).reshape(3, -1)
        self.difference = difference
        sums = _sums_if_distributions(parts, smallest, tolerances)
        if sums is not None:
            self.sums = sums
        return sums is not None

    def sum_of_terms(self, terms: Terms, /, *, needs_minor: bool = False) -> Floats:
        """Sums of terms, shape ``(r,)``; called once."""
        sums, minor = self.sums, ZERO
        q_total = self._for_outcomes(sums.q)
        if needs_minor:
            minor = self._for_outcomes(self._minor(q_total))
        t = self._for_outcomes(sums.t)
        block = OutcomeBlock(self.p, self.q, self.difference, t, sums.extreme, q_total, minor)
        return row_sums(terms(block), axis=self.axis)

    def sum_of_terms_at(self, terms: Terms, rows: Indices, scale: float, /) -> Floats:
        """Sums of terms of some of the pairs, with scaled masses."""
        p, q = (
            np.ascontiguousarray(a.take(rows, 1 - self.axis)) * scale for a in (self.p, self.q)
        )
        t = self._for_outcomes(self.sums.t[rows])
        q_total = self._for_outcomes(self.sums.q[rows])
        block = OutcomeBlock(p, q, p - q, t, self.sums.extreme or scale != 1, q_total)
        return row_sums(terms(block), axis=self.axis)

    def have_outcome(self, rows: Indices, condition: Condition, /) -> Any:
        """Whether an outcome of these pairs meets a condition."""
        p, q = (a.take(rows, 1 - self.axis) for a in (self.p, self.q))
        return condition(p, q).any(axis=self.axis)

    def by_body(self, body: Callable[[MidpointForm], Array], rows: Indices, /) -> Any:
        """Values of these pairs by a formula for every namespace."""
        vectors = (a.take(rows, 1 - self.axis) for a in (self.p, self.q))
        p, q = (np.ascontiguousarray(a if self.axis else a.T) for a in vectors)
        return body(midpoint.of_probabilities(_checks.NUMPY, p, q, p.dtype))

    def _for_outcomes(self, values: Floats) -> Floats:
        """One value for each pair, to be broadcast against the masses."""
        return values[:, None] if self.axis else values

    def _minor(self, q_total: Floats) -> Floats:
        """Sums of q without an entry above half of it; 0 where there is none."""
        major = self.q > q_total * HALF
        if not major.any():
            return np.zeros_like(self.sums.q)
        return row_sums(np.where(major, 0.0, self.q), axis=self.axis)


class LongPair:
    """One pair of vectors that are longer than a block.

    Args:
        p: First vector, with any strides.
        q: Second vector, likewise.
    """

    def __init__(self, p: Any, q: Any) -> None:
        self.p, self.q = p, q
        self.segments = range(-(-len(p) // MAX_BLOCK_ENTRIES))

    def are_distributions(self, tolerances: Floats, /) -> bool:
        """Whether both are at least 0 and sum to 1; computes the sums."""
        smallest = np.empty(len(self.segments))

        def part(number: int, p: Floats, q: Floats) -> tuple[Floats, Floats, Floats]:
            smallest[number] = min(p.min(), q.min())
            return np.add.reduce(p), np.add.reduce(q), np.add.reduce(p - q)

        parts = self._sum_over_segments(part, 3)
        sums = _sums_if_distributions(parts, smallest.min(), tolerances)
        if sums is not None:
            self.sums = sums
        return sums is not None

    def sum_of_terms(self, terms: Terms, /, *, needs_minor: bool = False) -> Floats:
        """Sum of terms, shape ``(1,)``."""
        minor = ZERO
        if needs_minor:
            half = self.sums.q * HALF
            minor = self._sum_over_segments(
                lambda _number, _p, q: np.add.reduce(np.where(q > half, 0.0, q)), 1
            )[0]
        return self._terms(terms, 1.0, minor)

    def sum_of_terms_at(self, terms: Terms, _rows: Indices, scale: float, /) -> Floats:
        """Sum of terms with scaled masses."""
        return self._terms(terms, scale, ZERO)

    def have_outcome(self, _rows: Indices, condition: Condition, /) -> Any:
        """Whether an outcome meets a condition."""
        common = self._sum_over_segments(lambda _number, p, q: condition(p, q).any(), 1)
        return common[0] > 0

    def by_body(self, body: Callable[[MidpointForm], Array], _rows: Indices, /) -> Any:
        """The value by a formula for every namespace, not in blocks."""
        p, q = (np.array(a, dtype=np.float64)[None] for a in (self.p, self.q))
        return body(midpoint.of_probabilities(_checks.NUMPY, p, q, p.dtype))

    def _terms(self, terms: Terms, scale: float, minor: Floats) -> Floats:
        """Sum of terms with scaled masses, shape ``(1,)``."""
        sums = self.sums
        extreme, totals_agree = sums.extreme or scale != 1, bool(np.abs(sums.t[0]) <= EPS)

        def part(_number: int, p: Floats, q: Floats) -> Floats:
            p, q = (p, q) if scale == 1 else (p * scale, q * scale)
            block = OutcomeBlock(p, q, p - q, sums.t, extreme, sums.q, minor, totals_agree)
            return np.add.reduce(terms(block))

        return self._sum_over_segments(part, 1)[0]

    def _sum_over_segments(self, part: Callable[[int, Floats, Floats], Any], size: int) -> Floats:
        """Sums of the numbers that a function returns for each segment, shape ``(size, 1)``."""
        parts = np.empty((size, len(self.segments)))

        @np.errstate(all="ignore")  # threads do not inherit it
        def fill(number: int) -> bool:
            ends = slice(number * MAX_BLOCK_ENTRIES, (number + 1) * MAX_BLOCK_ENTRIES)
            p, q = (contiguous(a[ends]) for a in (self.p, self.q))
            parts[:, number] = part(number, p, q)
            return True

        holds_for_all(fill, self.segments, len(self.p))
        return np.add.reduce(parts, axis=1)[:, None]
