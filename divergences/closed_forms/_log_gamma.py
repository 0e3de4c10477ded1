r"""What Gamma and Beta distributions pay for a change of shape, without cancellation.

The divergence is the part of ``log Gamma`` that its tangent leaves over,

.. math:: F(\theta_q) - F(\theta_p) - F'(\theta_p) (\theta_q - \theta_p)
    = \int_0^1 (1 - t) \, \frac{d^2}{dt^2} F(\theta_p + t (\theta_q - \theta_p)) \, dt

and the right side is computed: a sum of terms that are all at least 0. Trigamma enters through

.. math:: h''(u) = \psi'(u) - 1/u = \frac{1}{u^2 (u + 1)} + h''(u + 1) > 0.
"""

import math
from collections.abc import Callable

import numpy as np

from divergences._typing import Floats

Squares = list[tuple[Floats, Floats]]
"""Pairs (c, x) whose c x^2 sum to the second derivative."""

SHIFT = 20  # from where the asymptotic series of trigamma is right to 1e-18
# B_2, B_4, ...: psi'(z) = 1/z + 1/(2 z^2) + sum_n B_2n / z^(2n + 1), Abramowitz and Stegun 6.4.12.
BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)
# On panels over which no parameter more than doubles, 16 nodes leave (3 + sqrt 8)^-32 = 3e-25.
NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)


def gamma_shape_divergence(p_shape: float, q_shape: float) -> float:
    """KL of Gamma distributions of one mean, but of different shapes, over 1."""

    def squares(shape: Floats, step: Floats) -> Squares:
        return [(convexity(shape[0]), step[0] / shape[0])]

    return _tangent_rest(squares, np.array([p_shape]), np.array([q_shape]))


def beta_divergence(p: tuple[float, float], q: tuple[float, float], cross: float) -> float:
    r"""KL of Beta distributions, given ``cross``, how much faster alpha grows than beta.

    With s = a + b, x = da / a, y = db / b and g the `convexity`, the second derivative of
    log B(a, b) is
    (a b / s) (1 + g(s) / s) (x - y)^2 + D(a, b) x^2 + D(b, a) y^2,
    D(a, b) = a^2 [h''(a) - h''(s)] - g(s) a b / s^2, at least half of its first term.

    Args:
        p: Alpha and beta of p.
        q: Alpha and beta of q.
        cross: ``(q_alpha / p_alpha - 1) - (q_beta / p_beta - 1)``, rounded once.

    Returns:
        At least 0.
    """

    def squares(theta: Floats, step: Floats) -> Squares:
        (a, b), (x, y) = theta, step / theta
        s = a + b
        g = convexity(s)
        mixed = g * (a / s) * (b / s)
        ratios = p[0] / a, p[1] / b
        turn = cross * np.minimum(*ratios) * np.maximum(*ratios)  # so that less overflows
        own = [(convexity_drop(u, v) - mixed, z) for u, v, z in ((a, b, x), (b, a, y))]
        return [(a / s * b * (1 + g / s), turn), *own]

    return _tangent_rest(squares, np.array(p), np.array(q))


def convexity(u: Floats) -> Floats:
    """``u^2 h''(u) = u^2 trigamma(u) - u``, which falls from 1 at 0 to 1/2 at infinity."""
    steps = u + np.arange(SHIFT).reshape(-1, *[1] * u.ndim)
    z = u + SHIFT
    series = sum(b * z ** (1.0 - 2 * n) for n, b in enumerate(BERNOULLI, start=1))
    return np.sum((u / steps) ** 2 / (steps + 1), axis=0) + (u / z) ** 2 * (0.5 + series)


def convexity_drop(u: Floats, v: Floats) -> Floats:
    """``u^2 [h''(u) - h''(u + v)]``: terms of the sums above, each difference taken by hand."""
    shape = (-1, *[1] * u.ndim)
    low = u + np.arange(SHIFT).reshape(shape)
    high = low + v
    r = low / high
    rational = (high * (1 + r + r * r) + 1 + r) / (high + 1) * (v / high)
    z = u + SHIFT
    growth = np.log1p(v / z)
    series = sum(
        -b * z ** (1.0 - 2 * n) * np.expm1(-(2 * n + 1) * growth)
        for n, b in enumerate(BERNOULLI, start=1)
    )
    tail = (u / z) ** 2 * (series - np.expm1(-2 * growth) / 2)
    return np.sum((u / low) ** 2 / (low + 1) * rational, axis=0) + tail


def _tangent_rest(
    squares: Callable[[Floats, Floats], Squares], start: Floats, end: Floats
) -> float:
    """The integral above, its halves measured from either end, where parameters may be tiny."""
    step = (end - start).reshape(-1, 1, 1)
    terms: list[float] = []
    for origin, sign in ((start, 1), (end, -1)):
        t, width = _nodes(origin, sign * (end - start))
        left = 1 - t if sign > 0 else t
        pairs = squares(origin.reshape(-1, 1, 1) + sign * step * t, step)
        # Near an end x may be huge where t and the panel are tiny; their products are not.
        terms += [float(np.sum(c * (left * x) * (width * x))) for c, x in pairs]
    return math.fsum(terms)


def _nodes(origin: Floats, step: Floats) -> tuple[Floats, Floats]:
    """Nodes and weights on [0, 1/2], in panels over which no parameter more than doubles.

    Returns:
        Two arrays of shape ``(panels, 16)``.
    """
    edges = [np.array([0.0, 0.5])]
    for value, growth in zip(origin, step, strict=True):
        if growth > value:
            doublings = math.log2(growth) - math.log2(value)
            edges.append(np.exp2(np.arange(0, doublings - 1) - doublings))
    edge = np.unique(np.concatenate(edges))
    half = np.diff(edge)[:, None] / 2
    return edge[:-1, None] + half * (1 + NODES), half * WEIGHTS
