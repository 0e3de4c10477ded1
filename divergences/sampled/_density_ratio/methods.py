"""The methods by which log-ratios at points are estimated, and what each needs."""

import math
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from divergences.errors import DistributionError
from divergences.sampled._density_ratio import models
from divergences.sampled._density_ratio.atoms import Atoms
from divergences.sampled._density_ratio.cross_fit import FOLDS, cross_fit
from divergences.sampled._density_ratio.estimation import Ratios
from divergences.sampled._density_ratio.histogram import histogram_cells
from divergences.sampled._density_ratio.nearest_neighbours import neighbour_ratios
from divergences.sampled._density_ratio.pooled_sample import PooledSample
from divergences.sampled._density_ratio.stacking import AGAINST, shrunk, stacked

Method = Literal["auto", "classifier", "knn", "histogram"]
SMALL = 20_000  # points up to which one thread is fastest
FEWEST = 2 * FOLDS  # points of each side that a classifier is fitted to


def require_method(method: str, /) -> None:
    """Refuse a method that there is not.

    Raises:
        DistributionError: Naming those that there are.
    """
    if method not in get_args(Method):
        names = ", ".join(f'"{name}"' for name in get_args(Method))
        raise DistributionError(f"`method` must be one of {names}, but is {method!r}")


def by_neighbours(samples: PooledSample, k: int, /) -> Ratios:
    """Log-ratios from the k nearest neighbours on each side.

    Returns:
        Them, with their noise.

    Raises:
        DistributionError: If there are not so many neighbours, or points have weights.
    """
    fewest = min(samples.n, samples.m)
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1:
        raise DistributionError(f"`neighbours` must be a whole number of at least 1, but is {k!r}")
    if fewest <= k:
        raise DistributionError(
            f"`neighbours` is {k}, but the smaller sample has {fewest} points outside of atoms: "
            f"take {k + 1} points or more, or fewer neighbours"
        )
    _require_equal_weights(samples, "knn")
    value, _ = neighbour_ratios(samples, k)
    more = min(fewest - 1, max(k, round(fewest**0.5)))
    smooth, noise = neighbour_ratios(samples, more)
    return Ratios(value, smooth, noise)


def by_classifiers(samples: PooledSample, method: Method, rng: np.random.Generator, /) -> Ratios:
    """Log-ratios from cross-fitted classifiers, combined by their held-out scores.

    Returns:
        Them, with the scores.

    Raises:
        DistributionError: If there are too few points.
    """
    fewest = min(samples.n, samples.m)
    if fewest < FEWEST:
        raise DistributionError(
            f'`method` "{method}" needs at least {FEWEST} points on each side outside of atoms, '
            f"but has {samples.n} of `x` and {samples.m} of `y`; take more"
            + (', or method="knn" with fewer `neighbours`' if fewest > 1 else "")
        )
    if method == "classifier" and fewest <= samples.d:
        raise DistributionError(
            f"`x` and `y` have {samples.d} coordinates and {samples.n} and {samples.m} points, "
            'and `method` "classifier" needs more points than coordinates: take more, or fewer '
            'coordinates, or method="knn"'
        )
    made = models.classifiers if method == "classifier" else models.families
    return _stacked(samples, made(samples), rng)


def _stacked(
    samples: PooledSample, models: Sequence[models.LogRatioModel], rng: np.random.Generator
) -> Ratios:
    """The combination of what several families say of points that they have not seen."""
    from threadpoolctl import threadpool_limits  # here, since looking for libraries takes a while

    # Threads that wait for each other cost more than they bring, while problems are small; where
    # other processes run, a hundred times more.
    with threadpool_limits(1 if len(samples.z) <= SMALL else None):
        fitted = cross_fit(samples, models, rng)
    evidence = (fitted.coin - fitted.loss) * sum(samples.effective)
    likely = np.exp(evidence - evidence.max())
    likely /= likely.sum()
    most = float(evidence.max())
    combined = shrunk(stacked(samples, fitted.ratios, likely), most)
    alone = [
        shrunk(stacked(samples, column[:, None], np.ones(1)), most).ratios
        for column in fitted.ratios.T
    ]
    value = combined.ratios
    return Ratios(
        value,
        value,
        np.zeros_like(value),
        combined,
        np.stack(alone),
        likely,
        dict(zip(fitted.names, map(float, fitted.loss), strict=True)) | {"baseline": fitted.coin},
        tuple(fitted.names[place] for place in combined.used) if most > math.log(AGAINST) else (),
    )


def by_histogram(samples: PooledSample, found: Atoms, rng: np.random.Generator, /) -> Atoms:
    """Cells of a histogram beside the atoms.

    Returns:
        All of them, so that every point is in one.

    Raises:
        DistributionError: In more than two dimensions, or if points have weights.
    """
    if samples.d > 2:
        raise DistributionError(
            f'`method` "histogram" is for one or two coordinates, but there are {samples.d}; take '
            '"auto", "classifier" or "knn"'
        )
    _require_equal_weights(samples, "histogram")
    dense = found.dense
    if len(dense) == 0:
        return found
    cell = found.cell.copy()
    cell[dense] = len(found.x) + histogram_cells(samples.subset(dense), rng)
    x, y = (
        np.bincount(part, minlength=cell.max() + 1)
        for part in (cell[: samples.n], cell[samples.n :])
    )
    return Atoms(cell, x, y, found.value)


def _require_equal_weights(samples: PooledSample, method: Method) -> None:
    """Refuse weights where points are counted."""
    if samples.weighted:
        raise DistributionError(
            f'`x_weights` and `y_weights` are for the methods "auto" and "classifier"; "{method}" '
            "counts points, all alike"
        )
