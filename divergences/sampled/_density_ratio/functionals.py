"""Divergences as means over points of functions of the log-ratio ``t = log(p / q)``.

Each is ``E_p f(t) + E_q g(t)``: KL has f = t, reverse KL g = -t, and JS both halves. By the
derivatives ``f_slope`` and ``g_slope`` the noise of an estimated t reaches the mean.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from divergences._typing import Floats

Function = Callable[[Floats], Floats]
LOG_2 = float(np.log(2))
MOST = 12.0  # log-ratio whose exponential enters a standard error


@dataclass(frozen=True, slots=True)
class Functional:
    """A divergence as two means.

    Attributes:
        of: What it is, in words.
        f: Under p.
        g: Under q.
        f_slope: Derivative of f.
        g_slope: Derivative of g.
        bend: Second derivative of both, through which noise in t moves the mean.
        largest: The most that it can be.
        grain: What it is for close distributions whose KL is 1.
    """

    of: str
    f: Function
    g: Function
    f_slope: Function
    g_slope: Function
    bend: Function
    largest: float = float("inf")
    grain: float = 1.0

    def terms(self, ratios: Floats, n: int) -> Floats:
        """What each point, the first n being from p, adds to the mean of its side."""
        return np.concatenate([self.f(ratios[:n]), self.g(ratios[n:])])

    def slopes(self, ratios: Floats, n: int) -> Floats:
        """The derivative of each point's term."""
        return np.concatenate([self.f_slope(ratios[:n]), self.g_slope(ratios[n:])])

    def shifts(self, ratios: Floats, n: int) -> Floats:
        """What a point changes through the log-ratio around it: more of p there, or more of q."""
        t = np.clip(ratios, -MOST, MOST)
        p = self.f_slope(t) + self.g_slope(t) * np.exp(-t)
        q = self.f_slope(t) * np.exp(t) + self.g_slope(t)
        return np.concatenate([p[:n], -q[n:]])


def _zero(t: Floats) -> Floats:
    """Nothing."""
    return np.zeros_like(t)


def _identity(t: Floats) -> Floats:
    """The log-ratio itself."""
    return t.copy()


def _half_js(t: Floats) -> Floats:
    """``log(2 p / (p + q)) / 2``."""
    return (LOG_2 - np.logaddexp(0, -t)) / 2


def _minus_one(t: Floats) -> Floats:
    """The derivative of ``-t``."""
    return -np.ones_like(t)


def _minus_half_chances(t: Floats) -> Floats:
    """Minus half of the product of ``p / (p + q)`` and ``q / (p + q)``."""
    return -special.expit(t) * special.expit(-t) / 2


KL = Functional("KL(p || q) in nats", _identity, _zero, np.ones_like, _zero, _zero)
REVERSE_KL = Functional("KL(q || p) in nats", _zero, np.negative, _zero, _minus_one, _zero)
JS = Functional(
    "JS(p, q) in nats",
    _half_js,
    lambda t: _half_js(-t),
    lambda t: special.expit(-t) / 2,
    lambda t: -special.expit(t) / 2,
    _minus_half_chances,
    LOG_2,
    1 / 4,
)
