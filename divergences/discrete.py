r"""Divergences of probability vectors, right to the last digits however close the two are.

Every function here is a mean under the midpoint ``m = (p + q) / 2`` of a function of one number
per outcome,

.. math:: \delta_i = \frac{p_i - q_i}{p_i + q_i} \in [-1, 1],

    KL(p || q) = \sum_i m_i \, 2 [(1 + \delta_i) \, \mathrm{artanh}\, \delta_i - \delta_i], \qquad
    JS(p, q) = \sum_i m_i \, [\delta_i \, \mathrm{artanh}\, \delta_i + \log(1 - \delta_i^2) / 2].

Every term is at least 0, so nothing cancels in the sums, and ``p - q`` is exact where it is small.
The textbook form ``sum p log(p / q)`` adds terms of both signs that cancel to the square of what
they are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import ArrayLike

from divergences import checks
from divergences.checks import Array

LOG_2 = 0.6931471805599453
SERIES_BELOW = 0.25  # |delta| from which the closed forms keep all but two bits
SERIES_TERMS = 14  # 0.25 ** (2 * 14) < 1e-16


def kl(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, base: float | None = None) -> Array:
    r"""Kullback-Leibler divergence KL(p || q), in nats (or in units of ``log(base)``).

    .. math:: \sum_i p_i \log (p_i / q_i), \qquad 0 \log 0 = 0

    Infinite where ``p`` has mass and ``q`` has none. Relative error of a few units in the last
    place, also for p close to q. Not symmetric: the expectation is under ``p``.

    Args:
        p: Probabilities, shape ``(..., k)``. Vectors that sum to 1 within 1e-9 (1e-5 in float32)
            are taken as exactly proportional to what was passed.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        axis: The axis that the outcomes are on.
        base: Unit of the result: 2 for bits; nats by default.

    Returns:
        Shape ``(...)``, values in [0, inf], in the array library, device and precision of ``p``
        and ``q``. In torch it carries gradients, finite wherever the value is, with 0 for the part
        of the term ``p_i log p_i`` at ``p_i = 0``.

    Raises:
        DistributionError: If ``p`` or ``q`` is no probability vector along ``axis``, or their
            shapes do not fit.

    Source:
        Kullback and Leibler 1951, "On information and sufficiency", eq. 2.4.

    >>> float(kl([0.5, 0.5], [0.9, 0.1]))
    0.5108256237659907
    >>> float(kl([0.5, 0.5], [1.0, 0.0]))
    inf
    """
    pair = _Pair.of(p, q, axis=axis)
    return pair.total(pair.kl_terms(), base)


def reverse_kl(
    p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    """Reverse Kullback-Leibler divergence KL(q || p), in nats (or in units of ``log(base)``).

    The same as ``kl(q, p)``: the expectation is under ``q``. With ``p`` the data and ``q`` the
    model this is the direction that drops modes. Arguments, result and errors as in `kl`.

    Args:
        p: Probabilities, shape ``(..., k)``.
        q: Probabilities, shape ``(..., k)``; the expectation is under ``q``.
        axis: The axis that the outcomes are on.
        base: Unit of the result: 2 for bits; nats by default.

    Returns:
        Shape ``(...)``, values in [0, inf].

    Raises:
        DistributionError: If ``p`` or ``q`` is no probability vector along ``axis``, or their
            shapes do not fit.

    >>> float(reverse_kl([0.5, 0.5], [0.9, 0.1]))
    0.3680642071684972
    """
    pair = _Pair.of(p, q, axis=axis)
    return pair.total(pair.mirrored().kl_terms(), base)


def js(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, base: float | None = None) -> Array:
    r"""Jensen-Shannon divergence, in nats (or in units of ``log(base)``).

    .. math:: KL(p || m) / 2 + KL(q || m) / 2, \qquad m = (p + q) / 2

    Symmetric to the last bit; 0 only for equal vectors, up to underflow; exactly ``log 2`` if no
    outcome has mass in both.

    Args:
        p: Probabilities, shape ``(..., k)``, summing to 1 as in `kl`.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        axis: The axis that the outcomes are on.
        base: Unit of the result: 2 for bits; nats by default.

    Returns:
        Shape ``(...)``, values in [0, log 2]. In torch it carries gradients, as in `kl`.

    Raises:
        DistributionError: If ``p`` or ``q`` is no probability vector along ``axis``, or their
            shapes do not fit.

    Source:
        Lin 1991, "Divergence measures based on the Shannon entropy", eq. 3.1 and theorem 3.

    >>> float(js([0.5, 0.5], [0.9, 0.1]))
    0.1017492250791967
    >>> float(js([1.0, 0.0], [0.0, 1.0], base=2))
    1.0
    """
    pair = _Pair.of(p, q, axis=axis)
    return pair.total(pair.js_terms(), base, most=LOG_2)


def js_distance(
    p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    r"""Jensen-Shannon distance, the square root of `js`: a metric between distributions.

    .. math:: \sqrt{JS(p, q)}

    Args:
        p: Probabilities, shape ``(..., k)``, summing to 1 as in `kl`.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        axis: The axis that the outcomes are on.
        base: Unit of the divergence under the root: 2 makes the largest distance 1; nats by
            default.

    Returns:
        Shape ``(...)``, values in [0, sqrt(log 2)]. At ``p = q``, a kink, the torch gradient is 0.

    Raises:
        DistributionError: If ``p`` or ``q`` is no probability vector along ``axis``, or their
            shapes do not fit.

    Source:
        Endres and Schindelin 2003, "A new metric for probability distributions", theorem 1.

    >>> float(js_distance([1.0, 0.0], [0.0, 1.0], base=2))
    1.0
    """
    pair = _Pair.of(p, q, axis=axis)
    return pair.total(pair.js_terms(), base, most=LOG_2, root=True)


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two batches of probability vectors along the last axis, float64, seen from their midpoint.

    Attributes:
        xp: The array namespace.
        p: First masses, as passed but for a common factor per outcome, shape ``(..., k)``.
        q: Second masses, likewise.
        midpoint: Half the sum of the normalised vectors.
        delta: ``(p - q) / (p + q)`` of the normalised vectors; 0 where both are 0.
        above: ``1 + delta``, to the last digits however small.
        below: ``1 - delta``, likewise.
        shift: ``(sum p - sum q) / (sum p + sum q)``, shape ``(..., 1)``: delta of the totals.
        dtype: Of the result.
    """

    xp: ModuleType
    p: Array
    q: Array
    midpoint: Array
    delta: Array
    above: Array
    below: Array
    shift: Array
    dtype: Array

    @classmethod
    def of(cls, p: Array, q: Array, *, axis: int) -> "_Pair":
        """Checked vectors with their midpoint and delta."""
        xp = checks.namespace(p=p, q=q)
        like = checks.first_array(p, q)
        p, q = checks.real_array("p", p, xp, like=like), checks.real_array("q", q, xp, like=like)
        dtype = xp.result_type(p, q)
        p = checks.probabilities("p", p, xp, axis=axis)
        q = checks.probabilities("q", q, xp, axis=axis)
        p, q = checks.broadcast_outcomes(p, q, xp)
        sums = xp.sum(p + q, axis=-1, keepdims=True)
        shift = xp.sum(p - q, axis=-1, keepdims=True) / sums
        half = (p + q) / sums
        # Masses so small that one over them is infinite are lifted; only quotients are taken.
        lift = 1 + 2.0**200 * xp.astype(p + q < 1e-290, xp.float64)
        p, q = p * lift, q * lift
        total = xp.where(p + q > 0, p + q, 1.0)
        u = (p - q) / total
        # Velocities add like this: delta of p/s against q/t, from delta of p against q and of s
        # against t.
        bend = 1 - u * shift
        delta = xp.where(p + q > 0, (u - shift) / bend, 0.0)
        above = 2 * (1 - shift) * (p / total) / bend
        below = 2 * (1 + shift) * (q / total) / bend
        midpoint = half * (bend / ((1 - shift) * (1 + shift)))
        return cls(xp, p, q, midpoint, delta, above, below, shift, dtype)

    def mirrored(self) -> "_Pair":
        """The same pair with p and q exchanged."""
        return _Pair(
            self.xp,
            self.q,
            self.p,
            self.midpoint,
            -self.delta,
            self.below,
            self.above,
            -self.shift,
            self.dtype,
        )

    def kl_terms(self) -> Array:
        """Terms of KL(p || q), each at least 0: ``2 m [(1 + delta) artanh(delta) - delta]``."""
        xp, delta = self.xp, self.delta
        small = xp.abs(delta) < SERIES_BELOW
        d = xp.where(small, delta, 0.0)
        series = d * d * (1 + (1 + d) * d * _power_series(d * d, lambda k: 1 / (2 * k + 3)))
        mass = self.p > 0
        far = mass & (self.q > 0) & ~small
        direct = self.above / 2 * self._log_ratio(far) - delta
        terms = 2 * self.midpoint * xp.where(small, series, direct)
        return xp.where(mass & (self.q == 0), xp.inf, terms)

    def js_terms(self) -> Array:
        """Terms of JS, each in [0, m log 2], the same to the last bit with p and q exchanged."""
        xp, delta = self.xp, self.delta
        small = xp.abs(delta) < SERIES_BELOW
        d = xp.where(small, delta, 0.0)
        series = d * d * _power_series(d * d, lambda k: 1 / ((2 * k + 2) * (2 * k + 1)))
        e = xp.where(small, 0.0, xp.abs(delta))
        rest = xp.where(delta > 0, self.below, self.above)  # 1 - e, whose digits e may not have
        log_rest = xp.where(e < 0.5, xp.log1p(-xp.where(e < 0.5, e, 0.0)), _log(rest, xp))
        direct = ((1 + e) * xp.log1p(e) + rest * log_rest) / 2
        return self.midpoint * xp.where(small, series, direct)

    def _log_ratio(self, where: Array) -> Array:
        """Log of p over q, both normalised, ``where`` both have mass; 0 elsewhere."""
        xp = self.xp
        p, q = xp.where(where, self.p, 1.0), xp.where(where, self.q, 1.0)
        # Where neither p / q nor its derivatives overflow.
        usual = (p > 1e-40 * q) & (q > 1e-40 * p)
        ratio = xp.where(usual, p, 1.0) / xp.where(usual, q, 1.0)
        log_ratio = xp.where(usual, xp.log(ratio), xp.log(p) - xp.log(q))
        return xp.where(where, log_ratio - xp.log1p(2 * self.shift / (1 - self.shift)), 0.0)

    def total(
        self, terms: Array, base: float | None, *, most: float = np.inf, root: bool = False
    ) -> Array:
        """Sum of the terms, at most ``most``, or its root, in the result's unit and precision."""
        xp = self.xp
        result = xp.sum(terms, axis=-1)
        if most < np.inf:
            disjoint = xp.all((self.p == 0) | (self.q == 0), axis=-1)
            result = xp.where(disjoint | (result > most), most, result)
        result = result / checks.log_base(base)
        if root:
            result = xp.where(result > 0, xp.sqrt(xp.where(result > 0, result, 1.0)), 0.0)
        return checks.scalar(result, self.dtype, xp)


def _log(x: Array, xp: ModuleType) -> Array:
    """Logarithm, 0 at 0: for 0 log 0 = 0, with a finite gradient."""
    positive = x > 0
    return xp.where(positive, xp.log(xp.where(positive, x, 1.0)), 0.0)


def _power_series(x: Array, coefficient: Callable[[int], float]) -> Array:
    """Sum over k of ``coefficient(k) * x**k``, by Horner's rule."""
    result = x * 0 + coefficient(SERIES_TERMS)
    for k in reversed(range(SERIES_TERMS)):
        result = result * x + coefficient(k)
    return result
