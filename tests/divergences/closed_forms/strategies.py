"""Strategies for parameters of close and distant distributions of one family."""

import numpy as np
from hypothesis import strategies as st

from divergences.closed_forms import (
    Beta,
    Exponential,
    Gamma,
    MultivariateNormal,
    Normal,
    Poisson,
)


@st.composite
def positive_numbers(draw, low=-8.0, high=10.0):
    """Positive numbers, log-uniform in magnitude."""
    return 10.0 ** draw(st.floats(low, high))


@st.composite
def positive_pairs(draw, low=-8.0, high=10.0):
    """A positive number and another: equal, perturbed, or of any other magnitude."""
    x, other = draw(positive_numbers(low, high)), draw(positive_numbers(low, high))
    change = 10.0 ** draw(st.floats(-13.0, -0.3)) * draw(st.sampled_from([-1.0, 1.0]))
    perturbed = x * (1 + change)
    return x, draw(st.sampled_from([x, perturbed, perturbed, other]))


@st.composite
def family_pairs(draw):
    """Two Normal, Exponential, Gamma, Beta or Poisson distributions."""
    (a, c), (b, d) = draw(positive_pairs()), draw(positive_pairs())
    family = draw(st.sampled_from([Normal, Exponential, Gamma, Beta, Poisson]))
    if family in (Exponential, Poisson):
        return family(a), family(c)
    sign = draw(st.sampled_from([-1, 1])) if family is Normal else 1
    return family(sign * a, b), family(sign * c, d)


def multivariate_pair(d, log_distance, seed):
    """Two normals at a relative distance of ``10**log_distance``; eps times the condition of q."""
    rng = np.random.default_rng(seed)
    q_factor = rng.standard_normal((d, 2 * d + 3))
    covariance = q_factor @ q_factor.T / (2 * d)
    change_factor = rng.standard_normal((d, 2 * d + 3))
    change = 10.0**log_distance * (change_factor @ change_factor.T)
    mean = rng.standard_normal(d)
    p = MultivariateNormal(mean, symmetric(covariance + change))
    q = MultivariateNormal(mean * (1 + 10.0**log_distance), symmetric(covariance))
    return p, q, np.finfo(float).eps * np.linalg.cond(covariance)


def symmetric(a):
    return (a + a.T) / 2
