"""Methods of estimating log-ratios, with their requirements on the samples."""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from divergences.errors import DistributionError
from divergences.sampled._density_ratio.atoms import Atoms
from divergences.sampled._density_ratio.cross_fit import cross_fit
from divergences.sampled._density_ratio.estimation import LogRatios
from divergences.sampled._density_ratio.histogram import histogram_cells
from divergences.sampled._density_ratio.models import (
    LogRatioModel,
    candidate_models,
    classifier_models,
)
from divergences.sampled._density_ratio.nearest_neighbours import (
    bias_order,
    level_weights,
    neighbour_counts,
    neighbour_log_ratios,
    spatial_order,
)
from divergences.sampled._density_ratio.pooled_sample import FOLD_COUNT, PooledSample
from divergences.sampled._density_ratio.stacking import (
    PRIOR_ODDS_OF_EQUALITY,
    fit_stack,
    shrink_to_null,
)

Method = Literal["auto", "classifier", "knn", "histogram"]
MAX_SINGLE_THREAD_POINTS = 20_000
MIN_CLASSIFIER_POINTS = 2 * FOLD_COUNT  # on each side


def knn_log_ratios(samples: PooledSample, k: int, /) -> LogRatios:
    """Log-ratios from k nearest neighbours in each sample, and from four times as many.

    Returns:
        The log-ratios, with their variances and the weights that cancel their leading bias.

    Raises:
        DistributionError: If k is not a positive integer below both sample sizes, or weights are
            unequal.
    """
    smaller = min(samples.n, samples.m)
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1:
        raise DistributionError(f"`neighbours` must be a whole number of at least 1, but is {k!r}")
    if smaller <= k:
        raise DistributionError(
            f"`neighbours` is {k}, but the smaller sample has {smaller} points outside of atoms: "
            f"pass {k + 1} points or more, or reduce `neighbours`"
        )
    _require_equal_weights(samples, "knn")
    ks = neighbour_counts(int(k), smaller)
    levels, variances, dimension = neighbour_log_ratios(samples, ks)
    order = bias_order(dimension)
    return LogRatios(
        levels,
        variances,
        weights=level_weights(ks, order),
        spatial_order=spatial_order(samples.points),
        relative_bias=float((ks[0] / smaller) ** order),
    )


def classifier_log_ratios(
    samples: PooledSample, method: Method, rng: np.random.Generator, /
) -> LogRatios:
    """Log-ratios from cross-fitted classifiers, stacked by their held-out losses.

    Returns:
        The log-ratios, with the scores of the classifiers.

    Raises:
        DistributionError: If a sample has too few points.
    """
    smaller = min(samples.n, samples.m)
    if smaller < MIN_CLASSIFIER_POINTS:
        raise DistributionError(
            f'`method` "{method}" needs at least {MIN_CLASSIFIER_POINTS} points on each side '
            f"outside of atoms, but has {samples.n} of `x` and {samples.m} of `y`; pass more"
            + (', or method="knn" with fewer `neighbours`' if smaller > 1 else "")
        )
    if method == "classifier" and smaller <= samples.d:
        raise DistributionError(
            f"`x` and `y` have {samples.d} coordinates and {samples.n} and {samples.m} points, "
            'and `method` "classifier" needs more points than coordinates: pass more points, or '
            'fewer coordinates, or method="knn"'
        )
    models = classifier_models if method == "classifier" else candidate_models
    return _stacked(samples, models(samples), rng)


def _stacked(
    samples: PooledSample, models: Sequence[LogRatioModel], rng: np.random.Generator
) -> LogRatios:
    """Stacked held-out log-ratios of several models."""
    from threadpoolctl import threadpool_limits  # here, since looking for libraries takes a while

    # Synchronizing threads costs more than it saves while problems are small; where other
    # processes run, a hundred times more.
    is_small = len(samples.points) <= MAX_SINGLE_THREAD_POINTS
    with threadpool_limits(1 if is_small else None):
        fitted = cross_fit(samples, models, rng)
    evidences = (fitted.baseline_loss - fitted.losses) * sum(samples.effective_sizes)
    probabilities = np.exp(evidences - evidences.max())
    probabilities /= probabilities.sum()
    evidence = float(evidences.max())
    stack = shrink_to_null(fit_stack(samples, fitted.log_ratios, probabilities), evidence)
    per_model = [
        shrink_to_null(fit_stack(samples, column[:, None], np.ones(1)), evidence).log_ratios
        for column in fitted.log_ratios.T
    ]
    scores = dict(zip(fitted.names, map(float, fitted.losses), strict=True))
    differ = evidence > math.log(PRIOR_ODDS_OF_EQUALITY)
    return LogRatios(
        levels=stack.log_ratios[None],
        variances=np.zeros((1, len(samples.points))),
        weights=np.ones(1),
        stack=stack,
        per_model=np.stack(per_model),
        model_probabilities=probabilities,
        scores=scores | {"baseline": fitted.baseline_loss},
        selected_models=tuple(fitted.names[i] for i in stack.model_indices) if differ else (),
    )


def with_histogram_cells(
    samples: PooledSample, atoms: Atoms, rng: np.random.Generator, /
) -> Atoms:
    """The atoms and the cells of a histogram of the continuous part.

    Returns:
        Counts at all cells, with every point in a cell.

    Raises:
        DistributionError: In more than two dimensions, or if weights are unequal.
    """
    if samples.d > 2:
        raise DistributionError(
            f'`method` "histogram" is for one or two coordinates, but there are {samples.d}; pass '
            '"auto", "classifier" or "knn"'
        )
    _require_equal_weights(samples, "histogram")
    continuous = atoms.continuous_indices
    if len(continuous) == 0:
        return atoms
    cells = atoms.cell_indices.copy()
    cells[continuous] = len(atoms.x_counts) + histogram_cells(samples.subset(continuous), rng)
    x_counts, y_counts = (
        np.bincount(cells[side], minlength=cells.max() + 1) for side in samples.sides
    )
    return Atoms(cells, x_counts, y_counts, atoms.cell_values)


def _require_equal_weights(samples: PooledSample, method: Method) -> None:
    """Refuse unequal weights for a method that counts points."""
    if samples.has_unequal_weights:
        raise DistributionError(
            f'`x_weights` and `y_weights` are for the methods "auto" and "classifier", but '
            f'`method` is "{method}", which counts points equally'
        )
