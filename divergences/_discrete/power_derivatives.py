"""Renyi, alpha and chi-squared divergences with their derivatives.

With ``S = sum p^a q^(1 - a)``, the derivative of S by p_i, minus its mean, is
``a [(p_i / q_i)^(a - 1) - S]``, and that by q_i is ``(1 - a) [(p_i / q_i)^a - S]``.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from divergences._discrete import (
    block_formulas,
    derivatives,
    formulas,
    power_blocks,
    power_divergences,
)
from divergences._discrete.derivative import (
    Derivative,
    Divergence,
    QuotientPart,
    exponent_of_quotient,
    log_mass,
)
from divergences._discrete.midpoint import MidpointForm
from divergences._discrete.power_sum import log_powers
from divergences._typing import Array

LARGE_LOG_SUM = 30.0  # of S: exponents are then taken from the shares of its terms
NEGLIGIBLE_ORDER = 1e-290  # the derivative differs from that at 0 by less than rounding

LogSum = Callable[[MidpointForm, Array], Array]
"""``log S``, given the value of the divergence."""


@functools.lru_cache(maxsize=64)
def renyi(order: float, /) -> Divergence:
    """The Renyi divergence of an order of at least 0."""

    def value(pair: MidpointForm) -> Array:
        return power_divergences.renyi(pair, order)

    def log_sum(_pair: MidpointForm, value: Array) -> Array:
        return (order - 1) * value

    if order == 1:
        return derivatives.KL
    if order == math.inf:
        return Divergence(value, _maximum_by_p, _maximum_by_q, blocks=power_blocks.renyi(order))
    divergence = _divergence(value, order, log_sum, factor=None)
    return replace(divergence, blocks=power_blocks.renyi(order))


@functools.lru_cache(maxsize=64)
def alpha(order: float, /) -> Divergence:
    """The alpha divergence of an order."""

    def value(pair: MidpointForm) -> Array:
        return power_divergences.alpha(pair, order)

    def log_sum(pair: MidpointForm, value: Array) -> Array:
        if 0 < order < 1:
            return (order - 1) * power_divergences.renyi(pair, order)
        xp = pair.xp
        excess = order * ((order - 1) * value)  # S - 1
        moderate = excess < 1e300
        log_unit = math.log(abs(order)) + math.log(abs(order - 1))
        by_logs = xp.log(xp.where(moderate, 1.0, value)) + log_unit
        return xp.where(moderate, xp.log1p(xp.where(moderate, excess, 0.0)), by_logs)

    if order == 1:
        return derivatives.KL
    if abs(order) < NEGLIGIBLE_ORDER:
        reverse_kl = derivatives.REVERSE_KL
        blocks = power_blocks.alpha(order) if order else reverse_kl.blocks
        return Divergence(value, reverse_kl.by_p, reverse_kl.by_q, blocks=blocks)
    divergence = _divergence(value, order, log_sum, factor=1.0)
    return replace(divergence, blocks=power_blocks.alpha(order))


def _divergence(
    value: formulas.Formula, order: float, log_sum: LogSum, *, factor: float | None
) -> Divergence:
    """Divergence with the derivatives of ``factor (S - 1) / (a (a - 1))``.

    Args:
        value: The divergence.
        order: a, other than 1.
        log_sum: ``log S``.
        factor: The factor; None for the derivatives of ``log(S) / (a - 1)``.

    Returns:
        The value with its derivatives.
    """
    log_order, log_distance = (math.log(abs(x)) if x else -math.inf for x in (order, order - 1))
    if factor is None:
        offsets = log_order - log_distance, 0.0
    else:
        offsets = math.log(factor) - log_distance, math.log(factor) - log_order

    def by_p(pair: MidpointForm, v: Array) -> Derivative:
        logs = log_sum(pair, v)[..., None]
        coefficient = offsets[0] + (logs if factor else 0 * pair.midpoint)
        exponent = _exponent(pair, order - 1, order, logs)
        magnitude = pair.xp.exp(coefficient) * abs(logs)
        zero, sign = 0 * pair.midpoint, math.copysign(1, order - 1)
        return Derivative(zero, zero + magnitude, QuotientPart(sign, coefficient, exponent))

    def by_q(swapped: MidpointForm, v: Array) -> Derivative:
        logs = log_sum(swapped.swapped(), v)[..., None]
        coefficient = offsets[1] + (logs if factor else 0 * swapped.midpoint)
        exponent = _exponent(swapped, -order, 1 - order, logs)
        magnitude = swapped.xp.exp(coefficient) * abs(logs)
        zero, sign = 0 * swapped.midpoint, math.copysign(1, -order)
        return Derivative(zero, zero + magnitude, QuotientPart(sign, coefficient, exponent))

    return Divergence(value, by_p, by_q)


def _exponent(pair: MidpointForm, slope: float, order: float, log_sum: Array) -> Array:
    """``slope log(p / q) - log S``, where S is ``sum p^order q^(1 - order)``."""
    xp = pair.xp
    exponent = exponent_of_quotient(pair, slope, -log_sum)
    # Where S is large, slope log(p / q) and log S cancel or overflow; the shares do not.
    with np.errstate(all="ignore"):
        forward, a = (pair, order) if order > 0 else (pair.swapped(), 1 - order)
        logs, scale = log_powers(forward, a)
        largest = xp.max(logs, axis=-1, keepdims=True)
        below = scale * (logs - xp.where(largest > -xp.inf, largest, 0.0))
        total = xp.log(xp.sum(xp.exp(below), axis=-1, keepdims=True))
        by_shares = below - total - log_mass(pair)
    large = pair.in_p & pair.in_q & (xp.abs(log_sum) > LARGE_LOG_SUM)
    return xp.where(large, by_shares, exponent)


def _maximum_by_p(pair: MidpointForm, _value: Array) -> Derivative:
    """``1 / p(A) - 1`` on the set A of outcomes where ``p / q`` is largest, -1 elsewhere."""
    xp, shared = pair.xp, pair.in_p & pair.in_q
    log_ratio = xp.where(shared, pair.accurate_log_ratio, -xp.inf)
    attained = shared & (log_ratio == xp.max(log_ratio, axis=-1, keepdims=True))
    log_p = xp.where(attained, log_mass(pair), -xp.inf)
    largest = xp.max(log_p, axis=-1, keepdims=True)
    largest = xp.where(largest > -xp.inf, largest, 0.0)
    mass = xp.sum(xp.where(attained, xp.exp(log_p - largest), 0.0), axis=-1, keepdims=True)
    exponent = -largest - xp.log(xp.where(mass > 0, mass, 1.0))
    zero = 0 * pair.midpoint
    exponent = xp.where(attained, exponent + zero, -xp.inf)
    return Derivative(zero, zero, QuotientPart(1.0, zero, exponent))


def _maximum_by_q(swapped: MidpointForm, value: Array) -> Derivative:
    """``1 - 1 / q(A)`` on the same set, 1 elsewhere."""
    xp, zero = swapped.xp, swapped.midpoint * 0
    pair = swapped.swapped()
    by_p = _maximum_by_p(pair, value).quotient
    # p / q is exp(value) on A.
    exponent = zero - xp.inf if by_p is None else by_p.exponent + value[..., None]
    exponent = xp.where(pair.in_p, exponent, -xp.inf)
    return Derivative(zero, zero, QuotientPart(-1.0, zero, exponent))


def _log_sum_of_chi2(pair: MidpointForm, value: Array) -> Array:
    """``log S`` of order 2."""
    return pair.xp.log1p(value)


# Twice the alpha divergence of order 2.
CHI2 = replace(
    _divergence(formulas.chi2, 2.0, _log_sum_of_chi2, factor=2.0), blocks=block_formulas.CHI2
)
