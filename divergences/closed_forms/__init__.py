"""Divergences of parametric families in closed form, accurate to the last digits.

>>> kl(Normal(0, 1), Normal(2, 1))
2.0
>>> w1(Exponential(1), Exponential(0.5))
1.0
"""

from divergences.closed_forms._families import (
    Bernoulli,
    Beta,
    Categorical,
    Exponential,
    Gamma,
    MultivariateNormal,
    Normal,
    Poisson,
    Uniform,
)
from divergences.closed_forms._kl_and_js import js, kl, reverse_kl
from divergences.closed_forms._wasserstein import w1, w2

__all__ = [
    "Bernoulli",
    "Beta",
    "Categorical",
    "Exponential",
    "Gamma",
    "MultivariateNormal",
    "Normal",
    "Poisson",
    "Uniform",
    "js",
    "kl",
    "reverse_kl",
    "w1",
    "w2",
]


def __dir__() -> list[str]:
    """The public names."""
    return list(__all__)
