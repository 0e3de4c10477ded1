"""Pairs of populations whose Kullback-Leibler divergence is known, and samples of them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import stats

from divergences import closed_forms, densities
from divergences._typing import Floats

Sampler = Callable[[np.random.Generator, int], Floats]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two populations.

    Attributes:
        name: What the tables call them.
        p: Draws points of the first, shape ``(n, d)``.
        q: Draws points of the second.
        kl: KL(p || q) in nats.
        known: Where they come from: "numbers" for cases that others were measured on, "own".
        sizes: Numbers of points of both for a nominal n.
    """

    name: str
    p: Sampler
    q: Sampler
    kl: float
    known: str
    sizes: Callable[[int], tuple[int, int]] = lambda n: (n, n)


@cache
def pairs() -> tuple[Pair, ...]:
    """All of them, in the order of the tables."""
    return (*_published(), *_own())


def _published() -> list[Pair]:
    """The cases on which other methods were measured."""
    zeros, ones = np.zeros, np.ones
    rho = np.array([[1.0, 0.9], [0.9, 1.0]])
    wide = densities.kl(
        _bumps, lambda x: stats.norm.logpdf(x, 0, 2), (-np.inf, np.inf), points=[-2, 2]
    )
    return [
        _gaussians("N(0,1) vs N(.5,1.44)", zeros(1), np.eye(1), zeros(1) + 0.5, 1.44 * np.eye(1)),
        Pair("U(0,1) vs U(0,2)", _uniform(1), _uniform(2), float(np.log(2)), "numbers"),
        Pair(
            "Exp(1) vs Exp(2)",
            lambda rng, n: rng.exponential(1.0, (n, 1)),
            lambda rng, n: rng.exponential(0.5, (n, 1)),
            float(closed_forms.kl(closed_forms.Exponential(1), closed_forms.Exponential(2))),
            "numbers",
        ),
        Pair(
            "bimodal vs N(0,4)",
            lambda rng, n: rng.choice([-2.0, 2.0], (n, 1)) + 0.5 * rng.normal(size=(n, 1)),
            _normal(zeros(1), 4 * np.eye(1)),
            float(wide.value),
            "numbers",
        ),
        _gaussians("N2, rho .9, vs I", zeros(2), rho, zeros(2), np.eye(2)),
        _gaussians("N5 vs N5(.5, 1.44 I)", zeros(5), np.eye(5), 0.5 * ones(5), 1.44 * np.eye(5)),
        _gaussians("N10, shift 1", zeros(10), np.eye(10), np.sqrt(0.2) * ones(10), np.eye(10)),
        _gaussians("N20, null", zeros(20), np.eye(20), zeros(20), np.eye(20)),
    ]


def _bumps(x: Floats) -> Floats:
    """Log-density of two normal bumps at -2 and 2."""
    bumps = np.logaddexp(stats.norm.logpdf(x, -2, 0.5), stats.norm.logpdf(x, 2, 0.5))
    return np.asarray(bumps - np.log(2))


def _own() -> list[Pair]:
    """Heavy tails, a manifold, a mixture, ties, very different sizes, and atoms."""
    mean, tilt = np.array([1.0, 0.5]), np.array([[1.0, 0.5], [0.5, 1.0]])
    flat = _gaussians("", np.zeros(2), np.eye(2), mean, tilt)
    near = _gaussians("", np.zeros(1), np.eye(1), np.full(1, 0.5), 1.44 * np.eye(1))
    shifted = _gaussians("", np.zeros(1), np.eye(1), np.ones(1), np.eye(1))
    three = _gaussians("", np.zeros(3), np.eye(3), 0.5 * np.ones(3), 1.44 * np.eye(3))
    cauchy = densities.kl(
        stats.cauchy.logpdf,
        lambda x: stats.cauchy.logpdf(x, 1, 2),
        (-np.inf, np.inf),
        points=[0, 1],
    )
    at_0 = 0.3 * np.log(0.3 / 0.1) + 0.7 * np.log(0.7 / 0.9)
    return [
        Pair(
            "Cauchy vs Cauchy(1, 2)",
            lambda rng, n: rng.standard_cauchy((n, 1)),
            lambda rng, n: 1 + 2 * rng.standard_cauchy((n, 1)),
            float(cauchy.value),
            "own",
        ),
        Pair("2-D manifold in 10-D", _lifted(flat.p), _lifted(flat.q), flat.kl, "own"),
        Pair(
            "8 Gaussians vs N(0, 2 I)",
            _eight,
            _normal(np.zeros(2), 2 * np.eye(2)),
            _eight_kl(),
            "own",
        ),
        Pair("N(0,1) vs N(1,1), 1 % ties", tied(shifted.p), tied(shifted.q), shifted.kl, "own"),
        Pair(
            "N3 vs N3(.5, 1.44 I), n/5, 5n",
            three.p,
            three.q,
            three.kl,
            "own",
            lambda n: (n // 5, 5 * n),
        ),
        Pair(
            "30 % and 10 % zeros, rest normal",
            _with_zeros(near.p, 0.3),
            _with_zeros(near.q, 0.1),
            float(at_0 + 0.7 * near.kl),
            "own",
        ),
    ]


def _gaussians(name: str, mean_p: Floats, cov_p: Floats, mean_q: Floats, cov_q: Floats) -> Pair:
    """Two normal distributions."""
    p, q = (
        closed_forms.MultivariateNormal(mean, cov)
        for mean, cov in ((mean_p, cov_p), (mean_q, cov_q))
    )
    kl = float(closed_forms.kl(p, q))
    return Pair(name, _normal(mean_p, cov_p), _normal(mean_q, cov_q), kl, "numbers")


def _normal(mean: Floats, cov: Floats) -> Sampler:
    """Points of a normal distribution."""
    root = np.linalg.cholesky(cov)
    return lambda rng, n: mean + rng.normal(size=(n, len(mean))) @ root.T


def _uniform(end: float) -> Sampler:
    """Points between 0 and an end."""
    return lambda rng, n: rng.uniform(0, end, (n, 1))


def _lifted(flat: Sampler) -> Sampler:
    """Points of the plane on a curved surface in ten dimensions: the same divergence."""
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(10, 10)))[0]

    def draw(rng: np.random.Generator, n: int) -> Floats:
        u, v = flat(rng, n).T
        waves = [np.sin(2 * u), np.cos(2 * u), np.sin(2 * v), np.cos(2 * v)]
        bends = [u * v / 2, (u * u - v * v) / 2, np.tanh(u + v), np.tanh(u - v)]
        return np.stack([u, v, *waves, *bends], axis=1) @ turn

    return draw


def tied(continuous: Sampler) -> Sampler:
    """One point of a hundred replaced by a copy of another."""

    def draw(rng: np.random.Generator, n: int) -> Floats:
        points = continuous(rng, n)
        copies = n // 100
        places = rng.permutation(n)
        points[places[:copies]] = points[places[copies : 2 * copies]]
        return points

    return draw


def _with_zeros(continuous: Sampler, share: float) -> Sampler:
    """A share of the points replaced by 0."""

    def draw(rng: np.random.Generator, n: int) -> Floats:
        points = continuous(rng, n)
        points[rng.random(n) < share] = 0.0
        return points

    return draw


ANGLES = 2 * np.pi * np.arange(8) / 8
MODES = 2 * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)
SIGMA = 0.2


def _eight(rng: np.random.Generator, n: int) -> Floats:
    """Points of eight Gaussians on a ring of radius 2."""
    return MODES[rng.integers(8, size=n)] + SIGMA * rng.normal(size=(n, 2))


def _eight_kl() -> float:
    """Their KL to N(0, 2 I): the trapezoid rule, which is exact to rounding for such a density."""
    line = np.linspace(-4.5, 4.5, 1201)
    grid = np.stack(np.meshgrid(line, line), axis=-1)
    square = ((grid[..., None, :] - MODES) ** 2).sum(axis=-1)
    p = np.exp(-square / (2 * SIGMA**2)).mean(axis=-1) / (2 * np.pi * SIGMA**2)
    log_q = -(grid**2).sum(axis=-1) / 4 - np.log(4 * np.pi)
    some = p > 0
    return float((p[some] * (np.log(p[some]) - log_q[some])).sum() * (line[1] - line[0]) ** 2)
