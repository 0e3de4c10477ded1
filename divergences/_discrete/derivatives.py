"""The divergences of two distributions, each with its derivatives in closed form."""

from dataclasses import replace

from divergences._discrete import block_formulas, formulas
from divergences._discrete.derivative import (
    Derivative,
    Divergence,
    QuotientPart,
    exponent_of_quotient,
    of_logarithms,
)
from divergences._discrete.formulas import LOG_2
from divergences._discrete.midpoint import MidpointForm
from divergences._discrete.series import bennett_function
from divergences._typing import Array


def _log_ratio(pair: MidpointForm) -> Array:
    """``log(p / q)``, -1 where only q has mass and 0 outside the support of q."""
    log_ratio = pair.accurate_log_ratio
    return pair.xp.where(pair.in_q & ~pair.in_p, -1.0, log_ratio)


def _kl_by_p(pair: MidpointForm, value: Array) -> Derivative:
    return of_logarithms(_log_ratio(pair), value)


def _quotient(pair: MidpointForm, _value: Array | None) -> Derivative:
    """``1 - q / p``: the derivative of KL(q || p), or of a cross entropy, by p."""
    zero = pair.midpoint * 0
    exponent = exponent_of_quotient(pair, -1.0)
    return Derivative(zero, zero, QuotientPart(-1.0, zero, exponent, is_reciprocal=True))


def _jeffreys(pair: MidpointForm, _value: Array) -> Derivative:
    return replace(_kl_by_p(pair, formulas.kl(pair)), quotient=_quotient(pair, None).quotient)


def _js(pair: MidpointForm, _value: Array) -> Derivative:
    """``[log(p / m) - KL(p || m)] / 2``."""
    xp = pair.xp
    medium = xp.abs(pair.delta) < 0.5
    log_p_over_m = xp.where(
        medium,
        xp.log1p(xp.where(medium, pair.delta, 0.0)),
        xp.log(xp.where(pair.in_p & ~medium, pair.p_over_m, 1.0)),
    )
    log_p_over_m = xp.where(pair.in_q & ~pair.in_p, -1.0, log_p_over_m)
    log_p_over_m = xp.where(pair.in_q, log_p_over_m, LOG_2)
    mean = xp.sum(pair.midpoint * bennett_function(pair.delta, pair.p_over_m, xp), axis=-1)
    return of_logarithms(log_p_over_m / 2, mean / 2)


def _total_variation(pair: MidpointForm, _value: Array) -> Derivative:
    """Half the sign of ``p - q``, minus its mean."""
    sign = pair.xp.sign(pair.delta)
    mean = pair.xp.sum(pair.p * sign, axis=-1)
    return of_logarithms(sign / 2, mean / 2)


def _squared_hellinger(pair: MidpointForm, value: Array) -> Derivative:
    """``[1 - H^2 - sqrt(q / p)] / 2``."""
    zero = pair.midpoint * 0
    linear = zero - value[..., None] / 2
    part = QuotientPart(-1.0, zero - LOG_2, exponent_of_quotient(pair, -0.5))
    return Derivative(linear, -linear, part)


KL = Divergence(formulas.kl, _kl_by_p, _quotient, blocks=block_formulas.KL)
REVERSE_KL = Divergence(
    lambda pair: formulas.kl(pair.swapped()),
    _quotient,
    _kl_by_p,
    blocks=block_formulas.REVERSE_KL,
)
JEFFREYS = Divergence(formulas.jeffreys, _jeffreys, _jeffreys, blocks=block_formulas.JEFFREYS)
JS = Divergence(formulas.js, _js, _js, formulas.js_distance, block_formulas.JS)
TOTAL_VARIATION = Divergence(
    formulas.total_variation,
    _total_variation,
    _total_variation,
    blocks=block_formulas.TOTAL_VARIATION,
)
SQUARED_HELLINGER = Divergence(
    formulas.squared_hellinger,
    _squared_hellinger,
    _squared_hellinger,
    formulas.hellinger,
    block_formulas.SQUARED_HELLINGER,
)
