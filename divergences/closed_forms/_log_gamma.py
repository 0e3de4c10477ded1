r"""KL of Gamma and Beta distributions as Bregman divergences of log-gamma functions.

The Bregman divergence of a convex function F is computed as

.. math:: F(\theta_q) - F(\theta_p) - F'(\theta_p) (\theta_q - \theta_p)
    = \int_0^1 (1 - t) \, \frac{d^2}{dt^2} F(\theta_p + t (\theta_q - \theta_p)) \, dt,

by the right side, a sum of non-negative terms. Trigamma enters through

.. math:: h''(u) = \psi'(u) - 1/u = \frac{1}{u^2 (u + 1)} + h''(u + 1) > 0.
"""

import math
from collections.abc import Callable

import numpy as np

from divergences._typing import Floats

WeightedSquares = list[tuple[Floats, Floats]]
"""Pairs (c, x) such that the sum of c x^2 is the second derivative."""

TRIGAMMA_SHIFT = 20  # at larger arguments the asymptotic series of trigamma has an error of 1e-18
# B_2, B_4, ...: psi'(z) = 1/z + 1/(2 z^2) + sum_n B_2n / z^(2n + 1), Abramowitz and Stegun 6.4.12.
BERNOULLI_NUMBERS = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)
# Error (3 + sqrt 8)^-32 = 3e-25 of 16 nodes on panels where no parameter more than doubles.
GAUSS_NODES, GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(16)


def gamma_shape_kl(p_shape: float, q_shape: float) -> float:
    """KL of Gamma distributions of equal means and different shapes."""

    def squares(shape: Floats, step: Floats) -> WeightedSquares:
        return [(scaled_trigamma_remainder(shape[0]), step[0] / shape[0])]

    return _bregman_divergence(squares, np.array([p_shape]), np.array([q_shape]))


def beta_kl(p: tuple[float, float], q: tuple[float, float], growth_difference: float) -> float:
    r"""KL of Beta distributions.

    With s = a + b, x = da / a, y = db / b and g = `scaled_trigamma_remainder`, the second
    derivative of log B(a, b) is
    (a b / s) (1 + g(s) / s) (x - y)^2 + D(a, b) x^2 + D(b, a) y^2,
    D(a, b) = a^2 [h''(a) - h''(s)] - g(s) a b / s^2, at least half of its first term.

    Args:
        p: Alpha and beta of p.
        q: Alpha and beta of q.
        growth_difference: ``q_alpha / p_alpha - q_beta / p_beta``, rounded once.

    Returns:
        A value in [0, inf].
    """

    def squares(theta: Floats, step: Floats) -> WeightedSquares:
        (a, b), (x, y) = theta, step / theta
        s = a + b
        g = scaled_trigamma_remainder(s)
        mixed = g * (a / s) * (b / s)
        ratios = p[0] / a, p[1] / b
        # x - y, multiplied by the smaller ratio first to avoid overflow
        x_minus_y = growth_difference * np.minimum(*ratios) * np.maximum(*ratios)
        own = [(scaled_trigamma_difference(u, v) - mixed, z) for u, v, z in ((a, b, x), (b, a, y))]
        return [(a / s * b * (1 + g / s), x_minus_y), *own]

    return _bregman_divergence(squares, np.array(p), np.array(q))


def scaled_trigamma_remainder(u: Floats) -> Floats:
    """``u^2 h''(u) = u^2 trigamma(u) - u``, decreasing from 1 at 0 to 1/2 at infinity."""
    shifted = u + np.arange(TRIGAMMA_SHIFT).reshape(-1, *[1] * u.ndim)
    z = u + TRIGAMMA_SHIFT
    series = sum(b * z ** (1.0 - 2 * n) for n, b in enumerate(BERNOULLI_NUMBERS, start=1))
    return np.sum((u / shifted) ** 2 / (shifted + 1), axis=0) + (u / z) ** 2 * (0.5 + series)


def scaled_trigamma_difference(u: Floats, v: Floats) -> Floats:
    """``u^2 [h''(u) - h''(u + v)]``, term by term of the sums above, without cancellation."""
    shape = (-1, *[1] * u.ndim)
    low = u + np.arange(TRIGAMMA_SHIFT).reshape(shape)
    high = low + v
    r = low / high
    rational = (high * (1 + r + r * r) + 1 + r) / (high + 1) * (v / high)
    z = u + TRIGAMMA_SHIFT
    log_growth = np.log1p(v / z)
    series = sum(
        -b * z ** (1.0 - 2 * n) * np.expm1(-(2 * n + 1) * log_growth)
        for n, b in enumerate(BERNOULLI_NUMBERS, start=1)
    )
    tail = (u / z) ** 2 * (series - np.expm1(-2 * log_growth) / 2)
    return np.sum((u / low) ** 2 / (low + 1) * rational, axis=0) + tail


def _bregman_divergence(
    squares: Callable[[Floats, Floats], WeightedSquares], start: Floats, end: Floats
) -> float:
    """The integral above, each half of it parametrized from its own end."""
    step = (end - start).reshape(-1, 1, 1)
    terms: list[float] = []
    for origin, sign in ((start, 1), (end, -1)):
        t, weights = _gauss_legendre(origin, sign * (end - start))
        one_minus_t = 1 - t if sign > 0 else t
        pairs = squares(origin.reshape(-1, 1, 1) + sign * step * t, step)
        # Near an end x may be huge where t and the weight are tiny; the products are moderate.
        terms += [float(np.sum(c * (one_minus_t * x) * (weights * x))) for c, x in pairs]
    return math.fsum(terms)


def _gauss_legendre(origin: Floats, step: Floats) -> tuple[Floats, Floats]:
    """Nodes and weights on [0, 1/2], in panels where no parameter more than doubles.

    Returns:
        Two arrays of shape ``(panels, 16)``.
    """
    edge_sets = [np.array([0.0, 0.5])]
    for value, growth in zip(origin, step, strict=True):
        if growth > value:
            doublings = math.log2(growth) - math.log2(value)
            edge_sets.append(np.exp2(np.arange(0, doublings - 1) - doublings))
    edges = np.unique(np.concatenate(edge_sets))
    half_widths = np.diff(edges)[:, None] / 2
    return edges[:-1, None] + half_widths * (1 + GAUSS_NODES), half_widths * GAUSS_WEIGHTS
