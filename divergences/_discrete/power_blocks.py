r"""Renyi and alpha divergences of blocks of numpy vectors.

The terms are those of `power_sum`; with G the function ``(exp(-z) - 1 + z) / z^2``, the gaps x, y
and the largest number t, each is ``L [t x exp(-x) G(-x) + t exp(-x) y G(y)]`` over a span. Vectors
whose power sum overflows, and orders beyond `MAX_ORDER`, are left to the body for every namespace.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from divergences._discrete import block_formulas, power_divergences
from divergences._discrete.block_formulas import BlockFormula, BodyInBlocks, Formula
from divergences._discrete.midpoint import MidpointForm
from divergences._discrete.outcome_block import ONE, TWO, ZERO, OutcomeBlock, horner
from divergences._discrete.pair_blocks import LongPair, PairBlock
from divergences._typing import Array, Floats

Body = Callable[[MidpointForm], Array]

MIN_ORDER, MAX_ORDER = 1e-290, 64.0
MAX_VALUE = 1e100  # a scaled sum does not overflow below it
MIN_TOTAL = 1e-290  # of masses without subnormal numbers
MAX_DISTANT_SUM = 0.5  # a smaller power sum is not computed from its difference from 1

# (exp(-z) - 1 + z) / z^2 for |z| < 1 interpolated at Chebyshev nodes, relative error 3e-17.
GAP_COEFFICIENTS = tuple(
    map(
        np.array,
        (
            0.5,
            -0.16666666666666666,
            0.041666666666666664,
            -0.008333333333333236,
            0.0013888888888888835,
            -0.0001984126984137474,
            2.4801587301645516e-05,
            -2.7557319174051555e-06,
            2.755731919627328e-07,
            -2.505212058452295e-08,
            2.0876763758519634e-09,
            -1.6057448519013338e-10,
            1.1469860083749003e-11,
            -7.753289909061301e-13,
            4.838397490830109e-14,
        ),
    )
)


def renyi(order: float, /) -> Formula:
    """Blocks of the Renyi divergence of an order of at least 0, except 1."""

    def body(pair: MidpointForm) -> Array:
        return power_divergences.renyi(pair, order)

    formula = _of_power_sum(order, order)
    if formula is None:
        return BodyInBlocks(body)
    return replace(formula, finish=partial(_renyi, order=order, body=body), largest=math.inf)


def alpha(order: float, /) -> Formula:
    """Blocks of the alpha divergence of an order, except 0 and 1."""

    def body(pair: MidpointForm) -> Array:
        return power_divergences.alpha(pair, order)

    formula = _of_power_sum(order, 1.0)
    if formula is None:
        return BodyInBlocks(body)
    return replace(formula, finish=partial(_replace_by_body, order=order, body=body))


def _of_power_sum(order: float, amount: float) -> BlockFormula | None:
    """Blocks of the alpha divergence of an order times an amount; None for extreme orders."""
    if order == 0.5:
        return replace(block_formulas.SQUARED_HELLINGER, scale=4 * amount, largest=4 * amount)
    if order == 2:
        return replace(block_formulas.CHI2, scale=amount)
    if not MIN_ORDER < abs(order) <= MAX_ORDER:
        return None
    terms = partial(_terms, order=order, amount=amount)
    largest = amount / order / (1 - order) if 0 < order < 1 else math.inf
    return BlockFormula(terms, 2.0, largest)


def _terms(block: OutcomeBlock, /, *, order: float, amount: float) -> Floats:
    """Half the terms of ``amount (S - 1) / (a (a - 1))``."""
    if order < 0:
        return _terms(block_formulas.swapped(block), order=1 - order, amount=amount)
    p, q = block.p * (ONE - block.t), block.q * (ONE + block.t)
    delta, _ = block.delta_and_weight()
    p_is_larger = delta > ZERO
    distance = block.abs_log_ratio(np.abs(delta, delta))
    upper, lower = abs(order - 1), min(order, 1.0)
    # Of log(top / middle) and log(middle / bottom), for p > q and for q > p.
    x = distance * np.where(p_is_larger, upper, lower)
    y = distance * np.where(p_is_larger, lower, upper)
    if block.extreme:
        x[~(x < np.inf)] = y[~(y < np.inf)] = 1  # not used
    gaps = np.stack([-x, y])
    quotients = _gap_function(gaps)
    decay = np.exp(gaps[0])
    terms = quotients[1] * y
    terms *= decay
    terms += _upper_part(x, quotients[0], decay)
    terms *= np.maximum(p, q)
    if order > 1:
        powers = np.flatnonzero(p_is_larger)
        arrays = [a.take(powers) for a in (p, q, x, y, distance, quotients[0], quotients[1])]
        terms.reshape(-1)[powers] = _terms_of_largest_power(order, *arrays)
    terms *= distance
    terms *= amount / max(order, 1.0)
    if block.extreme:
        for absent, mass, factor in (
            (block.p == ZERO, q, amount / order),
            (block.q == ZERO, p, amount / (1 - order) if order < 1 else np.inf),
        ):
            terms[absent] = np.where(mass[absent] > 0, mass[absent] * factor, 0)
    return terms


def _gap_function(z: Floats) -> Floats:
    """``(exp(-z) - 1 + z) / z^2`` for z of at least -1; of no meaning below."""
    values = horner(np.minimum(z, ONE), GAP_COEFFICIENTS)
    large = (z > ONE).reshape(-1).nonzero()[0]
    if large.size:
        distant = z.take(large)
        values.reshape(-1)[large] = (np.expm1(-distant) + distant) / distant / distant
    return values


def _upper_part(x: Floats, quotients: Floats, decay: Floats) -> Floats:
    """``[1 - (1 + x) exp(-x)] / x``."""
    values = quotients * x
    values *= decay
    large = (x > ONE).reshape(-1).nonzero()[0]
    if large.size:
        distant = x.take(large)
        values.reshape(-1)[large] = (ONE - (ONE + distant) * decay.take(large)) / distant
    return values


def _terms_of_largest_power(
    order: float,
    p: Floats,
    q: Floats,
    x: Floats,
    y: Floats,
    distance: Floats,
    upper_quotients: Floats,
    lower_quotients: Floats,
) -> Floats:
    """Terms where the power is larger than p, which is larger than q: ``(exp(x) - 1 - x) / x``."""
    growth = x * upper_quotients
    large = (x > ONE).nonzero()[0]
    if large.size:
        exponents = x.take(large)
        powers = np.expm1(exponents)
        distant = (distance.take(large) > ONE).nonzero()[0]
        if distant.size:
            indices = large[distant]
            powers[distant] = (p.take(indices) / q.take(indices)) ** (order - 1) - 1
        growth[large] = (powers - exponents) / exponents
    growth += lower_quotients * y
    growth *= p
    return growth


def _renyi(values: Floats, pairs: PairBlock | LongPair, /, *, order: float, body: Body) -> None:
    """Renyi divergences in the place of ``(S - 1) / (a - 1)``."""
    x = (order - 1) * values
    rounded = ONE + x
    shift = rounded - ONE
    # log(1 + x) / x by Kahan's quotient, as in `power_divergences.renyi`.
    growth = np.where(shift == 0, ONE - x / TWO, np.log(rounded) / shift)
    distant = np.flatnonzero(x <= -MAX_DISTANT_SUM)
    values *= np.where(values < MAX_VALUE, growth, ONE)  # larger ones are replaced
    np.maximum(values, ZERO, out=values)
    if distant.size:
        terms = partial(_power_sum_terms, order=order)
        sums = pairs.sum_of_terms_at(terms, distant, 1.0) * TWO / pairs.sums.norm[distant]
        values[distant] = np.log(sums) / (order - 1)
    _replace_by_body(values, pairs, order=order, body=body)


def _replace_by_body(
    values: Floats, pairs: PairBlock | LongPair, /, *, order: float, body: Body
) -> None:
    """Replace values that may have overflowed, or depend on the rounding of subnormal masses."""
    between = 0 < order < 1
    unsure = np.zeros(values.shape, dtype=bool) if between else ~(values < MAX_VALUE)
    if pairs.sums.extreme:
        rows = np.flatnonzero(unsure)
        if rows.size:
            outside = partial(_is_outside, sides=(0, 1) if order > 1 else (1, 0))
            infinite = rows[pairs.have_outcome(rows, outside)]
            values[infinite], unsure[infinite] = np.inf, False
        rows = np.flatnonzero(values < (MIN_TOTAL if between else np.inf))
        if rows.size:
            unsure[rows[pairs.have_outcome(rows, _is_tiny)]] = True
    rows = np.flatnonzero(unsure)
    if rows.size:
        values[rows] = pairs.by_body(body, rows)


def _is_outside(*masses: Floats, sides: tuple[int, int]) -> Any:
    """Whether only the first of the two has mass."""
    return (masses[sides[0]] > 0) & (masses[sides[1]] == 0)


def _is_tiny(p: Floats, q: Floats) -> Any:
    """Whether a mass is so small that its quotients may overflow."""
    return ((p > 0) & (p < MIN_TOTAL)) | ((q > 0) & (q < MIN_TOTAL))


def _power_sum_terms(block: OutcomeBlock, /, *, order: float) -> Floats:
    """Half the terms of the power sum of an order in (0, 1)."""
    powers = (block.p * (ONE - block.t)) ** order
    powers *= (block.q * (ONE + block.t)) ** (1 - order)
    return powers
