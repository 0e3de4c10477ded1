"""Two samples pooled into one labelled, weighted set of points."""

from dataclasses import dataclass

import numpy as np

from divergences._typing import Floats, Indices

FOLD_COUNT = 5
MAX_RELATIVE_WEIGHT_RANGE = 1e-12  # rounding: weights in a smaller range count as equal


@dataclass(frozen=True, slots=True)
class PooledSample:
    """Points of two distributions p and q in one array, those of p first.

    Attributes:
        points: Shape ``(n + m, d)``.
        n: Number of points from p.
        weights: Weight of each point, shape ``(n + m,)``; mean 1 on each side.
    """

    points: Floats
    n: int
    weights: Floats

    @classmethod
    def of(
        cls, x: Floats, y: Floats, p: Floats | None = None, q: Floats | None = None
    ) -> "PooledSample":
        """Pool the points ``x`` and ``y`` with masses ``p`` and ``q`` of sum 1 (None: equal)."""
        weights = [
            np.ones(len(points))
            if mass is None or np.ptp(mass) <= MAX_RELATIVE_WEIGHT_RANGE * mass.max()
            else mass * len(points)
            for points, mass in ((x, p), (y, q))
        ]
        return cls(np.concatenate([x, y]), len(x), np.concatenate(weights))

    @property
    def m(self) -> int:
        """Number of points from q."""
        return len(self.points) - self.n

    @property
    def d(self) -> int:
        """Dimension of the points."""
        return self.points.shape[1]

    @property
    def sides(self) -> tuple[slice, slice]:
        """Slices of the points from p and of those from q."""
        return slice(0, self.n), slice(self.n, None)

    @property
    def labels(self) -> Floats:
        """Label 1 for points from p, 0 for points from q, shape ``(n + m,)``."""
        return np.repeat([1.0, 0.0], [self.n, self.m])

    @property
    def masses(self) -> Floats:
        """Normalized weights, of sum 1 on each side, shape ``(n + m,)``."""
        return self.weights / np.repeat([self.n, self.m], [self.n, self.m])

    @property
    def has_unequal_weights(self) -> bool:
        """Whether the points of a side differ in weight."""
        return bool((self.weights != 1).any())

    @property
    def effective_sizes(self) -> tuple[float, float]:
        """Effective sample size of each side (Kish 1965)."""
        p, q = (self.weights[side] for side in self.sides)
        return float(p.sum() ** 2 / (p @ p)), float(q.sum() ** 2 / (q @ q))

    @property
    def prior_log_odds(self) -> float:
        """Prior log-odds ``log(n / m)`` that a point is from p."""
        return float(np.log(self.n / self.m))

    def subset(self, indices: Indices) -> "PooledSample":
        """Points at increasing indices, with weights of mean 1 on each side."""
        n = int((indices < self.n).sum())
        weights = self.weights[indices]
        for side in (slice(0, n), slice(n, None)):
            weights[side] /= weights[side].mean() if weights[side].any() else 1.0
        return PooledSample(self.points[indices], n, weights)


def subsample(indices: Indices, max_size: int, /) -> Indices:
    """At most ``max_size`` of the indices, drawn with a fixed seed, in their order."""
    if len(indices) <= max_size:
        return indices
    return np.sort(np.random.default_rng(0).choice(indices, max_size, replace=False))


def balanced_subsample(samples: PooledSample, indices: Indices, max_size: int, /) -> Indices:
    """At most ``max_size`` of the indices: half from each side, or all of a smaller side."""
    if len(indices) <= max_size:
        return indices
    x, y = indices[indices < samples.n], indices[indices >= samples.n]
    return np.concatenate([
        subsample(own, max(max_size // 2, max_size - len(other)))
        for own, other in ((x, y), (y, x))
    ])


def assign_folds(samples: PooledSample, rng: np.random.Generator, /) -> Indices:
    """Assign each point to one of `FOLD_COUNT` folds of equal size, stratified by side.

    Copies of a point share a fold, since a held-out point must not occur in the training set;
    they are separated only if a fold would otherwise have no point of a side.

    Args:
        samples: The points.
        rng: Generator of the permutations.

    Returns:
        Index of the fold of each point, from 0, shape ``(n + m,)``.
    """
    stratified = np.concatenate([
        rng.permutation(np.arange(size) % FOLD_COUNT) for size in (samples.n, samples.m)
    ])
    first, inverse = np.unique(samples.points, axis=0, return_index=True, return_inverse=True)[1:]
    grouped = stratified[first][np.ravel(inverse)]
    if all(len(np.unique(grouped[side])) == FOLD_COUNT for side in samples.sides):
        return grouped
    return stratified
