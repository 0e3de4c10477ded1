"""Divergences of blocks of numpy vectors: the formulas of `formulas`, in place.

Each function returns terms whose sum, times a scale, over ``sum(p + q) (1 - t^2)`` is the
divergence, and may overwrite the block.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from divergences._discrete.formulas import LOG_2
from divergences._discrete.midpoint import MidpointForm
from divergences._discrete.outcome_block import (
    HALF,
    ONE,
    SMALLEST,
    ZERO,
    OutcomeBlock,
    horner,
    small_entries,
)
from divergences._discrete.series import ARTANH_COEFFICIENTS, JS_COEFFICIENTS
from divergences._typing import Array, Floats

QUARTER = np.array(0.25)
MAX_ACCURATE_DELTA = np.array(1 - 1e-3)  # above, 1 minus it cancels
ARTANH_SERIES = tuple(map(np.array, ARTANH_COEFFICIENTS))
JS_SERIES = tuple(map(np.array, JS_COEFFICIENTS))


@dataclass(frozen=True, slots=True)
class BlockFormula:
    """A divergence of blocks.

    Attributes:
        terms: Terms of a block.
        scale: Factor of their sum.
        largest: The value for disjoint supports, the largest one.
        needs_minor: Whether the terms depend on `OutcomeBlock.q_minor`.
        finish: Changes values, given the pairs.
    """

    terms: Callable[[OutcomeBlock], Floats]
    scale: float = 1.0
    largest: float = np.inf
    needs_minor: bool = False
    finish: Callable[[Floats, Any], None] | None = None


@dataclass(frozen=True, slots=True)
class BodyInBlocks:
    """A divergence of blocks by its body for every namespace.

    Attributes:
        body: The body.
    """

    body: Callable[[MidpointForm], Array]


Formula = BlockFormula | BodyInBlocks


def _kl_terms(block: OutcomeBlock) -> Floats:
    """Half the terms of KL(p || q), by the formula of `formulas.kl`."""
    delta, weight = block.delta_and_weight()
    small, d = small_entries(delta, np.abs(delta))
    if small.size == delta.size:  # close vectors need no logarithm
        terms = weight
    else:
        terms = block.log_ratio()
        terms *= block.p
        terms *= ONE - block.t
        delta *= weight
        terms -= delta
    if small.size:
        square = d * d
        series = horner(square, ARTANH_SERIES)
        series *= d
        d += ONE
        series *= d
        series += ONE
        series *= square
        series *= weight.take(small)
        terms.reshape(-1)[small] = series
    return terms


def _reverse_kl_terms(block: OutcomeBlock) -> Floats:
    """Half the terms of KL(q || p)."""
    return _kl_terms(swapped(block))


def _jeffreys_terms(block: OutcomeBlock) -> Floats:
    """Half the terms of the Jeffreys divergence, ``m |delta log(p / q)|``."""
    delta, weight = block.delta_and_weight()
    np.abs(delta, delta)
    weight *= delta
    terms = block.abs_log_ratio(delta)
    terms *= weight
    return terms


def _js_terms(block: OutcomeBlock) -> Floats:
    """Half the terms of JS, by the formula of `formulas.js`."""
    delta, weight = block.delta_and_weight()
    magnitude = np.abs(delta)
    small, d = small_entries(delta, magnitude)
    if small.size < delta.size:
        one_minus = ONE - magnitude
        inaccurate = (magnitude > MAX_ACCURATE_DELTA).reshape(-1).nonzero()[0]
        if inaccurate.size:
            one_minus.reshape(-1)[inaccurate] = block.one_minus_abs_delta(inaccurate, weight)
        terms = np.log1p(magnitude)
        magnitude += ONE
        terms *= magnitude
        np.maximum(one_minus, SMALLEST, out=magnitude)
        logs = np.log(magnitude, magnitude)
        logs *= one_minus
        terms += logs
        terms *= QUARTER
    else:
        terms = magnitude
    if small.size:
        d *= d
        series = horner(d, JS_SERIES)
        series *= d
        series *= HALF
        terms.reshape(-1)[small] = series
    terms *= weight
    return terms


def _total_variation_terms(block: OutcomeBlock) -> Floats:
    """Absolute differences."""
    difference = block.normalized_difference()
    return np.abs(difference, difference)


def _squared_hellinger_terms(block: OutcomeBlock) -> Floats:
    """``(sqrt(p) - sqrt(q))^2`` from the difference of p and q."""
    difference = block.normalized_difference()
    roots = np.sqrt(block.p * (ONE - block.t))
    roots += np.sqrt(block.q * (ONE + block.t))
    if block.extreme:
        np.maximum(roots, SMALLEST, out=roots)
    difference /= roots
    difference *= difference
    return difference


def _chi2_terms(block: OutcomeBlock) -> Floats:
    """``((p - q) / sqrt(q))^2``: the quotient by q itself may overflow."""
    quotient = block.normalized_difference()
    roots = np.sqrt(block.q * (ONE + block.t))
    if block.extreme:
        infinite = block.is_infinite()
        np.maximum(roots, SMALLEST, out=roots)
        quotient /= roots
        quotient[infinite] = np.inf
    else:
        quotient /= roots
    quotient *= quotient
    return quotient


def _cross_entropy_terms(block: OutcomeBlock) -> Floats:
    """Half the terms of the cross entropy, by the formula of `cross_entropies.log_normalized`."""
    logs = np.log(block.q)
    logs -= np.log(block.q_total)
    major = (block.q > block.q_total * HALF).reshape(-1).nonzero()[0]
    if major.size:
        log_major = np.broadcast_to(np.log1p(-block.q_minor / block.q_total), logs.shape)
        logs.reshape(-1)[major] = log_major[np.unravel_index(major, logs.shape)]
    if block.extreme:
        logs[block.p == ZERO] = 0
    logs *= block.p
    logs *= block.t - ONE
    return logs


def swapped(block: OutcomeBlock) -> OutcomeBlock:
    """The same block with p and q exchanged."""
    return OutcomeBlock(
        block.q,
        block.p,
        np.negative(block.difference, block.difference),
        -block.t,
        block.extreme,
        totals_agree=block.totals_agree,
    )


KL = BlockFormula(_kl_terms, 2.0)
REVERSE_KL = BlockFormula(_reverse_kl_terms, 2.0)
JEFFREYS = BlockFormula(_jeffreys_terms, 2.0)
JS = BlockFormula(_js_terms, 2.0, LOG_2)
TOTAL_VARIATION = BlockFormula(_total_variation_terms, 1.0, 1.0)
SQUARED_HELLINGER = BlockFormula(_squared_hellinger_terms, 1.0, 1.0)
CHI2 = BlockFormula(_chi2_terms, 2.0)
CROSS_ENTROPY = BlockFormula(_cross_entropy_terms, 2.0, needs_minor=True)
