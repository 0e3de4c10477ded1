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

from divergences._discrete.formulas import LOG_2, Formula, RootFormula
from divergences._discrete.midpoint import MIDPOINT_EXPONENT, MidpointForm
from divergences._typing import Array

TINY_MASS = 1e-290


@dataclass(frozen=True, slots=True)
class Derivative:
    """Centered derivative by the masses of the first distribution of a pair, shape ``(..., k)``.

    Attributes:
        linear: Part of logarithms.
        sign: Sign of the coefficient.
        log_coefficient: Logarithm of its absolute value; broadcasts against the others.
        exponent: In [-inf, inf).
    """

    linear: Array
    sign: float
    log_coefficient: Array
    exponent: Array

    def by_mass(self, pair: MidpointForm, /) -> Array:
        """The derivative itself."""
        major, balance = self._balance(pair)
        p = pair.xp.where(major, pair.midpoint * pair.p_over_m, 1.0)
        return pair.xp.where(major, balance / p, self._unbalanced(pair.xp))

    def by_log_mass(self, pair: MidpointForm, /) -> Array:
        """The derivative times the normalized mass."""
        major, balance = self._balance(pair)
        return pair.xp.where(major, balance, self._times_mass(pair))

    def _balance(self, pair: MidpointForm) -> tuple[Array, Array]:
        """Mask of a mass above 1/2, and the derivative times it, by those at all other masses.

        Their sum is 0. Where one mass is almost 1, the derivative by it is far below its terms.

        Returns:
            The mask, shape ``(..., k)``, and the product, shape ``(..., 1)``.
        """
        xp, major = pair.xp, pair.midpoint * pair.p_over_m > 0.5
        others = xp.where(major, 0.0, self._times_mass(pair))
        return major, -xp.sum(others, axis=-1, keepdims=True)

    def _unbalanced(self, xp: ModuleType) -> Array:
        """The sum of both parts."""
        growth = xp.expm1(self.exponent)
        large = (self.exponent > 500) | (self.log_coefficient > 700)
        nonzero = xp.where(growth == 0, 1.0, xp.abs(growth))
        log_growth = xp.where(self.exponent > 500, self.exponent, xp.log(nonzero))
        magnitude = xp.exp(xp.where(large, self.log_coefficient + log_growth, 0.0))
        by_logs = xp.where(growth == 0, 0.0, xp.where(growth > 0, magnitude, -magnitude))
        coefficient = xp.exp(xp.where(large, 0.0, self.log_coefficient))
        product = coefficient * xp.where(large, 0.0, growth)
        return self.linear + self.sign * xp.where(large, by_logs, product)

    def _times_mass(self, pair: MidpointForm) -> Array:
        """The sum times the normalized mass, also where either overflows or underflows."""
        xp, log_p = pair.xp, log_mass(pair)
        p = pair.midpoint * pair.p_over_m
        tiny = p < TINY_MASS  # taken from the scaled midpoint, where it is no subnormal number
        p = xp.where(tiny, pair.scaled_midpoint() * pair.p_over_m, p)
        unscaling = xp.where(tiny, 2.0**-MIDPOINT_EXPONENT, xp.ones_like(p))
        small = xp.abs(self.exponent) < 1
        growth = p * xp.expm1(xp.where(small, self.exponent, 0.0))
        by_logs = xp.exp(log_p + xp.where(small, 0.0, self.exponent) + self.log_coefficient)
        coefficient = xp.exp(self.log_coefficient)
        difference = by_logs - xp.where(p > 0, coefficient * p * unscaling, 0.0)
        product = xp.where(small, coefficient * growth * unscaling, difference)
        return xp.where(pair.in_p, p * self.linear * unscaling + self.sign * product, 0.0)

    def scaled(self, factor: Array, xp: ModuleType) -> "Derivative":
        """The derivative times a positive factor, or 0."""
        log_factor = xp.where(factor > 0, xp.log(xp.where(factor > 0, factor, 1.0)), -xp.inf)
        linear, log_coefficient = self.linear * factor, self.log_coefficient + log_factor
        return replace(self, linear=linear, log_coefficient=log_coefficient)


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
    """

    value: Formula
    by_p: Rule
    by_q: Rule
    root: RootFormula | None = None


def of_logarithms(linear: Array, /) -> Derivative:
    """A derivative without quotients of probabilities."""
    zero = linear * 0
    return Derivative(linear, 1.0, zero, zero)


def log_mass(pair: MidpointForm, /) -> Array:
    """``log p`` on the common support."""
    log_ratio = pair.accurate_log_ratio()
    return pair.log_larger() + pair.xp.where(log_ratio < 0, log_ratio, 0.0)


def exponent_of_quotient(
    pair: MidpointForm, slope: float, offset: Array | float = 0.0, /
) -> Array:
    """``slope log(p / q) + offset`` as p falls to its value, replaced where it is inf."""
    xp = pair.xp
    exponent = slope * pair.accurate_log_ratio() + offset
    if_p_is_0 = -math.inf if slope > 0 else LOG_2
    if_q_is_0 = -math.inf if slope <= 0 else 0.0
    exponent = xp.where(pair.in_p, exponent, if_p_is_0)
    return xp.where(pair.in_q, exponent, if_q_is_0)
