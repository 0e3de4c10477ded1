"""Two samples as one labelled set: what classifiers are shown and neighbours sought in."""

from dataclasses import dataclass

import numpy as np

from divergences._typing import Floats, Indices

EVEN = 1e-12  # relative difference of weights that are as good as equal


@dataclass(frozen=True, slots=True)
class PooledSample:
    """Points of two distributions in one array, those of p first.

    Attributes:
        z: Points, shape ``(n + m, d)``.
        n: How many are from p.
        weight: Of each point, shape ``(n + m,)``; the mean is 1 on each side.
    """

    z: Floats
    n: int
    weight: Floats

    @classmethod
    def of(
        cls, x: Floats, y: Floats, p: Floats | None = None, q: Floats | None = None
    ) -> "PooledSample":
        """Two sets of points, with masses that sum to 1, or None for equal ones."""
        parts = [
            np.ones(len(points))
            if mass is None or np.ptp(mass) <= EVEN * mass.max()
            else mass * len(points)
            for points, mass in ((x, p), (y, q))
        ]
        return cls(np.concatenate([x, y]), len(x), np.concatenate(parts))

    @property
    def m(self) -> int:
        """How many points are from q."""
        return len(self.z) - self.n

    @property
    def d(self) -> int:
        """How many coordinates a point has."""
        return self.z.shape[1]

    @property
    def x(self) -> Floats:
        """The points from p, shape ``(n, d)``."""
        return self.z[: self.n]

    @property
    def y(self) -> Floats:
        """The points from q, shape ``(m, d)``."""
        return self.z[self.n :]

    @property
    def label(self) -> Floats:
        """1 for points from p, 0 for those from q, shape ``(n + m,)``."""
        return np.repeat([1.0, 0.0], [self.n, self.m])

    @property
    def share(self) -> Floats:
        """What each point counts in the mean over its side, shape ``(n + m,)``."""
        return self.weight / np.repeat([self.n, self.m], [self.n, self.m])

    @property
    def weighted(self) -> bool:
        """Whether the points have different weights."""
        return bool((self.weight != 1).any())

    @property
    def effective(self) -> tuple[float, float]:
        """To how many points of equal weight each side amounts (Kish 1965)."""
        p, q = self.weight[: self.n], self.weight[self.n :]
        return float(p.sum() ** 2 / (p @ p)), float(q.sum() ** 2 / (q @ q))

    @property
    def prior(self) -> float:
        """Logarithm of the odds that a point is from p, before it is looked at."""
        return float(np.log(self.n / self.m))

    def subset(self, places: Indices) -> "PooledSample":
        """Some of the points, in their order."""
        part = PooledSample(self.z[places], int((places < self.n).sum()), self.weight[places])
        weight = part.weight.copy()
        for side in (slice(0, part.n), slice(part.n, None)):
            weight[side] /= weight[side].mean() if weight[side].any() else 1.0
        return PooledSample(part.z, part.n, weight)


def thinned(places: Indices, most: int, /) -> Indices:
    """At most so many of some places, the same in every call, in their order."""
    if len(places) <= most:
        return places
    return np.sort(np.random.default_rng(0).choice(places, most, replace=False))


def thinned_alike(samples: PooledSample, places: Indices, most: int, /) -> Indices:
    """At most so many of some places, of the smaller side as many as of the larger, or all."""
    if len(places) <= most:
        return places
    x, y = places[places < samples.n], places[places >= samples.n]
    return np.concatenate([
        thinned(own, max(most // 2, most - len(other))) for own, other in ((x, y), (y, x))
    ])


def folds(samples: PooledSample, count: int, rng: np.random.Generator, /) -> Indices:
    """Which fold each point is in, both sides divided alike, shape ``(n + m,)``.

    All copies of a point are in one fold: held out, none of them is known.

    Args:
        samples: The points.
        count: How many folds.
        rng: What divides the points.

    Returns:
        Indices of folds, from 0.
    """
    found = np.concatenate([
        rng.permutation(np.arange(size) % count) for size in (samples.n, samples.m)
    ])
    first, of = np.unique(samples.z, axis=0, return_index=True, return_inverse=True)[1:]
    together = found[first][np.ravel(of)]
    sides = (slice(0, samples.n), slice(samples.n, None))
    if all(len(np.unique(together[side])) == count for side in sides):
        return together
    return found
