"""Cross-fitting: log density ratios at every point from models trained without it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from divergences._typing import Floats, Indices
from divergences.sampled._density_ratio.line_cells import LineCells
from divergences.sampled._density_ratio.models import LogRatioModel
from divergences.sampled._density_ratio.pooled_sample import PooledSample, assign_folds

MAX_ABS_LOG_RATIO = 12.0  # larger log-ratios of a model are clipped


@dataclass(frozen=True, slots=True)
class CrossFit:
    """Held-out log-ratios of several models.

    Attributes:
        names: Names of the models.
        log_ratios: Held-out log-ratio of each model at each point, shape ``(n + m, models)``.
        losses: Mean held-out log loss of each model, in nats, shape ``(models,)``.
        baseline_loss: Log loss of the constant classifier, in nats.
    """

    names: tuple[str, ...]
    log_ratios: Floats
    losses: Floats
    baseline_loss: float


def cross_fit(
    samples: PooledSample, models: Sequence[LogRatioModel], rng: np.random.Generator, /
) -> CrossFit:
    """Held-out log-ratios of each model, at the step of its path with the least held-out loss.

    Args:
        samples: The points.
        models: Models of the log-ratio.
        rng: Generator that assigns the folds.

    Returns:
        The log-ratios with their losses.
    """
    folds, cells = assign_folds(samples, rng), LineCells.of(samples)
    columns, losses = [], []
    for model in models:
        path = _held_out_log_ratios(samples, model, folds, cells)
        path_losses = [log_loss(samples, log_ratios) for log_ratios in path]
        best = path[int(np.argmin(path_losses))]
        columns.append(np.clip(best, -MAX_ABS_LOG_RATIO, MAX_ABS_LOG_RATIO))
        losses.append(min(path_losses))
    return CrossFit(
        tuple(model.name for model in models),
        np.stack(columns, axis=1),
        np.array(losses),
        log_loss(samples, np.zeros(len(samples.points))),
    )


def _held_out_log_ratios(
    samples: PooledSample, model: LogRatioModel, folds: Indices, cells: LineCells | None
) -> Floats:
    """Log-ratios at every point from training on the other folds, shape ``(steps, n + m)``."""
    log_ratios = np.empty((model.path_length, len(samples.points)))
    for fold in range(folds.max() + 1):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        if cells is None:
            log_ratios[:, test] = model.log_ratios(samples, train, test)
        else:
            merged, *parts = cells.merged(samples, train)
            log_ratios[:, test] = model.log_ratios(merged, *parts)[:, cells.cell[test]]
    return log_ratios


def log_loss(samples: PooledSample, log_ratios: Floats, /) -> float:
    """Weighted mean log loss of the classifier with these log-ratios, in nats."""
    signs = np.where(samples.labels == 1, 1, -1)
    margins = signs * (log_ratios + samples.prior_log_odds)
    return float(np.average(np.logaddexp(0, -margins), weights=samples.weights))
