"""Log density ratios at every point, by models that have not seen it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from divergences._typing import Floats, Indices
from divergences.sampled._density_ratio.models import LogRatioModel
from divergences.sampled._density_ratio.pooled_sample import PooledSample, folds

FOLDS = 5
LARGEST = 12.0  # of a log-ratio that is believed


@dataclass(frozen=True, slots=True)
class CrossFit:
    """Held-out log-ratios of several families.

    Attributes:
        names: Of the families.
        ratios: At each point by a model that has not seen it, shape ``(n + m, families)``.
        loss: Mean logistic loss of each family's, in nats, shape ``(families,)``.
        coin: The loss of a model that knows nothing but the sizes.
    """

    names: tuple[str, ...]
    ratios: Floats
    loss: Floats
    coin: float


def cross_fit(
    samples: PooledSample, families: Sequence[LogRatioModel], rng: np.random.Generator, /
) -> CrossFit:
    """Held-out log-ratios of each family, at the step of its path with the least held-out loss.

    Args:
        samples: The points.
        families: Models of the log-ratio.
        rng: What divides the points into folds.

    Returns:
        The log-ratios with their losses.
    """
    parts = folds(samples, FOLDS, rng)
    columns, losses = [], []
    for family in families:
        path = _held_out(samples, family, parts, range(family.length))
        loss = [log_loss(samples, ratios) for ratios in path]
        columns.append(np.clip(path[int(np.argmin(loss))], -LARGEST, LARGEST))
        losses.append(min(loss))
    return CrossFit(
        tuple(family.name for family in families),
        np.stack(columns, axis=1),
        np.array(losses),
        log_loss(samples, np.zeros(len(samples.z))),
    )


def _held_out(
    samples: PooledSample, family: LogRatioModel, parts: Indices, steps: Sequence[int]
) -> Floats:
    """Log-ratios at every point, fitted on the other parts, shape ``(steps, n + m)``."""
    found = np.empty((len(steps), len(samples.z)))
    for part in range(parts.max() + 1):
        test = np.flatnonzero(parts == part)
        found[:, test] = family.ratios(samples, np.flatnonzero(parts != part), test, steps)
    return found


def log_loss(samples: PooledSample, ratios: Floats, /) -> float:
    """Mean logistic loss of log-ratios, in nats."""
    odds = np.where(samples.label == 1, 1, -1) * (ratios + samples.prior)
    return float(np.average(np.logaddexp(0, -odds), weights=samples.weight))
