"""Outcomes of many pairs of numpy vectors, with what the divergences of a block are made of.

The same quantities as in `midpoint`, in place and only where they are needed: the body of
`formulas` for every namespace computes each of them for all outcomes.
"""

import numpy as np

from divergences._discrete.series import SERIES_RADIUS
from divergences._typing import Floats, Indices

SMALLEST = np.array(5e-324)
# Numpy is slower with numbers than with arrays.
ZERO, HALF, ONE, TWO = (np.array(x) for x in (0.0, 0.5, 1.0, 2.0))
INFINITY = np.array(np.inf)
MIN_RATIO = np.array(1e-300)  # smaller ones may be rounded to subnormal numbers


class OutcomeBlock:
    """A block of outcomes of pairs (p, q), in terms of ``t = sum(p - q) / sum(p + q)``.

    Attributes:
        p: First masses.
        q: Second masses.
        difference: ``p - q``; overwritten.
        t: For each pair; broadcasts against the masses.
        extreme: Whether a quotient of masses may be 0, infinite or NaN.
        q_total: Sum of q for each pair, likewise.
        q_minor: Sum of q without an entry above half of it; for cross entropies only.
        totals_agree: Whether ``1 - t delta`` is 1, up to its rounding.
    """

    __slots__ = ("difference", "extreme", "p", "q", "q_minor", "q_total", "t", "totals_agree")

    def __init__(
        self,
        p: Floats,
        q: Floats,
        difference: Floats,
        t: Floats,
        extreme: bool,
        q_total: Floats = ONE,
        q_minor: Floats = ZERO,
        totals_agree: bool = False,
    ) -> None:
        self.p, self.q, self.difference, self.t, self.extreme = p, q, difference, t, extreme
        self.q_total, self.q_minor, self.totals_agree = q_total, q_minor, totals_agree

    def normalized_difference(self) -> Floats:
        """``p / sum(p) - q / sum(q)``, times ``sum(p + q) (1 - t^2) / 2``."""
        mass = self.p + self.q
        mass *= self.t
        return np.subtract(self.difference, mass, self.difference)

    def delta_and_weight(self) -> tuple[Floats, Floats]:
        """Delta of the normalized masses, and their midpoint times ``sum(p + q) (1 - t^2)``."""
        delta, mass = self.difference, self.p + self.q
        if self.extreme:
            np.maximum(mass, SMALLEST, out=mass)  # 0 / 0 is 0, of weight 0
        delta /= mass
        if self.totals_agree:
            delta -= self.t
            return delta, mass
        weight = np.empty_like(mass)
        np.multiply(delta, self.t, weight)
        np.subtract(ONE, weight, weight)
        delta -= self.t
        delta /= weight
        weight *= mass
        return delta, weight

    def log_ratio(self) -> Floats:
        """``log(p / q)`` of the normalized masses; 0 where p = 0, inf where q = 0 < p."""
        ratio = self.p / self.q
        if self.extreme:
            indices = np.flatnonzero(~((ratio > MIN_RATIO) & (ratio < INFINITY)))
            p, q = self.p.take(indices), self.q.take(indices)
            flat = ratio.reshape(-1)
            flat[indices] = 1
            np.log(ratio, ratio)
            flat[indices] = np.where(p > 0, np.log(np.where(p > 0, p, 1)) - np.log(q), 0)
        else:
            np.log(ratio, ratio)
        ratio -= TWO * np.arctanh(self.t)
        return ratio

    def abs_log_ratio(self, magnitude: Floats) -> Floats:
        """``|log(p / q)|`` from the magnitude of delta; inf where only one has mass."""
        distant = (magnitude > HALF).reshape(-1).nonzero()[0]
        distance = np.arctanh(magnitude)
        distance *= TWO
        if distant.size:
            p, q = self.p.take(distant), self.q.take(distant)
            t = self._t_at(distant)
            larger, smaller = np.maximum(p, q), np.minimum(p, q)
            t = np.where(p > q, t, -t)  # symmetric to the last bit
            logs = OutcomeBlock(larger, smaller, larger, t, self.extreme).log_ratio()
            distance.reshape(-1)[distant] = logs
        return distance

    def one_minus_abs_delta(self, indices: Indices, weight: Floats) -> Floats:
        """``1 - |delta|`` from the smaller of the two masses, without cancellation."""
        t = self._t_at(indices)
        p, q = self.p.take(indices), self.q.take(indices)
        smaller = np.where(p < q, p * (1 - t), q * (1 + t))
        return 2 * smaller / weight.take(indices)

    def _t_at(self, indices: Indices) -> Floats:
        """T of the outcomes at flat indices."""
        if self.t.size == 1:
            return self.t.reshape(1)
        return np.broadcast_to(self.t, self.p.shape)[np.unravel_index(indices, self.p.shape)]

    def is_infinite(self) -> Floats:
        """Whether p has mass and q has none."""
        return (self.q == ZERO) & (self.p > ZERO)


def small_entries(delta: Floats, magnitude: Floats, /) -> tuple[Indices, Floats]:
    """Flat indices of the entries that the series is for, and these entries."""
    indices = (magnitude < RADIUS).reshape(-1).nonzero()[0]
    return indices, delta.take(indices)


def horner(x: Floats, coefficients: tuple[Floats, ...], /) -> Floats:
    """`series.polynomial`, in place."""
    value = x * coefficients[-1]
    value += coefficients[-2]
    for coefficient in coefficients[-3::-1]:
        value *= x
        value += coefficient
    return value


RADIUS = np.array(SERIES_RADIUS)
