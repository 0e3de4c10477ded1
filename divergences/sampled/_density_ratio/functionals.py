"""KL, reverse KL and JS as expectations of functions of the log-ratio ``t = log(p / q)``.

Each is ``E_p f(t) + E_q g(t)``: KL has f = t, reverse KL g = -t, and JS both halves. The
derivatives of f and g propagate the errors of an estimated t to the divergence.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from divergences._typing import Floats

Function = Callable[[Floats], Floats]
LOG_2 = float(np.log(2))
MAX_EXPONENT = 12.0  # bounds ``exp(t)`` in a standard error


@dataclass(frozen=True, slots=True)
class Functional:
    """A divergence as a sum of two expectations.

    Attributes:
        estimand: Name with its arguments and unit.
        f: Integrand under p.
        g: Integrand under q.
        f_slope: Derivative of f.
        g_slope: Derivative of g.
        curvature: Second derivative of f and of g, by which noise in t biases the mean.
        upper_bound: Least upper bound of the divergence, in nats.
        ratio_to_kl: Limit of divergence / KL as p and q become equal.
    """

    estimand: str
    f: Function
    g: Function
    f_slope: Function
    g_slope: Function
    curvature: Function
    upper_bound: float = float("inf")
    ratio_to_kl: float = 1.0

    def terms(self, log_ratios: Floats, n: int) -> Floats:
        """Integrand at each point: f at the first n points, which are from p, then g."""
        return np.concatenate([self.f(log_ratios[:n]), self.g(log_ratios[n:])])

    def slopes(self, log_ratios: Floats, n: int) -> Floats:
        """Derivative of each point's term by its log-ratio."""
        return np.concatenate([self.f_slope(log_ratios[:n]), self.g_slope(log_ratios[n:])])

    def density_influences(self, log_ratios: Floats, n: int) -> Floats:
        """Influence of each point through the density estimates of p or q around it."""
        t = np.clip(log_ratios, -MAX_EXPONENT, MAX_EXPONENT)
        p = self.f_slope(t) + self.g_slope(t) * np.exp(-t)
        q = self.f_slope(t) * np.exp(t) + self.g_slope(t)
        return np.concatenate([p[:n], -q[n:]])


def _zero(t: Floats) -> Floats:
    """The zero function."""
    return np.zeros_like(t)


def _identity(t: Floats) -> Floats:
    """The identity function."""
    return t.copy()


def _half_js(t: Floats) -> Floats:
    """``log(2 p / (p + q)) / 2``."""
    return (LOG_2 - np.logaddexp(0, -t)) / 2


def _minus_one(t: Floats) -> Floats:
    """The constant -1, derivative of ``-t``."""
    return -np.ones_like(t)


def _js_curvature(t: Floats) -> Floats:
    """``-p q / (p + q)**2 / 2``."""
    return -special.expit(t) * special.expit(-t) / 2


KL = Functional("KL(p || q) in nats", _identity, _zero, np.ones_like, _zero, _zero)
REVERSE_KL = Functional("KL(q || p) in nats", _zero, np.negative, _zero, _minus_one, _zero)
JS = Functional(
    "JS(p, q) in nats",
    _half_js,
    lambda t: _half_js(-t),
    lambda t: special.expit(-t) / 2,
    lambda t: -special.expit(t) / 2,
    _js_curvature,
    LOG_2,
    1 / 4,
)
