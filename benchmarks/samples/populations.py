"""Pairs of populations of known Kullback-Leibler divergence, with samplers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import stats

from divergences import closed_forms, densities
from divergences._typing import Floats

Sampler = Callable[[np.random.Generator, int], Floats]


@dataclass(frozen=True, slots=True)
class PopulationPair:
    """Two populations p and q.

    Attributes:
        name: Name in the tables.
        p: Sampler of the first population, to points of shape ``(n, d)``.
        q: Sampler of the second population.
        kl: KL(p || q), in nats.
        origin: "published" for cases of other benchmarks, "own" for further ones.
        sizes: Sizes of both samples for a nominal size n.
    """

    name: str
    p: Sampler
    q: Sampler
    kl: float
    origin: str
    sizes: Callable[[int], tuple[int, int]] = lambda n: (n, n)


@cache
def population_pairs() -> tuple[PopulationPair, ...]:
    """All pairs, in the order of the tables."""
    return (*_published(), *_own())


def _published() -> list[PopulationPair]:
    """Pairs of published benchmarks: normals, uniforms, exponentials and a mixture."""
    zeros, ones = np.zeros, np.ones
    rho = np.array([[1.0, 0.9], [0.9, 1.0]])
    bimodal_kl = densities.kl(
        _bimodal_log_density,
        lambda x: stats.norm.logpdf(x, 0, 2),
        (-np.inf, np.inf),
        points=[-2, 2],
    )
    return [
        _gaussians("N(0,1) vs N(.5,1.44)", zeros(1), np.eye(1), zeros(1) + 0.5, 1.44 * np.eye(1)),
        PopulationPair(
            "U(0,1) vs U(0,2)", _uniform(1), _uniform(2), float(np.log(2)), "published"
        ),
        PopulationPair(
            "Exp(1) vs Exp(2)",
            lambda rng, n: rng.exponential(1.0, (n, 1)),
            lambda rng, n: rng.exponential(0.5, (n, 1)),
            float(closed_forms.kl(closed_forms.Exponential(1), closed_forms.Exponential(2))),
            "published",
        ),
        PopulationPair(
            "bimodal vs N(0,4)",
            lambda rng, n: rng.choice([-2.0, 2.0], (n, 1)) + 0.5 * rng.normal(size=(n, 1)),
            _normal(zeros(1), 4 * np.eye(1)),
            float(bimodal_kl.value),
            "published",
        ),
        _gaussians("N2, rho .9, vs I", zeros(2), rho, zeros(2), np.eye(2)),
        _gaussians("N5 vs N5(.5, 1.44 I)", zeros(5), np.eye(5), 0.5 * ones(5), 1.44 * np.eye(5)),
        _gaussians("N10, shift 1", zeros(10), np.eye(10), np.sqrt(0.2) * ones(10), np.eye(10)),
        _gaussians("N20, null", zeros(20), np.eye(20), zeros(20), np.eye(20)),
    ]


def _bimodal_log_density(x: Floats) -> Floats:
    """Log-density of the equal mixture of N(-2, 1/4) and N(2, 1/4)."""
    modes = np.logaddexp(stats.norm.logpdf(x, -2, 0.5), stats.norm.logpdf(x, 2, 0.5))
    return np.asarray(modes - np.log(2))


def _own() -> list[PopulationPair]:
    """Pairs with heavy tails, a manifold, a mixture, ties, very different sizes, and atoms."""
    mean, covariance = np.array([1.0, 0.5]), np.array([[1.0, 0.5], [0.5, 1.0]])
    planar = _gaussians("", np.zeros(2), np.eye(2), mean, covariance)
    line = _gaussians("", np.zeros(1), np.eye(1), np.full(1, 0.5), 1.44 * np.eye(1))
    shifted = _gaussians("", np.zeros(1), np.eye(1), np.ones(1), np.eye(1))
    spatial = _gaussians("", np.zeros(3), np.eye(3), 0.5 * np.ones(3), 1.44 * np.eye(3))
    cauchy_kl = densities.kl(
        stats.cauchy.logpdf,
        lambda x: stats.cauchy.logpdf(x, 1, 2),
        (-np.inf, np.inf),
        points=[0, 1],
    )
    atom_kl = 0.3 * np.log(0.3 / 0.1) + 0.7 * np.log(0.7 / 0.9)
    return [
        PopulationPair(
            "Cauchy vs Cauchy(1, 2)",
            lambda rng, n: rng.standard_cauchy((n, 1)),
            lambda rng, n: 1 + 2 * rng.standard_cauchy((n, 1)),
            float(cauchy_kl.value),
            "own",
        ),
        PopulationPair(
            "2-D manifold in 10-D",
            _on_manifold(planar.p),
            _on_manifold(planar.q),
            planar.kl,
            "own",
        ),
        PopulationPair(
            "8 Gaussians vs N(0, 2 I)",
            _ring_sampler,
            _normal(np.zeros(2), 2 * np.eye(2)),
            _ring_kl(),
            "own",
        ),
        PopulationPair(
            "N(0,1) vs N(1,1), 1 % ties",
            _with_ties(shifted.p),
            _with_ties(shifted.q),
            shifted.kl,
            "own",
        ),
        PopulationPair(
            "N3 vs N3(.5, 1.44 I), n/5, 5n",
            spatial.p,
            spatial.q,
            spatial.kl,
            "own",
            lambda n: (n // 5, 5 * n),
        ),
        PopulationPair(
            "30 % and 10 % zeros, rest normal",
            _with_zeros(line.p, 0.3),
            _with_zeros(line.q, 0.1),
            float(atom_kl + 0.7 * line.kl),
            "own",
        ),
    ]


def _gaussians(
    name: str, mean_p: Floats, cov_p: Floats, mean_q: Floats, cov_q: Floats
) -> PopulationPair:
    """Two normal distributions, by their means and covariances."""
    p, q = (
        closed_forms.MultivariateNormal(mean, cov)
        for mean, cov in ((mean_p, cov_p), (mean_q, cov_q))
    )
    kl = float(closed_forms.kl(p, q))
    return PopulationPair(name, _normal(mean_p, cov_p), _normal(mean_q, cov_q), kl, "published")


def _normal(mean: Floats, cov: Floats) -> Sampler:
    """Sampler of a normal distribution."""
    factor = np.linalg.cholesky(cov)
    return lambda rng, n: mean + rng.normal(size=(n, len(mean))) @ factor.T


def _uniform(high: float) -> Sampler:
    """Sampler of the uniform distribution on ``[0, high]``."""
    return lambda rng, n: rng.uniform(0, high, (n, 1))


def _on_manifold(planar: Sampler) -> Sampler:
    """Sampler mapped from the plane to a surface in ten dimensions, which preserves KL."""
    rotation = np.linalg.qr(np.random.default_rng(3).normal(size=(10, 10)))[0]

    def draw(rng: np.random.Generator, n: int) -> Floats:
        u, v = planar(rng, n).T
        waves = [np.sin(2 * u), np.cos(2 * u), np.sin(2 * v), np.cos(2 * v)]
        others = [u * v / 2, (u * u - v * v) / 2, np.tanh(u + v), np.tanh(u - v)]
        return np.stack([u, v, *waves, *others], axis=1) @ rotation

    return draw


def _with_ties(continuous: Sampler) -> Sampler:
    """Sampler with one point in a hundred replaced by a copy of another."""

    def draw(rng: np.random.Generator, n: int) -> Floats:
        points = continuous(rng, n)
        copies = n // 100
        indices = rng.permutation(n)
        points[indices[:copies]] = points[indices[copies : 2 * copies]]
        return points

    return draw


def _with_zeros(continuous: Sampler, probability: float) -> Sampler:
    """Sampler with each point replaced by 0 with a given probability."""

    def draw(rng: np.random.Generator, n: int) -> Floats:
        points = continuous(rng, n)
        points[rng.random(n) < probability] = 0.0
        return points

    return draw


RING_ANGLES = 2 * np.pi * np.arange(8) / 8
RING_MEANS = 2 * np.stack([np.cos(RING_ANGLES), np.sin(RING_ANGLES)], axis=1)
RING_DEVIATION = 0.2


def _ring_sampler(rng: np.random.Generator, n: int) -> Floats:
    """Points of eight Gaussians on a ring of radius 2."""
    return RING_MEANS[rng.integers(8, size=n)] + RING_DEVIATION * rng.normal(size=(n, 2))


def _ring_kl() -> float:
    """KL of the eight Gaussians to N(0, 2 I), in nats.

    Returns:
        The trapezoid rule on a grid, exact to rounding for analytic densities of such fast decay.
    """
    axis = np.linspace(-4.5, 4.5, 401)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1)
    variance = RING_DEVIATION**2
    squared_distances = ((grid[..., None, :] - RING_MEANS) ** 2).sum(axis=-1)
    p = np.exp(-squared_distances / (2 * variance)).mean(axis=-1) / (2 * np.pi * variance)
    log_q = -(grid**2).sum(axis=-1) / 4 - np.log(4 * np.pi)
    nonzero = p > 0
    terms = p[nonzero] * (np.log(p[nonzero]) - log_q[nonzero])
    return float(terms.sum() * (axis[1] - axis[0]) ** 2)
