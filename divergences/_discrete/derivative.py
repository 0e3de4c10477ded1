r"""Derivative of a divergence by the masses of one distribution, without overflow.

The derivative by an unnormalized mass is that by the normalized mass, minus its mean under the
distribution, over the total. Such a centered derivative is here

.. math:: \text{linear} + \text{coefficient} \cdot (e^{\text{exponent}} - 1),

with logarithms in the linear part and quotients of probabilities in the other. An infinite
derivative by an entry of 0 is replaced: ``log 0`` in it by -1, ``1 / 0`` by 2, and, where both
distributions are 0, ``p / q`` by 1.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType

from divergences._discrete import block_formulas
from divergences._discrete.formulas import LOG_2, Formula, RootFormula
from divergences._discrete.midpoint import MIDPOINT_EXPONENT, MidpointForm
from divergences._typing import Array

TINY_MASS = 1e-290
SAFETY = 0.01  # rounding errors are compared by their bounds


@dataclass(frozen=True, slots=True)
class Derivative:
    """Centered derivative by the masses of the first distribution of a pair, shape ``(..., k)``.

    Attributes:
        linear: Part of logarithms.
        magnitude: Largest absolute value among the terms of the derivative that may cancel.
        quotient: The other part, if there is one.
    """

    linear: Array
    magnitude: Array
    quotient: "QuotientPart | None" = None

    def by_mass(self, pair: MidpointForm, /) -> Array:
        """The derivative itself."""
        xp = pair.xp
        direct = self.linear
        if self.quotient is not None:
            direct = direct + self.quotient.value(xp)
        p, direct, times_mass = self._recentered(pair, direct)
        major, balance = _balance(pair, times_mass)
        return xp.where(major, balance / xp.where(major, p, 1.0), direct)

    def by_log_mass(self, pair: MidpointForm, /) -> Array:
        """The derivative times the normalized mass."""
        _, _, times_mass = self._recentered(pair, self.linear)
        major, balance = _balance(pair, times_mass)
        return pair.xp.where(major, balance, times_mass)

    def _recentered(self, pair: MidpointForm, direct: Array) -> tuple[Array, Array, Array]:
        """The derivative as a difference from that at the largest mass, minus its mean.

        Where the largest masses are equal under p and q but for their totals, the direct sum
        cancels to nothing, and this one does not.

        Returns:
            Masses that are not subnormal, the derivative, and the derivative times the masses, by
            the sum whose rounding error is the smaller one.
        """
        xp = pair.xp
        p, unscaling = _scaled_mass(pair)
        heaviest, near = p == xp.max(p, axis=-1, keepdims=True), xp.ones_like(pair.in_p)
        if self.quotient is not None:
            heaviest = heaviest & (xp.abs(self.quotient.exponent) < 1)
        linear = xp.max(xp.where(heaviest, self.linear, -xp.inf), axis=-1, keepdims=True)
        usable = linear > -xp.inf
        linear = xp.where(usable, linear, 0.0)
        difference, at_heaviest = self.linear - linear, linear
        times_mass = p * self.linear * unscaling
        if self.quotient is not None:
            growth, near, growth_at_heaviest = self.quotient.difference(heaviest, usable, xp)
            difference, at_heaviest = difference + growth, at_heaviest + growth_at_heaviest
            times_mass = times_mass + self.quotient.times_mass(pair, p, unscaling)
        times_mass = xp.where(pair.in_p, times_mass, 0.0)
        weighted = xp.where(
            near, p * difference * unscaling, times_mass - p * at_heaviest * unscaling
        )
        mean = xp.sum(weighted, axis=-1, keepdims=True)
        error = xp.abs(difference) + xp.sum(xp.abs(weighted), axis=-1, keepdims=True)
        is_better = usable & near & xp.isfinite(mean) & (error < SAFETY * self.magnitude)
        centered = xp.where(is_better, difference - mean, 0.0)
        direct = xp.where(is_better, centered, direct)
        return p, direct, xp.where(is_better, p * centered * unscaling, times_mass)

    def scaled(self, factor: Array, xp: ModuleType) -> "Derivative":
        """The derivative times a positive factor, or 0."""
        quotient = self.quotient
        if quotient is not None:
            log_factor = xp.where(factor > 0, xp.log(xp.where(factor > 0, factor, 1.0)), -xp.inf)
            quotient = replace(quotient, log_coefficient=quotient.log_coefficient + log_factor)
        return Derivative(self.linear * factor, self.magnitude * factor, quotient)


@dataclass(frozen=True, slots=True)
class QuotientPart:
    """``coefficient (exp(exponent) - 1)``.

    Attributes:
        sign: Sign of the coefficient.
        log_coefficient: Logarithm of its absolute value; broadcasts against the exponent.
        exponent: In [-inf, inf).
        is_reciprocal: Whether the exponential is ``q / p``.
    """

    sign: float
    log_coefficient: Array
    exponent: Array
    is_reciprocal: bool = False

    def value(self, xp: ModuleType) -> Array:
        """The part itself; infinite only if it exceeds the largest float."""
        growth = xp.expm1(self.exponent)
        large = (self.exponent > 500) | (self.log_coefficient > 700)
        nonzero = xp.where(growth == 0, 1.0, xp.abs(growth))
        log_growth = xp.where(self.exponent > 500, self.exponent, xp.log(nonzero))
        magnitude = xp.exp(xp.where(large, self.log_coefficient + log_growth, 0.0))
        by_logs = xp.where(growth == 0, 0.0, xp.where(growth > 0, magnitude, -magnitude))
        coefficient = xp.exp(xp.where(large, 0.0, self.log_coefficient))
        product = coefficient * xp.where(large, 0.0, growth)
        return self.sign * xp.where(large, by_logs, product)

    def times_mass(self, pair: MidpointForm, p: Array, unscaling: Array) -> Array:
        """The part times the normalized mass, also where either overflows or underflows."""
        xp, small = pair.xp, abs(self.exponent) < 1
        coefficient = xp.exp(self.log_coefficient)
        growth = p * xp.expm1(xp.where(small, self.exponent, 0.0))
        if self.is_reciprocal:
            q = _scaled(pair, pair.q_over_m, unscaling)
            return self.sign * coefficient * xp.where(small, growth, q - p) * unscaling
        exponent = xp.where(small, 0.0, self.exponent)
        by_logs = xp.exp(log_mass(pair) + exponent + self.log_coefficient)
        difference = by_logs - xp.where(p > 0, coefficient * p * unscaling, 0.0)
        return self.sign * xp.where(small, coefficient * growth * unscaling, difference)

    def difference(
        self, heaviest: Array, usable: Array, xp: ModuleType
    ) -> tuple[Array, Array, Array]:
        """Difference from the value at the marked entries.

        Returns:
            The difference, the mask of those without overflow, and the value there.
        """
        there = xp.max(xp.where(heaviest, self.exponent, -xp.inf), axis=-1, keepdims=True)
        there = xp.where(usable, there, 0.0)
        distance = self.exponent - there
        near = xp.abs(distance) < 1
        coefficient = self.sign * xp.exp(self.log_coefficient)
        growth = coefficient * xp.exp(there) * xp.expm1(xp.where(near, distance, 0.0))
        return growth, near, coefficient * xp.expm1(there)


Rule = Callable[[MidpointForm, Array], Derivative]
"""Derivative by the first distribution of the pair, given the value of the divergence."""


@dataclass(frozen=True, slots=True)
class Divergence:
    """A divergence with its derivatives.

    Attributes:
        value: The value.
        by_p: Derivative by the first distribution.
        by_q: Derivative by the second one, as a rule for the swapped pair.
        root: The square root of the value; for divergences whose root is a distance.
        blocks: The value of blocks of numpy arrays.
    """

    value: Formula
    by_p: Rule
    by_q: Rule
    root: RootFormula | None = None
    blocks: block_formulas.Formula | None = None


def of_logarithms(logarithm: Array, mean: Array, /) -> Derivative:
    """A derivative without quotients of probabilities: a logarithm minus its mean."""
    return Derivative(logarithm - mean[..., None], abs(logarithm) + abs(mean)[..., None])


def _scaled_mass(pair: MidpointForm) -> tuple[Array, Array]:
    """Normalized masses, tiny ones times 2^600 to be no subnormal numbers; and what undoes it."""
    xp = pair.xp
    unscaling = xp.where(pair.p < TINY_MASS, 2.0**-MIDPOINT_EXPONENT, xp.ones_like(pair.p))
    return _scaled(pair, pair.p_over_m, unscaling), unscaling


def _scaled(pair: MidpointForm, over_m: Array, unscaling: Array) -> Array:
    """Masses given over m, times 2^600 where that is to be undone."""
    return pair.xp.where(unscaling < 1, pair.scaled_midpoint, pair.midpoint) * over_m


def _balance(pair: MidpointForm, times_mass: Array) -> tuple[Array, Array]:
    """Mask of a mass above 1/2, and the derivative times it, by those at all other masses.

    Their sum is 0. Where one mass is almost 1, the derivative by it is far below its terms.

    Returns:
        The mask, shape ``(..., k)``, and the product, shape ``(..., 1)``.
    """
    major = pair.p > 0.5
    others = pair.xp.where(major, 0.0, times_mass)
    return major, -pair.xp.sum(others, axis=-1, keepdims=True)


def log_mass(pair: MidpointForm, /) -> Array:
    """``log p`` on the common support."""
    log_ratio = pair.accurate_log_ratio
    return pair.log_larger + pair.xp.where(log_ratio < 0, log_ratio, 0.0)


def exponent_of_quotient(
    pair: MidpointForm, slope: float, offset: Array | float = 0.0, /
) -> Array:
    """``slope log(p / q) + offset`` as p falls to its value, replaced where it is inf."""
    xp = pair.xp
    exponent = slope * pair.accurate_log_ratio + offset
    if_p_is_0 = -math.inf if slope > 0 else LOG_2
    if_q_is_0 = -math.inf if slope <= 0 else 0.0
    exponent = xp.where(pair.in_p, exponent, if_p_is_0)
    return xp.where(pair.in_q, exponent, if_q_is_0)
