"""Validation and normalization of two histograms, and the excess of one over the other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from divergences import _checks
from divergences._checks.probabilities import total_tolerance
from divergences._transport.double_double import DoubleFloats, have_equal_totals
from divergences._transport.exact_arithmetic import ExactExcess
from divergences._transport.excess import (
    NEGLIGIBLE,
    exact_total,
    lacks_digits,
    normalized_excess,
    plain_excess,
)
from divergences._typing import Array, Floats
from divergences.errors import DistributionError

MAX_EXACT_PIXELS = 1 << 14  # of which integers take hundredths of a second


@dataclass(frozen=True, slots=True)
class Masses:
    """Two histograms of total 1, in float64 and the shape of the grid.

    Attributes:
        p: Masses of the sources.
        q: Masses of the targets.
        excess: Those of the sources less those of the targets, each right to its last digits.
        unrounded: Masses of any total, of which p and q are the rounded shares.
    """

    p: Floats
    q: Floats
    excess: Floats
    unrounded: tuple[Floats, Floats]

    @property
    def exact_excess(self) -> ExactExcess:
        """The excess without rounding."""
        return ExactExcess.of(*self.unrounded)


def normalized_masses(p: Array, q: Array, xp: ModuleType, /) -> Masses:
    """The masses of one problem, divided by their totals.

    Args:
        p: Masses of the sources, in the shape of the grid.
        q: Masses of the targets, likewise.
        xp: Namespace of both.

    Returns:
        The masses.

    Raises:
        DistributionError: If an entry is negative, infinite or NaN, all are 0, or the totals
            differ.
    """
    (p_scaled, p_exponent), (q_scaled, q_exponent) = (
        _scaled(name, array, xp) for name, array in (("p", p), ("q", q))
    )
    p_total, q_total = exact_total(p_scaled), exact_total(q_scaled)
    _require_equal_totals((p_total, p_exponent), (q_total, q_exponent), total_tolerance(xp, p, q))
    excess = normalized_excess(p_scaled, p_total, q_scaled, q_total)
    shares = p_scaled / p_total[0], q_scaled / q_total[0]
    unrounded = _float64(p), _float64(q)
    if excess.size <= MAX_EXACT_PIXELS:
        flat = excess.ravel(), shares[0].ravel(), shares[1].ravel()
        agree = have_equal_totals(p_scaled.ravel(), q_scaled.ravel())
        if lacks_digits(*flat, agree, negligible=NEGLIGIBLE):
            excess = ExactExcess.of(*unrounded).rounded()
    return Masses(*shares, excess, unrounded)


def small_excesses(p: Array, q: Array, xp: ModuleType, /) -> Floats | None:
    """The excess in each problem of a batch, without a message about which one is invalid.

    Args:
        p: Masses of the sources, shape ``(k, ...)``, in numpy.
        q: Masses of the targets, likewise.
        xp: Namespace of both.

    Returns:
        The excesses, shape ``(k, n)``; None if the problems need a look one by one.
    """
    rows = (np.asarray(a, dtype=np.float64).reshape(a.shape[0], -1) for a in (p, q))
    return plain_excess(*rows, tolerance=total_tolerance(xp, p, q) / 2)


def _scaled(name: str, array: Array, xp: ModuleType) -> tuple[Floats, int]:
    """Checked masses divided by a power of 2, so that the largest is near 1, and its exponent."""
    _checks.non_negative(name, array, xp)
    values = _float64(array)
    largest = float(values.max())
    if not largest:
        raise DistributionError(f"`{name}` must hold some mass, but all of its entries are 0")
    exponent = math.frexp(largest)[1]
    return np.ldexp(values, -exponent), exponent


def _float64(array: Array) -> Floats:
    """Values as a numpy array."""
    values: Floats = _checks.numpy_values(array).astype(np.float64, copy=False)
    return values


def _require_equal_totals(
    p: tuple[DoubleFloats, int], q: tuple[DoubleFloats, int], tolerance: float
) -> None:
    """Refuse totals, each of scaled masses and with its exponent, that differ."""
    unit = max(p[1], q[1])
    p_total, q_total = (math.ldexp(float(total[0]), e - unit) for total, e in (p, q))
    if abs(p_total - q_total) > tolerance * max(p_total, q_total):
        ratio = p_total / q_total if q_total else math.inf
        raise DistributionError(
            f"`p` and `q` must have the same total mass, but sum(p) / sum(q) = {ratio!r}; "
            "normalize both: p / p.sum() and q / q.sum(), or by p.sum(axis=axes, keepdims=True) "
            "for a batch"
        )
